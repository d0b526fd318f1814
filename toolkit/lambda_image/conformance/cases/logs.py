"""LOG: what comes out."""

from __future__ import annotations

import re
import time
import uuid

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import holds
from lambda_image.runtime_api import Fault, Hold, Route


@case("LOG-001", handlers=("log",))
def standard_output_and_error_reach_the_container_s(lab: Lab) -> None:
    """A handler that prints a line to each."""
    lines = {name: f"{name} {uuid.uuid4()}" for name in ("stdout", "stderr")}
    with lab.shared("log") as running:
        running.call(lines)
        for name, line in lines.items():
            expect(
                running.logs(holds(line)),
                sent=f"a handler that prints to {name}",
                expected=f"the line {line!r} in the container's output",
                got=running.box.log.tail(5) or "nothing",
            )


@case("LOG-002", handlers=("log",))
def a_line_is_out_before_the_result_is_posted(lab: Lab) -> None:
    """A handler that prints; the container is frozen as soon as its POST is here, and the log is read."""
    line = f"printed by the handler {uuid.uuid4()}"
    with lab.fresh("log") as running:
        held = running.api.inject(Fault(on=Route.RESPONSE, act=Hold()))
        before = running.last_number
        call = running.queue({"stdout": line})
        running.wait_request(Route.RESPONSE, after=before)
        with running.box.frozen():
            seen = running.logs(lambda log: line in log)
        held.release()
        call.reply()
        expect(
            seen,
            sent="a handler that prints a line; the container is frozen once the POST has come",
            expected="the line is already out",
            got="it is not: " + (running.box.log.tail(3) or "an empty log"),
        )


@case("LOG-003")
def a_clean_invocation_logs_nothing(lab: Lab) -> None:
    """Ten events to a handler that prints nothing."""
    with lab.fresh() as running:
        time.sleep(0.3 * running.patience)  # for what was printed by its start
        before = running.box.log.text
        for number in range(10):
            running.call(number)
        running.wait_ready()
        running.box.kill()  # what does not come cannot be waited for, but after its end all is here
        new = running.box.log.text[len(before) :]
        expect(not new, sent="ten events to echo", expected="no output", got=new)


@case("LOG-004", handlers=("raise",))
def a_failed_invocation_is_logged_once(lab: Lab) -> None:
    """A handler that fails with a message of its own."""
    message = f"message {uuid.uuid4()}"
    with lab.fresh("raise") as running:
        _ = running.invoke({"message": message}).error
        running.wait_ready()
        sent = f"an error of the type HandlerError with {message!r}"
        running.logs(lambda log: message in log and "HandlerError" in log)
        time.sleep(0.3)
        records = [line for line in _without_traces(running.box.log.text).splitlines() if _tells(line, message)]
        expect(
            len(records) == 1,
            sent=sent,
            expected="one line with type and message",
            got=f"{len(records)} such lines; the log: {running.box.log.text}",
        )


def _tells(line: str, message: str) -> bool:
    return message in line and "HandlerError" in line


# Python ends a traceback with type and message. After a line that says the same it belongs to that record.
_TRACE = re.compile(r"(?<=\n)Traceback \(most recent call last\):\n(?:[ \t].*\n)+\S.*\n?")


def _without_traces(log: str) -> str:
    rest = _TRACE.sub("", log)
    return rest if "HandlerError" in rest else log


@case("LOG-012", handlers=("log",))
def what_is_printed_is_never_the_result(lab: Lab) -> None:
    """A handler that prints what could be taken for a result or for an answer of the API."""
    json_like = '{"statusCode": 500, "body": "printed"}'
    http_like = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
    printed = {"stdout": f"{http_like}{json_like}", "stderr": json_like, "unfinished": f"\0\0{json_like}"}
    with lab.shared("log") as running:
        sent = f"a handler that prints {json_like}, an HTTP answer and NUL bytes, and returns the text logged"
        before = running.last_number
        expect_equal(running.call(printed), "logged", sent=sent)
        running.wait_ready(sent=sent)
        posts = running.requests(Route.RESPONSE, Route.ERROR, after=before)
        expect_equal(len(posts), 1, sent=sent, what="POSTs:")
