"""Hostile acts, each seen by a raw client, each named in the record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from lambda_image.runtime_api import (
    AnnounceClose,
    Answer,
    ChunkedAnswer,
    CloseSilently,
    Delay,
    Event,
    Fault,
    Hold,
    OmitHeaders,
    ReadRate,
    ResetWhileReading,
    Route,
    Server,
    SlowRead,
    Split,
)
from unit.runtime_api_helpers import PREFIX, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.runtime_api import Act, Environment, Invocation

POSTS = frozenset({Route.RESPONSE, Route.ERROR})


@pytest.fixture
def environment() -> Iterator[Environment]:
    with Server() as running:
        yield running.environment()


@pytest.fixture
def client(environment: Environment) -> Iterator[RawClient]:
    with RawClient(environment.address) as raw:
        yield raw


def begin(environment: Environment, client: RawClient, name: str = "one") -> Invocation:
    invocation = environment.invoke(Event(request_id=name))
    assert client.next().status == 200
    return invocation


def test_delay_on_a_result(environment: Environment, client: RawClient) -> None:
    """The slot stays taken until the answer is out: an early /next is refused."""
    begin(environment, client)
    environment.inject(Fault(on=Route.RESPONSE, act=Delay(0.2)))
    start = time.monotonic()
    client.request("POST", f"{PREFIX}/invocation/one/response", b"1")
    with RawClient(environment.address) as early:
        assert early.next().status == 403
    assert client.answer().status == 202
    assert time.monotonic() - start >= 0.2
    exchange = environment.exchanges[1]
    assert exchange.fault == "answered 0.2 s late"


def test_delay_on_next_dispatches_late(environment: Environment, client: RawClient) -> None:
    """The deadline counts from when the event leaves."""
    environment.inject(Fault(on=Route.NEXT, act=Delay(0.2)))
    invocation = environment.invoke(Event())
    start = time.monotonic()
    client.request("GET", f"{PREFIX}/invocation/next")
    assert environment.wait_waiting(timeout=5)
    client.answer()
    assert invocation.dispatched is not None
    assert invocation.dispatched - start >= 0.19


def test_hold_until_released(environment: Environment, client: RawClient) -> None:
    """On a result and on /next."""
    begin(environment, client)
    hold = environment.inject(Fault(on=Route.RESPONSE, act=Hold(), times=None))
    client.request("POST", f"{PREFIX}/invocation/one/response", b"1")
    assert environment.wait(lambda: hold.fired, 5) == 1
    assert environment.exchanges[1].status is None
    hold.release()
    assert client.answer().status == 202
    hold = environment.inject(Fault(on=Route.NEXT, act=Hold()))
    environment.invoke(Event(payload=b"5"))
    client.request("GET", f"{PREFIX}/invocation/next")
    assert environment.wait_waiting(timeout=5)
    hold.release()
    assert client.answer().body == b"5"


def test_answer_instead_of_an_event_takes_none(environment: Environment, client: RawClient) -> None:
    """Three times 503, then the event."""
    environment.inject(Fault(on=Route.NEXT, act=Answer(503), times=3))
    environment.invoke(Event(payload=b"5"))
    assert [client.next().status for _ in range(4)] == [503, 503, 503, 200]


@pytest.mark.parametrize("status", [400, 403, 410, 413, 500])
def test_answer_to_a_result_ends_the_invocation(environment: Environment, client: RawClient, status: int) -> None:
    """The process may ask for the next event; the result is kept."""
    invocation = begin(environment, client)
    environment.inject(Fault(on=POSTS, act=Answer(status, b"no", (("X-Why", "test"),))))
    answer = client.post("/invocation/one/response", b"1")
    assert (answer.status, answer.body, answer.headers["x-why"]) == (status, b"no", "test")
    result = invocation.result(5)
    assert result is not None
    assert (result.body, result.status, result.fault) == (b"1", status, f"answered {status}")
    begin(environment, client, "two")


@pytest.mark.parametrize("reset", [False, True])
def test_close_before_the_answer(environment: Environment, client: RawClient, reset: bool) -> None:
    """The result counts; on /next no event is lost."""
    invocation = begin(environment, client)
    environment.inject(Fault(on=frozenset({Route.RESPONSE, Route.NEXT}), act=CloseSilently(reset=reset), times=2))
    client.request("POST", f"{PREFIX}/invocation/one/response", b"1")
    ended(client, reset)
    result = invocation.result(5)
    assert result is not None
    assert (result.status, result.aborted is not None) == (None, True)
    environment.invoke(Event(payload=b"5"))
    with RawClient(environment.address) as second:
        second.request("GET", f"{PREFIX}/invocation/next")
        ended(second, reset)
    with RawClient(environment.address) as third:
        assert third.next().body == b"5"
    assert environment.connections[0].closed_by == "server"


def ended(client: RawClient, reset: bool) -> None:
    if reset:
        with pytest.raises(ConnectionResetError):
            client.at_end()
    else:
        assert client.at_end()


def test_close_after_the_answer_without_a_word(environment: Environment, client: RawClient) -> None:
    """Some time later, no header says so."""
    environment.inject(Fault(on=Route.NEXT, act=CloseSilently(when="after-answer", delay=0.1)))
    environment.invoke(Event())
    answer = client.next()
    assert "connection" not in answer.headers
    start = time.monotonic()
    assert client.at_end()
    assert time.monotonic() - start > 0.05


def test_announced_close(environment: Environment, client: RawClient) -> None:
    """The header, then FIN."""
    environment.inject(Fault(on=Route.NEXT, act=AnnounceClose()))
    environment.invoke(Event())
    assert client.next().headers["connection"] == "close"
    assert client.at_end()


def test_split_answer(environment: Environment, client: RawClient) -> None:
    """A byte a segment, some time apart; equal in the end."""
    environment.inject(Fault(on=Route.NEXT, act=Split(size=50, pause=0.01)))
    environment.invoke(Event(payload="héllo".encode()))
    client.request("GET", f"{PREFIX}/invocation/next")
    reads = 0
    data = b""
    while not data.endswith("héllo".encode()):
        data += client.sock.recv(65536)
        reads += 1
    assert reads > 3


def test_chunked_answer_of_any_sizes(environment: Environment, client: RawClient) -> None:
    """Cut inside of a character; combined with a split."""
    environment.inject(Fault(on=Route.NEXT, act=ChunkedAnswer(sizes=(2, 1, 30))))
    environment.inject(Fault(on=Route.NEXT, act=Split(size=1)))
    environment.invoke(Event(payload="héllo wörld".encode()))
    answer = client.next()
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert answer.body == "héllo wörld".encode()
    assert environment.exchanges[0].fault == "answer chunked in sizes 2, 1, 30; answer sent 1 bytes a segment"


def test_omitted_headers(environment: Environment, client: RawClient) -> None:
    """Names in any case."""
    environment.inject(Fault(on=Route.NEXT, act=OmitHeaders(("content-TYPE", "Lambda-Runtime-Deadline-Ms"))))
    environment.invoke(Event())
    names = client.next().headers
    assert "content-type" not in names
    assert "lambda-runtime-deadline-ms" not in names
    assert "lambda-runtime-aws-request-id" in names


def test_slow_read_makes_the_client_wait(environment: Environment, client: RawClient) -> None:
    """The kernel's buffers fill; 32 MiB cannot be sent before reading goes on."""
    invocation = begin(environment, client)
    environment.inject(Fault(on=Route.RESPONSE, act=SlowRead(after=1000, seconds=0.4)))
    start = time.monotonic()
    mode = "Lambda-Runtime-Function-Response-Mode: streaming"
    client.post("/invocation/one/response", b"x" * (32 * 1024 * 1024), mode)
    assert time.monotonic() - start > 0.4
    result = invocation.result(5)
    assert result is not None
    assert result.size == 32 * 1024 * 1024
    assert 1000 <= result.pieces[0][1] + (result.pieces[1][1] if result.pieces[0][1] < 1000 else 0) < 10_000


