"""RAPI-INIT: failing before the first event."""

from __future__ import annotations

import re
import time

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import Running, holds, parsed
from lambda_image.runtime_api import Act, Answer, CloseSilently, Exchange, Fault, Route

ERROR_TYPE = "lambda-runtime-function-error-type"
RUNTIME_REASON = re.compile(r"Runtime\.\w+")


def _reported(running: Running, sent: str) -> Exchange:
    """The report of a failed init, shaped like an invocation error."""
    exchange = running.wait_request(Route.INIT_ERROR, sent=sent)
    value = parsed(exchange, sent=sent)
    shaped = isinstance(value, dict) and all(
        isinstance(value.get(member), str) for member in ("errorMessage", "errorType")
    )
    expect(shaped, sent=sent, expected="an object with the strings errorMessage and errorType", got=value)
    return exchange


def _fails_at_init(lab: Lab, handler: str, sent: str) -> None:
    with lab.fresh(handler, ready=False) as running:
        _reported(running, f"{sent} (_HANDLER={running.handler})")


@case("RAPI-INIT-001", handlers=("init-raise",))
def a_failure_while_loading_is_reported(lab: Lab) -> None:
    """A function whose top-level code fails."""
    _fails_at_init(lab, "init-raise", "a function whose top-level code fails")


@case("RAPI-INIT-002", handlers=("init-raise",))
def after_an_init_error_the_process_ends(lab: Lab) -> None:
    """A function whose top-level code fails; the report is accepted with 202."""
    with lab.fresh("init-raise", ready=False) as running:
        sent = "202 to the report of a failed init"
        running.wait_request(Route.INIT_ERROR, sent=sent)
        running.wait_exit(timeout=5, sent=sent, expected="the container ends within 5 s")
        gets = running.requests(Route.NEXT)
        expect(not gets, sent=sent, expected="no GET …/next", got=f"{len(gets)} GETs")


@case("RAPI-INIT-003", handlers=("init-raise",))
def a_failed_init_ends_with_a_status_that_is_not_0(lab: Lab) -> None:
    """A function whose top-level code fails."""
    with lab.fresh("init-raise", ready=False) as running:
        status = running.wait_exit(timeout=10, sent="a function whose top-level code fails")
        expect(status != 0, sent="a failed init", expected="an exit status other than 0", got="status 0")


@case("RAPI-INIT-004", handlers=("missing-file",))
def a_missing_file_is_an_init_error(lab: Lab) -> None:
    """A handler string whose file does not exist."""
    _fails_at_init(lab, "missing-file", "a handler whose file does not exist")


@case("RAPI-INIT-005", handlers=("syntax",))
def a_file_that_does_not_parse_is_an_init_error(lab: Lab) -> None:
    """A handler file with a syntax error."""
    _fails_at_init(lab, "syntax", "a file with a syntax error")


@case("RAPI-INIT-006", handlers=("missing-function",))
def a_missing_function_is_an_init_error(lab: Lab) -> None:
    """A handler string whose file exists and has no such function."""
    _fails_at_init(lab, "missing-function", "a handler that its file does not have")


@case("RAPI-INIT-007", handlers=("malformed",))
def a_malformed_handler_is_an_init_error(lab: Lab) -> None:
    """A handler string that is not of the language's form."""
    _fails_at_init(lab, "malformed", "a handler string of the wrong form")


@case("RAPI-INIT-008", handlers=("init-raise",))
def the_error_type_header_names_the_reason(lab: Lab) -> None:
    """Every kind of failed init; the header Lambda-Runtime-Function-Error-Type is read."""
    names = ["init-raise"]
    if "lookup" in lab.handlers.capabilities:
        names += ["missing-file", "missing-function", "malformed"]
    for name in names:
        with lab.fresh(name, ready=False) as running:
            sent = f"a failed init (_HANDLER={running.handler})"
            value = running.wait_request(Route.INIT_ERROR, sent=sent).header(ERROR_TYPE)
            expect(
                value and RUNTIME_REASON.fullmatch(value),
                sent=sent,
                expected="Lambda-Runtime-Function-Error-Type: Runtime.Reason",
                got=repr(value),
            )


@case("RAPI-INIT-009", handlers=("init-raise",), seconds=3)
def one_report_whatever_the_answer(lab: Lab) -> None:
    """403, 500 and a closed connection in answer to the report, each to a container of its own."""
    acts: tuple[Act, ...] = (Answer(403), Answer(500), CloseSilently(when="before-answer"))
    for act in acts:
        with lab.fresh(
            "init-raise",
            ready=False,
            prepare=lambda api, act=act: api.inject(Fault(on=Route.INIT_ERROR, act=act, times=None)),
        ) as running:
            sent = f"the report of a failed init: {act.describe()}"
            running.wait_request(Route.INIT_ERROR, sent=sent)
            status = running.wait_exit(timeout=10, sent=sent, expected="the container ends within 10 s")
            expect(status != 0, sent=sent, expected="an exit status other than 0", got="status 0")
            answered = [one for one in running.requests(Route.INIT_ERROR) if one.status is not None]
            expect(len(answered) <= 1, sent=sent, expected="at most one report", got=f"{len(answered)} reports")


@case("RAPI-INIT-010", handlers=("init-raise",))
def what_was_printed_before_the_failure_is_in_the_log(lab: Lab) -> None:
    """Top-level code prints a line and fails."""
    with lab.fresh("init-raise", ready=False) as running:
        sent = "top-level code that prints 'about to fail' and fails with 'init failed'"
        running.wait_exit(timeout=10, sent=sent)
        for words in ("about to fail", "init failed"):
            expect(
                running.logs(holds(words)),
                sent=sent,
                expected=f"{words!r} in the log",
                got=running.box.log.text or "an empty log",
            )


@case("RAPI-INIT-011", handlers=("counter",), seconds=3)
def top_level_code_runs_once_and_first(lab: Lab) -> None:
    """A function that notes when it was loaded; its first event comes 1.5 s after the first GET."""
    with lab.fresh("counter") as running:
        lab.pause(1.5)
        first = running.call_object({})
        second = running.call_object({})
        sent = "two events, the first 1.5 s after the first GET …/next"
        expect_equal(second.get("started_ms"), first.get("started_ms"), sent=sent, what="the time of loading")
        started = first.get("started_ms")
        now_ms = time.time() * 1000
        expect(
            isinstance(started, int | float) and started < now_ms - 1000,
            sent=sent,
            expected="the function was loaded before the first GET",
            got=f"it was loaded {now_ms - float(str(started)):.0f} ms before the answer",
        )
