"""RAPI-STREAM: response streaming."""

from __future__ import annotations

import base64
import json
import time

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import Running
from lambda_image.runtime_api import Exchange, Fault, ResetWhileReading, Route, SlowRead

MIB = 1024 * 1024
PATTERN = b"0123456789abcdef"
MODE = "Lambda-Runtime-Function-Response-Mode"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
INTEGRATION = "application/vnd.awslambda.http-integration-response"
PRELUDE_LIMIT = 16 * 1024  # API Gateway's


def _streamed(running: Running, event: dict[str, object], sent: str, *, timeout: float = 10.0) -> Exchange:
    """The POST …/response of a stream, whole."""
    reply = running.queue(event).reply(timeout)
    if reply.failed:
        violated(sent=sent, expected="POST …/response", got=f"POST …/error with {reply.error}")
    exchange = reply.exchange
    expect(not exchange.violations, sent=sent, expected="a request that is valid HTTP/1.1", got=exchange.violations)
    return exchange


@case("RAPI-STREAM-001", handlers=("stream",))
def a_stream_says_that_it_is_one(lab: Lab) -> None:
    """A handler that streams two pieces; the request's response mode is read."""
    with lab.shared("stream") as running:
        sent = "a handler that streams two pieces"
        exchange = _streamed(running, {"pieces": [{"text": "one "}, {"text": "two"}]}, sent)
        expect_equal(exchange.header(MODE), "streaming", sent=sent, what=f"{MODE}:")
        expect_equal(exchange.body, b"one two", sent=sent, what="the body")


@case("RAPI-STREAM-002", handlers=("stream",))
def a_stream_is_chunked_to_its_end(lab: Lab) -> None:
    """A handler that streams several pieces, one of them empty, and one that streams nothing at all."""
    with lab.shared("stream") as running:
        for pieces in ([{"text": "a"}, {"text": ""}, {"text": "b"}, {"fill": 100_000}], []):
            sent = f"a handler that streams {len(pieces)} pieces"
            exchange = _streamed(running, {"pieces": pieces}, sent)
            expect_equal(exchange.framing, "chunked", sent=sent, what="the body's framing is")
            expect(
                exchange.header("Content-Length") is None,
                sent=sent,
                expected="no Content-Length",
                got=exchange.header("Content-Length"),
            )
            whole = b"ab" + (PATTERN * 6250) if pieces else b""
            expect(
                exchange.body == whole,
                sent=sent,
                expected=f"a body of {len(whole):,} bytes, the last chunk after them",
                got=f"{len(exchange.body):,} bytes: {exchange.body[:100]!r}"
                + ("; a chunk of no bytes is the last: nothing is sent for an empty piece" * (exchange.body == b"a")),
            )


@case("RAPI-STREAM-003", handlers=("stream",), seconds=3)
def what_is_written_leaves_at_once(lab: Lab) -> None:
    """A handler that writes 6 bytes, waits 2 s, and writes 6 more."""
    with lab.shared("stream") as running:
        sent = "a handler that writes 6 bytes, waits 2 s, and writes 6 more"
        event: dict[str, object] = {"pieces": [{"text": "first "}, {"text": "second"}], "pause_ms": 2000}
        exchange = _streamed(running, event, sent, timeout=15)
        arrivals = [at for at, size in exchange.pieces if size]
        apart = arrivals[-1] - arrivals[0] if arrivals else 0.0
        expect(
            apart >= 1.5,
            sent=sent,
            expected="the first bytes arrive at least 1.5 s before the last (flush after each write)",
            got=f"{apart:.2f} s between them",
        )


@case("RAPI-STREAM-004", handlers=("stream",))
def bytes_are_kept_as_they_are(lab: Lab) -> None:
    """All 256 values, invalid UTF-8, NULs and line ends, in several pieces."""
    parts = (bytes(range(256)), b"\xff\xfe\xc3", b"\x28\0\0\r\n0\r\n\r\n", "é漢😀".encode()[1:-1])
    with lab.shared("stream") as running:
        sent = "a handler that streams all 256 values of a byte, invalid UTF-8 and NULs"
        pieces = [{"base64": base64.b64encode(part).decode()} for part in parts]
        exchange = _streamed(running, {"pieces": pieces}, sent)
        expect_equal(exchange.body, b"".join(parts), sent=sent, what="the body")


@case("RAPI-STREAM-005", handlers=("stream",))
def the_content_type_is_the_handler_s(lab: Lab) -> None:
    """A handler that streams as text/event-stream, then one as image/png."""
    with lab.shared("stream") as running:
        for given in ("text/event-stream", "image/png"):
            sent = f"a handler that streams as {given}"
            exchange = _streamed(running, {"pieces": [{"text": "data"}], "content_type": given}, sent)
            got = (exchange.header("Content-Type") or "").partition(";")[0].strip()
            expect_equal(got, given, sent=sent, what="Content-Type:")


