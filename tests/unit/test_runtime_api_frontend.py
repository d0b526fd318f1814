"""The Invoke API, called by the standard library's client; the runtime is played by hand."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from lambda_image.runtime_api import FrontendSettings, Server
from unit.runtime_api_helpers import PREFIX, Answer, RawClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lambda_image.runtime_api import Environment, Frontend

PATH = "/2015-03-31/functions/any-name/invocations"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def environment(server: Server) -> Environment:
    return server.environment()


@pytest.fixture
def frontend(server: Server, environment: Environment) -> Frontend:
    return server.frontend(environment)


def call(
    frontend: Frontend, body: bytes = b"{}", headers: Mapping[str, str] | None = None, path: str = PATH
) -> tuple[int, Mapping[str, str], bytes]:
    connection = http.client.HTTPConnection(*frontend.address, timeout=10)
    try:
        connection.request("POST", path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@contextmanager
def runtime(
    environment: Environment, act: Callable[[RawClient, Answer], object], times: int = 1
) -> Iterator[list[Answer]]:
    """Plays a runtime in a thread: `act` answers each event."""
    events: list[Answer] = []

    def serve() -> None:
        with RawClient(environment.address) as client:
            for _ in range(times):
                events.append(client.next())
                act(client, events[-1])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield events
    finally:
        thread.join(10)


def respond(body: bytes) -> Callable[[RawClient, Answer], object]:
    return lambda client, event: client.post(f"/invocation/{name(event)}/response", body)


def name(event: Answer) -> str:
    return event.headers["lambda-runtime-aws-request-id"]


def test_result_is_handed_back_with_lambdas_headers(environment: Environment, frontend: Frontend) -> None:
    """200, the bytes, executed version and request id."""
    with runtime(environment, respond(b'{"ok":1}')) as events:
        status, headers, body = call(frontend, b'{"in":1}', {"X-Amzn-Trace-Id": "Root=1-2", "X-Amz-Tenant-Id": "a b"})
    assert (status, body) == (200, b'{"ok":1}')
    assert headers["X-Amz-Executed-Version"] == "$LATEST"
    assert headers["x-amzn-RequestId"] == name(events[0])
    assert headers["X-Amz-Function-Error"] is None
    assert events[0].body == b'{"in":1}'
    assert events[0].headers["lambda-runtime-trace-id"] == "Root=1-2"
    assert events[0].headers["lambda-runtime-aws-tenant-id"] == "a b"


def test_failed_function_is_marked_and_its_bytes_are_unchanged(environment: Environment, frontend: Frontend) -> None:
    """X-Amz-Function-Error: Unhandled."""
    error = b'{"errorType":"X",  "errorMessage":"\xc3\xa9"}'
    with runtime(environment, lambda client, event: client.post(f"/invocation/{name(event)}/error", error)):
        status, headers, body = call(frontend)
    assert (status, headers["X-Amz-Function-Error"], body) == (200, "Unhandled", error)


def test_empty_body_is_an_empty_object(environment: Environment, frontend: Frontend) -> None:
    """And a trace header is made up."""
    with runtime(environment, respond(b"1")) as events:
        call(frontend, b"")
    assert events[0].body == b"{}"
    assert events[0].headers["lambda-runtime-trace-id"].startswith("Root=1-")


def test_client_context_is_decoded(environment: Environment, frontend: Frontend) -> None:
    """Base64 of JSON, one line in the header whatever its layout; anything else is 400."""
    context = json.dumps({"custom": {"k": "é"}}, indent=1, ensure_ascii=False).encode()
    with runtime(environment, respond(b"1")) as events:
        call(frontend, headers={"X-Amz-Client-Context": base64.b64encode(context).decode()})
    assert json.loads(events[0].headers["lambda-runtime-client-context"]) == {"custom": {"k": "é"}}
    for bad in ("!!", base64.b64encode(b"not json").decode(), base64.b64encode(b"[1]").decode()):
        status, headers, body = call(frontend, headers={"X-Amz-Client-Context": bad})
        assert (status, headers["x-amzn-ErrorType"]) == (400, "InvalidRequestContentException")
        assert "Client context" in json.loads(body)["message"]


def test_invocation_types(environment: Environment, frontend: Frontend) -> None:
    """Event is 202 at once and runs later, DryRun 204 and does not run, others 400."""
    status, headers, body = call(frontend, b"1", {"X-Amz-Invocation-Type": "Event"})
    assert (status, body) == (202, b"")
    assert headers["x-amzn-RequestId"]
    assert call(frontend, b"2", {"X-Amz-Invocation-Type": "DryRun"})[0] == 204
    status, headers, body = call(frontend, b"3", {"X-Amz-Invocation-Type": "Foo"})
    assert (status, json.loads(body)["__type"]) == (400, "InvalidParameterValueException")
    with RawClient(environment.address) as client:
        assert client.next().body == b"1"
    assert environment.waiting == 0


def test_size_limits(environment: Environment, frontend: Frontend) -> None:
    """6,291,456 bytes, or 1 MiB for Event, may pass; one more is 413."""
    with runtime(environment, respond(b"1")) as events:
        assert call(frontend, b"1" * 6_291_456)[0] == 200
    assert len(events[0].body) == 6_291_456
    for size, kind in ((6_291_457, "RequestResponse"), (1_048_577, "Event")):
        status, headers, _ = call(frontend, b"1" * size, {"X-Amz-Invocation-Type": kind})
        assert (status, headers["x-amzn-ErrorType"]) == (413, "RequestTooLargeException")


def test_result_over_the_limit_is_a_function_error(server: Server) -> None:
    """Function.ResponseSizeTooLarge, as in Lambda."""
    environment = server.environment(response_limit=10)
    frontend = server.frontend(environment)
    with runtime(environment, respond(b"1" * 11)):
        _, headers, body = call(frontend)
    assert headers["X-Amz-Function-Error"] == "Unhandled"
    assert json.loads(body)["errorType"] == "Function.ResponseSizeTooLarge"


def test_twenty_callers_are_queued(environment: Environment, frontend: Frontend) -> None:
    """One runtime, one at a time, each caller its own answer."""
    answers: dict[int, bytes] = {}

    def echo(client: RawClient, event: Answer) -> None:
        client.post(f"/invocation/{name(event)}/response", event.body)

    def ask(number: int) -> None:
        answers[number] = call(frontend, str(number).encode())[2]

    with runtime(environment, echo, times=20):
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert answers == {number: str(number).encode() for number in range(20)}


def test_init_error_answers_at_once(environment: Environment, frontend: Frontend) -> None:
    """The runtime's own payload, for callers before and after it."""
    error = b'{"errorType":"Runtime.ImportModuleError"}'
    results: list[tuple[int, Mapping[str, str], bytes]] = []
    thread = threading.Thread(target=lambda: results.append(call(frontend)))
    thread.start()
    assert environment.wait(lambda: environment._core.machine.queue or None, 5)
    with RawClient(environment.address) as client:
        client.post("/init/error", error)
    thread.join(10)
    results.append(call(frontend))
    assert [(headers["X-Amz-Function-Error"], body) for _, headers, body in results] == [("Unhandled", error)] * 2


