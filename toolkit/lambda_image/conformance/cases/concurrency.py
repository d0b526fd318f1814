"""RAPI-CONC: many invocations at once, as on Managed Instances."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import Call, Running
from lambda_image.runtime_api import Answer, Fault, Route

N = 4
NAME = "AWS_LAMBDA_MAX_CONCURRENCY"
MANAGED: dict[str, str | None] = {"AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances"}


@contextmanager
def _many(lab: Lab, handler: str, *, count: int = N, **how: object) -> Iterator[Running]:
    """A container for so many invocations at once, all of them asked for."""
    environment = {**MANAGED, NAME: str(count)}
    with lab.fresh(handler, ready=False, concurrency=count, environment=environment, **how) as running:
        running.wait_ready(count=count, sent=f"{NAME}={count}")
        yield running


def _more_waiting(running: Running, count: int) -> bool:
    return running.api.waiting > count


def _longer_than(before: str, log: str) -> bool:
    return len(log) > len(before)


def _took(call: Call) -> tuple[float, float]:
    """When the event was handed out and when its result was in."""
    exchange = call.reply(40).exchange
    return call.invocation.dispatched or 0.0, exchange.completed or 0.0


@case("RAPI-CONC-001", handlers=("sleep",), seconds=3)
def n_invocations_are_handled_at_the_same_time(lab: Lab) -> None:
    """Four events at once to a handler that takes 1.5 s, longer on a busy machine."""
    with _many(lab, "sleep") as running:
        seconds = 1.5 * running.patience
        times = [_took(call) for call in [running.queue({"ms": round(seconds * 1000)}) for _ in range(N)]]
        took = max(end for _, end in times) - min(begin for begin, _ in times)
        # One after the other would take four times as long; the rest is for what else the machine does.
        most = seconds * 8 / 3
        expect(
            took < most,
            sent=f"{NAME}={N} and four events at once to a handler that takes {seconds:g} s",
            expected=f"all results within {most:g} s",
            got=f"they took {took:.1f} s",
        )


@case("RAPI-CONC-002", seconds=2)
def n_calls_wait_and_never_more(lab: Lab) -> None:
    """N is 4; the open GETs are counted, with an API that would take twice as many."""
    environment = {**MANAGED, NAME: str(N)}
    with lab.fresh(ready=False, concurrency=2 * N, environment=environment) as running:
        sent = f"{NAME}={N}, idle"
        running.wait_ready(count=N, sent=sent)
        more = running.api.wait(partial(_more_waiting, running, N), running.patience)
        expect(not more, sent=sent, expected=f"{N} open GET …/next", got=running.api.waiting)


@case("RAPI-CONC-003", handlers=("sleep",), seconds=3)
def results_come_in_any_order_each_under_its_own_id(lab: Lab) -> None:
    """Events that take 2.4, 1.6 and 0.8 s, and one that fails after 0.4 s, all at once."""
    with _many(lab, "sleep") as running:
        sent = "events that take 2.4, 1.6 and 0.8 s, and one that fails after 0.4 s, all at once"
        events: list[dict[str, object]] = [{"ms": ms, "mark": f"event {ms}"} for ms in (2400, 1600, 800)]
        events.append({"ms": 400, "fail": "only this one"})
        calls = [running.queue(event) for event in events]
        *good, bad = [call.reply(20) for call in calls]
        expect_equal(bad.error.get("errorMessage"), "only this one", sent=sent, what="errorMessage")
        for event, reply in zip(events, good, strict=False):
            expect_equal(reply.value, event, sent=sent, what="the result")
        numbers = [reply.exchange.number for reply in (*good, bad)]
        expect_equal(numbers, sorted(numbers, reverse=True), sent=sent, what="the order of results: last first,")


@case("RAPI-CONC-004", handlers=("context",), seconds=2)
def the_context_is_that_of_the_invocation(lab: Lab) -> None:
    """Four events at once with ids, deadlines and tenants of their own; each reads its context three times."""
    with _many(lab, "context") as running:
        calls = {}
        for number in range(N):
            calls[number] = running.queue(
                {"reads": [0, 300, 300]},
                request_id=f"request-{number}-{uuid.uuid4()}",
                tenant_id=f"tenant-{number}",
                arn=f"arn:aws:lambda:us-east-1:123456789012:function:conformance:alias{number}",
                timeout_ms=100_000 * (number + 1),
            )
        for number, call in calls.items():
            _its_own(number, call)


def _its_own(number: int, call: Call) -> None:
    event = call.event
    sent = f"four events at once, one with the id {event.request_id}"
    value = call.reply(20).value
    if not isinstance(value, dict) or not isinstance(value.get("reads"), list):
        violated(sent=sent, expected="what the handler context answers", got=value)
    expect_equal(value.get("request_id"), event.request_id, sent=sent, what="the request id")
    expect_equal(value.get("arn"), event.arn, sent=sent, what="the ARN")
    for read in value["reads"]:
        expect_equal(read.get("request_id"), event.request_id, sent=sent, what="the request id, read again,")
        expect_equal(read.get("tenant_id"), event.tenant_id, sent=sent, what="the tenant id")
        remaining = read.get("remaining_ms")
        least, most = 100_000 * number + 50_000, 100_000 * (number + 1)
        expect(
            isinstance(remaining, int | float) and least <= remaining <= most,
            sent=sent,
            expected=f"{least:,} to {most:,} ms remaining",
            got=remaining,
        )


@case("RAPI-CONC-005", handlers=("trace",), seconds=2)
def the_trace_id_is_that_of_the_invocation(lab: Lab) -> None:
    """Four events at once with trace headers of their own, each read before and after 400 ms."""
    with _many(lab, "trace") as running:
        calls = {}
        for number in range(N):
            trace_id = f"Root=1-5759e988-bd862e3fe1be46a99427279{number};Parent=53995c3f42cd8ad8;Sampled=1"
            calls[trace_id] = running.queue({"wait_ms": 400}, trace_id=trace_id)
        for trace_id, call in calls.items():
            value = call.reply(20).value
            sent = f"four events at once, one with the trace header {trace_id}"
            for member in ("before", "after"):
                got = value.get(member) if isinstance(value, dict) else value
                expect(
                    got in (trace_id, None, ""),
                    sent=sent,
                    expected=f"that trace header or none, {member} the wait",
                    got=got,
                )


@case("RAPI-CONC-006", handlers=("sleep",), seconds=3)
def one_is_one_at_a_time(lab: Lab) -> None:
    """N is 1, then not set: two events at once to a handler that takes 0.5 s, with an API that would give four."""
    for value in ("1", None):
        sent = f"{NAME}={value}" if value else f"{NAME} is not set"
        environment = {**MANAGED, NAME: value} if value else {NAME: None}
        with lab.fresh("sleep", ready=False, concurrency=N, environment=environment) as running:
            running.wait_ready(sent=sent)
            # A second call would come as soon as the first; a moment is enough to see it, a longer one where others
            # keep the machine busy.
            moment = 0.5 * running.patience
            more = running.api.wait(partial(_more_waiting, running, 1), moment)
            expect(not more, sent=sent, expected="one open GET …/next", got=running.api.waiting)
            first, second = (_took(call) for call in [running.queue({"ms": round(moment * 1000)}) for _ in range(2)])
            expect(
                second[0] >= first[1],
                sent=f"{sent}; two events at once to a handler that takes {moment:g} s",
                expected="the second is taken after the first one's result",
                got=f"it was taken {first[1] - second[0]:.2f} s before that",
            )


@case("RAPI-CONC-007", handlers=("sleep",), seconds=2)
def a_worker_that_dies_leaves_the_others(lab: Lab) -> None:
    """Four events at once: one ends its process after 0.3 s, the others take 1 s; then one more."""
    with _many(lab, "sleep") as running:
        sent = f"{NAME}={N} and four events at once, one of which ends its process"
        running.queue({"ms": 300, "exit": 3})
        others = [running.queue({"ms": 1000, "mark": number}) for number in range(N - 1)]
        for number, call in enumerate(others):
            expect_equal(call.reply(20).value, {"ms": 1000, "mark": number}, sent=sent, what="another's result")
        value = running.queue({"ms": 0}).reply(20).value
        expect_equal(value, {"ms": 0}, sent=f"{sent}, then one more", what="the result")


@case("RAPI-CONC-008", handlers=("sleep",), seconds=3)
def a_refused_result_costs_no_worker(lab: Lab) -> None:
    """400, 410, 413 and 500 to one result each; then all four slots are asked for and used."""
    with _many(lab, "sleep") as running:
        for status in (400, 410, 413, 500):
            sent = f"{NAME}={N}; {status} to POST …/response"
            running.api.inject(Fault(on=Route.RESPONSE, act=Answer(status)))
            before = running.box.log.text
            running.queue({"ms": 0}).reply(20)
            running.wait_ready(count=N, timeout=5, sent=sent)
            said = running.logs(partial(_longer_than, before))
            expect(said, sent=sent, expected="a line in the log that says so", got="nothing new in the log")
        sent = f"{NAME}={N}; refused results, then four events at once"
        for call in [running.queue({"ms": 200, "mark": number}) for number in range(N)]:
            expect(not call.reply(20).failed, sent=sent, expected="four results", got=running.what_happened())


@case("RAPI-CONC-009", handlers=("sleep",), seconds=4)
def a_failed_next_is_tried_again_with_growing_pauses(lab: Lab) -> None:
    """One of two workers is busy; the other's GET is answered 503 three times, then served."""
    with _many(lab, "sleep", count=2) as running:
        sent = f"{NAME}=2, one worker busy; 503 to three GET …/next of the other"
        busy = running.queue({"ms": 6000})
        running.api.wait(lambda: busy.invocation.dispatched, 5)
        running.api.inject(Fault(on=Route.NEXT, act=Answer(503), times=3))
        before = running.last_number
        running.queue({"ms": 0}).reply(20)
        again = running.queue({"ms": 0, "mark": "again"})
        expect_equal(again.reply(20).value, {"ms": 0, "mark": "again"}, sent=sent, what="the event after them")
        at = [one.started for one in running.requests(Route.NEXT, after=before)][:4]
        # Even pauses differ by a little, too; those that grow soon differ by a lot.
        gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
        expect(
            len(gaps) == 3 and gaps[-1] > 1.3 * gaps[0] and gaps[-1] >= 0.05,
            sent=sent,
            expected="three more tries, the pauses between them growing",
            got="pauses of " + ", ".join(f"{gap * 1000:.0f}" for gap in gaps) + " ms",
        )


