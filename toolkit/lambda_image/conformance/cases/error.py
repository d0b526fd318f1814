"""RAPI-ERR: reporting a failed invocation."""

from __future__ import annotations

import re

from lambda_image.conformance.case import case
from lambda_image.conformance.cases.response import _ended_by_500, _goes_on_or_exits, _passed_over
from lambda_image.conformance.contract import Handlers
from lambda_image.conformance.finding import Violation, expect, expect_equal
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import Running
from lambda_image.runtime_api import Answer, Exchange, Fault, Route

ERROR_TYPE = "lambda-runtime-function-error-type"
CATEGORY_REASON = re.compile(r"(Runtime|Function)\.\w+")


@case("RAPI-ERR-001", handlers=("raise",))
def a_handler_that_fails_is_reported(lab: Lab) -> None:
    """A handler that fails with an error of its own."""
    with lab.shared("raise") as running:
        call = running.queue({"message": "boom"})
        reply = call.reply()
        expect(
            reply.exchange.target.endswith(f"/invocation/{call.event.request_id}/error"),
            sent="a handler that fails",
            expected=f"POST …/invocation/{call.event.request_id}/error",
            got=f"{reply.exchange.method} {reply.exchange.target}",
        )


@case("RAPI-ERR-002", handlers=("raise",))
def an_error_has_message_and_type(lab: Lab) -> None:
    """A handler that fails; the body is parsed."""
    with lab.shared("raise") as running:
        error = running.invoke({"message": "boom"}).error
        for member in ("errorMessage", "errorType"):
            expect(
                isinstance(error.get(member), str),
                sent="a handler that fails",
                expected=f"a string member {member}",
                got=error,
            )


@case("RAPI-ERR-003", handlers=("raise",))
def the_stack_trace_names_the_handler_s_file(lab: Lab) -> None:
    """A handler that fails in a function called deepest."""
    with lab.shared("raise") as running:
        stack = running.invoke({"message": "boom"}).error.get("stackTrace")
        expect(
            isinstance(stack, list) and stack and all(isinstance(frame, str) for frame in stack),
            sent="a handler that fails",
            expected="stackTrace is an array of strings",
            got=stack,
        )
        joined = " ".join(map(str, stack if isinstance(stack, list) else ()))
        files = _source_names(lab.handlers)
        expect(
            "deepest" in joined.lower() and any(name in joined for name in files),
            sent=f"a handler that fails ({running.handler}) in a function called deepest",
            expected=f"a stack trace that names that function and the handler's file ({', '.join(sorted(files))})",
            got=stack,
        )


def _source_names(handlers: Handlers) -> frozenset[str]:
    """What the file of `raise` may be called: the words of its handler string before the last, as in
    `handlers.raise_` or `example.Handlers::raise`; where that is one word, the files of the folder."""
    *words, _ = re.split(r"[./:]+", handlers.handler("raise"))
    files = (path.rsplit("/", 1)[-1].partition(".")[0] for path in handlers.files or {})
    return frozenset(words or files) or frozenset({"handlers"})


@case("RAPI-ERR-004", handlers=("raise",))
def the_error_type_is_the_type_s_name(lab: Lab) -> None:
    """A handler that fails with an error of the class HandlerError."""
    with lab.shared("raise") as running:
        kind = str(running.invoke({"message": "boom"}).error.get("errorType"))
        expect_equal(re.split(r"[.:$/+\\]+", kind)[-1], "HandlerError", sent="an error of the class HandlerError")


@case("RAPI-ERR-005", handlers=("raise",))
def the_message_arrives_exactly(lab: Lab) -> None:
    """Messages with newlines, quotes, any Unicode, and an empty one."""
    messages = (
        "two\nlines\r\nthree",
        "quotes \" and \\ and '",
        "é漢😀\u2028\0",
        "",
        " edges ",
        '{"json": 1}',
    )
    with lab.shared("raise") as running:
        for message in messages:
            error = running.invoke({"message": message}).error
            expect_equal(
                error.get("errorMessage"),
                message,
                sent=f"an error with the message {message!r}",
                what="errorMessage",
            )