def _broken(running: Running, sent: str) -> Exchange:
    """The POST …/response of a handler that fails after its first piece."""
    event: dict[str, object] = {"pieces": [{"text": "already written"}], "message": 'broken é "off"'}
    exchange = running.queue(event).reply().exchange
    expect_equal(exchange.route.value, Route.RESPONSE.value, sent=sent, what="the POST goes to")
    return exchange


@case("RAPI-STREAM-006", handlers=("stream-raise",))
def trailers_are_announced_and_base64(lab: Lab) -> None:
    """A handler that streams a piece and fails; the names in Trailer and the error's body are read."""
    with lab.shared("stream-raise") as running:
        sent = "a handler that streams a piece and fails"
        exchange = _broken(running, sent)
        # They may be left out: that is RAPI-STREAM-007's.
        announced = {name.strip().lower() for name in (exchange.header("Trailer") or "").split(",")}
        unannounced = [name for name, _ in exchange.trailers if name.lower() not in announced]
        expect(
            not unannounced,
            sent=sent,
            expected="every trailer is named in the header Trailer before the body",
            got=f"not announced: {', '.join(unannounced)}; Trailer: {exchange.header('Trailer')}",
        )
        if exchange.trailer(ERROR_BODY) is None:
            return
        value = _decoded(exchange.trailer(ERROR_BODY), sent)
        expect_equal(value.get("errorMessage"), 'broken é "off"', sent=sent, what="errorMessage")
        kind = value.get("errorType")
        expect(isinstance(kind, str) and kind, sent=sent, expected="an errorType", got=value)


def _decoded(text: str | None, sent: str) -> dict[str, object]:
    """The error object of the trailer."""
    try:
        value = json.loads(base64.b64decode(text or "", validate=True))
    except ValueError as error:
        violated(sent=sent, expected=f"{ERROR_BODY}: the error's JSON in Base64", got=f"{text!r} ({error})")
    if not isinstance(value, dict):
        violated(sent=sent, expected=f"{ERROR_BODY}: a JSON object", got=value)
    return value


@case("RAPI-STREAM-007", handlers=("stream-raise",))
def a_failure_in_a_stream_comes_as_trailers(lab: Lab) -> None:
    """A handler that streams a piece and fails; what comes after the piece is read."""
    with lab.shared("stream-raise") as running:
        sent = "a handler that streams a piece and fails"
        exchange = _broken(running, sent)
        expect_equal(exchange.body, b"already written", sent=sent, what="the body")
        for name in (ERROR_TYPE, ERROR_BODY):
            expect(
                exchange.trailer(name),
                sent=sent,
                expected=f"a trailer {name} after the last chunk",
                got=f"trailers: {dict(exchange.trailers) or 'none'}",
            )


@case("RAPI-STREAM-008", handlers=("stream-raise",))
def error_is_not_called_once_a_response_has_begun(lab: Lab) -> None:
    """A handler that streams a piece and fails; the requests up to the next GET are read."""
    with lab.shared("stream-raise") as running:
        sent = "a handler that streams a piece and fails"
        before = running.last_number
        call = running.queue({"pieces": [{"text": "already written"}], "message": "broken"})
        call.reply()
        running.wait_ready(sent=sent)
        posts = [one for one in running.requests(Route.ERROR, after=before) if one.request_id == call.event.request_id]
        expect(not posts, sent=sent, expected="no POST …/error for it", got=f"{len(posts)} of them")


@case("RAPI-STREAM-009", handlers=("stream-http",))
def an_http_response_has_a_prelude(lab: Lab) -> None:
    """A handler that answers as an HTTP integration: status, headers, cookies, body."""
    event: dict[str, object] = {
        "status": 201,
        "headers": {"X-Answer": "yes"},
        "cookies": ["a=1", "b=2; Secure"],
        "body": "the body é",
    }
    with lab.shared("stream-http") as running:
        sent = "a handler that streams an HTTP response with status, headers and cookies"
        exchange = _streamed(running, event, sent)
        got = (exchange.header("Content-Type") or "").partition(";")[0].strip()
        expect_equal(got, INTEGRATION, sent=sent, what="Content-Type:")
        prelude, nuls, body = exchange.body.partition(b"\0" * 8)
        expect(nuls, sent=sent, expected="eight NUL bytes after the prelude", got=repr(exchange.body[:200]))
        expect(len(prelude) + 8 <= PRELUDE_LIMIT, sent=sent, expected="a prelude of at most 16 KiB", got=len(prelude))
        try:
            value = json.loads(prelude)
        except ValueError:
            violated(sent=sent, expected="a prelude that is JSON", got=repr(prelude[:200]))
        wanted = {"statusCode": 201, "headers": event["headers"], "cookies": event["cookies"]}
        found = {name: value.get(name) for name in wanted} if isinstance(value, dict) else value
        expect_equal(found, wanted, sent=sent, what="the prelude")
        expect_equal(body, "the body é".encode(), sent=sent, what="the body after it")


