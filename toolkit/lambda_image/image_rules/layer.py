"""One layer, read once: its digests, its size, and its entries with the first bytes of programs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lambda_image.image_rules.compression import BrokenLayer, UnreadLayer, compression_of, uncompressed
from lambda_image.image_rules.model import Content, Entry
from lambda_image.image_rules.tar import Pieces, TarReader

# Lambda's own limit is 10 GB; a little more is read, so that the message can say that it is more.
MOST_BYTES = 10_500_000_000
MOST_ENTRIES = 2_000_000
MOST_HEADS = 64 << 20
# The kernel looks for `#!` lines in 256 bytes; an ELF file's program headers and loader's name fit in a few more.
HEAD = 1024
_LIBRARIES = (b".so", b".node")


@dataclass
class Allowance:
    """What may still be read of an image: bombs end where it is used up."""

    size: int = MOST_BYTES
    entries: int = MOST_ENTRIES
    heads: int = MOST_HEADS


class _Hashed:
    """Passes pieces on, counting them; keeps what was read of them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._hash = hashlib.sha256()
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._hash.update(piece)
            self.count += len(piece)
            yield piece

    @property
    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()


def read_layer(pieces: Iterable[bytes], allowance: Allowance | None = None) -> Content:
    """Reads a blob to its end; what is wrong with it is part of the result."""
    left = allowance or Allowance()
    blob = _Hashed(pieces)
    source = iter(blob)
    start = _start(source)
    how = compression_of(start)
    inner = _Hashed(_limited(uncompressed(_chained(start, source), how), left))
    entries: list[Entry] = []
    broken = unread = ""
    try:
        _read(Pieces(inner), entries, left)
    except BrokenLayer as problem:
        broken = str(problem)
    except UnreadLayer as problem:
        unread = str(problem)
    for _ in source:  # its own digest is of all of it
        pass
    whole = not broken and not unread
    return Content(
        digest=blob.digest,
        stored=blob.count,
        compression=how,
        diff_id=inner.digest if whole else "",
        size=inner.count if not unread else -1,
        entries=tuple(entries),
        broken=broken,
        unread=unread,
    )


def _start(source: Iterator[bytes]) -> bytes:
    start = b""
    while len(start) < 4 and (piece := next(source, None)) is not None:
        start += piece
    return start


def _chained(start: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from source


def _limited(pieces: Iterator[bytes], left: Allowance) -> Iterator[bytes]:
    for piece in pieces:
        left.size -= len(piece)
        yield piece
        if left.size < 0:
            raise BrokenLayer("it was not read further: the image is larger than Lambda takes")


def _read(pieces: Pieces, entries: list[Entry], left: Allowance) -> None:
    reader = TarReader(pieces)
    for header in reader:
        left.entries -= 1
        if left.entries < 0:
            raise BrokenLayer(f"it was not read further: the image has more than {MOST_ENTRIES:,} entries")
        head = b""
        if header.kind == "file" and left.heads > 0 and (header.mode & 0o111 or _is_library(header.name)):
            head = reader.head(HEAD)
            left.heads -= len(head)
        entries.append(Entry(header.name, header.kind, header.mode, header.link, header.size, head, header.device))
    pieces.drain()


def _is_library(name: bytes) -> bool:
    base = name.rpartition(b"/")[2]
    return base.endswith(_LIBRARIES) or b".so." in base