@case("RAPI-CONC-009", seconds=4)
def a_failed_next_is_not_tried_in_a_hot_loop(lab: Lab) -> None:
    """503 to every GET of one worker: the tries within 3 s are counted."""
    environment = {**MANAGED, NAME: "2"}
    fault = Fault(on=Route.NEXT, act=Answer(503), times=None)
    with lab.fresh(
        ready=False, concurrency=2, environment=environment, prepare=lambda api: api.inject(fault)
    ) as running:
        sent = f"{NAME}=2; 503 to every GET …/next"
        running.wait_request(Route.NEXT, sent=sent)
        running.box.wait(3)
        tries = len(running.requests(Route.NEXT))
        expect(tries <= 60, sent=sent, expected="at most 30 tries of each worker within 3 s", got=tries)


@case("RAPI-CONC-010", handlers=("log",), seconds=4)
def log_lines_of_several_are_never_mixed(lab: Lab) -> None:
    """Twice four events at once, each of which logs 100 records of 2 KiB; every line of the log is parsed.

    An event's records are three times what a pipe holds: writers have to wait in the middle of one, and whoever
    writes without a lock is then overtaken by another, also where one core serves all.
    """
    message, records, rounds = "x" * 2048, 100, 2
    with _many(lab, "log") as running:
        event = {"records": [{"level": "error", "message": message}] * records}
        sent = f"{NAME}={N} and four events at once, each of which logs {records} records of 2 KiB; twice"
        known: dict[str, int] = {}
        for _ in range(rounds):
            calls = [running.queue(event) for _ in range(N)]
            known |= {call.event.request_id: 0 for call in calls}
            for call in calls:
                _ = call.reply(30).value
        running.logs(lambda text: text.count(message) >= rounds * N * records)
        for line in running.box.log.text.splitlines():
            if "xxx" in line:
                known[_owner(line, lab, sent, known)] += 1
        expect_equal(list(known.values()), [records] * N * rounds, sent=sent, what="records of each event:")


