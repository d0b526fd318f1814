"""Images in and out of a real engine, and builds with a real BuildKit."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import time
from typing import TYPE_CHECKING

import pytest
from lambda_image import catalog as catalogs
from lambda_image import judgement
from lambda_image.conformance.options import SuiteOptions
from lambda_image.engine import Engine
from lambda_image.errors import BuildFailed, DiskFull, EngineError, ImageNotFound, RegistryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lambda_image.engine import BuildEvent

pytestmark = pytest.mark.engine

TAG = "lambda-image-test/engine:1"


@pytest.fixture
def tag(engine: Engine) -> Iterator[str]:
    engine.remove_image(TAG)
    yield TAG
    engine.remove_image(TAG)


@pytest.fixture
def context(tmp_path: Path, python_image: str) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    write(folder, python_image, "")
    return folder


def write(folder: Path, base: str, *lines: str) -> None:
    (folder / "Dockerfile").write_text("\n".join([f"FROM {base}", *lines, ""]))


def test_facts_name_the_engine(engine: Engine) -> None:
    facts = engine.facts
    assert facts.version
    assert facts.buildx
    assert facts.buildkit
    assert facts.platform in ("linux/amd64", "linux/arm64")


def test_no_engine_is_said_with_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        Engine.connect(f"unix://{tmp_path}/none.sock")
    assert f"{tmp_path}/none.sock" in caught.value.message
    assert "No such file" in caught.value.message
    assert "make engine" in caught.value.hint


def test_an_unknown_image_is_not_found(engine: Engine) -> None:
    with pytest.raises(ImageNotFound, match="lambda-image-test/none:1"):
        engine.image("lambda-image-test/none:1")
    assert not engine.has_image("lambda-image-test/none:1")


def test_a_registry_that_does_not_answer_is_told_as_such(engine: Engine, tag: str, tmp_path: Path) -> None:
    """Nobody listens at port 1 of the engine's machine."""
    engine.import_root(root_tar(tmp_path), tag, platform="linux/amd64", labels={})
    there = "localhost:1/lambda-image-test/none:1"
    engine.tag(tag, there)
    try:
        with pytest.raises(RegistryError, match="localhost:1"):
            engine.push(there)
    finally:
        engine.remove_image(there)
    with pytest.raises(RegistryError, match="localhost:1"):
        engine.pull(there)


def test_a_build_reports_its_steps_and_its_config_digest(
    engine: Engine, context: Path, tag: str, python_image: str
) -> None:
    write(context, python_image, "RUN echo to stdout; echo to stderr >&2", "LABEL a=b", 'CMD ["x"]')
    events: list[BuildEvent] = []
    outcome = engine.build(context, tags=[tag], no_cache=True, on_event=events.append)
    logged = {event.text: event.step for event in events if event.kind == "log"}
    assert "RUN echo to stdout" in logged["to stdout"]
    assert "RUN echo to stdout" in logged["to stderr"]
    image = engine.image(tag)
    assert outcome.config_digest == image.config_digest
    assert image.config.labels["a"] == "b"
    assert image.config.cmd == ("x",)


def test_a_failed_build_names_the_step_and_leaves_no_tag(
    engine: Engine, context: Path, tag: str, python_image: str
) -> None:
    write(context, python_image, "RUN echo fine", "RUN echo here it comes; exit 3")
    with pytest.raises(BuildFailed) as caught:
        engine.build(context, tags=[tag])
    assert "RUN echo here it comes" in caught.value.message
    assert "exit code: 3" in caught.value.message
    assert caught.value.log == "here it comes"
    assert not engine.has_image(tag)


def test_a_failed_build_leaves_an_older_image_its_tag(
    engine: Engine, context: Path, tag: str, python_image: str
) -> None:
    write(context, python_image, "LABEL a=old")
    engine.build(context, tags=[tag])
    write(context, python_image, "RUN exit 1")
    with pytest.raises(BuildFailed):
        engine.build(context, tags=[tag])
    assert engine.image(tag).config.labels["a"] == "old"


def test_a_dockerfile_that_cannot_be_read_is_a_failed_build(engine: Engine, context: Path) -> None:
    (context / "Dockerfile").write_text("NONSENSE\n")
    with pytest.raises(BuildFailed, match=r"(?i)nonsense|parse|no source image"):
        engine.build(context)


def test_a_full_disk_in_a_build_is_told_as_such(engine: Engine, context: Path, python_image: str) -> None:
    """Real ENOSPC, from a device that is always full."""
    write(context, python_image, "RUN LC_ALL=C cat /etc/os-release > /dev/full")
    with pytest.raises(DiskFull, match=r"(?i)no space left on device"):
        engine.build(context, no_cache=True)


