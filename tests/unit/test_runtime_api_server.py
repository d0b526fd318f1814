"""The server over sockets, called by the standard library's client and by hand."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from lambda_image.runtime_api import Event, Route, Server
from unit.runtime_api_helpers import PREFIX, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.runtime_api import Environment


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def environment(server: Server) -> Environment:
    return server.environment()


@pytest.fixture
def client(environment: Environment) -> Iterator[RawClient]:
    with RawClient(environment.address) as raw:
        yield raw


def test_session_of_the_standard_librarys_client(environment: Environment) -> None:
    """http.client: event, result, error, unknown id."""
    first = environment.invoke(Event(payload=b'{"a":1}', request_id="one", trace_id="Root=1"))
    second = environment.invoke(Event(request_id="two"))
    connection = http.client.HTTPConnection(*environment.address, timeout=5)
    connection.request("GET", f"{PREFIX}/invocation/next")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"a":1}')
    assert answer.headers["Lambda-Runtime-Aws-Request-Id"] == "one"
    assert answer.headers["Lambda-Runtime-Trace-Id"] == "Root=1"
    left = int(answer.headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time()
    assert 29 < left <= 30
    connection.request("POST", f"{PREFIX}/invocation/one/response", body=b"1")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (202, b'{"status":"OK"}\n')
    assert answer.headers["Content-Type"] == "application/json"
    connection.request("GET", f"{PREFIX}/invocation/next")
    connection.getresponse().read()
    connection.request("POST", f"{PREFIX}/invocation/two/error", body=b'{"errorMessage":"m"}')
    assert connection.getresponse().read() == b'{"status":"OK"}\n'
    connection.close()
    result, error = first.result(5), second.result(5)
    assert result is not None
    assert error is not None
    assert (result.route, result.body, result.status) == (Route.RESPONSE, b"1", 202)
    assert (error.route, error.json()) == (Route.ERROR, {"errorMessage": "m"})
    assert first.dispatched is not None


def test_urllib_opens_a_connection_for_each_call(environment: Environment) -> None:
    """urllib sends Connection: close."""
    host, port = environment.address
    environment.invoke(Event(request_id="one", payload=b"[]"))
    with urllib.request.urlopen(f"http://{host}:{port}{PREFIX}/invocation/next", timeout=5) as answer:
        assert answer.headers["Connection"] == "close"
        assert answer.read() == b"[]"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{host}:{port}{PREFIX}/invocation/two/response", data=b"1", timeout=5)
    with refused.value as error:
        assert error.code == 400
        assert json.loads(error.read())["errorType"] == "InvalidRequestID"
    assert environment.wait(lambda: all(one.closed for one in environment.connections), 5)
    assert len(environment.connections) == 2


def test_exchange_keeps_raw_headers_times_and_connection(environment: Environment, client: RawClient) -> None:
    """What a case judges by."""
    environment.invoke(Event(request_id="one"))
    client.next()
    client.send(
        f"POST {PREFIX}/invocation/one/response HTTP/1.1\r\n"
        "hOsT: x\r\nX-A: 1\r\nX-a:  2 \r\nContent-Length: 4\r\n\r\nnu".encode()
    )
    exchange = environment.wait_for(Route.RESPONSE, timeout=5)
    assert exchange is not None
    assert exchange.completed is None
    assert exchange.status is None
    assert environment.wait(lambda: environment.exchanges[-1].body == b"nu", 5)
    time.sleep(0.05)
    client.send(b"ll")
    assert client.answer().status == 202
    exchange = environment.exchanges[1]
    assert exchange.headers == (("hOsT", "x"), ("X-A", "1"), ("X-a", "2"), ("Content-Length", "4"))
    assert exchange.header("x-a") == "1"
    assert [size for _, size in exchange.pieces] == [2, 2]
    assert exchange.pieces[1][0] - exchange.pieces[0][0] > 0.04
    assert exchange.completed is not None
    assert exchange.answered is not None
    assert exchange.started <= exchange.completed <= exchange.answered
    assert (exchange.body, exchange.framing, exchange.connection, exchange.number) == (b"null", "content-length", 1, 2)


def test_next_is_held_until_an_event_comes(environment: Environment, client: RawClient) -> None:
    """One call, held; then served."""
    client.request("GET", f"{PREFIX}/invocation/next")
    assert environment.wait_waiting(timeout=5)
    assert environment.waiting == 1
    environment.invoke(Event(payload=b"7"))
    assert client.answer().body == b"7"
    assert environment.waiting == 0


def test_client_that_goes_away_takes_no_event(environment: Environment) -> None:
    """A held call whose connection ends is forgotten."""
    with RawClient(environment.address) as gone:
        gone.request("GET", f"{PREFIX}/invocation/next")
        assert environment.wait_waiting(timeout=5)
    assert environment.wait(lambda: environment.waiting == 0, 5)
    environment.invoke(Event(payload=b"8"))
    with RawClient(environment.address) as client:
        assert client.next().body == b"8"
    assert environment.connections[0].closed_by == "client"


def test_refusals(environment: Environment, client: RawClient) -> None:
    """Each with its status, and the reason in the record."""
    environment.invoke(Event(request_id="one", invocation_id="n1"))
    assert client.post("/invocation/zero/response").status == 400
    client.next()
    assert client.next().status == 403
    assert client.post("/invocation/one/response", b"1", "Lambda-Runtime-Invocation-Id: n0").status == 410
    assert client.post("/invocation/one/response", b"1", "Lambda-Runtime-Function-Response-Mode: x").status == 400
    assert client.post("/invocation/one/response", b"1", "Lambda-Runtime-Invocation-Id: n1").status == 202
    assert client.post("/invocation/one/error").status == 400
    assert client.post("/init/error").status == 403
    assert client.post("/restore/error").status == 404
    assert client.post("/elsewhere").status == 404
    assert client.post("/invocation/next").status == 405
    reasons = [exchange.refused for exchange in environment.exchanges if exchange.refused]
    assert reasons[0].startswith("no such request id zero")
    assert any("a second result for one" in reason for reason in reasons)
    assert len(reasons) == 9


def test_results_of_an_invocation_hold_refused_ones_too(environment: Environment, client: RawClient) -> None:
    """A case counts them."""
    invocation = environment.invoke(Event(request_id="one"))
    client.next()
    client.post("/invocation/one/response", b"1")
    client.post("/invocation/one/error", b"2")
    assert [(one.body, one.status) for one in invocation.results] == [(b"1", 202), (b"2", 400)]


def test_limit_of_a_result(environment: Environment, client: RawClient) -> None:
    """6 MiB and 100 bytes pass, one more is 413, streamed ones have no limit."""
    limit = 6 * 1024 * 1024 + 100
    for name, size, mode, status in [
        ("a", limit, (), 202),
        ("b", limit + 1, (), 413),
        ("c", limit + 1, ("Lambda-Runtime-Function-Response-Mode: streaming",), 202),
    ]:
        invocation = environment.invoke(Event(request_id=name))
        client.next()
        assert client.post(f"/invocation/{name}/response", b"x" * size, *mode).status == status
        result = invocation.result(5)
        assert result is not None
        assert len(result.body) == size


def test_event_of_six_mebibytes_arrives_whole(environment: Environment, client: RawClient) -> None:
    """More than the socket's buffer takes at once."""
    payload = b'"' + b"x" * (6 * 1024 * 1024 - 2) + b'"'
    environment.invoke(Event(payload=payload))
    assert client.next().body == payload


