"""A lock of a small image on a real engine: what it says is built, twice the same bytes; what differs is said."""

from __future__ import annotations

import filecmp
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images import CATALOG, plan
from lambda_image import oci_archive, secrets, settings
from lambda_image.engine import Engine
from lambda_image.errors import ChecksFailed
from lambda_image.lock import Entry, Lock, parse, stale, text
from lambda_image.lock.asking import Asker
from lambda_image.lock.building import Options, build_one
from lambda_image.lock.gathering import gather, needs
from lambda_image.lock.holding import Holder
from lambda_image.lock.making import image_entry, make
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan
from lambda_image.progress import Silent
from lambda_image.render import render

pytestmark = [pytest.mark.engine, pytest.mark.long]

SETTINGS = settings.load()
TAG = "lambda-image/test:locked"
NOW = 1764064000


@pytest.fixture(scope="module")
def asker(engine: Engine) -> Asker:
    return Asker(engine=engine, settings=SETTINGS, catalog=CATALOG, progress=Silent())


@pytest.fixture(scope="module")
def roots(engine: Engine) -> Roots:
    return Roots(engine=engine, settings=SETTINGS, catalog=CATALOG, progress=Silent())


@pytest.fixture(scope="module")
def small() -> ImagePlan:
    return replace(plan("slim", "builtin"), tags=(TAG,))


@pytest.fixture(scope="module")
def lock(asker: Asker, roots: Roots, small: ImagePlan) -> Lock:
    return make([small], Lock(), (), asker, roots, now=NOW)


@pytest.fixture(scope="module")
def archive(
    engine: Engine, asker: Asker, roots: Roots, small: ImagePlan, lock: Lock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The image, built as locked."""
    target = tmp_path_factory.mktemp("lock") / "first.tar"
    holder = Holder(lock=parse(text(lock)), asker=asker, roots=roots)
    built = build_one(small, engine, SETTINGS, Silent(), CATALOG, Options(archive=target), holder)
    assert built.reference == TAG
    yield target
    engine.remove_image(TAG)


def test_a_second_build_of_the_lock_gives_the_same_bytes(
    engine: Engine, asker: Asker, roots: Roots, small: ImagePlan, lock: Lock, archive: Path, tmp_path: Path
) -> None:
    """No step of the first is used again, and time has gone by; the archive holds layers, config and manifest."""
    fixed = Holder(lock=lock, asker=asker, roots=roots).hold(small)
    context = render(fixed.plan, CATALOG, created="2025-11-25T09:46:40Z", locked=fixed.steps)
    second = tmp_path / "second.tar"
    found = secrets.find(SETTINGS, CATALOG.distros[small.distro])
    oci_archive.write(
        fixed.plan, context, engine, found, Silent(), target=second, epoch=str(fixed.epoch), no_cache=True
    )
    assert filecmp.cmp(archive, second, shallow=False)


def test_the_image_has_the_locked_versions_and_the_lock_s_date(engine: Engine, lock: Lock, archive: Path) -> None:
    with engine.image_files(TAG) as files:
        status = files.read("/var/lib/dpkg/status").decode()
    installed = {
        fields["Package"]: fields["Version"]
        for block in status.split("\n\n")
        if (fields := dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != " "))
    }
    locked = {entry.key[2]: entry.said for entry in lock.of_kind("package")}
    assert {name: version for name, version in installed.items() if name in locked}.items() <= locked.items()
    assert {"python3.13", "libexpat1"} <= installed.keys() & locked.keys()
    with tarfile.open(archive) as tar:
        index = json.load(io.BytesIO(read(tar, "index.json")))
        manifest = json.loads(read(tar, blob(index["manifests"][0]["digest"])))
        config = json.loads(read(tar, blob(manifest["config"]["digest"])))
    assert config["created"] == "2025-11-25T09:46:40Z"


def read(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


def blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def test_a_version_that_is_gone_is_named_with_what_there_is(
    engine: Engine, asker: Asker, roots: Roots, small: ImagePlan, lock: Lock
) -> None:
    """By the build that fails of it, and by `stale`; for both the lock is as if it was made long ago."""
    (found,) = (entry for entry in lock.of_kind("package") if entry.key[2] == "libexpat1")
    old = Lock.of([*lock, Entry(found.kind, found.key, ("2.0",))])
    placed = gather(needs([small], CATALOG), old, asker, roots, asking=False)
    old = Lock.of([*old, image_entry(small, old, placed, CATALOG)])
    with pytest.raises(ChecksFailed) as caught:
        build_one(small, engine, SETTINGS, Silent(), CATALOG, Options(), Holder(lock=old, asker=asker, roots=roots))
    assert f"package debian-13 amd64 libexpat1: 2.0 → {found.said}" in caught.value.message
    assert "lambda-image lock --upgrade libexpat1" in caught.value.hint
    (aged,) = stale.examine([small], old, asker, roots)
    assert ("libexpat1", "2.0", found.said) in [(one.name, one.locked, one.found) for one in aged.reasons]