@case("RAPI-STREAM-010", handlers=("stream",))
def the_connection_is_closed_after_a_stream(lab: Lab) -> None:
    """A handler that streams a piece; the request's Connection header and the connection's end are read."""
    with lab.fresh("stream") as running:
        sent = "a handler that streams a piece"
        exchange = _streamed(running, {"pieces": [{"text": "data"}]}, sent)
        said = "close" in (exchange.header("Connection") or "").lower()
        ended = said or running.api.wait(lambda: _closed_by_client(running, exchange), 3.0)
        expect(
            ended,
            sent=sent,
            expected="Connection: close, or the client closes the connection",
            got="neither within 3 s of the response",
        )


def _closed_by_client(running: Running, exchange: Exchange) -> bool:
    return any(
        one.number == exchange.connection and (one.closed_by or "").startswith("client")
        for one in running.api.connections
    )


@case("RAPI-STREAM-011", handlers=("stream",), seconds=9)
def a_slow_reader_slows_the_handler(lab: Lab) -> None:
    """160 MiB are streamed in a container of 128 MB; the API reads 1 MiB, then nothing for 5 s, then the rest."""
    length = 160 * MIB
    with lab.fresh("stream", memory_mb=128) as running:
        sent = "a stream of 160 MiB in a container of 128 MB, of which the API reads nothing for 5 s after 1 MiB"
        running.api.inject(Fault(on=Route.RESPONSE, act=SlowRead(after=MIB, seconds=5)))
        exchange = _streamed(running, {"pieces": [{"fill": length}]}, sent, timeout=60)
        whole = exchange.size == length and exchange.body[-32:] == PATTERN * 2
        expect(whole, sent=sent, expected=f"{length:,} bytes", got=f"{exchange.size:,} bytes")
        running.wait_ready(sent=sent)


@case("RAPI-STREAM-012", handlers=("stream",), seconds=2)
def a_stream_broken_off_leaves_a_usable_process(lab: Lab) -> None:
    """The connection is reset after 1 MiB of a stream of 16 MiB; the process goes on or ends within 10 s."""
    with lab.fresh("stream") as running:
        sent = "the connection is reset after 1 MiB of a stream of 16 MiB"
        log_before = len(running.box.log.data())
        running.api.inject(Fault(on=Route.RESPONSE, act=ResetWhileReading(after=MIB)))
        running.queue({"pieces": [{"fill": 16 * MIB}]})
        # Only from then on is a waiting GET …/next a new one.
        running.api.wait_for(Route.RESPONSE, timeout=10)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and running.box.exit_status is None:
            if running.api.wait(lambda: running.api.waiting or None, 0.2):
                break
        else:
            expect(
                running.box.exit_status is not None,
                sent=sent,
                expected="a GET …/next or an exit within 10 s",
                got=running.what_happened(),
            )
            return
        running.logs(lambda _: len(running.box.log.data()) > log_before)
        expect(
            len(running.box.log.data()) > log_before,
            sent=sent,
            expected="a line in the log that says so",
            got="an empty log, and it goes on",
        )
        exchange = _streamed(running, {"pieces": [{"text": "after"}]}, f"{sent}, then another event")
        expect_equal(exchange.body, b"after", sent=f"{sent}, then another event", what="the body")


@case("RAPI-STREAM-013", handlers=("stream",))
def the_invocation_id_comes_back_on_a_stream(lab: Lab) -> None:
    """Two attempts with other invocation ids, then an event without one, to a handler that streams a piece."""
    name = "Lambda-Runtime-Invocation-Id"
    with lab.shared("stream") as running:
        for given in ("attempt-1", "attempt-2/+=", None):
            sent = f"{name}: {given}" if given else f"no {name}"
            sent += ", to a handler that streams a piece"
            reply = running.invoke({"pieces": [{"text": "data"}]}, invocation_id=given, sent=sent)
            expect(
                reply.exchange.header(name) == given,
                sent=sent,
                expected=f"{given!r} back on /response" if given else "none back",
                got=repr(reply.exchange.header(name)),
            )