def test_streamed_result_keeps_chunk_times_and_trailers(environment: Environment, client: RawClient) -> None:
    """A chunk is a piece."""
    invocation = environment.invoke(Event(request_id="one"))
    client.next()
    client.send(
        f"POST {PREFIX}/invocation/one/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        "Lambda-Runtime-Function-Response-Mode: streaming\r\nTrailer: Lambda-Runtime-Function-Error-Type\r\n\r\n"
        "3\r\nabc\r\n".encode()
    )
    assert environment.wait(lambda: environment.exchanges[-1].size == 3, 5)
    time.sleep(0.05)
    client.send(b"2\r\nde\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.X\r\n\r\n")
    assert client.answer().status == 202
    result = invocation.result(5)
    assert result is not None
    assert (result.body, result.framing) == (b"abcde", "chunked")
    assert result.trailer("lambda-runtime-function-error-type") == "Function.X"
    assert result.pieces[1][0] - result.pieces[0][0] > 0.04


def test_broken_stream_ends_the_invocation(environment: Environment, client: RawClient) -> None:
    """The process may go on: /next is not refused."""
    invocation = environment.invoke(Event(request_id="one"))
    client.next()
    with RawClient(environment.address) as second:
        second.send(
            f"POST {PREFIX}/invocation/one/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n3\r\nabc\r\n".encode()
        )
        assert environment.wait(lambda: environment.exchanges[-1].size == 3, 5)
    assert environment.wait(lambda: invocation.outcome, 5) == "response broke off"
    broken = environment.exchanges[-1]
    assert (broken.completed, broken.body) == (None, b"abc")
    assert "inside of the request" in broken.violations[0]
    environment.invoke(Event())
    assert client.next().status == 200