def test_process_that_ends_fails_its_invocation(environment: Environment, frontend: Frontend) -> None:
    """Runtime.ExitError, and the next process serves."""
    with runtime(environment, lambda *_: environment.restart("exit status 42")):
        _, headers, body = call(frontend)
    assert headers["X-Amz-Function-Error"] == "Unhandled"
    assert json.loads(body)["errorType"] == "Runtime.ExitError"
    assert "exit status 42" in json.loads(body)["errorMessage"]
    with runtime(environment, respond(b"1")):
        assert call(frontend)[2] == b"1"


def test_timeout_is_told_as_lambda_tells_it(server: Server) -> None:
    """Sandbox.Timedout, with the seconds."""
    environment = server.environment(enforce_timeout=True)
    frontend = server.frontend(environment, settings=FrontendSettings(timeout_ms=100))
    with runtime(environment, lambda *_: None):
        _, headers, body = call(frontend)
    assert headers["X-Amz-Function-Error"] == "Unhandled"
    assert json.loads(body)["errorType"] == "Sandbox.Timedout"
    assert json.loads(body)["errorMessage"].endswith("Task timed out after 0.10 seconds")


def test_streamed_result_is_joined(environment: Environment, frontend: Frontend) -> None:
    """A failure in the trailers is a function error."""

    trailer = "Lambda-Runtime-Function-Error-Type: X\r\n"

    def stream(client: RawClient, event: Answer) -> None:
        client.send(
            f"POST {PREFIX}/invocation/{name(event)}/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"
            f"0\r\n{trailer if event.body == b'1' else ''}\r\n".encode()
        )
        client.answer()

    with runtime(environment, stream, times=2):
        first = call(frontend, b"0")
        second = call(frontend, b"1")
    assert (first[1]["X-Amz-Function-Error"], first[2]) == (None, b"abcde")
    assert (second[1]["X-Amz-Function-Error"], second[2]) == ("Unhandled", b"abcde")


def test_wrong_paths_methods_and_requests(frontend: Frontend) -> None:
    """Answered with errors of the API, never by silence."""
    assert call(frontend, path="/elsewhere")[0] == 404
    with RawClient(frontend.address) as client:
        client.request("GET", PATH)
        assert client.answer().status == 405
        client.send(b"POST / HTTP/1.1\r\n\r\n")
        assert client.answer().status == 400
        assert client.at_end()


def test_caller_that_leaves_does_not_stop_the_invocation(environment: Environment, frontend: Frontend) -> None:
    """The result is taken from the runtime all the same."""
    with RawClient(frontend.address) as caller:
        caller.request("POST", PATH, b"1")
        assert environment.wait(lambda: environment._core.machine.queue or None, 5)
    with runtime(environment, respond(b"1"), times=2):
        assert call(frontend, b"2")[2] == b"1"
    assert [exchange.status for exchange in environment.exchanges] == [200, 202, 200, 202]


def test_caller_may_end_its_sending_side(environment: Environment, frontend: Frontend) -> None:
    """As `nc` does."""
    with RawClient(frontend.address) as caller:
        caller.request("POST", PATH, b"1")
        caller.sock.shutdown(1)
        with runtime(environment, respond(b"2")):
            assert caller.answer().body == b"2"