def _owner(line: str, lab: Lab, sent: str, known: dict[str, int]) -> str:
    """The request id of a line."""
    try:
        value = json.loads(line)
    except ValueError:
        violated(sent=sent, expected="lines of JSON, one object each", got=line)
    member = lab.handlers.facts.logger.request_id
    owner = value.get(member) if isinstance(value, dict) else None
    if owner not in known:
        violated(sent=sent, expected=f"{member}: the id of one of the events", got=line)
    return str(owner)


@case("RAPI-CONC-011", handlers=("context",), seconds=5)
def an_invocation_past_its_deadline_runs_on(lab: Lab) -> None:
    """A deadline of 1 s for a handler that takes 2.5 s; others come meanwhile; the late result gets 410."""
    with _many(lab, "context", enforce_timeout=True) as running:
        sent = "a deadline 1 s ahead for a handler that takes 2.5 s, among others"
        late = running.queue({"reads": [0, 2500]}, timeout_ms=1000)
        others = [running.queue({"reads": [0, 200]}) for _ in range(N - 1)]
        for call in others:
            _ = call.reply(20).value
        reply = late.reply(20)
        reads = reply.value.get("reads") if isinstance(reply.value, dict) else None
        remaining = reads[-1].get("remaining_ms") if isinstance(reads, list) and reads else None
        expect(
            isinstance(remaining, int | float) and remaining <= 0,
            sent=sent,
            expected="0 ms or less remaining after the deadline",
            got=remaining,
        )
        running.api.wait(lambda: late.invocation.results[0].status, 2.0)
        expect_equal(late.invocation.results[0].status, 410, sent=sent, what="the answer to the late result:")
        running.wait_ready(count=N, timeout=5, sent=f"{sent}; the late result was answered 410")
        began = time.monotonic()
        for call in [running.queue({"reads": [0, 100]}) for _ in range(N)]:
            _ = call.reply(20).value
        took = time.monotonic() - began
        expect(took < 10 * running.patience, sent=sent, expected="all four slots serve on", got="they do not")
