"""The rules before real things: the project's images, BuildKit's outputs, an engine's store, a registry of Debian's."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine.second_engine import second_engine
from lambda_image import image_rules
from lambda_image.engine import Engine
from lambda_image.errors import ImageNotFound, RegistryError
from lambda_image.image_rules import Report
from lambda_image.image_rules.model import OCI_MANIFEST
from lambda_image.image_rules.sources.archive import from_pieces
from lambda_image.image_rules.sources.engine import PUSHED_LATER, from_engine, of_archive, of_image
from unit.image_rules_writer import DOCKER, DOCKER_LAYER, Image, Member, archive, base, elf, function, tar

pytestmark = pytest.mark.engine

TAG = "lambda-image-test/rules"
PASSWORD = "me:$2b$04$NHVCcWjwoDdrRyjizujLCe4e1YgcCxc3XWWuLdERGykNAdEkEZ6Hq\n"  # me and secret, as htpasswd writes it


def lint(reference: str) -> Report:
    return image_rules.lint(image_rules.read(reference))


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


# The project's own images


@pytest.mark.parametrize("variant", ["standard", "slim"])
def test_our_own_images_are_clean(built: Callable[..., str], engine: Engine, variant: str) -> None:
    reference = built("python", variant=variant, client="official")
    report = lint(reference)
    assert report.findings == ()
    assert report.unknown == ()
    image = engine.image(reference)
    assert (report.config_digest, report.size, report.platform) == (image.config_digest, image.size, "linux/amd64")


def test_the_engine_s_answers_and_its_archive_are_of_one_mind(python_image: str, engine: Engine) -> None:
    """The suite looks at an image through the engine, lint through its archive."""
    image, whole = engine.image(python_image), image_rules.read(python_image)
    listed = of_archive(image)
    assert listed.manifest is not None
    assert whole.manifest is not None
    assert listed.manifest.digest == whole.manifest.digest
    assert [layer.descriptor for layer in listed.layers] == [layer.descriptor for layer in whole.layers]
    assert listed.size == whole.size
    with engine.image_files(python_image) as files:
        seen = of_image(image, files).files
        for path in ("/lambda-entrypoint.sh", "/var/lang/bin/python3", "/bin", "/bin/sh", "/none", "/usr/bin/perl"):
            assert seen.lookup(path) == whole.files.lookup(path)
            assert seen.head(path)[:256] == whole.files.head(path)[:256]
        for folder in ("/var/task", "/var/runtime", "/opt"):
            found = {(file.path, file.kind, file.mode) for file in seen.below(folder)}
            assert found == {(file.path, file.kind, file.mode) for file in whole.files.below(folder)}


# What BuildKit writes


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of two layers, sound in itself."""
    folder = tmp_path_factory.mktemp("context")
    (folder / "program").write_bytes(elf())
    (folder / "program").chmod(0o755)
    lines = ["FROM scratch", "COPY program /srv/deep/", "COPY program /", 'ENTRYPOINT ["/program"]', ""]
    (folder / "Dockerfile").write_text("\n".join(lines))
    return folder


def buildx(context: Path, *words: str) -> None:
    subprocess.run(["docker", "buildx", "build", "--quiet", *words, str(context)], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("kind", "compression", "expected"),
    [
        ("oci", "gzip", set()),
        ("oci", "uncompressed", set()),
        ("oci", "zstd", {"layer-zstd"}),
        ("docker", "gzip", set()),
        ("docker", "uncompressed", {"layer-uncompressed"}),
        ("docker", "zstd", {"layer-zstd"}),
    ],
)
def test_compressions_of_buildkit(
    context: Path, tmp_path: Path, kind: str, compression: str, expected: set[str]
) -> None:
    target = tmp_path / "image.tar"
    how = f"type={kind},compression={compression},force-compression=true,dest={target}"
    buildx(context, "--provenance=false", "--output", how)
    report = lint(f"{'oci' if kind == 'oci' else 'docker'}-archive:{target}")
    assert rules(report) == expected
    assert all(finding.count == 2 for finding in report.findings)
    shutil.unpack_archive(target, tmp_path / "folder")
    assert lint(f"oci-dir:{tmp_path / 'folder'}").findings == report.findings


