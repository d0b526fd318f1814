"""Functions that do what no client's author thought of, in every language: each event is answered, and the next one.

The functions are in `misbehaving/`; the table says what the caller is told. What AWS's own clients do there is in
docs/clients.md, where it differs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from engine.functions import Bench, Functions, Running
from lambda_image.engine import Engine
from lambda_image.runtime_api import Answer, CloseSilently, Event, Exchange, Fault, Route

pytestmark = [pytest.mark.engine, pytest.mark.long]

FOLDER = Path(__file__).with_name("misbehaving")
DEEP = "[" * 500 + '"bottom"' + "]" * 500
LATER = "a, then Function."

# What comes of an event: `error TYPE`, or the body of the response, and of a stream that broke the trailer's type.
PYTHON = {
    "nan": "error Runtime.MarshalError",
    "decimal": '{"price":1.10,"big":1E+40}',
    "time": "error Runtime.MarshalError",
    "bytes": "\x00\\xff",
    "function": "error Runtime.MarshalError",
    "set": "error Runtime.MarshalError",
    "bad-key": "error Runtime.MarshalError",
    "surrogate": '"\\ud800"',
    "deep": DEEP,
    "too-deep": "error Runtime.MarshalError",
    "awaitable": '"awaited"',
    "coroutine": '"awaited"',
    "left-task": '"left"',
    "nested-loop": '"awaited"',
    "text-thrown": "error TypeError",
    "odd-type": "error Fehlerß",
    "hostile-error": "error Hostile",
    "cyclic-cause": "error ValueError",
    "cancelled": "error CancelledError",
    "base": "error GeneratorExit",
    "group": "error ExceptionGroup",
    "recursion": "error RecursionError",
    "stdin": '""',
    "child": '"child"',
    "background": '"begun"',
    "wild-log": '"logged"',
    "fork-and-exit": '"forked, then 3"',
    "fork-and-raise": '"forked, then 1"',
    "fork-and-return": '"forked, then 0"',
    "fork-and-stream": '"forked, then 0"',
    "stream-fork": "aforked, then 3",
    "stream-wrong-type": LATER + "TypeError",
    "stream-error-first": "error ValueError",
    "stream-error-later": LATER + "ValueError",
    "stream-empty": "",
    "stream-stubborn": LATER + "TypeError",
    "stream-base": LATER + "GeneratorExit",
}
NODEJS = {
    "nan": "[null]",
    "time": '"1970-01-01T00:00:00.000Z"',
    "bytes": '{"type":"Buffer","data":[0,255]}',
    "function": "error Runtime.MarshalError",
    "undefined": "null",
    "symbol": "error Runtime.MarshalError",
    "bigint": "error Runtime.MarshalError",
    "map": "{}",
    "circular": "error Runtime.MarshalError",
    "surrogate": '"\\ud800"',
    "deep": DEEP,
    "too-deep": "error Runtime.MarshalError",
    "bad-json": "error Runtime.MarshalError",
    "no-json": "error Runtime.MarshalError",
    "thenable": '"thenable"',
    "callable-thenable": '"thenable"',
    "bad-thenable": "error Error",
    "generator": "{}",
    "async-generator": "{}",
    "throw-undefined": "error undefined",
    "throw-null": "error object",
    "throw-number": "error number",
    "throw-text": "error string",
    "throw-symbol": "error symbol",
    "throw-object": "error object",
    "throw-nothing": "error object",
    "throw-proxy": "error object",
    "reject-undefined": "error undefined",
    "sub-class": "error Sold",
    "aggregate": "error AggregateError",
    "cyclic-cause": "error Error",
    "hostile-error": "error Error",
    "odd-type": "error Fehlerß a\r\nb: c",
    "symbol-name": "error Error",
    "frozen-error": "error Error",
    "other-realm": "error RangeError",
    "recursion": "error RangeError",
    "done": '"done"',
    "fail": "error string",
    "never": "error Runtime.NodeJsExit",
    "stdin": '""',
    "child": '"child"',
    "wild-log": '"logged"',
}
CALLBACKS = {
    "twice": "error Error",
    "throw-after-callback": '"called"',
    "callback-in-async": '"returned"',
    "callback-text": "error string",
    "succeed-late": '"late"',
}
STREAMS = {
    "error-first": "error Error",
    "error-later": LATER + "Error",
    "end-then-error": "a",
    "pipeline-error": LATER + "TypeError",
    "pipeline-error-first": "error TypeError",
    "destroy-error": LATER + "TypeError",
    "destroy": "a, then Runtime.TruncatedResponse",
    "destroy-first": "error Runtime.TruncatedResponse",
    "pipe-good": "ab",
    "never-ended": "a, then Runtime.NodeJsExit",
    "never-written": "error Runtime.NodeJsExit",
    "write-after-end": LATER + "Error",
    "late-type": "a, then Runtime.InvalidStreamingOperation",
    "circular": LATER + "TypeError",
    "object": '{"a":1}',
    "sync-throw": "error Error",
    "text-thrown": LATER + "string",
}
RUBY = {
    "nan": "error Runtime.MarshalError",
    "decimal": '"0.11e1"',
    "time": '"1970-01-01 00:00:00 UTC"',
    "bytes": "error Runtime.MarshalError",
    "bad-text": "error Runtime.MarshalError",
    "latin": '"é"',
    "symbol": '"symbol"',
    "keys": '{"1":"a","":"b","sym":"c"}',
    "deep": DEEP,
    "too-deep": "error Runtime.MarshalError",
    "bad-json": "error Runtime.MarshalError",
    "odd-json": "error Runtime.MarshalError",
    "enumerator": "error TypeError",
    "lazy": "error TypeError",
    "string-io": "bytes",
    "text-thrown": "error RuntimeError",
    "thrown": "error UncaughtThrowError",
    "hostile-error": "error Hostile",
    "hostile-trace": "error HostileTrace",
    "odd-trace": "error OddTrace",
    "nil-message": "error NilMessage",
    "anonymous": "error StandardError",
    "odd-type": "error Fehlerß",
    "no-memory": "error NoMemoryError",
    "not-implemented": "error NotImplementedError",
    "recursion": "error SystemStackError",
    "cause": "error ArgumentError",
    "stop": "error StopIteration",
    "stdin": '""',
    "child": '"child"',
    "fork": '"forked"',
    "fork-exit": '"forked"',
    "fork-and-exit": '"forked, then 3"',
    "fork-and-raise": '"forked, then 1"',
    "fork-and-return": '"forked, then 0"',
    "fork-and-stream": '"forked, then 0"',
    "stream-fork": "aforked, then 3",
    "closed-connections": '"closed"',
    "background": '"begun"',
    "abort-on-exception": "error ArgumentError",
    "wild-log": '"logged"',
    "stream-wrong-type": LATER + "TypeError",
    "stream-error-first": "error ArgumentError",
    "stream-error-later": LATER + "ArgumentError",
    "stream-empty": "",
    "stream-thrown": LATER + "UncaughtThrowError",
    "stream-no-memory": LATER + "NoMemoryError",
}
GO = {
    "nan": "error Runtime.MarshalError",
    "time": '"1970-01-01T00:00:00Z"',
    "bytes": '"AP8="',
    "function": "error Runtime.MarshalError",
    "channel": "error Runtime.MarshalError",
    "bad-text": '"a\\ufffdb"',
    "deep": DEEP,
    "circular": "error Runtime.MarshalError",
    "odd-json": "error Runtime.MarshalError",
    "nil-pointer-result": "null",
    "nil-reader": "null",
    "both": "error errorString",
    "cyclic-cause": "error cyclic",
    "joined": "error joinError",
    "wrapped": "error wrapError",
    "odd-type": "error Fehlerß",
    "stdin": '""',
    "child": '"child"',
    "wild-log": '"logged"',
    "stream-error-first": "error errorString",
    "stream-error-later": LATER + "errorString",
    "stream-error-with": LATER + "errorString",
    "stream-empty": "",
    "stream-nothing": LATER + "errorString",
    "stream-too-much": "error errorString",
}
JAVA = {
    "nan": "error Runtime.MarshalError",
    "infinite": "error Runtime.MarshalError",
    "decimal": "1.10",
    "time": '"1970-01-01T00:00:00Z"',
    "date": '[0,"1970-01-01","PT1S"]',
    "bytes": '"AP8="',
    "bad-text": '"a\\ud800b"',
    "function": "{}",
    "thread": "error Runtime.MarshalError",
    "class": "error Runtime.MarshalError",
    "stream": "[1,2]",
    "future": "error Runtime.MarshalError",
    "optional": "[1,null]",
    "numbers-perhaps": "[1,null,0.5,true]",
    "calendar": '[1000,"Europe/Paris"]',
    "enum": '["SMALL","LARGE"]',
    "record": '{"x":1}',
    "anonymous": '{"number":1}',
    "keys": '{"1":"a","LARGE":"b","c":"c"}',
    "null-key": "error Runtime.MarshalError",
    "deep": DEEP,
    "too-deep": "error Runtime.MarshalError",
    "circular": "error Runtime.MarshalError",
    "circular-bean": "error Runtime.MarshalError",
    "bad-getter": "error Runtime.MarshalError",
    "bad-iterator": "error java.lang.IllegalStateException",
    "checked": "error java.io.IOException",
    "sneaked": "error java.lang.Exception",
    "throwable": "error java.lang.Throwable",
    "throw-null": "error java.lang.NullPointerException",
    "error": "error java.lang.AssertionError",
    "no-message": "error java.lang.IllegalStateException",
    "hostile-error": "error misbehaving.App$Hostile",
    "hostile-trace": "error misbehaving.App$HostileTrace",
    "hostile-cause": "error misbehaving.App$HostileCause",
    "no-trace": "error misbehaving.App$NoTrace",
    "odd-type": "error misbehaving.App$Fehlerß",
    "own-cause": "error misbehaving.App$OwnCause",
    "cyclic-cause": "error java.lang.IllegalStateException",
    "suppressed": "error java.lang.IllegalArgumentException",
    "initializer": "error java.lang.ExceptionInInitializerError",
    "no-class": "error java.lang.NoClassDefFoundError",
    "death": "error java.lang.LinkageError",
    "recursion": "error java.lang.StackOverflowError",
    "interrupt": '"interrupted"',
    "interrupt-and-throw": "error java.lang.InterruptedException",
    "background": '"begun"',
    "stdin": '""',
    "child": "0",
    "wild-log": '"logged"',
}
JAVA_STREAMS = {
    "empty": "",
    "empty-write": "",
    "thread": "ab",
    "close-then-write": "ab",
    "interrupt": "ab",
    "error-first": "error java.io.IOException",
    "error-untyped": "error java.io.IOException",
    "error-later": LATER + "javaioIOException",
    "error-bounds": LATER + "javalangArrayIndexOutOfBoundsException",
    "error-null": LATER + "javalangNullPointerException",
    "error-hostile": LATER + "misbehavingAppHostile",
    "late-type": LATER + "javalangIllegalStateException",
    "quiet-text": '"quiet"',
    "quiet-close": '"quiet"',
    "quiet-error": "error java.lang.IllegalArgumentException",
    "quiet-type": "error java.lang.IllegalStateException",
}
DOTNET = {
    "nan": "error Runtime.MarshalError",
    "decimal": "1.10",
    "time": '"1970-01-01T00:00:00Z"',
    "bytes": '"AP8="',
    "bad-text": '"a\N{REPLACEMENT CHARACTER}b"',
    "function": "error Runtime.MarshalError",
    "type": "error Runtime.MarshalError",
    "enum": "1",
    "anonymous": '{"number":1,"nothing":null}',
    "keys": '{"1":"a"}',
    "element": '{"a":1.10}',
    "disposed-element": "error Runtime.MarshalError",
    "deep": DEEP,
    "too-deep": "error Runtime.MarshalError",
    "circular": "error Runtime.MarshalError",
    "bad-getter": "error Runtime.MarshalError",
    "bad-iterator": "error Runtime.MarshalError",
    "throw-null": "error NullReferenceException",
    "hostile-error": "error Hostile",
    "hostile-trace": "error HostileTrace",
    "odd-type": "error Fehlerß",
    "generic-type": "error Generic",
    "aggregate": "error AggregateException",
    "aggregate-none": "error AggregateException",
    "wrapped": "error ArgumentException",
    "cancelled": "error OperationCanceledException",
    "initializer": "error FormatException",
    "cause": "error ArgumentException",
    "cyclic-cause": "error Exception",
    "memory": "error OutOfMemoryException",
    "background": '"begun"',
    "async-void": '"forgotten"',
    "local": '"nothing"',
    "local-again": '"nothing"',
    "culture": '[-1,1.5,"1970-01-01T00:00:00"]',
    "stdin": '""',
    "child": '"child"',
    "wild-log": '"logged"',
}
DOTNET_TASKS = {
    "cancelled": "error TaskCanceledException",
    "aggregate": "error AggregateException",
    "left": '"left"',
    "no-message": "error Generic",
    "deep-await": "error IOException",
}
DOTNET_BYTES = {
    "null": "null",
    "same": '"same"',
    "closed": "error ObjectDisposedException",
    "middle": "12",
    "bad-read": "error IOException",
}
DOTNET_STREAMS = {
    "error-first": "error IOException",
    "empty": "",
    "null-first": "error InvalidOperationException",
    "type-only": "",
    "bad-prelude": "error Runtime.MarshalError",
    "number": LATER + "InvalidOperationException",
    "null": LATER + "InvalidOperationException",
    "late-type": LATER + "InvalidOperationException",
    "empty-piece": "a",
    "error-later": LATER + "IOException",
    "error-hostile": LATER + "Hostile",
    "cancelled": LATER + "OperationCanceledException",
    "bad-finally": LATER + "IOException",
}
DOTNET_ODD = {
    "bad-start": "error InvalidOperationException",
    "no-start": "error NullReferenceException",
    "null": "null",
    "bad-close": LATER + "InvalidOperationException",
}
ANSWERS = {
    "python app.handler": PYTHON,
    "nodejs app.handler": NODEJS,
    "nodejs app.callback": CALLBACKS,
    "nodejs app.stream": STREAMS,
    "ruby app.handler": RUBY,
    "go function": GO,
    "java misbehaving.App::handler": JAVA,
    "java misbehaving.App::stream": JAVA_STREAMS,
    "dotnet App::Misbehaving.App::Handle": DOTNET,
    "dotnet App::Misbehaving.App::Async": DOTNET_TASKS,
    "dotnet App::Misbehaving.App::Bytes": DOTNET_BYTES,
    "dotnet App::Misbehaving.App::Stream": DOTNET_STREAMS,
    "dotnet App::Misbehaving.App::Odd": DOTNET_ODD,
}
# What the rest of a process lives with. After each, an error is still reported.
LASTING = {
    "python app.handler": "no-environment patched-http patched-time patched-json no-output gone closed-output",
    "nodejs app.handler": (
        "no-environment patched-http patched-stack no-stack polluted patched-time gone closed-output patched-json"
    ),
    "ruby app.handler": "no-environment patched-socket patched-time gone string-output closed-output patched-json",
    "go function": "no-environment no-output gone closed-output",
    "java misbehaving.App::handler": (
        "locale handler-of-all proxy no-logging no-properties string-output closed-output broken-output silent"
    ),
    "dotnet App::Misbehaving.App::Handle": (
        "deaf first-chance no-environment gone broken-output closed-output no-threads"
    ),
}
THROWS = {
    "python": "text-thrown",
    "nodejs": "throw-text",
    "ruby": "text-thrown",
    "go": "wrapped",
    "java": "text-thrown",
    "dotnet": "wrapped",
}
# These end the process, with a status, after the event was answered.
ENDS = {
    ("python app.handler", "exit"): ("error Runtime.ExitError", 1),
    ("nodejs app.stream", "reject-elsewhere"): ("a, then Runtime.UnhandledPromiseRejection", 128),
    ("nodejs app.stream", "timer-throw"): (LATER + "Error", 129),
    ("ruby app.handler", "thread-exit"): ("error Runtime.ExitError", 0),
    ("go function", "goexit"): ("error Runtime.Goexit", 1),
    ("go function", "nil-error"): ("error errorString", 1),
    ("java misbehaving.App::handler", "exit"): ("error Runtime.ExitError", 3),
    ("java misbehaving.App::handler", "memory"): ("error java.lang.OutOfMemoryError", 1),
    ("dotnet App::Misbehaving.App::Handle", "exit"): ("error Runtime.ExitError", 3),
    ("dotnet App::Misbehaving.App::Handle", "thread-crash"): ("error ArgumentException", None),
}
# Where several are handled at once, what ends the process, or one of several, is told to the one that did it.
ENDS_AMONG_SEVERAL = {
    "python app.handler": ("exit", "error Runtime.ExitError"),
    "nodejs app.handler": ("throw-elsewhere", "error RangeError"),
    "ruby app.handler": ("exit", "error Runtime.ExitError"),
    "go function": ("goexit", "error Runtime.Goexit"),
    "java misbehaving.App::handler": ("exit", "error Runtime.ExitError"),
    "dotnet App::Misbehaving.App::Handle": ("exit", "error Runtime.ExitError"),
    "dotnet App::Misbehaving.App::Handle ": ("thread-crash", "error ArgumentException"),
}


class Subject(Running):
    """A function of `misbehaving/`."""

    def answer(self, event: object) -> Exchange:
        """What was posted for an event, once; the process then waits for the next, or has ended."""
        invocation = self.api.invoke(Event(payload=json.dumps(event).encode()))
        found = invocation.result(20)
        assert found is not None, f"{event}: {self.sandbox.log.tail(20)}"
        assert self.api.wait_waiting(timeout=5) or self.sandbox.wait(5) is not None
        assert len(invocation.results) == 1, event
        assert not found.violations, (event, found.violations)
        return found

    def told(self, event: object) -> str:
        """The same in words."""
        found = self.answer(event)
        kind = found.trailer("Lambda-Runtime-Function-Error-Type")
        if kind is not None:
            error = base64.b64decode(found.trailer("Lambda-Runtime-Function-Error-Body") or "")
            assert json.loads(error)["errorMessage"]
            return f"{found.body.decode()}, then {kind}"
        if found.route.value != "error":
            return found.body.decode("utf-8", "backslashreplace")
        error_type = found.json()
        assert isinstance(error_type, dict)
        assert isinstance(error_type["errorMessage"], str)
        return f"error {error_type['errorType']}"


Start = Callable[..., Subject]


@pytest.fixture(scope="module")
def functions(
    engine: Engine, built: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    with closing(Functions(FOLDER, tmp_path_factory.mktemp("misbehaving"), engine, built)) as made:
        yield made


@pytest.fixture
def start(functions: Functions) -> Iterator[Start]:
    """Starts a function, by its language and handler."""
    with ExitStack() as stack:
        bench = Bench(Subject, {}, functions, stack)

        def begin(function: str, fault: Fault | None = None, **variables: str) -> Subject:
            language, handler = function.split()
            return bench.start(language, handler, fault=fault, **variables)

        yield begin


@pytest.mark.parametrize("function", ANSWERS)
def test_each_event_is_answered_once_by_the_same_process(function: str, start: Start) -> None:
    running = start(function)
    began = running.answer("alive").body
    assert {name: running.told(name) for name in ANSWERS[function]} == ANSWERS[function]
    assert running.answer("alive").body == began


@pytest.mark.parametrize("function", LASTING)
def test_whatever_a_function_has_broken_its_errors_are_reported(function: str, start: Start) -> None:
    """Patched JSON, clocks and connections, closed output, no environment, a working folder that is gone."""
    running = start(function)
    throws = THROWS[function.split()[0]]
    for name in LASTING[function].split():
        running.answer(name)
        assert running.told(throws).startswith("error "), name


@pytest.mark.parametrize("function", LASTING)
def test_an_error_is_reported_where_output_was_closed_before_anything_was_written(function: str, start: Start) -> None:
    running = start(function)
    running.answer("closed-output")
    assert running.told(THROWS[function.split()[0]]).startswith("error ")


@pytest.mark.parametrize("language", ["python", "nodejs", "ruby", "go", "java"])
def test_where_descriptors_are_used_up_the_error_is_reported(language: str, start: Start) -> None:
    """It is the first error of its process: what is loaded for it is loaded then. Not in .NET, which ends the process
    itself, since it cannot open the libraries that it reads a stack with."""
    (function,) = (one for one in LASTING if one.startswith(language))
    running = start(function)
    assert running.told("descriptors").startswith("error ")
    assert running.told("alive")


@pytest.mark.parametrize(("function", "name"), ENDS)
def test_what_ends_the_process_is_reported_before(function: str, name: str, start: Start) -> None:
    running = start(function)
    told, status = ENDS[function, name]
    assert running.told(name) == told
    ended = running.sandbox.wait(5)
    assert ended == status if status is not None else ended  # .NET aborts by a signal


@pytest.mark.parametrize("function", ENDS_AMONG_SEVERAL)
def test_the_end_of_one_among_several_is_told_and_the_others_finish(function: str, start: Start) -> None:
    name, told = ENDS_AMONG_SEVERAL[function]
    running = start(function, AWS_LAMBDA_MAX_CONCURRENCY="3")
    assert running.api.wait_waiting(3)
    other = running.api.invoke(Event(payload=b'"sleep"'))
    # What a process was given when another had ended it, it need not begin.
    assert running.sandbox.log.wait_for(lambda text: "sleeping" in text, 20)
    assert running.told(name) == told
    slept = other.result(10)
    assert slept is not None, running.sandbox.log.tail(20)
    assert slept.body == b'"slept"'


@pytest.mark.parametrize("function", LASTING)
def test_a_number_of_workers_that_cannot_be_is_said_and_not_heeded(function: str, start: Start) -> None:
    """Which numbers can be is in the vectors; here, what becomes of the process. Empty is as if it were absent."""
    for asked, said in ((" 4 ", 1), ("", 0)):
        running = start(function, AWS_LAMBDA_MAX_CONCURRENCY=asked)
        running.answer("alive")
        assert running.api.wait_waiting(1)
        running.told(THROWS[function.split()[0]])  # a record of the client's own, in the format of one at a time
        assert running.sandbox.log.wait_for(lambda text: "error" in text.lower(), 5)
        lines = running.sandbox.log.text.splitlines()
        assert len([line for line in lines if f"and not heeded: {asked}" in line]) == said, lines
        assert not [line for line in lines if line.startswith("{")]
        assert running.api.waiting == 1


@pytest.mark.parametrize("function", LASTING)
def test_whatever_is_logged_a_record_is_one_line_of_json(function: str, start: Start) -> None:
    """Also where the environment says that there is nothing but ASCII."""
    running = start(function, AWS_LAMBDA_LOG_FORMAT="JSON", LC_ALL="POSIX")
    assert running.told("wild-log") == '"logged"'
    assert "Fehlerß" in running.told("odd-type")
    assert running.sandbox.log.wait_for(lambda text: "Fehlerß" in text, 5)
    records = [json.loads(line) for line in running.sandbox.log.text.splitlines() if line.startswith("{")]
    assert {"errorMessage": "odd", "level": "ERROR"}.items() <= {
        **records[-1],
        "level": records[-1]["level"].upper(),
    }.items()
    identified = {"timestamp", "level", "message", "AWSRequestId" if function.startswith("java") else "requestId"}
    assert all(record.keys() >= identified for record in records)
    least = {"python": 3, "nodejs": 6, "ruby": 4, "go": 1, "java": 5, "dotnet": 1}
    assert len(records) >= least[function.split()[0]]


@pytest.mark.parametrize("function", LASTING)
def test_twenty_large_events_leave_no_more_memory_than_three(function: str, start: Start) -> None:
    running = start(function, DOTNET_TieredCompilation="0")  # code that is compiled again is no event's memory
    running.answer("resident")  # nor is what it takes to ask
    resident = []
    for count in (3, 17):
        for _ in range(count):
            running.answer({"large": "x" * 6_000_000})
        resident.append(int(running.answer("resident").body))
    after_three, after_twenty = resident
    assert after_twenty <= after_three + 1024  # KiB: pages that happened to be touched


SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


@pytest.mark.parametrize("function", LASTING)
def test_a_connection_that_a_snapshot_cut_off_is_made_again(function: str, start: Start) -> None:
    running = start(function, Fault(on=Route.RESTORE_NEXT, act=CloseSilently(reset=True), times=2), **SNAPSHOT)
    assert running.answer("stdin").route is Route.RESPONSE
    calls = [one.route for one in running.api.exchanges][:4]
    assert calls == [Route.RESTORE_NEXT, Route.RESTORE_NEXT, Route.RESTORE_NEXT, Route.NEXT]


@pytest.mark.parametrize("function", LASTING)
def test_a_refused_restore_ends_with_the_same_status_in_every_language(function: str, start: Start) -> None:
    running = start(function, Fault(on=Route.RESTORE_NEXT, act=Answer(403), times=None), **SNAPSHOT)
    reported = running.api.wait_for(Route.INIT_ERROR, timeout=20)
    assert reported is not None, running.sandbox.log.tail(20)
    assert reported.header("Lambda-Runtime-Function-Error-Type") == "Runtime.RestoreError"
    assert running.sandbox.wait(5) == 64
    assert not [one for one in running.api.exchanges if one.route is Route.NEXT]
