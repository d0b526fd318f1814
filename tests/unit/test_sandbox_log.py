"""A sandbox's log: lines of two streams, waiting without sleeping, and an end that is told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lambda_image.sandbox import Log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.engine.containers import Stream


def test_lines_of_two_streams_do_not_mix() -> None:
    log = Log()
    log.feed(iter([("stdout", b"on"), ("stderr", b"err\n"), ("stdout", b"e\ntwo"), ("stderr", b"last")]))
    assert [(line.stream, line.text) for line in log.lines] == [
        ("stderr", "err"),
        ("stdout", "one"),
        ("stdout", "two"),
        ("stderr", "last"),
    ]
    assert log.data("stdout") == b"one\ntwo"
    assert log.tail(1) == "twolast"


def test_waiting_ends_with_the_text_and_with_the_log() -> None:
    log = Log()
    go = threading.Event()

    def frames() -> Iterator[tuple[Stream, bytes]]:
        yield "stdout", b"ready\n"
        go.wait(5)

    reader = threading.Thread(target=log.feed, args=(frames(),))
    reader.start()
    assert log.wait_for(lambda text: "ready" in text, 5)
    assert not log.wait_for(lambda text: "never" in text, 0.05)
    assert not log.ended
    go.set()
    assert not log.wait_for(lambda text: "never" in text, 60)
    assert log.wait_end(5)
    reader.join()


def test_a_broken_stream_ends_the_log_and_says_so() -> None:
    def frames() -> Iterator[tuple[Stream, bytes]]:
        yield "stdout", b"before\n"
        raise OSError("engine went away")

    log = Log()
    log.feed(frames())
    assert log.ended
    assert log.text == "before\n[log lost: engine went away]\n"
