"""RAPI-RESP: posting the result."""

from __future__ import annotations

import time

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import Running, text
from lambda_image.runtime_api import Answer, Fault, Route

MIB = 1024 * 1024
PATTERN = "0123456789abcdef"
IDS = (
    "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    "7",
    "Az-09.b",
    "a1-" * 21 + "z",
)


@case("RAPI-RESP-001", gate=True)
def the_result_is_posted_under_the_event_s_id(lab: Lab) -> None:
    """Events whose ids are a UUID, one character, letters, digits, dots and dashes, 64 characters long."""
    with lab.shared() as running:
        for request_id in IDS:
            call = running.queue({"id": request_id}, request_id=request_id)
            exchange = call.reply().exchange
            expected = f"/2018-06-01/runtime/invocation/{request_id}/response"
            expect(
                exchange.target == expected,
                sent=f"an event with the id {request_id}",
                expected=f"POST {expected}",
                got=f"{exchange.method} {exchange.target}",
            )


@case("RAPI-RESP-002", handlers=("echo", "raise"))
def each_invocation_gets_exactly_one_result(lab: Lab) -> None:
    """Five events that succeed and five that fail; all requests are counted."""
    for handler in ("echo", "raise"):
        with lab.fresh(handler) as running:
            calls = []
            for number in range(5):
                calls.append(running.queue({"message": str(number)}))
                calls[-1].reply()
            # A second post would come before the client asks again, or right after: half a second is ample.
            running.wait_ready()
            time.sleep(0.5)
            for call in calls:
                posts = [
                    exchange
                    for exchange in running.requests(Route.RESPONSE, Route.ERROR)
                    if exchange.request_id == call.event.request_id
                ]
                expect(
                    len(posts) == 1,
                    sent=f"an event to {handler} with the id {call.event.request_id}",
                    expected="exactly one POST to /response or /error for it",
                    got="; ".join(f"{post.method} {post.target} → {post.status}" for post in posts),
                )
            known = {call.event.request_id for call in calls}
            stray = [
                exchange.target
                for exchange in running.requests(Route.RESPONSE, Route.ERROR)
                if exchange.request_id not in known
            ]
            expect(not stray, sent="ten events", expected="results for their ids alone", got=", ".join(stray))


@case("RAPI-RESP-003")
def the_body_is_the_value_as_json(lab: Lab) -> None:
    """Objects, text beyond ASCII and numbers; the bytes are parsed as UTF-8 JSON."""
    with lab.shared() as running:
        values: tuple[object, ...] = ({"t": "é漢😀", "n": [1, 2.5, None, False]}, "é漢😀", 0, [], None)
        for value in values:
            expect_equal(running.call(value), value, sent=f"the event {value!r} to echo")


@case("RAPI-RESP-004", handlers=("nothing",))
def a_handler_that_returns_nothing_answers_null(lab: Lab) -> None:
    """A handler without a return value."""
    with lab.shared("nothing") as running:
        reply = running.invoke({})
        if reply.failed:
            violated(sent="a handler that returns nothing", expected="/response with null", got=reply.error)
        got = reply.exchange.body.strip()
        expect(got == b"null", sent="a handler that returns nothing", expected="the body null", got=repr(got))


@case("RAPI-RESP-005", handlers=("nan",))
def what_is_posted_is_json(lab: Lab) -> None:
    """A handler that returns NaN: an error, null or a string may come, not the bare word."""
    with lab.shared("nan") as running:
        reply = running.invoke({})
        if not reply.failed:
            value = reply.value
            expect(
                value is None or isinstance(value, str),
                sent="a handler that returns NaN",
                expected="an error, null or a string",
                got=value,
            )


@case("RAPI-RESP-006", handlers=("sleep",), seconds=2.5)
def the_result_comes_after_the_handler_is_done(lab: Lab) -> None:
    """A handler that takes 2 s."""
    with lab.shared("sleep") as running:
        call = running.queue({"ms": 2000})
        exchange = call.reply().exchange
        took = exchange.started - (call.invocation.dispatched or 0.0)
        expect(
            took >= 1.98,
            sent="a handler that takes 2 s",
            expected="a POST not before 2 s",
            got=f"POST …/{exchange.route.value} after {took:.2f} s with {text(exchange.body)}",
        )


