"""Bytes of a layer, uncompressed piece by piece: a bomb costs time up to a limit, and never memory."""

from __future__ import annotations

import shutil
import subprocess
import threading
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, cast

from lambda_image.image_rules.model import Compression

PIECE = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class BrokenLayer(Exception):  # noqa: N818 - a fact about the image, no error of ours
    """The bytes are not what a layer has to be."""


class UnreadLayer(Exception):  # noqa: N818
    """Nothing on this machine can read them."""


def compression_of(head: bytes) -> Compression:
    """By the first bytes; media types may lie."""
    if head[:2] == _GZIP:
        return "gzip"
    return "zstd" if head[:4] == _ZSTD else "none"


def uncompressed(pieces: Iterable[bytes], how: Compression) -> Iterator[bytes]:
    """The same bytes without their compression, in pieces of bounded size."""
    if how == "gzip":
        return _gzip(pieces)
    return _zstd(pieces) if how == "zstd" else iter(pieces)


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """All members of a gzip file, as gunzip reads it; zeros after the last are padding."""
    decoder = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            data = piece
            while data:
                if decoder.eof:
                    if not data.strip(b"\0"):
                        break
                    decoder = zlib.decompressobj(wbits=31)
                yield decoder.decompress(data, PIECE)
                data = decoder.unconsumed_tail or decoder.unused_data
        while not decoder.eof and (rest := decoder.decompress(decoder.unconsumed_tail, PIECE)):
            yield rest
    except zlib.error as error:
        raise BrokenLayer(f"its gzip data is broken: {error}") from None
    if not decoder.eof:
        raise BrokenLayer("its gzip data ends too early")


def _zstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Python reads zstd from 3.14 on; until then the zstd program does, with its own limit of memory."""
    program = shutil.which("zstd")
    if program is None:
        raise UnreadLayer("it is compressed with zstd, and no program here reads that: install zstd")
    command = [program, "-dcq"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        feeder = threading.Thread(target=_feed, args=(pieces, cast("IO[bytes]", child.stdin)), daemon=True)
        feeder.start()
        try:
            while piece := cast("IO[bytes]", child.stdout).read(PIECE):
                yield piece
            feeder.join()
        finally:
            child.kill() if feeder.is_alive() else None
            feeder.join()
    if child.returncode:
        raise BrokenLayer("its zstd data is broken")


def _feed(pieces: Iterable[bytes], target: IO[bytes]) -> None:
    try:
        for piece in pieces:
            target.write(piece)
        target.close()
    except (OSError, ValueError):  # the program ended early: its status says so
        pass
