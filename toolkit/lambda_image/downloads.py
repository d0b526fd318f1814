"""Files of upstreams' hosts on this machine: from a mirror where one has them, whole, and with the right checksum.

A download that breaks off goes on where it was; what does not have its checksum is never kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lambda_image.catalog import Download
from lambda_image.errors import ChecksFailed, MachineError
from lambda_image.mirrors import Mirrors
from lambda_image.progress import Progress

_CHUNK = 1 << 20
# A host that says nothing for so long is given up.
_PATIENCE = 60.0
_TRIES = 3
# How often a long download says how far it is.
_EVERY = 10.0
_FILE = "file://"


@dataclass(frozen=True, kw_only=True)
class Downloads:
    """Where files come from, and where they stay."""

    mirrors: Mirrors
    ca_bundle: Path | None
    # Those that came from the web, by their checksums.
    cache: Path

    def get(self, file: Download, progress: Progress) -> Path:
        """The file, checked."""
        address = self.mirrors.of(file.url) or file.url
        if address.startswith(_FILE):
            path = in_folder(address)
            if why := missing(path):
                raise MachineError(f"{file.url} is not in its mirror: {why}", hint=_FILL.format(path=path))
            _check(path, file, address)
            return path
        target = self.cache / f"{file.algorithm}-{file.digest}"
        partial = self.cache / f"{target.name}.partial"
        with partial.open("ab") as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
            if target.is_file() and digest_of(target, file.algorithm) == file.digest:
                return target
            with progress.step(f"fetch {address}"):
                self._fetch(file, address, partial, progress)
            partial.replace(target)
        return target

    def _fetch(self, file: Download, address: str, partial: Path, progress: Progress) -> None:
        """Into `partial`, whose beginning may be there already."""
        for tries_left in reversed(range(_TRIES)):
            begun_at = partial.stat().st_size if partial.exists() else 0
            try:
                self._read_on(address, partial, begun_at, progress)
            except urllib.error.HTTPError as error:
                error.close()
                # The beginning is longer than the whole: it is of another file.
                if error.code == 416 and begun_at:
                    os.truncate(partial, 0)
                    continue
                raise _unreachable(file, address, f"HTTP status {error.code}") from error
            except (OSError, ValueError) as error:
                if tries_left:
                    continue
                raise _unreachable(file, address, str(getattr(error, "reason", None) or error)) from error
            try:
                return _check(partial, file, address)
            except ChecksFailed:
                os.truncate(partial, 0)
                # Its beginning may have been of another file: once more, from the start.
                if not begun_at or not tries_left:
                    raise
        raise _unreachable(file, address, "it breaks off again and again")

    def _read_on(self, address: str, partial: Path, begun_at: int, progress: Progress) -> None:
        headers = {"Range": f"bytes={begun_at}-"} if begun_at else {}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 # https, by catalog and settings
        with (
            urllib.request.urlopen(request, timeout=_PATIENCE, context=context(self.ca_bundle)) as answer,  # noqa: S310
            partial.open("r+b" if partial.exists() else "wb") as target,
        ):
            done = begun_at if answer.status == 206 else 0
            target.seek(done)
            target.truncate()
            length = answer.headers.get("Content-Length")
            whole = done + int(length) if length else 0
            _copy(answer, target, done, whole, progress)
            if whole and target.tell() < whole:
                raise OSError(f"the connection broke after {target.tell()} of {whole} bytes")


_FILL = "fill the mirror's folder: {path} is looked for there"


def _copy(answer: IO[bytes], target: IO[bytes], done: int, whole: int, progress: Progress) -> None:
    told = time.monotonic()
    while chunk := answer.read(_CHUNK):
        target.write(chunk)
        done += len(chunk)
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            progress.note(f"        {done / 1e6:.0f}{f' of {whole / 1e6:.0f}' if whole else ''} MB")


def context(ca_bundle: Path | None) -> ssl.SSLContext:
    """For clients: what this machine trusts, and what the bundle says besides."""
    made = ssl.create_default_context()
    if ca_bundle is not None:
        made.load_verify_locations(ca_bundle)
    return made


def in_folder(address: str) -> Path:
    """The path of a file:// address, as it stands or with its escapes undone, whichever there is."""
    plain = Path(address.removeprefix(_FILE))
    undone = Path(urllib.parse.unquote(address.removeprefix(_FILE)))
    return undone if undone.is_file() else plain


def missing(path: Path) -> str:
    """Why a file cannot be taken from a folder; empty if it can."""
    if path.is_file():
        return "" if os.access(path, os.R_OK) else f"{path} may not be read"
    nearest = next(folder for folder in path.parents if folder.is_dir())
    return f"there is no {path.relative_to(nearest)} in {nearest}"


def digest_of(path: Path, algorithm: str) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _check(path: Path, file: Download, address: str) -> None:
    found = digest_of(path, file.algorithm)
    if found != file.digest:
        raise ChecksFailed(
            f"{address} is not the file that is pinned: its {file.algorithm} is {found}, not {file.digest}",
            hint="a mirror has to give the very bytes of the original",
        )


def _unreachable(file: Download, address: str, why: str) -> MachineError:
    through = "" if address == file.url else f" through its mirror {address}"
    return MachineError(
        f"{file.url} cannot be fetched{through}: {why}",
        hint="run it again: what has come stays" if through == "" else "[mirrors] in lambda-image.toml says where from",
    )


def told(files: Iterable[Download], mirrors: Mirrors) -> tuple[str, ...]:
    """Where files come from that a mirror has, in words."""
    found = {prefix: mirrors.rules[prefix] for file in files if (prefix := mirrors.prefix_of(file.url))}
    return tuple(f"{prefix} from {target}" for prefix, target in found.items())
