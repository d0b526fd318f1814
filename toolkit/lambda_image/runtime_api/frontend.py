"""Lambda's Invoke API in front of an environment, in the same loop: callers queue, each gets its own reply.

What the emulator leaves out is here: invocation types, the headers that say a function failed, the size
limit, and many callers at once.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lambda_image.runtime_api.answers import answer
from lambda_image.runtime_api.channel import Channel
from lambda_image.runtime_api.core import Invocation, Outcome
from lambda_image.runtime_api.machine import RESPONSE_LIMIT, Reply
from lambda_image.runtime_api.model import new_digits, new_request_id, quick_event

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from lambda_image.runtime_api.core import Core
    from lambda_image.runtime_api.http1 import Head
    from lambda_image.runtime_api.loop import Loop
    from lambda_image.runtime_api.model import Event, Headers

REQUEST_LIMIT: Final = 6_291_456
EVENT_LIMIT: Final = 1_048_576
_PATH = re.compile(r"/2015-03-31/functions/[^/?]+/invocations(?:\?.*)?")
_TENANT = re.compile(r"[A-Za-z0-9 ._:/=+\-@]{1,256}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class FrontendSettings:
    """What the frontend puts into the events it makes."""

    timeout_ms: int = 30_000
    arn: str = "arn:aws:lambda:us-east-1:123456789012:function:f"


class Frontend:
    """An Invoke API that is listening."""

    def __init__(self, loop: Loop, listener: socket.socket, shut: Callable[[], None]) -> None:
        self._loop = loop
        host, port = listener.getsockname()[:2]
        self.address: tuple[str, int] = (host, port)
        self._shut = shut

    @property
    def url(self) -> str:
        """Where to POST an event."""
        host, port = self.address
        return f"http://{host}:{port}/2015-03-31/functions/function/invocations"

    def close(self) -> None:
        """Close listener and connections."""
        self._loop.call_and_wait(self._shut)


class InvokeError(Exception):
    """A call that the Invoke API refuses; type and message as Lambda has them."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type


