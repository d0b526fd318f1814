"""Replies as bytes: status line, headers, framing; and the headers of an event.

Header names are constants in one block. What is the same for many answers is encoded once: the spelling of
each name, the Date line of each second, the whole 202.
"""

from __future__ import annotations

import time
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from lambda_image.runtime_api.machine import ACCEPTED, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambda_image.runtime_api.faults import Treatment
    from lambda_image.runtime_api.model import Event, HeaderCase, Headers

REQUEST_ID = "Lambda-Runtime-Aws-Request-Id"
DEADLINE_MS = "Lambda-Runtime-Deadline-Ms"
FUNCTION_ARN = "Lambda-Runtime-Invoked-Function-Arn"
TRACE_ID = "Lambda-Runtime-Trace-Id"
CLIENT_CONTEXT = "Lambda-Runtime-Client-Context"
COGNITO_IDENTITY = "Lambda-Runtime-Cognito-Identity"
TENANT_ID = "Lambda-Runtime-Aws-Tenant-Id"
INVOCATION_ID = "Lambda-Runtime-Invocation-Id"
RESPONSE_MODE = "Lambda-Runtime-Function-Response-Mode"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
CONTENT_TYPE = "Content-Type"

_NO_BODY = frozenset({204, 304})


def event_headers(event: Event, now: float) -> Headers:
    """The headers of the answer to GET /next; `now` is the time of dispatch, in seconds since 1970."""
    deadline = event.deadline_ms
    if deadline is None:
        deadline = int(now * 1000) + event.timeout_ms
    named = (
        (CONTENT_TYPE, event.content_type),
        (REQUEST_ID, event.request_id),
        (DEADLINE_MS, str(deadline)),
        (FUNCTION_ARN, event.arn),
        (TRACE_ID, event.trace_id),
        (CLIENT_CONTEXT, event.client_context),
        (COGNITO_IDENTITY, event.cognito_identity),
        (TENANT_ID, event.tenant_id),
        (INVOCATION_ID, event.invocation_id),
    )
    headers = tuple([(name, value) for name, value in named if value is not None])
    if event.omit:
        left_out = {name.lower() for name in event.omit}
        headers = tuple((name, value) for name, value in headers if name.lower() not in left_out)
    if event.header_case != "canonical":
        headers = tuple((spelled(name, event.header_case), value) for name, value in headers)
    return headers + event.extra_headers if event.extra_headers else headers


@lru_cache(maxsize=256)
def spelled(name: str, case: HeaderCase) -> str:
    """A header's name in another case; "mixed" alternates from letter to letter."""
    if case == "lower":
        return name.lower()
    if case == "upper":
        return name.upper()
    if case == "mixed":
        return "".join(char.upper() if at % 2 else char.lower() for at, char in enumerate(name))
    return name


def event_answer(event: Event, now: float, *, close: bool) -> bytes:
    """The whole answer to GET /next where nothing is done to it."""
    return _head(200, event_headers(event, now), len(event.payload), close, int(now)) + event.payload


def answer(reply: Reply, *, close: bool, now: float) -> bytes:
    """The whole answer in one piece, framed by Content-Length."""
    if reply is ACCEPTED and not close:
        return _accepted(int(now))
    return _head(reply.status, reply.headers, len(reply.body), close, int(now)) + reply.body


def treated_answer(reply: Reply, treatment: Treatment, *, close: bool, now: float) -> bytes:
    """The whole answer with what a fault does to its headers and framing."""
    close = close or treatment.announce_close
    headers = tuple((name, value) for name, value in reply.headers if name.lower() not in treatment.omit)
    if treatment.chunked is None or reply.status in _NO_BODY:
        return _head(reply.status, headers, len(reply.body), close, int(now)) + reply.body
    head = _head(reply.status, (*headers, ("Transfer-Encoding", "chunked")), None, close, int(now))
    return head + b"".join(_chunks(reply.body, treatment.chunked.sizes))


@lru_cache(maxsize=8)
def _accepted(second: int) -> bytes:
    return _head(ACCEPTED.status, ACCEPTED.headers, len(ACCEPTED.body), False, second) + ACCEPTED.body


def _head(status: int, headers: Iterable[tuple[str, str]], length: int | None, close: bool, second: int) -> bytes:
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers])
    # values are UTF-8, as Lambda's are: a client context may hold any character
    text = f"{_status_line(status)}{fields}{_date_line(second)}"
    if length is not None and status not in _NO_BODY:
        text += f"Content-Length: {length}\r\n"
    return (text + ("Connection: close\r\n\r\n" if close else "\r\n")).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=128)
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n"


@lru_cache(maxsize=4)
def _date_line(second: int) -> str:
    # not strftime's %a and %b: those follow the locale
    at = time.gmtime(second)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.tm_wday]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"Date: {day}, {at.tm_mday:02} {month} {at.tm_year} {clock} GMT\r\n"


def _chunks(body: bytes, sizes: tuple[int, ...]) -> Iterator[bytes]:
    at = 0
    turn = 0
    while at < len(body):
        size = max(1, sizes[min(turn, len(sizes) - 1)])
        piece = body[at : at + size]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
        at += size
        turn += 1
    yield b"0\r\n\r\n"
