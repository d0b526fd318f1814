"""The folder of builds without a network: whole or not at all, checked when it is read, an OCI layout for its roots."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources, runtime_source, secrets
from lambda_image.build import at_hand
from lambda_image.errors import ChecksFailed, ConfigurationError, MachineError
from lambda_image.offline_folder import Kept, KeptRoot, OfflineFolder
from lambda_image.plan import ImagePlan, Root, Selection, plans
from lambda_image.progress import Silent
from lambda_image.render import render
from lambda_image.settings import Settings
from program import refused

CATALOG = catalogs.load()
LAYER = b"layer " * 1000


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def python(**words: object) -> ImagePlan:
    selection = Selection(**{"languages": ("python",), "platforms": ("linux/amd64",), **words})  # type: ignore[arg-type]
    (plan,) = plans(CATALOG, selection)
    return plan


def saved(architectures: tuple[str, ...] = ("amd64",), *, with_index: bool = False) -> Iterator[bytes]:
    """What an engine's `save` gives of an image: with an index where the registry had several."""
    blobs: dict[str, bytes] = {digest(LAYER): LAYER}
    manifests = []
    for name in architectures:
        config = json.dumps({"architecture": name, "os": "linux"}).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"digest": digest(config), "size": len(config)},
                "layers": [{"digest": digest(LAYER), "size": len(LAYER)}],
            }
        ).encode()
        blobs |= {digest(config): config, digest(manifest): manifest}
        manifests.append(
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": digest(manifest),
                "size": len(manifest),
                "platform": {"os": "linux", "architecture": name},
            }
        )
    if with_index:
        kind = "application/vnd.oci.image.index.v1+json"
        inner = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": manifests}).encode()
        blobs[digest(inner)] = inner
        manifests = [{"mediaType": kind, "digest": digest(inner), "size": len(inner)}]
    files = {f"blobs/{name.replace(':', '/')}": content for name, content in blobs.items()}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
    return packed(files)


def packed(files: dict[str, bytes]) -> Iterator[bytes]:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    whole = target.getvalue()
    return (whole[start : start + 999] for start in range(0, len(whole), 999))


ROOT = Root(reference="lambda-image/root:debian-13-amd64-0", origin="bootstrap")


@pytest.fixture
def folder(tmp_path: Path) -> OfflineFolder:
    found = OfflineFolder(tmp_path / "air")
    found.prepare()
    return found


@pytest.fixture
def kept(folder: OfflineFolder, tmp_path: Path) -> Kept:
    """A folder with all of Python's slim image, as far as anything looks into it."""
    plan = python(variants=("slim",))
    (tmp_path / "x.deb").write_bytes(b"package")
    root = folder.add_image(saved(), ROOT, "sha256:config", "linux/amd64")
    package = folder.add(tmp_path / "x.deb")
    found = Kept(
        plan=plan.id,
        context="sha256:context",
        roots={"debian-13": root},
        files={"packages/debian-13/x.deb": package},
    )
    folder.keep(found)
    return found


def test_what_is_kept_is_read_again(folder: OfflineFolder, kept: Kept) -> None:
    assert folder.checked().kept(kept.plan) == kept
    assert folder.is_whole(kept.plan, "sha256:context")
    assert not folder.is_whole(kept.plan, "sha256:another")
    assert not folder.is_whole("another", "sha256:context")


def test_the_same_bytes_are_there_once(folder: OfflineFolder, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"same")
    assert folder.add(tmp_path / "a") == folder.add(tmp_path / "b") == digest(b"same")
    assert [path.name for path in (folder.path / "blobs/sha256").iterdir()] == [digest(b"same")[7:]]


def test_what_breaks_off_leaves_nothing_behind(folder: OfflineFolder) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1_000_000:
                raise KeyboardInterrupt
            return super().read(size)

    with pytest.raises(KeyboardInterrupt):
        folder._put(folder.path / "blobs/sha256/x", Broken(bytes(3_000_000)))
    assert list((folder.path / "blobs/sha256").iterdir()) == []


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_file_is_refused_with_what_mends_it(folder: OfflineFolder, kept: Kept, damage: str) -> None:
    blob = folder.path / "blobs/sha256" / digest(b"package")[7:]
    blob.write_bytes(b"changed") if damage == "changed" else blob.unlink()
    assert not folder.is_whole(kept.plan, "sha256:context")
    with pytest.raises(ChecksFailed) as caught:
        folder.at_hand(folder.kept(kept.plan))
    assert blob.name in caught.value.message
    assert "lambda-image fetch" in caught.value.hint


