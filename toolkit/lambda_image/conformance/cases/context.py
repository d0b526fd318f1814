"""CTX: what the handler is told."""

from __future__ import annotations

import time

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import FUNCTION_VERSION, Lab

MINUTE_MS = 60_000


def _remaining(value: dict[str, object], sent: str) -> list[float]:
    """The remaining times, in ms, that a `context` handler read."""
    reads = value.get("reads")
    numbers = [
        read.get("remaining_ms") for read in (reads if isinstance(reads, list) else []) if isinstance(read, dict)
    ]
    found = [float(number) for number in numbers if isinstance(number, int | float)]
    if not found or len(found) != len(numbers):
        violated(sent=sent, expected="remaining times that are numbers", got=reads)
    return found


@case("CTX-001", handlers=("context",))
def the_request_id_is_that_of_the_event(lab: Lab) -> None:
    """Two events with ids of their own, the second with an invocation id beside it."""
    with lab.shared("context") as running:
        for request_id, attempt in (
            ("0a1b2c3d-0000-4000-8000-000000000001", None),
            ("second.id-2", "attempt-1"),
        ):
            got = running.call_object({}, request_id=request_id, invocation_id=attempt)
            sent = f"an event with the id {request_id}"
            if attempt:
                sent += f" and Lambda-Runtime-Invocation-Id: {attempt}"
            expect_equal(got.get("request_id"), request_id, sent=sent, what="request_id")


@case("CTX-002", handlers=("context",))
def function_facts_come_from_the_environment(lab: Lab) -> None:
    """Distinct values in the variables of function name, version, memory and log names."""
    given = {
        "AWS_LAMBDA_FUNCTION_NAME": "name-of-its-own",
        "AWS_LAMBDA_FUNCTION_VERSION": "42",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "777",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/group/of/its/own",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"2026/12/01/[{FUNCTION_VERSION}]feedface",
    }
    members = ("function_name", "function_version", "memory_limit_mb", "log_group", "log_stream")
    with lab.fresh("context", environment=given) as running:
        got = running.call_object({})
        for member, (name, value) in zip(members, given.items(), strict=True):
            found = got.get(member)
            if isinstance(found, float) and found.is_integer():
                found = int(found)
            expect_equal(str(found), value, sent=f"{name}={value}", what=member)


@case("CTX-003", handlers=("context",))
def the_arn_is_that_of_the_invocation(lab: Lab) -> None:
    """Two ARNs, one with an alias."""
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:conformance"
    with lab.shared("context") as running:
        for given in (arn, f"{arn}:live"):
            got = running.call_object({}, arn=given)
            expect_equal(got.get("arn"), given, sent=f"Lambda-Runtime-Invoked-Function-Arn: {given}")


@case("CTX-004", handlers=("context",))
def remaining_time_is_deadline_minus_now(lab: Lab) -> None:
    """A deadline 30 s ahead."""
    with lab.shared("context") as running:
        sent = "a deadline 30 s ahead"
        (got,) = _remaining(running.call_object({}, timeout_ms=30_000), sent)
        expect(
            30_000 - 2_000 * running.patience <= got <= 30_000,
            sent=sent,
            expected="28,000 to 30,000 ms remaining",
            got=got,
        )


def _across_a_freeze(lab: Lab, lead: float) -> tuple[float, float]:
    """Two reads with a freeze of 5 s that begins `lead` seconds after the event was sent."""
    with lab.fresh("context") as running:
        call = running.queue({"reads": [0, int(lead * 1000) + 1000]}, timeout_ms=MINUTE_MS)
        running.api.wait(lambda: call.invocation.dispatched, 5)
        lab.pause(lead)
        with running.box.frozen():
            lab.pause(5)
        value = call.reply(20).value
        first, second = _remaining(
            value if isinstance(value, dict) else {}, "two reads with a freeze of 5 s between them"
        )
        return first, second


@case("CTX-005", handlers=("context",), seconds=9)
def remaining_time_is_computed_at_each_call(lab: Lab) -> None:
    """Two reads 1 s apart, then two reads with a freeze of 5 s between them."""
    with lab.shared("context") as running:
        sent = "two reads of the remaining time, 1 s apart"
        begun = time.monotonic()
        first, second = _remaining(running.call_object({"reads": [0, 1000]}), sent)
        # A busy machine, or a handler that is slow itself, stretches the second between the reads.
        most = max(1300.0, (time.monotonic() - begun) * 1000 + 50)
        expect(
            900 <= first - second <= most,
            sent=sent,
            expected="they differ by about 1,000 ms",
            got=first - second,
        )
    sent = "two reads of the remaining time, frozen for 5 s between them"
    for lead in (0.5, 2.0, 6.0):
        first, second = _across_a_freeze(lab, lead)
        # A slow handler has not read before the freeze began: then it is given more time.
        if first > MINUTE_MS - 5000:
            break
    expect(first - second >= 5000, sent=sent, expected="at least 5,000 ms less", got=first - second)


@case("CTX-006", handlers=("context",))
def past_the_deadline_nothing_remains(lab: Lab) -> None:
    """A deadline 10 s ago."""
    with lab.shared("context") as running:
        sent = "a deadline 10 s ago"
        deadline = int((time.time() - 10) * 1000)
        (got,) = _remaining(running.call_object({}, deadline_ms=deadline), sent)
        expect(got <= 0, sent=sent, expected="zero or less", got=got)