def test_violation_is_answered_400_and_ends_the_connection(environment: Environment, client: RawClient) -> None:
    """And is on the record."""
    client.send(f"GET {PREFIX}/invocation/next HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".encode())
    answer = client.answer()
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert client.at_end()
    assert "more than one Host" in environment.exchanges[0].violations[0]
    assert environment.exchanges[0].route is Route.NEXT


def test_pipelined_requests_are_answered_in_order(environment: Environment, client: RawClient) -> None:
    """The second waits for the answer to the first, even if that is held."""
    get = f"GET {PREFIX}/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"
    post = f"POST {PREFIX}/invocation/one/response HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"
    client.send((get + post + get).encode())
    assert environment.wait_waiting(timeout=5)
    environment.invoke(Event(request_id="one"))
    environment.invoke(Event(request_id="two"))
    assert client.answer().headers["lambda-runtime-aws-request-id"] == "one"
    assert client.answer().status == 202
    assert client.answer().headers["lambda-runtime-aws-request-id"] == "two"


def test_100_continue_is_never_sent(environment: Environment, client: RawClient) -> None:
    """Whoever waits for it waits in vain."""
    environment.invoke(Event(request_id="one"))
    client.next()
    head = f"POST {PREFIX}/invocation/one/response HTTP/1.1\r\nHost: x\r\n"
    client.send(f"{head}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n".encode())
    client.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.sock.recv(1)
    client.sock.settimeout(5)
    client.send(b"1")
    assert client.answer().status == 202


@pytest.mark.parametrize("case", ["lower", "upper", "mixed"])
def test_header_names_in_any_case_and_extra_ones(server: Server, case: str) -> None:
    """For clients that compare names as they are written."""
    environment = server.environment()
    environment.invoke(
        Event(header_case=case, extra_headers=(("X-Unknown", "1"),), tenant_id="", omit=frozenset({"content-type"}))  # type: ignore[arg-type]
    )
    with RawClient(environment.address) as client:
        answer = client.next()
    name = answer.names[0]
    assert name.lower() == "lambda-runtime-aws-request-id"
    assert name == {"lower": name.lower(), "upper": name.upper(), "mixed": "lAmBdA-RuNtImE-AwS-ReQuEsT-Id"}[case]
    assert answer.headers["lambda-runtime-aws-tenant-id"] == ""
    assert answer.headers["x-unknown"] == "1"
    assert "content-type" not in answer.headers


def test_slots_bound_what_is_in_flight(server: Server) -> None:
    """concurrency=2: two events out, the third after a result; any order of results."""
    environment = server.environment(concurrency=2)
    for name in "abc":
        environment.invoke(Event(request_id=name))
    with RawClient(environment.address) as one, RawClient(environment.address) as two:
        one.next()
        two.next()
        one.request("GET", f"{PREFIX}/invocation/next")
        assert environment.wait_waiting(timeout=5)
        assert two.post("/invocation/b/response").status == 202
        assert one.answer().headers["lambda-runtime-aws-request-id"] == "c"
        assert two.post("/invocation/a/response").status == 202