def test_a_damaged_file_is_mended_by_adding_it_again(folder: OfflineFolder, kept: Kept, tmp_path: Path) -> None:
    (folder.path / "blobs/sha256" / digest(b"package")[7:]).write_bytes(b"changed")
    folder.add(tmp_path / "x.deb")
    assert folder.is_whole(kept.plan, "sha256:context")


def test_a_damaged_layer_is_noticed(folder: OfflineFolder, kept: Kept) -> None:
    (folder.path / "blobs/sha256" / digest(LAYER)[7:]).write_bytes(b"changed")
    assert not folder.is_whole(kept.plan, "sha256:context")


def test_an_image_that_is_not_there_is_told_with_the_nearest(folder: OfflineFolder, kept: Kept) -> None:
    with pytest.raises(ConfigurationError) as caught:
        folder.kept(python(variants=("standard",)).id)
    assert kept.plan in caught.value.hint


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": 1}'])
def test_a_plan_s_file_that_is_not_ours_is_named(folder: OfflineFolder, content: str) -> None:
    (folder.path / "plans/x.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"x\.json is not as `lambda-image fetch` wrote it"):
        folder.kept("x")


@pytest.mark.parametrize("place", ["../x", "/etc/x", "packages/../../x"])
def test_a_place_outside_of_the_context_is_refused(folder: OfflineFolder, place: str) -> None:
    said = {"schema_version": 1, "plan": "x", "context": "", "roots": {}, "downloads": {}, "files": {place: "sha256:0"}}
    (folder.path / "plans/x.json").write_text(json.dumps(said))
    with pytest.raises(ConfigurationError, match="is no place in a build context"):
        folder.kept("x")


def test_one_of_another_version_is_told(folder: OfflineFolder) -> None:
    (folder.path / "plans/x.json").write_text('{"schema_version": 9}')
    with pytest.raises(ConfigurationError, match="has version 9, this program reads 1"):
        folder.kept("x")


def test_a_folder_of_another_kind_is_told_how_to_fill_one(tmp_path: Path) -> None:
    message = refused(tmp_path, "build", "python", "--offline", "air")
    assert "air is no folder that `lambda-image fetch` filled" in message
    assert "lambda-image fetch LANGUAGE --into air" in message


class TestRoots:
    def test_the_folder_is_an_oci_layout_of_its_roots(self, folder: OfflineFolder, kept: Kept) -> None:
        assert json.loads((folder.path / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
        (found,) = json.loads((folder.path / "index.json").read_text())["manifests"]
        assert found["digest"] == kept.roots["debian-13"].manifest
        assert found["size"] == (folder.path / "blobs" / found["digest"].replace(":", "/")).stat().st_size
        assert found["annotations"]["org.opencontainers.image.ref.name"] == "debian-13-amd64-0"

    def test_an_engine_is_given_an_archive_of_both_forms(self, folder: OfflineFolder, kept: Kept) -> None:
        stream = io.BytesIO(b"".join(folder.image(kept.roots["debian-13"])))
        with tarfile.open(fileobj=stream) as tar:
            files = {one.name: tar.extractfile(one).read() for one in tar if one.isfile()}  # type: ignore[union-attr]
        (listed,) = json.loads(files["manifest.json"])
        assert listed["RepoTags"] == [ROOT.reference]
        assert [files[name] for name in listed["Layers"]] == [LAYER]
        (found,) = json.loads(files["index.json"])["manifests"]
        assert found["annotations"]["io.containerd.image.name"] == f"docker.io/{ROOT.reference}"
        assert digest(files[f"blobs/{found['digest'].replace(':', '/')}"]) == found["digest"]

    @pytest.mark.parametrize(
        ("reference", "whole"),
        [
            ("debian:trixie-slim", "docker.io/library/debian:trixie-slim"),
            ("amazonlinux", "docker.io/library/amazonlinux:latest"),
            ("public.ecr.aws/amazonlinux/amazonlinux:2", "public.ecr.aws/amazonlinux/amazonlinux:2"),
            ("localhost/x:1", "localhost/x:1"),
        ],
    )
    def test_engines_find_it_by_its_name(self, folder: OfflineFolder, reference: str, whole: str) -> None:
        root = folder.add_image(saved(), Root(reference=reference, origin="image"), "sha256:c", "linux/amd64")
        folder.keep(Kept(plan="x", roots={"x": root}))
        (found,) = json.loads((folder.path / "index.json").read_text())["manifests"]
        assert found["annotations"]["io.containerd.image.name"] == whole

    def test_of_an_image_for_several_platforms_one_is_kept(self, folder: OfflineFolder) -> None:
        archive = saved(("arm64", "amd64"), with_index=True)
        root = folder.add_image(archive, ROOT, "sha256:c", "linux/amd64")
        manifest = json.loads(folder.blob(root.manifest).read_bytes())
        assert json.loads(folder.blob(manifest["config"]["digest"]).read_bytes())["architecture"] == "amd64"
        assert len(list((folder.path / "blobs/sha256").iterdir())) == 3

    def test_one_that_is_not_for_the_platform_is_refused(self, folder: OfflineFolder) -> None:
        with pytest.raises(MachineError, match="no image for linux/amd64"):
            folder.add_image(saved(("arm64",), with_index=True), ROOT, "sha256:c", "linux/amd64")

    def test_an_engine_that_is_too_old_is_told(self, folder: OfflineFolder) -> None:
        with pytest.raises(MachineError, match="no OCI layout"):
            folder.add_image(packed({"manifest.json": b"[]"}), ROOT, "sha256:c", "linux/amd64")
        assert not [path for path in folder.path.iterdir() if path.name.startswith(".")]


class TestBuilds:
    def test_all_that_was_kept_is_at_hand_and_changes_no_digest(self, folder: OfflineFolder, kept: Kept) -> None:
        plan = python(variants=("slim",))
        there = at_hand(plan, Settings(offline=folder.path), Silent(), CATALOG)
        context = render(plan, CATALOG, at_hand=there)
        assert context.digest == render(plan, CATALOG).digest
        assert context.outside["packages/debian-13/x.deb"].read_bytes() == b"package"
        assert b"source=packages/debian-13,target=/srv" in context.files["Dockerfile"].content

    def test_a_context_is_written_with_what_comes_along(
        self, folder: OfflineFolder, kept: Kept, tmp_path: Path
    ) -> None:
        plan = python(variants=("slim",))
        there = at_hand(plan, Settings(offline=folder.path), Silent(), CATALOG)
        render(plan, CATALOG, at_hand=there).write(tmp_path / "context")
        path = tmp_path / "context/packages/debian-13/x.deb"
        assert path.read_bytes() == b"package"
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o644, 0o755)

    def test_no_secret_of_this_machine_goes_into_it(self, folder: OfflineFolder, tmp_path: Path) -> None:
        """No index, no proxy, no bundle: what fetches is told to look beside its pins."""
        environ = {"PIP_INDEX_URL": "https://index.example", "https_proxy": "http://proxy.example", "HOME": "/none"}
        distro = CATALOG.distros["debian-11"]
        settings = Settings(offline=folder.path)
        found = secrets.find(settings, distro, environ, fetching=CATALOG.distros["debian-13"])
        assert found.arguments == {}
        assert not any(b"example" in content for content in found.contents.values())
        assert b"no-index = true" in found.contents["pip-conf"]
        assert b"GOPROXY=file:///mnt/proxy\n" in found.contents["go-env"]
        # In the form of the file that each of them has.
        assert found.contents["apt-sources"] == b"deb [trusted=yes] file:/srv ./\n"
        assert found.contents["apt-sources-fetching"].startswith(b"Types: deb\nURIs: file:/srv\n")

    def test_an_upstream_s_file_is_in_the_folder_or_something_stands_in(self, folder: OfflineFolder) -> None:
        """No host is asked: the folder decides."""
        plan = python(source="source")
        settings = Settings(offline=folder.path)
        taken = runtime_source.with_reachable_runtime(plan, settings, Silent(), catalog=CATALOG)
        assert taken.provider.startswith("Debian's source package")
        upstream = next(one for one in CATALOG.languages["python"].version if one.name == "3.13").source[0]
        file = upstream.files["linux/amd64"]
        folder.keep(Kept(plan="x", roots={}, downloads={file.checksum: digest(b"")}))
        assert runtime_source.with_reachable_runtime(plan, settings, Silent(), catalog=CATALOG) == plan

    def test_without_what_stands_in_it_is_told_what_the_folder_lacks(self, folder: OfflineFolder) -> None:
        (plan,) = plans(CATALOG, Selection(languages=("nodejs",), versions=("16",), distros=("debian-12",)))
        with pytest.raises(MachineError, match=f"it is not in {folder.path}"):
            runtime_source.with_reachable_runtime(plan, Settings(offline=folder.path), Silent(), catalog=CATALOG)


class TestWords:
    def test_a_fresh_root_needs_a_network(self, tmp_path: Path) -> None:
        (tmp_path / "air/plans").mkdir(parents=True)
        message = refused(tmp_path, "build", "python", "--offline", "air", "--fresh-root")
        assert "--fresh-root asks a network" in message

    def test_fetching_needs_one_too(self, tmp_path: Path) -> None:
        message = refused(tmp_path, "fetch", "python", "--into", "air", LAMBDA_IMAGE_OFFLINE="air")
        assert "fetch needs a network" in message

    @pytest.mark.parametrize("words", [["lock", "python"], ["stale"]])
    def test_locks_need_one_too(self, tmp_path: Path, words: list[str]) -> None:
        (tmp_path / "lambda-image.toml").write_text('offline = "air"\n')
        assert "`offline` says that there is none" in refused(tmp_path, *words)

    @pytest.mark.parametrize(
        ("words", "said", "instead"),
        [
            (
                ("python", "--version", "3.12", "--distro", "al2023-minimal"),
                "packages of Amazon Linux 2023 minimal cannot be put into a folder: microdnf has no way to download",
                "take --distro al2023, which has dnf and the same packages; name a mirror",
            ),
            (
                ("python", "--version", "3.12", "--distro", "ubi-9"),
                "packages of Red Hat UBI 9 cannot be put into a folder: microdnf has no way to download",
                "take a distribution of your own that is like ubi-9, on an image that has dnf; name a mirror",
            ),
            (
                ("python", "--version", "3.12", "--distro", "dnf-alone"),
                "packages of DNF alone cannot be put into a folder: it names no package that makes a folder",
                "name a mirror that builds reach, rpm_repos",
            ),
            (
                ("nodejs", "--version", "22", "--distro", "dnf-alone"),
                "cannot be put into a folder: a folder of packages has no streams, and nodejs:22 is one",
                "take its makers' binaries, --runtime-from archive; name a mirror",
            ),
        ],
        ids=["microdnf beside dnf", "microdnf", "nothing that makes a repository", "streams"],
    )
    def test_what_cannot_be_put_into_a_folder_is_refused_before_anything_is_asked(
        self, tmp_path: Path, words: tuple[str, ...], said: str, instead: str
    ) -> None:
        ubi = (resources.BASE_IMAGES / "distros/ubi-9.toml").read_text()
        alone = (
            ubi.replace('"ubi-9"', '"dnf-alone"').replace("Red Hat UBI 9", "DNF alone").replace('"microdnf"', '"dnf"')
        )
        if "nodejs" in words:
            alone = alone.replace("[fetchers]", '[fetchers]\nrepository = ["createrepo_c"]')
        (tmp_path / "overlay/distros").mkdir(parents=True)
        (tmp_path / "overlay/distros/dnf-alone.toml").write_text(alone)
        (tmp_path / "lambda-image.toml").write_text('overlays = ["overlay"]\n')
        message = refused(tmp_path, "fetch", *words, "--into", "air", DOCKER_HOST="tcp://127.0.0.1:1")
        assert said in message
        assert "rpm_repos" in message
        assert instead in message
        assert not (tmp_path / "air").exists()

    def test_fetching_needs_a_folder(self, tmp_path: Path) -> None:
        assert "--into" in refused(tmp_path, "fetch", "python")

    def test_kept_roots_are_known_by_their_fields(self) -> None:
        root = KeptRoot(reference="x:1", origin="image", config_digest="sha256:c", manifest="sha256:m")
        assert root.root == Root(reference="x:1", origin="image")
