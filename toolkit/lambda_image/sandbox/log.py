"""What a sandbox wrote: a thread reads the engine's stream, others wait for text instead of sleeping."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambda_image.engine.containers import Stream


@dataclass(frozen=True)
class Piece:
    """One frame of the engine: usually one write of the process. Times are of its arrival here."""

    stream: Stream
    data: bytes
    at: float
    monotonic: float


@dataclass(frozen=True)
class Line:
    """One line without its end; times are of the piece that completed it."""

    stream: Stream
    text: str
    at: float
    monotonic: float


class Log:
    """Grows while the sandbox runs. Safe to read from several threads."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._changed = threading.Condition(threading.RLock())
        self._ended = False

    def feed(self, frames: Iterator[tuple[Stream, bytes]]) -> None:
        """Reads to the end of the stream; a broken connection is an end too."""
        try:
            for stream, data in frames:
                piece = Piece(stream, data, time.time(), time.monotonic())
                with self._changed:
                    self._pieces.append(piece)
                    self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 - the engine went away; what was read stays readable
            self._note(f"[log lost: {error}]\n")
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _note(self, text: str) -> None:
        with self._changed:
            self._pieces.append(Piece("stderr", text.encode(), time.time(), time.monotonic()))

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """As they came, of both streams."""
        with self._changed:
            return tuple(self._pieces)

    @property
    def ended(self) -> bool:
        """Whether the sandbox can write no more."""
        return self._ended

    def data(self, stream: Stream | None = None) -> bytes:
        """All bytes of one stream, or of both in the order of their arrival."""
        return b"".join(piece.data for piece in self.pieces if stream in (None, piece.stream))

    @property
    def text(self) -> str:
        """All of it."""
        return self.data().decode(errors="replace")

    @property
    def lines(self) -> tuple[Line, ...]:
        """Of both streams, in the order in which they were completed; an unfinished one comes last."""
        found: list[Line] = []
        rest: dict[Stream, tuple[bytes, Piece]] = {}
        for piece in self.pieces:
            begun = rest.pop(piece.stream, (b"", piece))[0]
            *whole, last = (begun + piece.data).split(b"\n")
            found += [_line(text, piece) for text in whole]
            if last:
                rest[piece.stream] = (last, piece)
        return (*found, *(_line(text, piece) for text, piece in rest.values()))

    def tail(self, count: int) -> str:
        """The last lines, as text."""
        return "\n".join(self.text.splitlines()[-count:])

    def wait_for(self, predicate: Callable[[str], bool], timeout: float) -> bool:
        """Whether the text comes to satisfy it; asked anew whenever something arrives."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not predicate(self.text):
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    return predicate(self.text)
                self._changed.wait(left)
        return True

    def wait_end(self, timeout: float) -> bool:
        """Whether the sandbox closes its outputs (it ended, as a rule) within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, timeout)


def _line(text: bytes, piece: Piece) -> Line:
    return Line(piece.stream, text.decode(errors="replace"), piece.at, piece.monotonic)
