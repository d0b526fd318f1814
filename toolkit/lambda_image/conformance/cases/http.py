"""RAPI-HTTP: the wire."""

from __future__ import annotations

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, Violation, expect, expect_equal, violated
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import Running, body
from lambda_image.runtime_api import (
    Act,
    AnnounceClose,
    ChunkedAnswer,
    CloseSilently,
    Fault,
    Route,
    Split,
)

EVERY_ROUTE = frozenset(Route)
PREFIX = "/2018-06-01/runtime/"
METHODS = {
    Route.NEXT: "GET",
    Route.RESPONSE: "POST",
    Route.ERROR: "POST",
    Route.INIT_ERROR: "POST",
    Route.RESTORE_NEXT: "GET",
    Route.RESTORE_ERROR: "POST",
}


def _answered_once(running: Running, values: list[object], *, sent: str) -> None:
    """Every event is answered with its own value, and none twice."""
    calls = []
    for value in values:
        call = running.queue(value, sent=sent)
        expect_equal(call.reply().value, value, sent=sent, what="the answer")
        calls.append(call)
    running.wait_ready(sent=sent)
    for call in calls:
        expect(
            len(call.invocation.results) == 1,
            sent=sent,
            expected=f"one result for {call.event.request_id}",
            got=f"{len(call.invocation.results)} results",
        )


@case("RAPI-HTTP-001")
def every_call_goes_to_the_address_given(lab: Lab) -> None:
    """The API listens on a random port under a host name; one event is sent."""
    with lab.fresh() as running:
        running.call("x")
        running.wait_ready()
        for exchange in running.requests():
            expect(
                exchange.target.startswith(PREFIX),
                sent="AWS_LAMBDA_RUNTIME_API=" + f"{running.endpoint.host}:{running.endpoint.port}",
                expected=f"every path begins with {PREFIX}",
                got=f"{exchange.method} {exchange.target}",
            )


@case("RAPI-HTTP-002", handlers=("echo", "raise"))
def requests_are_valid_http(lab: Lab) -> None:
    """An event that succeeds and one that fails, to an API that parses strictly."""
    for handler in ("echo", "raise"):
        sent = f"an event to {handler}"
        with lab.fresh(handler, ready=False) as running:
            broken_off = _session(running)
            for exchange in running.requests():
                expect(
                    not exchange.violations,
                    sent=sent,
                    expected="requests that are valid HTTP/1.1",
                    got=f"{exchange.method} {exchange.target}: " + "; ".join(exchange.violations),
                )
                expect(
                    METHODS.get(exchange.route) == exchange.method,
                    sent=sent,
                    expected="only the documented paths, each with its method",
                    got=f"{exchange.method} {exchange.target}",
                )
            if broken_off:
                raise NotJudged(f"no whole session came about: expected {broken_off.expected}, got {broken_off.got}")


def _session(running: Running) -> Violation | None:
    """An event and its result; what the API cannot make sense of it answers with 400, and that may be the end."""
    try:
        running.wait_ready()
        running.invoke({"message": "x"})
        running.wait_ready()
    except Violation as violation:
        return violation
    return None


@case("RAPI-HTTP-003", handlers=("context",))
def header_names_are_matched_without_regard_to_case(lab: Lab) -> None:
    """The same invocation with lower-case, upper-case and mixed header names, plus ten unknown headers."""
    unknown = tuple((f"X-Unknown-{number}", "value") for number in range(10))
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:case:live"
    with lab.shared("context") as running:
        for style in ("canonical", "lower", "upper", "mixed"):
            sent = f"header names in {style} case, ten unknown headers beside them"
            call = running.queue({}, sent=sent, header_case=style, extra_headers=unknown, arn=arn)
            value = call.reply().value
            got = value if isinstance(value, dict) else {}
            expect_equal(got.get("request_id"), call.event.request_id, sent=sent, what="request_id")
            expect_equal(got.get("arn"), arn, sent=sent, what="arn")