def test_provenance_makes_an_index(context: Path, tmp_path: Path) -> None:
    buildx(context, "--provenance=true", "--output", f"type=oci,dest={tmp_path / 'image.tar'}")
    (finding,) = lint(f"oci-archive:{tmp_path / 'image.tar'}").findings
    assert finding.rule == "index"
    assert sum("an attestation" in line for line in finding.offenders) == 1
    assert sum("this one would do" in line for line in finding.offenders) == 1


def test_an_index_in_the_engine(context: Path, engine: Engine) -> None:
    tag = f"{TAG}:attested"
    try:
        buildx(context, "--provenance=true", "--load", "--tag", tag)
        assert rules(lint(f"docker:{tag}")) == ({"index"} if engine.store == "containerd" else set())
    finally:
        engine.remove_image(tag)


# Crafted images in engines


def docker_archive(image: Image, tag: str) -> bytes:
    files = image.docker_20()
    listed = json.loads(files["manifest.json"])
    listed[0]["RepoTags"] = [tag]
    return archive({**files, "manifest.json": json.dumps(listed).encode()})


FAULTS = {
    "missing-parent": Member(b"srv/x"),
    "entrypoint-mode": Member(b"entrypoint.sh", elf(), mode=0o700),
    "unreadable": Member(b"var/task/app.py", b"x", mode=0o600),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_what_the_engine_takes_without_a_word(engine: Engine, rule: str) -> None:
    member, tag = FAULTS[rule], f"{TAG}:{rule}"
    kept = [one for one in function() if one.name != member.name]
    # Plain layers, as `docker load` takes them; a containerd store keeps them so.
    also = {"layer-uncompressed"} if engine.store == "containerd" else set()
    try:
        engine.load([docker_archive(Image(layers=[base(), [*kept, member]]), tag)])
        assert rules(lint(tag)) == {rule} | also | ({"unreadable"} if rule == "entrypoint-mode" else set())
    finally:
        engine.remove_image(tag)


def test_an_image_that_the_engine_has_not() -> None:
    with pytest.raises(ImageNotFound):
        image_rules.read(f"{TAG}:none")


def test_the_classic_store_keeps_no_manifest_and_nothing_of_it_is_judged() -> None:
    with second_engine() as classic:
        assert classic.store == "classic"
        tag = f"{TAG}:classic"
        faulty = Image(layers=[base(), [*function(), FAULTS["missing-parent"]]])
        classic.load([docker_archive(faulty, tag)])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", classic.address.host)
            view = from_engine(tag, tag)
        assert view.unknown == (PUSHED_LATER,)
        # The store unpacks what it loads and packs it again: the directory is there when it leaves.
        assert {finding.rule for finding in image_rules.check(view)} <= {"missing-parent"}
        assert image_rules.check(of_archive(classic.image(tag)), requirement="IMG-002") == ()
        raw = from_pieces(tag, [docker_archive(faulty, tag)])
        assert {finding.rule for finding in image_rules.check(raw)} == {"missing-parent"}


# A registry


@dataclass(frozen=True)
class Registry:
    host: str

    def put(self, image: Image, tag: str) -> None:
        """Pushed by hand: no program would push such images."""
        files = image.layout()
        top = json.loads(files["index.json"])["manifests"][0]
        for name, content in files.items():
            if name.startswith("blobs/") and name.partition("sha256/")[2] != top["digest"][7:]:
                self._upload(content, "sha256:" + name.partition("sha256/")[2])
        manifest = files["blobs/" + top["digest"].replace(":", "/")]
        self._send("PUT", f"/v2/f/manifests/{tag}", manifest, {"Content-Type": top["mediaType"]})

    def _upload(self, content: bytes, digest: str) -> None:
        place = self._send("POST", "/v2/f/blobs/uploads/", b"", {})
        separator = "&" if "?" in place else "?"
        self._send("PUT", f"{place}{separator}digest={digest}", content, {"Content-Type": "application/octet-stream"})

    def _send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> str:
        url = path if path.startswith("http") else f"http://{self.host}{path}"
        headers = {**headers, "Authorization": "Basic " + base64.b64encode(b"me:secret").decode()}
        request = urllib.request.Request(url, data=content, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            return str(response.headers.get("Location", ""))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian's docker-registry: that of the machine, or the program out of its package."""
    if found := shutil.which("docker-registry"):
        return found
    folder = tmp_path_factory.mktemp("package")
    folder.chmod(0o777)  # apt fetches as a user of its own
    subprocess.run(["apt-get", "download", "-q", "docker-registry"], cwd=folder, check=True, capture_output=True)
    (package,) = folder.glob("docker-registry_*.deb")
    subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    return str(folder / "usr/bin/docker-registry")


def serving(program: str, folder: Path, extra: str = "") -> Iterator[Registry]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    configuration = folder / "registry.yaml"
    configuration.write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{host}'}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'data'}}}}}\n{extra}"
    )
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([program, "serve", str(configuration)], stdout=log, stderr=log)
    try:
        address, _, port = host.partition(":")
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex((address, int(port))) == 0:
                    break
            time.sleep(0.05)
        yield Registry(host)
    finally:
        child.terminate()
        child.wait(10)


@pytest.fixture(scope="module")
def registry(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    yield from serving(program, tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def closed_registry(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("closed")
    (folder / "htpasswd").write_text(PASSWORD)
    yield from serving(program, folder, f"auth: {{htpasswd: {{realm: x, path: {folder / 'htpasswd'}}}}}\n")


def test_our_image_is_clean_in_a_registry_and_the_same(python_image: str, engine: Engine, registry: Registry) -> None:
    name = f"{registry.host}/python:1"
    engine.tag(python_image, name)
    try:
        digest = engine.push(name)
    finally:
        engine.remove_image(name)
    by_tag, by_digest = lint(f"registry:{name}"), lint(f"registry:{registry.host}/python@{digest}")
    assert by_tag.findings == by_digest.findings == ()
    assert by_tag.digest == digest
    here = engine.image(python_image)
    assert (by_tag.config_digest, by_tag.size) == (here.config_digest, here.size)


@pytest.mark.parametrize("kind", [DOCKER, OCI_MANIFEST])
def test_crafted_images_in_a_registry(registry: Registry, kind: str) -> None:
    registry.put(Image(kind=kind), "sound")
    assert rules(lint(f"registry:{registry.host}/f:sound")) == set()
    registry.put(Image(kind=kind, layers=[base(), [*function(), Member(b"srv/x")]]), "faulty")
    assert rules(lint(f"registry:{registry.host}/f:faulty")) == {"missing-parent"}


def test_a_plain_layer_under_a_docker_manifest_in_a_registry(registry: Registry) -> None:
    """rules_oci's case (its issue 777): the registry takes it, docker pulls it, Lambda refuses it."""
    image = Image(kind=DOCKER, blobs={1: tar(function())}, layer_kinds={1: DOCKER_LAYER})
    registry.put(image, "plain")
    assert rules(lint(f"registry:{registry.host}/f:plain")) == {"layer-uncompressed"}


def test_a_pushed_index(context: Path, engine: Engine, registry: Registry) -> None:
    if engine.store != "containerd":
        pytest.skip("the classic store has no indexes to push")
    name = f"{registry.host}/attested:1"
    buildx(context, "--provenance=true", "--load", "--tag", name)
    try:
        subprocess.run(["docker", "push", "--quiet", name], check=True, capture_output=True)
    finally:
        engine.remove_image(name)
    report = lint(f"registry:{name}")
    assert rules(report) == {"index"}
    child = next(line for line in report.findings[0].offenders if "would do" in line).partition("sha256:")[2][:64]
    assert rules(lint(f"registry:{registry.host}/attested@sha256:{child}")) == set()


def test_a_registry_that_wants_a_password(
    closed_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_registry.put(Image(), "1")
    reference = f"registry:{closed_registry.host}/f:1"
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(RegistryError, match="does not let you read"):
        lint(reference)
    for password, right in (("wrong", False), ("secret", True)):
        auth = base64.b64encode(f"me:{password}".encode()).decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {closed_registry.host: {"auth": auth}}}))
        if right:
            assert lint(reference).ok
        else:
            with pytest.raises(RegistryError, match="docker login"):
                lint(reference)


def test_what_a_registry_has_not(registry: Registry) -> None:
    with pytest.raises(ImageNotFound):
        lint(f"registry:{registry.host}/nothing:1")