def test_read_rate(environment: Environment, client: RawClient) -> None:
    """Half a megabyte at one a second."""
    begin(environment, client)
    environment.inject(Fault(on=Route.RESPONSE, act=ReadRate(1_000_000)))
    start = time.monotonic()
    client.post("/invocation/one/response", b"x" * 500_000)
    assert 0.3 < time.monotonic() - start < 3


def test_reset_while_reading(environment: Environment, client: RawClient) -> None:
    """The connection breaks; the result may be sent again, or the process goes on."""
    begin(environment, client)
    environment.inject(Fault(on=Route.RESPONSE, act=ResetWhileReading(after=100_000)))
    with pytest.raises(ConnectionError):
        client.post("/invocation/one/response", b"x" * (8 * 1024 * 1024))
    exchange = environment.exchanges[1]
    assert exchange.completed is None
    assert exchange.aborted is not None
    assert 100_000 <= exchange.size < 200_000
    with RawClient(environment.address) as second:
        assert second.post("/invocation/one/response", b"1").status == 202


def test_skip_times_and_request_id(environment: Environment, client: RawClient) -> None:
    """Which calls a fault meets."""
    fault = environment.inject(Fault(on=Route.RESPONSE, act=Answer(500), skip=1, times=1))
    other = environment.inject(Fault(on=Route.ERROR, act=Answer(500), request_id="e2"))
    statuses = []
    for name in ("r1", "r2", "r3"):
        begin(environment, client, name)
        statuses.append(client.post(f"/invocation/{name}/response").status)
    for name in ("e1", "e2"):
        begin(environment, client, name)
        statuses.append(client.post(f"/invocation/{name}/error").status)
    assert statuses == [202, 500, 202, 202, 500]
    assert (fault.fired, other.fired) == (1, 1)


def test_removed_fault_is_over(environment: Environment, client: RawClient) -> None:
    """remove() ends even an endless one."""
    fault = environment.inject(Fault(on=Route.NEXT, act=Answer(500), times=None))
    environment.invoke(Event())
    assert client.next().status == 500
    fault.remove()
    assert client.next().status == 200


ACTS: list[Act] = [
    Delay(1), Hold(), Answer(500), CloseSilently(), CloseSilently("after-answer", 0.1, True), AnnounceClose(),
    Split(1, 0.1), ChunkedAnswer((1,)), OmitHeaders(("A",)), SlowRead(1, 1), ReadRate(1), ResetWhileReading(1),
]  # fmt: skip


def test_every_act_has_words_of_its_own() -> None:
    """A report can tell them apart."""
    assert len({act.describe() for act in ACTS}) == len(ACTS)


def test_connections_closed_in_a_hold_cost_nothing(environment: Environment, client: RawClient) -> None:
    """The client gone, the hold released: nothing happens to a closed connection."""
    hold = environment.inject(Fault(on=Route.NEXT, act=Hold()))
    client.request("GET", f"{PREFIX}/invocation/next")
    assert environment.wait_waiting(timeout=5)
    environment.close_connections()
    assert environment.waiting == 0
    hold.release()
    environment.invoke(Event(payload=b"6"))
    with RawClient(environment.address) as second:
        assert second.next().body == b"6"