def test_a_secret_reaches_its_step_and_stays_out_of_the_image(
    engine: Engine, context: Path, tag: str, python_image: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cr3t")
    write(context, python_image, "RUN --mount=type=secret,id=word grep -qx s.cr.t /run/secrets/word")
    engine.build(context, tags=[tag], secrets={"word": tmp_path / "secret"})
    assert all(b"s3cr3t" not in chunk for chunk in engine.save(tag))


def test_build_arguments_of_ones_own_are_refused(engine: Engine, context: Path) -> None:
    with pytest.raises(UsageError, match="VERSION"):
        engine.build(context, build_args={"VERSION": "1"})


def test_an_interrupted_build_ends_at_once(engine: Engine, context: Path, tag: str, python_image: str) -> None:
    write(context, python_image, "RUN sleep 60")

    def interrupt(event: BuildEvent) -> None:
        if event.kind == "started" and "sleep" in event.step:
            raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.build(context, tags=[tag], no_cache=True, on_event=interrupt)
    assert time.monotonic() - begun < 20
    assert not engine.has_image(tag)


def test_config_digest_and_size_are_those_of_the_archive(engine: Engine, python_image: str) -> None:
    """Read a second time by other means: the whole archive in memory."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(engine.save(python_image)))) as tar:

        def content(name: str) -> bytes:
            member = tar.extractfile(name)
            assert member
            return member.read()

        manifest = json.loads(content("manifest.json"))[0]
        layers = [content(name) for name in manifest["Layers"]]
        config = content(manifest["Config"])
    plain = [gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer for layer in layers]
    image = engine.image(python_image)
    assert image.archive.config_digest == "sha256:" + hashlib.sha256(config).hexdigest()
    assert [layer.size for layer in image.layers] == [len(layer) for layer in plain]
    assert [layer.diff_id for layer in image.layers] == [
        "sha256:" + hashlib.sha256(layer).hexdigest() for layer in plain
    ]
    assert image.size == sum(map(len, plain))
    assert image.size_compressed == sum(map(len, layers))


def root_tar(folder: Path) -> Path:
    path = folder / "root.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind, target in (("etc", b"5", ""), ("etc/real", b"0", ""), ("etc/link", b"2", "real")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode = kind, target, 0o755 if kind == b"5" else 0o640
            content = b"content" if kind == b"0" else b""
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
def test_an_imported_root_is_the_same_image_every_time(engine: Engine, tag: str, tmp_path: Path, platform: str) -> None:
    first = engine.import_root(root_tar(tmp_path), tag, platform=platform, labels={"a": "b"})
    digest = first.config_digest
    engine.remove_image(tag)
    again = engine.import_root(root_tar(tmp_path), tag, platform=platform, labels={"a": "b"})
    assert again.config_digest == digest
    assert again.platform == platform
    assert again.config.labels == {"a": "b"}
    assert again.size == (tmp_path / "root.tar").stat().st_size


def test_a_platform_whose_programs_do_not_run_is_refused_before_anything_is_started(
    engine: Engine, tag: str, tmp_path: Path
) -> None:
    """Whether it is to be built for, or an image of it judged; "exec format error" tells nobody what to do."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    with pytest.raises(EngineError) as built:
        engine.build(tmp_path, tags=(tag,), platform="linux/none")
    engine.import_root(root_tar(tmp_path), tag, platform="linux/none", labels={})
    with pytest.raises(EngineError) as judged:
        judgement.judge(SuiteOptions(images=(tag,)), engine, catalogs.load(), fresh=True, say=lambda _: None)
    for caught in (built, judged):
        assert caught.value.message.startswith("programs of linux/none do not run here")
        assert "tools/engine linux/none" in caught.value.hint


def test_an_image_keeps_its_config_digest_through_save_and_load(engine: Engine, tag: str, tmp_path: Path) -> None:
    digest = engine.import_root(root_tar(tmp_path), tag, platform="linux/amd64", labels={}).config_digest
    saved = list(engine.save(tag))
    engine.remove_image(tag)
    engine.load(saved)
    assert engine.image(tag).config_digest == digest


def test_files_of_an_image_are_read_without_running_it(engine: Engine, tag: str, tmp_path: Path) -> None:
    """The image has no program at all, and neither the engine's name for a link nor its mode is Go's."""
    engine.import_root(root_tar(tmp_path), tag, platform=engine.facts.platform, labels={})
    with engine.image_files(tag) as files:
        real, link, folder = (files.stat(path) for path in ("/etc/real", "/etc/link", "/etc"))
        assert real
        assert (real.kind, real.mode, real.size) == ("file", 0o640, 7)
        assert link
        assert (link.kind, link.link_target) == ("link", "real")
        assert folder
        assert (folder.kind, folder.mode) == ("directory", 0o755)
        assert files.stat("/nothing") is None
        assert files.read("/etc/link") == b"content"
        with pytest.raises(FileNotFoundError):
            files.read("/nothing")
        walked = {entry.path: entry for entry in files.walk("/etc")}
        assert {"/etc", "/etc/real", "/etc/link"} <= set(walked)
        assert {"/", "/etc", "/etc/real"} <= {entry.path for entry in files.walk()}
    assert not engine.containers.labelled(f"lambda-image.owner={engine.owner_label['lambda-image.owner']}")