@case("RAPI-HTTP-004")
def a_response_is_read_whole_however_it_arrives(lab: Lab) -> None:
    """The event sent one byte a segment, in segments with pauses between them, then as chunks that split a
    multi-byte character."""
    value = {"text": "é漢😀" * 40, "number": 1}
    with lab.fresh() as running:
        # Without a pause a client that is slow to read finds all segments there at once.
        # A size of more than nine bytes is another number in hexadecimal; one has letters.
        chunked = (ChunkedAnswer((1, 2, 3, 5, 7)), ChunkedAnswer((1,)), ChunkedAnswer((16, 171, 33)))
        acts: tuple[Act, ...] = (Split(1), Split(100, 0.1), *chunked)
        # The GET that waits already is answered plainly: each of those that follow has its own way.
        for number, act in enumerate(acts):
            running.api.inject(Fault(on=Route.NEXT, act=act, skip=number))
        running.call(value, sent="an event to echo")
        for act in acts:
            sent = f"an event to echo ({act.describe()})"
            expect_equal(running.call(value, sent=sent), value, sent=sent)


@case("RAPI-HTTP-005")
def an_announced_close_costs_no_invocation(lab: Lab) -> None:
    """Connection: close on every answer; 20 invocations in a row."""
    with lab.fresh() as running:
        running.api.inject(Fault(on=EVERY_ROUTE, act=AnnounceClose(), times=None))
        _answered_once(running, list(range(20)), sent="Connection: close on every answer, 20 events")


@case("RAPI-HTTP-006", handlers=("sleep",), seconds=4)
def a_silent_close_costs_no_invocation(lab: Lab) -> None:
    """The API closes the connection, header-less, 50 ms after it handed out an event whose handler takes
    150 ms, and right after it accepted a result; 20 invocations in a row."""
    sent = "the connection is closed silently while the handler runs and after each accepted result"
    with lab.fresh("sleep") as running:
        running.api.inject(Fault(on=Route.NEXT, act=CloseSilently(when="after-answer", delay=0.05), times=None))
        running.api.inject(Fault(on=Route.RESPONSE, act=CloseSilently(when="after-answer"), times=None))
        _answered_once(running, [{"ms": 150, "n": number} for number in range(20)], sent=sent)


@case("RAPI-HTTP-007")
def proxy_variables_do_not_affect_the_runtime_api(lab: Lab) -> None:
    """http_proxy, HTTP_PROXY, ALL_PROXY … name a dead port."""
    dead = "http://127.0.0.1:1"
    names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    with lab.fresh(environment=dict.fromkeys(names, dead), ready=False) as running:
        sent = f"{', '.join(names)} are {dead}"
        running.wait_ready(sent=sent)
        expect_equal(running.call("x", sent=sent), "x", sent=sent)


@case("RAPI-HTTP-008", handlers=("big",))
def no_post_waits_for_100_continue(lab: Lab) -> None:
    """A result of 5 MiB; the API never sends 100 Continue."""
    with lab.shared("big") as running:
        waited = 0.0
        # A client that waits does so each time, for a second mostly; a busy machine only now and then.
        for _ in range(3):
            exchange = running.invoke({"length": 5 * 1024 * 1024}).exchange
            expect(
                not exchange.header("expect"),
                sent="a result of 5 MiB",
                expected="no Expect header",
                got=f"Expect: {exchange.header('expect')}",
            )
            waited = exchange.pieces[0][0] - exchange.started if exchange.pieces else 0.0
            if waited < 0.9:
                return
        violated(
            sent="a result of 5 MiB, three times, never a 100 Continue",
            expected="the body follows the head at once",
            got=f"its first byte came {waited:.2f} s after the head",
        )


@case("RAPI-HTTP-009", handlers=("echo", "raise", "init-raise"))
def every_request_names_the_client(lab: Lab) -> None:
    """An event that succeeds, one that fails, and a function that fails at init."""
    with lab.shared("echo") as running:
        running.call("x")
        running.wait_ready()
        seen = list(running.requests()[-3:])
    with lab.shared("raise") as running:
        seen.append(running.invoke({"message": body("x").decode()}).exchange)
    with lab.fresh("init-raise", ready=False) as running:
        seen.append(running.wait_request(Route.INIT_ERROR))
    for exchange in seen:
        expect(
            exchange.header("user-agent"),
            sent="events that succeed and fail, and a failing init",
            expected="a User-Agent header on every request",
            got=f"none on {exchange.method} {exchange.target}",
        )
