"""A tar read front to back, header by header, names as bytes and nothing made nicer than it is.

The standard library's reader is written for getting files out: it strips slashes, guesses, reads a long name
of any length into memory and keeps every entry. Rules want the entries as they stand, of an archive by anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lambda_image.image_rules.compression import BrokenLayer
from lambda_image.image_rules.model import Kind

BLOCK = 512
LONGEST_EXTRA = 1 << 20  # of a long name or a block of extended attributes
_KINDS: dict[bytes, Kind] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"S": "file",
    b"1": "hard link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"5": "directory",
    b"6": "other",
}


class Pieces:
    """Bytes that come in pieces, taken in amounts."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def some(self, most: int) -> bytes:
        """At least one byte and at most `most`; b"" at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        taken = bytes(self._rest[:most])
        self._rest = self._rest[most:]
        return taken

    def exactly(self, count: int) -> bytes:
        """That many bytes, or fewer at the end."""
        parts = []
        while count and (part := self.some(count)):
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, count: int) -> None:
        """Past that many bytes; BrokenLayer where they are not there."""
        while count:
            part = self.some(min(count, 1 << 20))
            if not part:
                raise BrokenLayer("the tar ends in the middle of an entry")
            count -= len(part)

    def drain(self) -> None:
        """To the end."""
        while self.some(1 << 20):
            pass


@dataclass(frozen=True, slots=True)
class Header:
    """An entry's facts, extended ones applied."""

    name: bytes
    kind: Kind
    mode: int
    size: int
    link: bytes
    device: tuple[int, int]


class TarReader:
    """Iterates over headers; `content` gives the present entry's bytes, or as many of them as are wanted."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Header]:
        while (header := self._next()) is not None:
            yield header

    def content(self) -> Iterator[bytes]:
        """The rest of the present entry."""
        while self._left:
            part = self._pieces.some(min(self._left, 1 << 20))
            if not part:
                raise BrokenLayer("the tar ends in the middle of an entry")
            self._left -= len(part)
            yield part

    def head(self, count: int) -> bytes:
        """At most the first bytes of the present entry."""
        part = self._pieces.exactly(min(count, self._left))
        self._left -= len(part)
        return part

    def _next(self) -> Header | None:
        extra: dict[bytes, bytes] = {}
        while True:
            self._pieces.skip(self._left + self._padding)
            self._left = self._padding = 0
            block = self._pieces.exactly(BLOCK)
            if not block.strip(b"\0") and len(block) in (0, BLOCK):
                return None
            _check(block)
            kind = block[156:157]
            size = _number(extra[b"size"], 10) if b"size" in extra else _field(block[124:136])
            if kind in b"xgLK":
                self._extend(extra, kind, size)
                continue
            if kind == b"S":
                self._skip_sparse_map(block)
            return self._header(block, kind, size, extra)

    def _extend(self, extra: dict[bytes, bytes], kind: bytes, size: int) -> None:
        if size > LONGEST_EXTRA:
            raise BrokenLayer(f"an entry's name or attributes are longer than {LONGEST_EXTRA:,} bytes")
        data = self._pieces.exactly(size)
        self._padding = -size % BLOCK
        if kind == b"x":
            extra.update(_records(data))
        elif kind in b"LK":
            extra[b"path" if kind == b"L" else b"linkpath"] = data.split(b"\0", 1)[0]

    def _skip_sparse_map(self, block: bytes) -> None:
        """GNU's map of a sparse file goes on in blocks of its own."""
        more = block[482]
        while more:
            block = self._pieces.exactly(BLOCK)
            if len(block) < BLOCK:
                raise BrokenLayer("the tar ends in the middle of an entry")
            more = block[504]

    def _header(self, block: bytes, kind: bytes, size: int, extra: dict[bytes, bytes]) -> Header:
        name = block[:100].split(b"\0", 1)[0]
        if block[257:263] == b"ustar\0" and (prefix := block[345:500].split(b"\0", 1)[0]):
            name = prefix + b"/" + name
        name = extra.get(b"GNU.sparse.name") or extra.get(b"path", name)
        meaning = _KINDS.get(kind, "other")
        if kind == b"\0" and name.endswith(b"/"):
            meaning = "directory"  # as tar was before there was a type for it
        self._left = size if meaning in ("file", "other") else 0
        self._padding = -self._left % BLOCK
        return Header(
            name=name,
            kind=meaning,
            mode=_field(block[100:108]) & 0o7777,
            size=size,
            link=extra.get(b"linkpath", block[157:257].split(b"\0", 1)[0]),
            device=(_field(block[329:337]), _field(block[337:345])) if meaning == "device" else (0, 0),
        )


def _check(block: bytes) -> None:
    if len(block) < BLOCK:
        raise BrokenLayer("the tar ends in the middle of a header")
    stated = _field(block[148:156])
    if stated != sum(block) - sum(block[148:156]) + 8 * 0x20:
        raise BrokenLayer("it is no tar: a header's checksum is wrong")


def _field(data: bytes) -> int:
    """A number of a header: octal digits, or GNU's binary form for large ones."""
    if data[0] & 0x80:
        if data[0] != 0x80:
            raise BrokenLayer("a header has a negative number")
        return int.from_bytes(data[1:], "big")
    return _number(data.split(b"\0", 1)[0].strip(), 8)


def _number(digits: bytes, base: int) -> int:
    try:
        value = int(digits or b"0", base)
    except ValueError:
        raise BrokenLayer("a header has a number that is none") from None
    if value < 0:
        raise BrokenLayer("a header has a negative number")
    return value


def _records(data: bytes) -> dict[bytes, bytes]:
    """Extended attributes: `length key=value` and a line's end, the length counting itself."""
    found: dict[bytes, bytes] = {}
    while data.strip(b"\0"):
        length = _number(data.split(b" ", 1)[0][:20], 10)
        record = data[:length]
        key, separator, value = record.partition(b" ")[2].partition(b"=")
        if not separator or not value.endswith(b"\n") or len(record) != length:
            raise BrokenLayer("an entry's extended attributes are broken")
        found[key] = value[:-1]
        data = data[length:]
    return found
