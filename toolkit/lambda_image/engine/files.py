"""The files of an image without running it: a container is created, asked for archives, and removed.

A created container shows the image's files and a few of the engine's own (`/.dockerenv`, `/dev`,
`/etc/hosts`, `/etc/hostname`, `/etc/resolv.conf`, `/etc/mtab`, `/proc`, `/sys`), which say nothing of it.
"""

from __future__ import annotations

import base64
import json
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal, cast

from lambda_image.engine.api import RefusedError
from lambda_image.engine.archive import open_tar
from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.engine.api import Api

Kind = Literal["file", "directory", "link", "other"]
# Bits of Go's FileMode, which the engine's stat header carries.
_GO_DIRECTORY, _GO_LINK = 1 << 31, 1 << 27
_GO_SPECIAL = {1 << 23: 0o4000, 1 << 22: 0o2000, 1 << 20: 0o1000}
_GO_OTHER = (1 << 26) | (1 << 25) | (1 << 24) | (1 << 21) | (1 << 19)


@dataclass(frozen=True, kw_only=True)
class FileStat:
    """What a path is; a symbolic link in its last part is not followed."""

    path: str
    kind: Kind
    mode: int
    size: int
    link_target: str


@dataclass(frozen=True, kw_only=True)
class TarEntry:
    """One entry of a walk: `path` is absolute; `link_target` is set for hard links too."""

    path: str
    kind: Kind
    mode: int
    size: int
    link_target: str
    uid: int
    gid: int


class ImageFiles:
    """Face of one image's files while the container lives."""

    def __init__(self, api: Api, container: str) -> None:
        self._api = api
        self._archive = f"/containers/{container}/archive"

    def stat(self, path: str) -> FileStat | None:
        """None if there is nothing at that path."""
        try:
            response = self._api.call("HEAD", self._archive, params={"path": path})
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        with response:
            facts = json.loads(base64.b64decode(response.headers["X-Docker-Container-Path-Stat"]))
        mode, kind = _mode(int(facts["mode"]))
        target = self._link_target(path) if kind == "link" else ""
        return FileStat(path=path, kind=kind, mode=mode, size=int(facts["size"]), link_target=target)

    def _link_target(self, path: str) -> str:
        """As it is written: the stat header has only what the link resolves to."""
        return next(self.walk(path)).link_target

    def read(self, path: str) -> bytes:
        """The content of a regular file; links in any part are followed."""
        resolved = self._resolve(path)
        with self._tar(resolved) as tar:
            entry = tar.next()
            if entry is None or not entry.isfile():
                raise EngineError(f"{path} is not a regular file of the image")
            return cast("IO[bytes]", tar.extractfile(entry)).read()

    def _resolve(self, path: str) -> str:
        """The engine follows links in the parts before the last; the last is followed here."""
        for _ in range(40):
            found = self.stat(path)
            if found is None:
                raise FileNotFoundError(path)
            if found.kind != "link":
                return path
            folder = path.rpartition("/")[0]
            path = found.link_target if found.link_target.startswith("/") else f"{folder}/{found.link_target}"
        raise EngineError(f"too many levels of symbolic links: {path}")

    def walk(self, path: str = "/") -> Iterator[TarEntry]:
        """All below a path, itself first, in the order of the engine's archive."""
        base = path.rstrip("/").rpartition("/")[0]
        with self._tar(path) as tar:
            for entry in tar:
                yield _entry(entry, base if path.strip("/") else "")

    @contextmanager
    def _tar(self, path: str) -> Iterator[tarfile.TarFile]:
        try:
            response = self._api.call("GET", self._archive, params={"path": path}, stream=True, timeout=None)
        except RefusedError as error:
            if error.status == 404:
                raise FileNotFoundError(path) from error
            raise
        with response, open_tar(response.iter_content(1 << 20)) as tar:
            yield tar


def _mode(go: int) -> tuple[int, Kind]:
    mode = go & 0o777
    for bit, unix in _GO_SPECIAL.items():
        mode |= unix if go & bit else 0
    if go & _GO_LINK:
        return mode, "link"
    if go & _GO_DIRECTORY:
        return mode, "directory"
    return mode, "other" if go & _GO_OTHER else "file"


def _entry(entry: tarfile.TarInfo, base: str) -> TarEntry:
    kind: Kind = "other"
    if entry.isdir():
        kind = "directory"
    elif entry.issym():
        kind = "link"
    elif entry.isreg() or entry.islnk():
        kind = "file"
    name = entry.name.removeprefix("./").strip("/")
    return TarEntry(
        path=f"{base}/{name}" if name != "." else "/",
        kind=kind,
        mode=entry.mode,
        size=entry.size,
        link_target=entry.linkname,
        uid=entry.uid,
        gid=entry.gid,
    )
