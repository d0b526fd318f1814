"""Each piece of a container's log reaches the suite a second late, as on a machine that has no time."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

from lambda_image.sandbox import Log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.engine.containers import Stream

LATE = 1.0  # seconds

_feed = Log.feed


def _late(frames: Iterator[tuple[Stream, bytes]]) -> Iterator[tuple[Stream, bytes]]:
    come: SimpleQueue[tuple[float, tuple[Stream, bytes] | None]] = SimpleQueue()

    def read() -> None:
        for frame in frames:
            come.put((time.monotonic() + LATE, frame))
        come.put((time.monotonic(), None))

    threading.Thread(target=read, daemon=True).start()
    while True:
        due, frame = come.get()
        time.sleep(max(due - time.monotonic(), 0))
        if frame is None:
            return
        yield frame


Log.feed = lambda log, frames: _feed(log, _late(frames))  # type: ignore[method-assign]
