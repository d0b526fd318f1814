"""Volumes filled without running anything: a container is created with them mounted, and given a tar.

Works with remote engines and read-only roots, and with images that hold nothing but a bootstrap: the
container is made from an empty image of our own.
"""

from __future__ import annotations

import copy
import io
import sys
import tarfile
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lambda_image import resources
from lambda_image.engine.files import ImageFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lambda_image.engine import Engine

EMPTY_IMAGE = "lambda-image/empty:1"
KEPT = "lambda-image.volume"
_MOUNTS = "lambda-image-volumes"


@dataclass(frozen=True)
class FileEntry:
    """A file of a volume. Everyone may read it; `mode` says whether it can be executed."""

    content: bytes
    mode: int = 0o644


def volume(engine: Engine, files: Mapping[str, FileEntry], key: str) -> str:
    """The name of a volume with these files, filled once per `key` (a digest of them) and kept between runs.

    A second, empty volume says that the first was filled to its end: volumes cannot be renamed.
    """
    return made(engine, key, lambda name: fill(engine, {name: tar_of(files)}))


def made(engine: Engine, key: str, fill_in: Callable[[str], None]) -> str:
    """The same for a volume that is filled in some other way; what is left of a failure is done over."""
    name = f"lambda-image-{key.removeprefix('sha256:')[:40]}"
    filled = f"{name}-filled"
    with _lock(name):
        if engine.volumes.exists(filled) and engine.volumes.exists(name):
            return name
        engine.volumes.create(name, {KEPT: key})
        fill_in(name)
        engine.volumes.create(filled, {KEPT: key})
    return name


def fresh(engine: Engine, names: Sequence[str], labels: Mapping[str, str], *, mode: int = 0o1777) -> None:
    """Makes empty volumes that everyone may write to, all with one filling."""
    for name in names:
        engine.volumes.create(name, labels)
    fill(engine, dict.fromkeys(names, tar_of({}, mode=mode)), labels)


def tar_of(files: Mapping[str, FileEntry], *, mode: int = 0o755) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Entries for files and the folders above them, the root itself first; same files, same entries."""
    entries = [_folder("", mode)]
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents} - {"."}
    entries += [_folder(path, 0o755) for path in sorted(folders)]
    for path, file in sorted(files.items()):
        entry = tarfile.TarInfo(str(PurePosixPath(path)))
        entry.size, entry.mode = len(file.content), file.mode
        entries.append((entry, file.content))
    return entries


def _folder(path: str, mode: int) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def fill(
    engine: Engine,
    contents: Mapping[str, list[tuple[tarfile.TarInfo, bytes]]],
    labels: Mapping[str, str] | None = None,
) -> None:
    """Puts files into volumes, all in one request."""
    with _mounted(engine, contents, labels) as container:
        engine.containers.put_archive(container, "/", _combined(contents))


def read(engine: Engine, name: str, path: str) -> bytes:
    """A file of a volume; FileNotFoundError where there is none."""
    with _mounted(engine, (name,)) as container:
        return ImageFiles(engine.api, container).read(f"/{_MOUNTS}/{name}/{path}")


@contextmanager
def _mounted(engine: Engine, names: Iterable[str], labels: Mapping[str, str] | None = None) -> Iterator[str]:
    """A container that is never started, with these volumes in it."""
    mounts = [
        {"Type": "volume", "Source": name, "Target": f"/{_MOUNTS}/{name}", "VolumeOptions": {"NoCopy": True}}
        for name in names
    ]
    container = engine.containers.create(
        {
            "Image": _empty_image(engine),
            "Cmd": ["/none"],
            "NetworkDisabled": True,
            "Labels": {**engine.owner_label, **(labels or {})},
            "HostConfig": {"Mounts": mounts},
        }
    )
    try:
        yield container
    finally:
        engine.containers.remove(container)


def _combined(contents: Mapping[str, list[tuple[tarfile.TarInfo, bytes]]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, entries in contents.items():
            for entry, content in entries:
                placed = copy.copy(entry)  # TarInfo.replace came with Python 3.11.4; Debian 12 has 3.11.2
                placed.name = f"{_MOUNTS}/{name}/{entry.name}".rstrip("/")
                tar.addfile(placed, io.BytesIO(content))
    return buffer.getvalue()


_making_empty = threading.Lock()


def _empty_image(engine: Engine) -> str:
    """An image of one empty layer, for containers that are never started; the same bytes everywhere."""
    with _making_empty:
        if not engine.has_image(EMPTY_IMAGE):
            with tempfile.TemporaryDirectory() as folder:
                tar = Path(folder) / "empty.tar"
                with tarfile.open(tar, "w") as archive:
                    archive.addfile(_folder(_MOUNTS, 0o755)[0])
                engine.import_root(tar, EMPTY_IMAGE, platform=engine.facts.platform, labels={})
    return EMPTY_IMAGE


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """One process at a time fills a volume; a reader must not see half of it."""
    with (resources.cache_folder("locks") / name).open("w") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