def test_deadline_is_enforced_where_asked(server: Server) -> None:
    """A late result gets 410; the process goes on."""
    environment = server.environment(enforce_timeout=True)
    invocation = environment.invoke(Event(request_id="one", timeout_ms=50))
    with RawClient(environment.address) as client:
        client.next()
        assert environment.wait(lambda: invocation.timed_out, 5)
        assert client.post("/invocation/one/response").status == 410
        environment.invoke(Event())
        assert client.next().status == 200


def test_snapstart_calls(server: Server) -> None:
    """/restore/next exists and leads to /next."""
    environment = server.environment(snapstart=True)
    environment.invoke(Event(payload=b"1"))
    with RawClient(environment.address) as client:
        client.request("GET", f"{PREFIX}/restore/next")
        assert client.answer().status == 200
        assert client.next().body == b"1"
    plain = server.environment()
    with RawClient(plain.address) as client:
        client.request("GET", f"{PREFIX}/restore/next")
        assert client.answer().status == 404


def test_init_error_ends_what_waits(environment: Environment, client: RawClient) -> None:
    """No process will ask for the event; a new process begins anew."""
    invocation = environment.invoke(Event())
    assert client.post("/init/error", b'{"errorMessage":"x"}').status == 202
    assert environment.wait(lambda: invocation.outcome, 5) == "init error"
    assert client.next().status == 403
    environment.restart()
    environment.invoke(Event())
    with RawClient(environment.address) as fresh:
        assert fresh.next().status == 200


def test_adopted_socket_is_a_connection(server: Server) -> None:
    """The way by which a relay brings connections."""
    environment = server.detached()
    ours, theirs = socket.socketpair()
    server.adopt(environment, ours)
    environment.invoke(Event(payload=b"9"))
    with theirs:
        theirs.sendall(f"GET {PREFIX}/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert theirs.recv(65536).endswith(b"9")
    with pytest.raises(RuntimeError, match="detached"):
        _ = environment.address


def test_a_listener_may_have_been_opened_elsewhere(server: Server) -> None:
    """In another network, say: it is the server's from then on."""
    listener = socket.create_server(("127.0.0.1", 0))
    environment = server.environment(listener=listener)
    invocation = environment.invoke(Event(payload=b"1"))
    with socket.create_connection(listener.getsockname()) as caller:
        caller.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
        assert caller.recv(100).startswith(b"HTTP/1.1 200")
    assert invocation.dispatched is not None
    environment.close()
    assert listener.fileno() == -1


def test_waits_end_at_once_when_the_server_closes() -> None:
    """Open connections, a held call and a waiting thread do not delay it."""
    server = Server()
    environment = server.environment()
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(environment.wait_for(Route.ERROR, timeout=60)))
    with RawClient(environment.address) as client:
        client.request("GET", f"{PREFIX}/invocation/next")
        assert environment.wait_waiting(timeout=5)
        thread.start()
        start = time.monotonic()
        server.close()
        thread.join(5)
        assert time.monotonic() - start < 1
        assert client.at_end()
    assert found == [None]
    assert environment.connections[0].closed_by == "server"


def test_close_connections_closes_all_now(environment: Environment, client: RawClient) -> None:
    """By FIN or by reset; the listener stays."""
    client.request("GET", f"{PREFIX}/invocation/next")
    assert environment.wait_waiting(timeout=5)
    environment.close_connections()
    assert client.at_end()
    with RawClient(environment.address) as other:
        other.request("GET", f"{PREFIX}/invocation/next")
        assert environment.wait_waiting(timeout=5)
        environment.close_connections(reset=True)
        with pytest.raises(ConnectionResetError):
            other.at_end()


def test_wait_asks_again_only_on_changes(environment: Environment, client: RawClient) -> None:
    """No polling: an idle half second asks twice, at its start and at its end."""
    assert environment.wait(lambda: environment.connections, 5)  # the client's own arrival is a change, too
    asked = []
    assert environment.wait(lambda: asked.append(1), 0.5) is None
    assert len(asked) <= 2


def test_many_environments_share_one_thread(server: Server) -> None:
    """Fifty listeners, one thread more than before."""
    before = threading.active_count()
    environments = [server.environment() for _ in range(50)]
    assert threading.active_count() == before
    assert len({environment.address for environment in environments}) == 50
