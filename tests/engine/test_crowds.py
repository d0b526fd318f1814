"""Streams, and many invocations at once, with functions of others: slow readers, cut connections, writers that do not
stop, neighbours that fail, hang or end the process.

The functions are in `crowds/`; each test is for every language that has what it is about.
"""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from engine.functions import LANGUAGES, Bench, Running, bench_of
from lambda_image.runtime_api import (
    Answer,
    CloseSilently,
    Event,
    Exchange,
    Fault,
    Invocation,
    ReadRate,
    ResetWhileReading,
    Route,
    SlowRead,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).with_name("crowds")
HANDLERS = {
    "python": "app.handler",
    "nodejs": "app.handler",
    "java": "crowds.App::handle",
    "dotnet": "App::Crowds.App::Handle",
    "go": "function",
    "ruby": "app.handler",
}
# Where streaming handlers are handlers of another kind.
STREAMS = {"nodejs": "app.stream", "java": "crowds.App::stream", "dotnet": "App::Crowds.App::Stream"}
every_language = pytest.mark.parametrize("language", LANGUAGES)


class Crowd(Running):
    """A function of `crowds/`."""

    def begin(self, do: str, *, event: dict[str, Any] | None = None, **given: object) -> Invocation:
        """An event, of which something comes later."""
        return self.api.invoke(Event(payload=json.dumps({"do": do, **given}).encode(), **(event or {})))

    def answer(self, do: str, *, event: dict[str, Any] | None = None, **given: object) -> Exchange:
        """What was posted, once and legally, for an event."""
        return self.posted(Event(payload=json.dumps({"do": do, **given}).encode(), **(event or {})))

    def result(self, invocation: Invocation, seconds: float = 20) -> Exchange:
        """What became of one that was begun."""
        found = invocation.result(seconds)
        assert found is not None, self.sandbox.log.tail(20)
        return found

    @property
    def started(self) -> str:
        """Tells one process from another."""
        return self.answer("alive").body.decode().strip('"')


class Streaming(Crowd):
    """One whose events are for streams."""

    def stream(self, do: str, **given: object) -> Invocation:
        return self.begin(do, **given)


def name(language: str, do: str) -> str:
    """Where one handler does both, a stream's name says so."""
    return do if language in STREAMS else f"stream-{do}"


Crowds = Bench[Crowd]


@pytest.fixture(scope="module")
def bench(engine: Engine, built: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench[Crowd]]:
    with bench_of(Crowd, HANDLERS, FOLDER, tmp_path_factory.mktemp("crowds"), engine, built) as made:
        yield made


@pytest.fixture
def streaming(bench: Bench[Crowd], language: str) -> Crowd:
    """The process that tests of streams share, in 128 MB where the language can."""
    memory = 256 if language == "java" else 128
    start: Callable[[], Crowd] = lambda: bench.start(language, STREAMS.get(language), memory_mb=memory)
    return bench.kept(language, "streaming", start)


@pytest.mark.parametrize("language", ["java"])
def test_late_write(language, streaming):
    started = streaming.started
    for n in range(3):
        assert streaming.answer("late", count=300).body == b"x"
        for m in range(20):
            assert streaming.started == started, (n, m)
    assert not [one for one in streaming.api.exchanges if one.refused or one.violations]


@pytest.mark.parametrize("language", ["java"])
def test_late_buffer(language, bench):
    streaming = bench.start("java", "crowds.App::buffer")
    started = streaming.started
    for n in range(3):
        assert streaming.started == started
        streaming.answer("late")
        for m in range(20):
            assert streaming.started == started, (n, m)
    assert not [one for one in streaming.api.exchanges if one.refused or one.violations]


@pytest.mark.parametrize("language", ["java"])
def test_threads(language, streaming):
    for n in range(5):
        assert len(streaming.answer("threads", count=200).body) == 1600
    assert streaming.started


@pytest.mark.parametrize("language", ["dotnet"])
def test_keep(language, bench):
    streaming = bench.start("dotnet", "App::Crowds.App::Keep")
    streaming.answer("first")
    assert b"first" in streaming.answer("second").body
    assert b"second" in streaming.answer("third").body


@pytest.mark.parametrize("language", ["java", "go", "dotnet", "nodejs"])
def test_stuck(language, bench):
    running = bench.start(language, AWS_LAMBDA_MAX_CONCURRENCY="4")
    assert running.api.wait_waiting(4)
    running.begin("forever", event={"timeout_ms": 2000})
    slow = running.begin("sleep", ms=4000)
    time.sleep(0.5)
    broke = running.begin("break")
    assert running.result(broke).route is Route.ERROR
    assert running.result(slow).body == b'"slept"'
    assert running.sandbox.wait(3), running.sandbox.log.tail(5)


@pytest.mark.parametrize("language", ["java", "dotnet", "python", "ruby"])
@pytest.mark.parametrize("do", ["end", "end-elsewhere"])
def test_several_end(language, do, bench):
    if do == "end-elsewhere" and language in ("python", "ruby"):
        return
    running = bench.start(language, AWS_LAMBDA_MAX_CONCURRENCY="4")
    assert running.api.wait_waiting(4)
    slow = running.begin("sleep", ms=1500)
    ending = [running.begin(do) for _ in range(2 if do == "end" else 1)]
    t = time.time()
    for one in ending:
        assert running.result(one).route is Route.ERROR
    print(language, do, time.time() - t)
    assert running.result(slow).body == b'"slept"'


@pytest.mark.parametrize("language", ["go"])
@pytest.mark.parametrize("do", ["bad-close", "goexit"])
def test_go(language, do, bench):
    for several in (False, True):
        running = bench.start(language, **({"AWS_LAMBDA_MAX_CONCURRENCY": "3"} if several else {}))
        assert running.api.wait_waiting(1)
        if several:
            slow = running.begin("sleep", ms=2000)
        broke = running.begin("stream-" + do)
        got = running.result(broke)
        print(do, several, got)
        if several:
            assert running.result(slow).body == b'"slept"'
        print(running.sandbox.wait(3), running.sandbox.log.tail(8))


@pytest.mark.parametrize("language", ["java"])
def test_interrupt_later(language, bench):
    running = bench.start(language)
    running.started
    running.answer("interrupt-later", ms=200)
    time.sleep(.5)
    assert running.answer("sleep", ms=10).body == b'"slept"'


@every_language
def test_lost(language, bench):
    running = bench.start(language)
    running.started
    running.api.inject(Fault(on=Route.RESPONSE, act=CloseSilently(reset=True), times=2))
    running.begin("alive")
    print(language, running.sandbox.wait(3), running.sandbox.log.tail(3))
