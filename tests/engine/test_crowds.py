"""Streams, and many invocations at once, with functions of others: readers that stop, connections that are cut, writers
that do not stop, neighbours that fail, hang or end the process.

The functions are in `crowds/`; each test is for every language that has what it is about.
"""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from engine.functions import LANGUAGES, Bench, Running, bench_of
from lambda_image.runtime_api import (
    Answer,
    ChunkedAnswer,
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
# Where handlers that stream are handlers of another kind. Else a stream's name says that it is one.
STREAMING = {"nodejs": "app.stream", "java": "crowds.App::stream", "dotnet": "App::Crowds.App::Stream"}
# Where invocations share the process; the others have a process for each.
SHARED = ("nodejs", "java", "dotnet", "go")
MEBIBYTE = 1 << 20
every_language = pytest.mark.parametrize("language", LANGUAGES)


def of(*languages: str) -> pytest.MarkDecorator:
    """A test for these languages alone: the others have nothing of that kind."""
    return pytest.mark.parametrize("language", languages)


class Crowd(Running):
    """A function of `crowds/`."""

    def begin(self, do: str, *, event: dict[str, Any] | None = None, **given: object) -> Invocation:
        """An event, of which something comes later."""
        return self.api.invoke(Event(payload=json.dumps({"do": do, **given}).encode(), **(event or {})))

    def result(self, invocation: Invocation, seconds: float = 20) -> Exchange:
        """What became of it."""
        found = invocation.result(seconds)
        assert found is not None, self.sandbox.log.tail(20)
        return found

    def answer(self, do: str, **given: object) -> Exchange:
        """What was posted for an event, once and legally."""
        return self.posted(Event(payload=json.dumps({"do": do, **given}).encode()))

    def asleep(self, ms: int) -> Invocation:
        """One that sleeps so long. What a process was given when another had ended it, it need not begin."""
        begun = self.begin("sleep", ms=ms)
        assert self.sandbox.log.wait_for(lambda text: f"sleeping {ms}" in text, 20), self.sandbox.log.tail(20)
        return begun

    def begun(self, invocation: Invocation) -> None:
        """Waits until something is posted for it, of which perhaps nothing more will come."""
        assert self.api.wait(lambda: invocation.results or None, 20), self.sandbox.log.tail(20)

    @property
    def started(self) -> str:
        """Tells one process from another."""
        return self.answer("alive").body.decode().strip('"')

    def ended(self, seconds: float = 5) -> int:
        """The status with which it ends."""
        status = self.sandbox.wait(seconds)
        assert status is not None, self.sandbox.log.tail(20)
        return status


def told(found: Exchange) -> str:
    """What a stream failed with."""
    error = base64.b64decode(found.trailer("Lambda-Runtime-Function-Error-Body") or "")
    message = json.loads(error)["errorMessage"]
    return f"{found.trailer('Lambda-Runtime-Function-Error-Type')}: {message}"


def stream(language: str, do: str) -> str:
    """The name of a stream."""
    return do if language in STREAMING else f"stream-{do}"


@pytest.fixture(scope="module")
def bench(
    engine: Engine, built: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench[Crowd]]:
    with bench_of(Crowd, HANDLERS, FOLDER, tmp_path_factory.mktemp("crowds"), engine, built) as made:
        yield made


@pytest.fixture
def streaming(bench: Bench[Crowd], language: str) -> Crowd:
    """The process that streams share, in little memory: what is sent in pieces is never there as a whole."""
    return bench.kept(language, "streaming", lambda: bench.start(language, STREAMING.get(language), memory_mb=128))


@pytest.fixture
def many(bench: Bench[Crowd], language: str) -> Crowd:
    """Six at once, all of which are waiting for events."""
    running = bench.start(language, AWS_LAMBDA_MAX_CONCURRENCY="6")
    assert running.api.wait_waiting(6, timeout=20), running.sandbox.log.tail(20)
    return running


# -- streams -----------------------------------------------------------------------------------------------------------


@every_language
def test_a_reader_that_stops_holds_the_writer_up_who_needs_no_more_memory(language: str, streaming: Crowd) -> None:
    """More bytes than the function has memory, of which the Runtime API reads none for a while."""
    started = streaming.started
    streaming.api.inject(Fault(on=Route.RESPONSE, act=SlowRead(after=MEBIBYTE, seconds=1)))
    found = streaming.answer(stream(language, "pieces"), size=MEBIBYTE // 16, count=16 * 130)
    assert found.size == 130 * MEBIBYTE
    assert streaming.started == started


@every_language
def test_pieces_of_a_byte_arrive_also_where_they_are_read_one_by_one(language: str, streaming: Crowd) -> None:
    assert streaming.answer(stream(language, "pieces"), count=3000).body == b"x" * 3000
    streaming.api.inject(Fault(on=Route.RESPONSE, act=ReadRate(1000)))
    assert streaming.answer(stream(language, "pieces"), count=100).body == b"x" * 100


@every_language
@pytest.mark.parametrize("after", [0, 1, MEBIBYTE])
def test_a_stream_whose_connection_is_cut_is_sent_once_and_harms_no_other(
    language: str, after: int, streaming: Crowd
) -> None:
    started = streaming.started
    streaming.api.inject(Fault(on=Route.RESPONSE, act=ResetWhileReading(after=after)))
    cut = streaming.begin(stream(language, "pieces"), size=4096, count=1024)
    streaming.begun(cut)
    assert streaming.api.wait_waiting(timeout=20), streaming.sandbox.log.tail(20)
    assert len(cut.results) == 1
    assert streaming.started == started
    assert streaming.answer(stream(language, "pieces"), count=3).body == b"xxx"


@of("python", "nodejs", "dotnet", "ruby")
def test_what_fails_after_the_prelude_alone_is_in_the_trailers(language: str, streaming: Crowd) -> None:
    found = streaming.answer(stream(language, "prelude-fail"), message="after the prelude")
    assert found.body == b'{"statusCode":201}' + bytes(8)
    assert told(found).endswith(": after the prelude")


@of("python", "nodejs", "dotnet", "ruby")
def test_empty_pieces_end_no_stream(language: str, streaming: Crowd) -> None:
    assert streaming.answer(stream(language, "empty-pieces")).body == b"ab"


@of("nodejs", "java", "go")
def test_a_stream_that_is_closed_twice_has_ended_once(language: str, streaming: Crowd) -> None:
    assert streaming.answer(stream(language, "close-twice")).body == b"x"
    assert streaming.started


@of("nodejs", "java")
def test_what_is_written_when_the_handler_has_returned_goes_nowhere(language: str, streaming: Crowd) -> None:
    """Not into the requests of the events that follow, which are no streams: those have connections of their own."""
    started = streaming.started
    assert streaming.answer("late", count=200).body == b"x"
    over = time.monotonic() + 0.6  # it begins after 30 ms, and goes on for 200 or more
    while time.monotonic() < over:
        assert streaming.answer("whole").body.decode() == started
        time.sleep(0.005)
    calls = [one for one in streaming.api.exchanges if one.route is not Route.NEXT]
    assert not [one for one in calls if one.refused or one.violations]


@of("java")
def test_output_that_was_sent_as_a_whole_becomes_no_stream(language: str, bench: Bench[Crowd]) -> None:
    running = bench.start(language, "crowds.App::buffer")
    started = running.started
    for _ in range(3):
        assert running.answer("late").json() == started
        for _ in range(20):
            assert running.started == started


@of("java")
def test_threads_may_write_at_the_same_time(language: str, streaming: Crowd) -> None:
    for _ in range(3):
        assert streaming.answer("threads", count=200).body == b"x" * 1600


@of("nodejs", "java")
def test_who_writes_on_whatever_comes_of_it_hinders_nobody(language: str, streaming: Crowd) -> None:
    started = streaming.started
    streaming.api.inject(Fault(on=Route.RESPONSE, act=ResetWhileReading(after=10_000)))
    streaming.begun(streaming.begin("stubborn", size=1000, count=500))
    assert streaming.api.wait_waiting(timeout=20), streaming.sandbox.log.tail(20)
    assert streaming.started == started


@of("python", "java", "dotnet", "ruby")
def test_the_end_of_the_process_within_a_stream_is_in_its_trailers(language: str, bench: Bench[Crowd]) -> None:
    running = bench.start(language, STREAMING.get(language))
    invocation = running.begin(stream(language, "end"))
    found = running.result(invocation)
    assert (found.route, found.body) == (Route.RESPONSE, b"x")
    assert told(found).startswith("Runtime.ExitError: ")
    assert running.ended() == 3
    assert len(invocation.results) == 1
    assert not found.violations


@of("dotnet")
def test_what_nobody_caught_within_a_stream_is_in_its_trailers(language: str, bench: Bench[Crowd]) -> None:
    running = bench.start(language, STREAMING[language])
    found = running.answer("break")
    assert (found.body, told(found)) == (b"x", "Function.InvalidOperationException: elsewhere")
    assert running.ended()


@of("go")
def test_the_context_of_an_invocation_is_alive_while_its_stream_is_read(language: str, streaming: Crowd) -> None:
    found = streaming.answer("stream-context", count=5, ms=20)
    assert (found.body, found.trailers) == (b"xxxxx", ())


@of("go")
@pytest.mark.parametrize("several", [False, True])
def test_a_stream_that_ends_its_goroutine_or_panics_when_it_is_closed_ends_the_process_in_order(
    language: str, several: bool, bench: Bench[Crowd]
) -> None:
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "3"} if several else {}
    for do, error in (("stream-goexit", "Runtime.Goexit"), ("stream-bad-close", None)):
        running = bench.start(language, **variables)
        assert running.api.wait_waiting(3 if several else 1, timeout=20)
        other = running.asleep(1000) if several else None
        found = running.result(running.begin(do))
        assert (found.body, found.trailer("Lambda-Runtime-Function-Error-Type")) == (b"x", error)
        if other is not None:
            assert running.result(other).body == b'"slept"'
        assert running.ended() == 1


# -- events that come in odd ways --------------------------------------------------------------------------------------


@every_language
def test_an_event_is_read_however_its_head_and_body_come(language: str, streaming: Crowd) -> None:
    """Chunks of all sizes, names in any case, a header of 60 KB, headers that come twice."""
    twice = (("lambda-runtime-aws-request-id", "another"), ("LAMBDA-RUNTIME-DEADLINE-MS", "1"))
    started = streaming.started
    for case in ("lower", "upper", "mixed"):
        streaming.api.inject(Fault(on=Route.NEXT, act=ChunkedAnswer((1, 2, 3, 65_536, 7, 100_000))))
        assert streaming.answer("alive")  # whose answer is on its way already
        payload = json.dumps({"do": "alive", "ignored": "x" * 1_000_000}).encode()
        extra = (("X-Large", "x" * 60_000), *twice)
        found = streaming.posted(Event(payload=payload, header_case=case, extra_headers=extra))  # type: ignore[arg-type]
        assert found.body.decode().strip('"') == started


# -- many at once ------------------------------------------------------------------------------------------------------


@every_language
def test_of_many_at_once_each_is_itself_beside_one_that_is_slow_and_others_that_fail(
    language: str, many: Crowd
) -> None:
    """Results, contexts, records: of five neighbours at a time, while answers are refused and connections cut."""
    many.api.inject(Fault(on=Route.RESPONSE, act=Answer(500), skip=5, times=3))
    many.api.inject(Fault(on=Route.NEXT, act=CloseSilently(when="after-answer", reset=True), skip=7, times=5))
    many.api.inject(Fault(on=Route.RESPONSE, act=CloseSilently(when="after-answer"), skip=20, times=5))
    slow = many.asleep(1500)
    begun: list[Invocation] = []
    for n in range(50):
        event = {"trace_id": f"Root=1-{n}", "tenant_id": f"tenant-{n}", "timeout_ms": 10_000 + 1000 * n}
        begun.append(many.begin("fail" if n % 10 == 9 else "who", n=n, ms=20, message=str(n), event=event))
    processes = set()
    for n, one in enumerate(begun):
        found = many.result(one)
        assert len(one.results) == 1
        value = found.json()
        assert isinstance(value, dict)
        if n % 10 == 9:
            assert (found.route, value["errorMessage"]) == (Route.ERROR, str(n))
            continue
        assert (value["id"], value["n"]) == (found.request_id, n)
        assert value.get("tenant", f"tenant-{n}") == f"tenant-{n}"  # .NET's stand-in for AWS's assembly has none
        assert value.get("trace") in (None, f"Root=1-{n}")
        assert 0 < 10_000 + 1000 * n - value["remaining"] < 9_000
        processes.add(value["started"])
    assert many.result(slow).body == b'"slept"'
    assert (len(processes) == 1) is (language in SHARED)
    assert many.api.wait_waiting(6), many.sandbox.log.tail(20)
    check_records(many, [one.results[0].request_id or "" for one in begun])


def check_records(many: Crowd, ids: list[str]) -> None:
    """Each line that an invocation logged, from whichever thread, has its id; what was printed is whole."""
    assert many.sandbox.log.wait_for(lambda text: text.count("printed ") >= 45, 5), many.sandbox.log.tail(20)
    lines = many.sandbox.log.text.splitlines()
    assert {line for line in lines if line.startswith("printed ")} >= {f"printed {n}" for n in range(9)}
    records = [json.loads(line) for line in lines if line.startswith("{")]
    logged = {one["message"].strip(): one.get("AWSRequestId", one.get("requestId")) for one in records}
    for n, request_id in enumerate(ids):
        if n % 10 != 9:
            assert logged[f"begin {n}"] == request_id
            assert logged[f"elsewhere {n}"] == request_id


@every_language
def test_streams_at_once_are_not_mixed_up_and_one_that_is_cut_ends_alone(language: str, bench: Bench[Crowd]) -> None:
    running = bench.start(language, STREAMING.get(language), AWS_LAMBDA_MAX_CONCURRENCY="5")
    assert running.api.wait_waiting(5, timeout=20), running.sandbox.log.tail(20)
    for request_id, act in (("cut", ResetWhileReading(3000)), ("stopped", SlowRead(after=100_000, seconds=1))):
        running.api.inject(Fault(on=Route.RESPONSE, act=act, request_id=request_id))
    cut = running.begin(stream(language, "drip"), event={"request_id": "cut"}, size=1000, count=40, ms=10)
    stopped = running.begin(stream(language, "pieces"), event={"request_id": "stopped"}, size=65_536, count=64)
    others = [running.begin(stream(language, "drip"), size=n, count=20, ms=10) for n in (1, 10, 100)]
    failed = running.begin(stream(language, "fail"), message="in a stream")
    for n, one in zip((1, 10, 100), others, strict=True):
        assert running.result(one).body == b"x" * 20 * n
    assert told(running.result(failed)).endswith(": in a stream")
    assert running.result(stopped).size == 64 * 65_536
    assert running.api.wait_waiting(5), running.sandbox.log.tail(20)
    assert len(cut.results) == 1


@of(*SHARED)
def test_one_that_hangs_keeps_no_process_from_ending_when_those_with_time_are_done(language: str, many: Crowd) -> None:
    many.begin("forever", event={"timeout_ms": 500})
    slow = many.asleep(1500)
    assert many.api.wait(lambda: many.api.waiting == 4 or None, 5)
    broken = many.begin("break")
    assert many.result(broken).route is Route.ERROR
    assert many.result(slow).body == b'"slept"'
    assert many.ended()


@of("java", "python", "ruby")
def test_each_of_two_that_end_the_process_is_told(language: str, many: Crowd) -> None:
    slow = many.asleep(1000)
    for one in [many.begin("end"), many.begin("end")]:
        found = many.result(one, 5).json()
        assert isinstance(found, dict)
        assert found["errorType"] == "Runtime.ExitError"
    assert many.result(slow).body == b'"slept"'


@of("dotnet")
@pytest.mark.parametrize("first", ["end", "break"])
@pytest.mark.parametrize("second", ["end", "break"])
def test_each_of_two_that_end_the_process_one_after_the_other_is_told(
    language: str, first: str, second: str, many: Crowd
) -> None:
    """By its end or by what nobody caught, with either beside either. Who exits at the very moment is not counted."""
    many.answer("alive")  # what is compiled for the first event would let both come to their ends together
    slow = many.asleep(2000)
    begun = []
    for do in (first, second):
        begun.append(many.begin(do))
        time.sleep(0.3)
    errors = {"end": "Runtime.ExitError", "break": "InvalidOperationException"}
    for do, one in zip((first, second), begun, strict=True):
        found = many.result(one, 5).json()
        assert isinstance(found, dict)
        assert found["errorType"] == errors[do]
    assert many.result(slow).body == b'"slept"'
    ended = many.ended()
    assert ended == 3 if first == second == "end" else ended


@of("java", "dotnet")
def test_the_end_of_the_process_by_another_thread_is_told_to_whom_it_keeps_waiting(language: str, many: Crowd) -> None:
    slow = many.asleep(1000)
    ending = many.begin("end-elsewhere")
    assert many.result(slow).body == b'"slept"'
    found = many.result(ending, 5).json()
    assert isinstance(found, dict)
    assert found["errorType"] == "Runtime.ExitError"
    assert many.ended() == 3


@of("python", "java", "dotnet", "ruby")
def test_what_fails_in_the_background_ends_nobody(language: str, bench: Bench[Crowd]) -> None:
    running = bench.kept(language, "single", lambda: bench.start(language))
    started = running.started
    assert running.answer("throw-elsewhere").body == b'"thrown"'
    assert running.started == started


@of("java", "dotnet")
@pytest.mark.parametrize("several", [False, True])
def test_memory_of_large_events_goes_back_where_no_neighbour_stands_still_for_it(
    language: str, several: bool, bench: Bench[Crowd]
) -> None:
    """A collection for each where one comes after the other; among several the collector decides itself."""
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "2"} if several else {}
    if language == "java":
        variables["JAVA_TOOL_OPTIONS"] = "-Xms128m"  # room, so that none is needed
    running = bench.start(language, **variables)
    for _ in range(10):
        running.answer("alive", ignored="x" * 2_500_000)
    collections = int(running.answer("collections").body)
    assert collections < 8 if several else collections >= 10