class CallerConnection(Channel):
    """A connection of a caller of the Invoke API."""

    def __init__(self, core: Core, sock: socket.socket, settings: FrontendSettings, channels: set[Channel]) -> None:
        super().__init__(core.loop, sock, core.lock, 0)
        self._core = core
        self._settings = settings
        self._channels = channels
        self._head: Head | None = None
        self._body: bytes | bytearray = b""
        self._size = 0
        self._waiting: Invocation | None = None
        self._keep_alive = True
        channels.add(self)

    @property
    def answering(self) -> bool:
        """A caller may end its sending side and still wait for the answer."""
        return True

    def on_head(self, head: Head) -> None:
        """Keep the head until the body is in."""
        self._head = head
        self._keep_alive = head.keep_alive
        self._body = b""
        self._size = 0

    def on_data(self, piece: bytes) -> None:
        """Keep what can still be an event; what is over the limit is only counted."""
        if not self._size:
            self._body = piece
        elif self._size <= REQUEST_LIMIT:
            if not isinstance(self._body, bytearray):
                self._body = bytearray(self._body)
            self._body += piece
        self._size += len(piece)

    def on_end(self, trailers: Headers) -> None:
        """The call is complete: invoke, or say why not."""
        self.busy = True
        head, self._head = self._head, None
        if head is None:
            return
        try:
            self._call(head, head.fields.values)
        except InvokeError as error:
            self._reply(error.status, error_body(error.error_type, str(error)), new_request_id(), error.error_type)

    def on_violation(self, head: Head | None, violations: tuple[str, ...]) -> None:
        """Answer 400 and close."""
        self.busy = True
        self._keep_alive = False
        body = error_body("BadRequestException", "; ".join(violations))
        self._reply(400, body, new_request_id(), "BadRequestException")

    def _call(self, head: Head, values: dict[str, str]) -> None:
        if not _PATH.fullmatch(head.target):
            raise InvokeError(404, "ResourceNotFoundException", f"no such path: {head.target}")
        if head.method != "POST":
            raise InvokeError(405, "MethodNotAllowedException", f"{head.method} is not POST")
        kind = values.get("x-amz-invocation-type", "RequestResponse")
        limit = EVENT_LIMIT if kind == "Event" else REQUEST_LIMIT
        if self._size > limit:
            message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
            raise InvokeError(413, "RequestTooLargeException", message)
        if kind not in ("RequestResponse", "Event", "DryRun"):
            message = f"invocation type {kind!r} is none of Event, RequestResponse, DryRun"
            raise InvokeError(400, "InvalidParameterValueException", message)
        event = self._event(values)
        if kind == "DryRun":
            self._reply(204, b"", event.request_id)
            return
        invocation = Invocation(self._core, event)
        if kind == "Event":
            self._reply(202, b"", event.request_id)
        else:
            self._waiting = invocation
            invocation.on_end = self._ended
        self._core.machine.enqueue(invocation)
        self._core.pump()

    def _event(self, values: dict[str, str]) -> Event:
        tenant = values.get("x-amz-tenant-id")
        if tenant is not None and not _TENANT.fullmatch(tenant):
            raise InvokeError(400, "InvalidParameterValueException", f"tenant id {tenant!r} is not allowed")
        context = values.get("x-amz-client-context")
        return quick_event(
            request_id=new_request_id(),
            payload=bytes(self._body) or b"{}",
            timeout_ms=self._settings.timeout_ms,
            arn=self._settings.arn,
            trace_id=values.get("x-amzn-trace-id") or new_trace_id(),
            client_context=client_context(context) if context else None,
            tenant_id=tenant,
        )

    def _ended(self, invocation: Invocation) -> None:
        if self.closed is not None or self._waiting is not invocation:
            return
        self._waiting = None
        body = invocation.payload
        failed = invocation.outcome is not Outcome.RESPONSE
        if failed and invocation.outcome is not None:
            body = failure_body(invocation, invocation.outcome)
        self._reply(200, body, invocation.request_id, function_error=failed)

    def _reply(
        self,
        status: int,
        body: bytes,
        request_id: str,
        error_type: str | None = None,
        *,
        function_error: bool = False,
    ) -> None:
        headers: Headers = (
            ("Content-Type", _JSON),
            ("x-amzn-RequestId", request_id),
            ("X-Amz-Executed-Version", "$LATEST"),
        )
        if function_error:
            headers += (("X-Amz-Function-Error", "Unhandled"),)
        if error_type is not None:
            headers += (("x-amzn-ErrorType", error_type),)
        close = not self._keep_alive
        self.send(answer(Reply(status, body, headers), close=close, now=time.time()), close=close)

    def on_closed(self) -> None:
        """Forget the caller; its invocation goes on."""
        self._channels.discard(self)
        self._waiting = None


def client_context(encoded: str) -> str:
    """The JSON text that a caller sent in Base64."""
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
        value = json.loads(text)
    except (binascii.Error, ValueError) as error:
        message = f"Client context must be a valid Base64-encoded JSON object: {error}"
        raise InvokeError(400, "InvalidRequestContentException", message) from error
    if not isinstance(value, dict):
        raise InvokeError(400, "InvalidRequestContentException", "Client context must be a JSON object")
    # a header value is one line
    return json.dumps(value, separators=(",", ":")) if _CONTROL.search(text) else text


def new_trace_id() -> str:
    """An X-Ray header for a caller who sent none: Lambda always has one."""
    digits = new_digits(160)
    return f"Root=1-{int(time.time()):08x}-{digits[:24]};Parent={digits[24:]};Sampled=0"


def error_body(error_type: str, message: str) -> bytes:
    """An error of the Invoke API itself."""
    return json.dumps({"Type": "User", "Message": message, "message": message, "__type": error_type}).encode()


def failure_body(invocation: Invocation, outcome: Outcome) -> bytes:
    """What the caller reads when the function failed: the client's own bytes if it reported the failure."""
    seconds = invocation.event.timeout_ms / 1000
    words: dict[Outcome, tuple[str, str]] = {
        Outcome.TOO_LARGE: (
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
        ),
        Outcome.TIMED_OUT: (
            "Sandbox.Timedout",
            f"RequestId: {invocation.request_id} Error: Task timed out after {seconds:.2f} seconds",
        ),
        Outcome.EXITED: (
            "Runtime.ExitError",
            f"RequestId: {invocation.request_id} Error: {invocation.payload.decode(errors='replace')}",
        ),
        Outcome.REFUSED: ("Runtime.Refused", "the server refused the function's result"),
    }
    if outcome not in words:
        return invocation.payload
    error_type, message = words[outcome]
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()