@case("RAPI-RESP-007", handlers=("big",))
def a_result_of_6_mib_goes_out_whole(lab: Lab) -> None:
    """A result of 6 MiB less 2 KiB."""
    length = 6 * MIB - 2048
    with lab.shared("big") as running:
        value = running.call({"length": length}, timeout=20)
        expected = (PATTERN * (length // 16 + 1))[:length]
        expect(
            value == expected,
            sent=f"a result of {length:,} characters",
            expected="the same characters",
            got=f"{len(value):,} characters" if isinstance(value, str) else repr(value)[:100],
        )


def _goes_on_or_exits(running: Running, *, after: int, sent: str) -> None:
    """Within 5 s the process asks for work or ends with a status that is not 0."""
    deadline = time.monotonic() + 5 * running.patience
    while time.monotonic() < deadline:
        if running.api.wait(lambda: running.api.waiting or None, 0.1):
            return
        status = running.box.exit_status
        if status is not None:
            expect(status != 0, sent=sent, expected="/next, or an exit status other than 0", got="status 0")
            return
    violated(sent=sent, expected="a GET …/next or an exit within 5 s", got=running.what_happened())


@case("RAPI-RESP-008", handlers=("big",), seconds=3)
def a_refused_result_is_not_sent_again(lab: Lab) -> None:
    """413 to a result of 7 MiB, then 400, then 403, each to a container of its own."""
    for status, length in ((413, 7 * MIB), (400, 10), (403, 10)):
        with lab.fresh("big") as running:
            if status != 413:
                running.api.inject(Fault(on=Route.RESPONSE, act=Answer(status)))
            sent = f"{status} to the POST of a result of {length:,} characters"
            before = running.last_number
            call = running.queue({"length": length})
            running.wait_request(Route.RESPONSE, after=before, sent=sent)
            _goes_on_or_exits(running, after=before, sent=sent)
            copies = [
                exchange
                for exchange in running.requests(Route.RESPONSE, after=before)
                if exchange.request_id == call.event.request_id
            ]
            expect_equal(len(copies), 1, sent=sent, what="POSTs of that result:")


@case("RAPI-RESP-009", seconds=2)
def a_500_ends_the_process(lab: Lab) -> None:
    """500 to /response: the environment is beyond repair."""
    with lab.fresh() as running:
        _ended_by_500(running, Route.RESPONSE, "echo")


def _ended_by_500(running: Running, route: Route, handler: str) -> None:
    sent = f"500 to the POST of {handler}'s result"
    running.api.inject(Fault(on=route, act=Answer(500)))
    before = running.last_number
    running.queue({"message": "x"})
    running.wait_request(route, after=before, sent=sent)
    status = running.wait_exit(timeout=5, sent=sent, expected="the process ends within 5 s")
    expect(status != 0, sent=sent, expected="an exit status other than 0", got="status 0")
    gets = running.requests(Route.NEXT, after=before)
    expect(not gets, sent=sent, expected="no further GET …/next", got=f"{len(gets)} GETs")


def _passed_over(running: Running, route: Route, status: int, *, then: object) -> None:
    """The process logs the refusal, asks for work and serves it."""
    sent = f"{status} to POST …/{route.value}"
    running.api.inject(Fault(on=route, act=Answer(status)))
    before = running.last_number
    running.queue({"message": "late"})
    running.wait_request(route, after=before, sent=sent)
    running.wait_ready(timeout=5, sent=sent)
    expect_equal(
        running.invoke(then, sent=sent + ", then another event").exchange.route,
        route,
        sent=sent + ", then another event",
    )


@case("RAPI-RESP-010")
def a_410_is_passed_over(lab: Lab) -> None:
    """410 to /response: too late, or not this attempt."""
    with lab.fresh() as running:
        _passed_over(running, Route.RESPONSE, 410, then="after")


@case("RAPI-RESP-011", handlers=("echo", "raise"))
def the_invocation_id_comes_back_unchanged(lab: Lab) -> None:
    """Two attempts with the same request id and other invocation ids, then an event without one, for a
    handler that succeeds and one that fails."""
    name = "Lambda-Runtime-Invocation-Id"
    for handler in ("echo", "raise"):
        with lab.fresh(handler) as running:
            for invocation_id in ("attempt-1", "attempt-2/+=", None):
                reply = running.invoke({}, request_id="same-request", invocation_id=invocation_id)
                got = reply.exchange.header(name.lower())
                sent = f"{name}: {invocation_id}" if invocation_id else f"no {name}"
                expect(
                    got == invocation_id,
                    sent=f"{sent}, to {handler}",
                    expected=f"{invocation_id!r} back on /{reply.exchange.route.value}"
                    if invocation_id
                    else "none back",
                    got=repr(got),
                )
                running.wait_ready()


@case("RAPI-RESP-012", handlers=("invalid",))
def a_value_that_cannot_be_serialised_is_an_invocation_error(lab: Lab) -> None:
    """A handler that returns what JSON has no form for, twice."""
    with lab.fresh("invalid") as running:
        for time_ in ("first", "second"):
            error = running.invoke({}).error
            expect(
                error.get("errorType"),
                sent=f"a result that cannot be serialised ({time_} time)",
                expected="an errorType",
                got=error,
            )


@case("RAPI-RESP-013", handlers=("counter",))
def one_process_serves_many_invocations(lab: Lab) -> None:
    """Three events to a handler that counts."""
    with lab.fresh("counter") as running:
        found = [running.call_object({}) for _ in range(3)]
        expect_equal([one.get("count") for one in found], [1, 2, 3], sent="three events to counter", what="counts")
        processes = {str(one.get("process")) for one in found}
        expect(len(processes) == 1, sent="three events to counter", expected="one process", got=processes)


@case("RAPI-RESP-014", seconds=4)
def a_thousand_invocations_leak_nothing(lab: Lab) -> None:
    """1,000 events (300 in quick depth) to a container that may have 256 descriptors and 256 processes and threads."""
    # One descriptor an event is found by 300, too; a runtime that starts programs for each event takes its time.
    count = int(lab.hold(1000, quick=300))
    lab.shortened = lab.shortened and f"{count} events instead of 1,000"
    sent = f"{count:,} events under a limit of 256 descriptors, processes and threads"
    with lab.fresh(descriptors=256, processes=256) as running:
        for number in range(10):
            running.call(number)
        running.wait_ready()  # counted while it waits: a runtime may start programs of its own in between
        processes = len(running.box.processes())
        for number in range(count):
            expect_equal(running.call(number, sent=sent), number, sent=sent)
        running.wait_ready()
        after = len(running.box.processes())
        expect(
            after <= processes,
            sent=sent,
            expected=f"no more processes than after ten events ({processes})",
            got=f"{after} processes",
        )