@case("RAPI-ERR-006", handlers=("raise",))
def no_error_breaks_the_request(lab: Lab) -> None:
    """Messages with CR LF and a header after it, DEL, NUL, emoji, and 200 KiB long."""
    hostile = ("a\r\nX-Injected: yes", "del \x7f nul \0", "emoji 😀 漢", "x" * 200 * 1024)
    with lab.fresh("raise") as running:
        usual = {name.lower() for name, _ in running.invoke({"message": "plain"}).exchange.headers}
        for message in hostile:
            sent = f"an error with the message {message[:40]!r} ({len(message):,} characters)"
            exchange = _posted_legally(running, message, sent)
            new = {name.lower() for name, _ in exchange.headers} - usual
            expect(not new, sent=sent, expected="no header that a plain error has not", got=", ".join(new))
            for name, value in exchange.headers:
                expect(
                    all(character == "\t" or " " <= character != "\x7f" for character in value),
                    sent=sent,
                    expected="header values of one line without control characters",
                    got=f"{name}: {value!r:.200}",
                )


def _posted_legally(running: Running, message: str, sent: str) -> Exchange:
    """The request that reports an error with that message, valid HTTP/1.1."""
    before = running.last_number
    try:
        exchange = running.invoke({"message": message}).exchange
    except Violation:
        # What the API cannot parse is no result to it: then say so, and not that none came.
        broken = [one for one in running.requests(after=before) if one.violations]
        if not broken:
            raise
        exchange = broken[0]
    expect(
        not exchange.violations,
        sent=sent,
        expected="a request that is valid HTTP/1.1",
        got="; ".join(exchange.violations),
    )
    return exchange


@case("RAPI-ERR-007", handlers=("raise",))
def the_error_type_header_has_a_category_and_a_reason(lab: Lab) -> None:
    """A handler that fails."""
    with lab.shared("raise") as running:
        value = running.invoke({"message": "boom"}).exchange.header(ERROR_TYPE)
        expect(
            value and CATEGORY_REASON.fullmatch(value),
            sent="a handler that fails",
            expected="Lambda-Runtime-Function-Error-Type: Runtime.Word or Function.Word",
            got=repr(value),
        )


@case("RAPI-ERR-009", handlers=("counter",))
def after_an_error_the_same_process_goes_on(lab: Lab) -> None:
    """A counting handler that succeeds, fails, and succeeds again."""
    with lab.fresh("counter") as running:
        first = running.call_object({})
        _ = running.invoke({"fail": True}).error
        sent = "an event that fails between two that succeed"
        last = running.call_object({}, sent=sent)
        expect_equal(last.get("count"), 3, sent=sent, what="count")
        expect_equal(last.get("process"), first.get("process"), sent=sent, what="process")


@case("RAPI-ERR-010", handlers=("raise",), seconds=4)
def answers_to_error_are_treated_as_to_response(lab: Lab) -> None:
    """410, 400, 403, 413 and 500 to /error, each to a container of its own."""
    with lab.fresh("raise") as running:
        _passed_over(running, Route.ERROR, 410, then={"message": "after"})
    for status in (400, 403, 413):
        with lab.fresh("raise") as running:
            running.api.inject(Fault(on=Route.ERROR, act=Answer(status)))
            sent = f"{status} to POST …/error"
            before = running.last_number
            call = running.queue({"message": "boom"})
            running.wait_request(Route.ERROR, after=before, sent=sent)
            _goes_on_or_exits(running, after=before, sent=sent)
            copies = [
                exchange
                for exchange in running.requests(Route.ERROR, Route.RESPONSE, after=before)
                if exchange.request_id == call.event.request_id
            ]
            expect_equal(len(copies), 1, sent=sent, what="POSTs for that invocation:")
    with lab.fresh("raise") as running:
        _ended_by_500(running, Route.ERROR, "raise")


@case("RAPI-ERR-011", handlers=("exit",))
def when_the_handler_ends_the_process_the_container_ends(lab: Lab) -> None:
    """A handler that ends the process with status 3."""
    with lab.fresh("exit") as running:
        sent = "a handler that ends the process with status 3"
        running.queue({"status": 3})
        status = running.wait_exit(timeout=3, sent=sent, expected="the container ends at once")
        expect_equal(status, 3, sent=sent, what="the container's exit status")