# -- what comes late ---------------------------------------------------------------------------------------------------


@of("java", "dotnet")
def test_an_interrupt_that_comes_late_is_not_the_next_event_s(language: str, bench: Bench[Crowd]) -> None:
    running = bench.kept(language, "single", lambda: bench.start(language))
    assert running.answer("interrupt-later", ms=20).body == b'"returned"'
    assert running.answer("log-later", ms=200).route is Route.RESPONSE
    assert running.sandbox.log.wait_for(lambda text: "late " in text, 5)  # so the interrupt is there, too
    assert running.answer("sleep", ms=10).body == b'"slept"'


@of("java")
def test_a_late_record_of_a_context_is_its_invocation_s(language: str, bench: Bench[Crowd]) -> None:
    running = bench.start(language, AWS_LAMBDA_LOG_FORMAT="JSON")
    first = running.answer("log-later", ms=300).request_id
    assert running.answer("sleep", ms=600).body == b'"slept"'
    assert running.sandbox.log.wait_for(lambda text: "late " in text, 5)
    (record,) = (json.loads(line) for line in running.sandbox.log.text.splitlines() if "late " in line)
    assert (record["message"], record["AWSRequestId"]) == (f"late {first}", first)


@of("dotnet")
def test_a_stream_that_is_kept_keeps_its_own_event(language: str, bench: Bench[Crowd]) -> None:
    running = bench.start(language, "App::Crowds.App::Keep")
    running.answer("first")
    assert b"first" in running.answer("second").body
    assert b"second" in running.answer("third").body


# -- results that get lost ---------------------------------------------------------------------------------------------


@every_language
def test_a_result_that_is_lost_twice_ends_the_process_with_a_line(language: str, bench: Bench[Crowd]) -> None:
    """It is not known what the Runtime API has of it: the same in all languages."""
    running = bench.start(language, fault=Fault(on=Route.RESPONSE, act=CloseSilently(reset=True), times=2))
    running.begin("alive")
    assert running.ended(20) == 1
    assert running.sandbox.log.wait_end(5)
    assert len([one for one in running.api.exchanges if one.route is Route.RESPONSE]) == 2
    assert running.sandbox.log.text.strip()
