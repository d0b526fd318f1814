"""One running container under judgement: its sandbox, its Runtime API, and the words a case uses with them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from lambda_image.conformance.finding import Violation, short, violated
from lambda_image.conformance.patience import EMULATED, patience
from lambda_image.runtime_api import Event, Exchange, Route

if TYPE_CHECKING:
    from lambda_image.route import Endpoint
    from lambda_image.runtime_api import Environment
    from lambda_image.sandbox import Sandbox

T = TypeVar("T")

INIT_SECONDS = 10.0  # Lambda's limit for the init phase
RESULT_SECONDS = 10.0
LOG_SECONDS = 5.0  # a log comes through the engine; what is late there is no fault of the image
QUIET_SECONDS = 5.0  # "no request for 5 s counts as none"


@dataclass(frozen=True)
class Reply:
    """The result of one invocation: the exchange of its /response or /error."""

    event: Event
    exchange: Exchange
    about: str = ""

    @property
    def failed(self) -> bool:
        """Whether the runtime reported an error for the invocation."""
        return self.exchange.route is Route.ERROR

    @property
    def value(self) -> object:
        """The JSON value of a /response; a violation where it is an error or not JSON."""
        sent = describe(self.event, self.about)
        if self.failed:
            violated(sent=sent, expected="POST …/response", got=f"POST …/error with {text(self.exchange.body)}")
        return parsed(self.exchange, sent=sent)

    @property
    def error(self) -> dict[str, object]:
        """The JSON object of an /error; a violation where the invocation succeeded or it is none."""
        sent = describe(self.event, self.about)
        if not self.failed:
            violated(sent=sent, expected="POST …/error", got=f"POST …/response with {text(self.exchange.body)}")
        value = parsed(self.exchange, sent=sent)
        if not isinstance(value, dict):
            violated(sent=sent, expected="an error that is a JSON object", got=value)
        return value


def holds(words: str) -> Callable[[str], bool]:
    """Whether a log holds these words."""
    return lambda log: words in log


def text(body: bytes) -> str:
    """A body as it is shown in a message."""
    return short(body.decode("utf-8", "backslashreplace"))


def parsed(exchange: Exchange, *, sent: str) -> object:
    """The body as JSON in UTF-8; a violation where it is not."""
    try:
        return json.loads(exchange.body.decode("utf-8"), parse_constant=_no_constant)
    except ValueError as error:
        violated(
            sent=sent,
            expected=f"a body of {exchange.route.value} that is JSON in UTF-8",
            got=f"{text(exchange.body)} ({error}{_cut_off(exchange)})",
        )


def _cut_off(exchange: Exchange) -> str:
    """A word on the framing, where a body that breaks off may be due to it."""
    length = exchange.header("content-length")
    if length is None or exchange.body.isascii() or exchange.body.rstrip()[-1:] in (b"}", b"]", b'"'):
        return ""
    return f". The request says Content-Length: {length}, and no more was read: that counts bytes, not characters"


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON value")


def describe(event: Event, about: str = "") -> str:
    """An event in one line for a message, after what was special about it."""
    return f"{about}: " * bool(about) + f"the event {text(event.payload)} with request id {event.request_id}"


def body(value: object) -> bytes:
    """A JSON value as the platform would send it."""
    return json.dumps(value, ensure_ascii=False).encode()


class Running:
    """A container that was started, and what can be said to it."""

    def __init__(self, sandbox: Sandbox, endpoint: Endpoint, *, handler: str, emulated: bool = False) -> None:
        self.box = sandbox
        self.endpoint = endpoint
        self.handler = handler
        self.emulated = emulated
        self.started = time.monotonic()

    @property
    def api(self) -> Environment:
        """The Runtime API it talks to."""
        return self.endpoint.environment

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API says."""
        return f"{self.endpoint.host}:{self.endpoint.port}"

    def logs(self, condition: Callable[[str], bool]) -> bool:
        """Whether its log comes to satisfy that; what it has written is not here yet when a result is."""
        return self.box.log.wait_for(condition, LOG_SECONDS * self.patience)

    @property
    def patience(self) -> float:
        """How many times as long as usual to wait for it now."""
        return patience() * (EMULATED if self.emulated else 1.0)

    # -- what it does ---------------------------------------------------------------------------------------

    def wait_ready(self, *, count: int = 1, timeout: float = INIT_SECONDS, sent: str = "") -> None:
        """Waits until it asks for work; a violation where it does not, with what it did instead."""
        if not self._until(lambda: self.api.waiting >= count, timeout):
            raise Violation(
                sent=sent or self._how_it_was_started,
                expected=f"GET /2018-06-01/runtime/invocation/next within {timeout:.0f} s"
                + (f", {count} of them open" if count > 1 else ""),
                got=self.what_happened(),
            )

    def wait_request(self, route: Route, *, after: int = 0, timeout: float = INIT_SECONDS, sent: str = "") -> Exchange:
        """The first request of that route, complete; a violation where none comes."""

        def found() -> Exchange | None:
            for exchange in self.api.exchanges:
                if exchange.route is route and exchange.number > after and exchange.completed is not None:
                    return exchange
            return None

        exchange = self._until(found, timeout)
        if exchange is None:
            raise Violation(
                sent=sent or self._how_it_was_started,
                expected=f"a request to {PATHS[route]} within {timeout:.0f} s",
                got=self.what_happened(),
            )
        return exchange

    def wait_exit(self, *, timeout: float, sent: str = "", expected: str = "") -> int:
        """The exit status; a violation where the container is still running after the time."""
        status = self.box.wait(timeout * self.patience)
        if status is None:
            raise Violation(
                sent=sent,
                expected=expected or f"the process ends within {timeout:.0f} s",
                got=f"it is still running; {self.requests_in_words()}",
            )
        return status

    def requests(self, *routes: Route, after: int = 0) -> tuple[Exchange, ...]:
        """The requests that came so far, of those routes or of all."""
        return tuple(
            exchange
            for exchange in self.api.exchanges
            if exchange.number > after and (not routes or exchange.route in routes)
        )

    @property
    def last_number(self) -> int:
        """The number of the newest request, for `after`."""
        exchanges = self.api.exchanges
        return exchanges[-1].number if exchanges else 0

    # -- what it is given -----------------------------------------------------------------------------------

    def queue(self, value: object = None, *, payload: bytes | None = None, sent: str = "", **fields: object) -> Call:
        """Hands an event to the API without waiting for its result; `sent` is what messages say about it."""
        event = Event(payload=body(value) if payload is None else payload)
        event = replace(event, **fields)  # type: ignore[arg-type]
        return Call(self, event, sent)

    def invoke(
        self,
        value: object = None,
        *,
        payload: bytes | None = None,
        timeout: float = RESULT_SECONDS,
        **fields: object,
    ) -> Reply:
        """One event and its result; a violation where none comes."""
        return self.queue(value, payload=payload, **fields).reply(timeout)  # type: ignore[arg-type]

    def call(self, value: object = None, *, timeout: float = RESULT_SECONDS, **fields: object) -> object:
        """One event and the value of its /response."""
        return self.queue(value, **fields).reply(timeout).value  # type: ignore[arg-type]

    def call_object(self, value: object = None, *, sent: str = "", **fields: object) -> dict[str, object]:
        """As `call`, where the handler answers an object."""
        found = self.queue(value, sent=sent, **fields).reply().value  # type: ignore[arg-type]
        if not isinstance(found, dict):
            violated(sent=f"an event to {self.handler}", expected="a JSON object", got=found)
        return found

    @property
    def _how_it_was_started(self) -> str:
        spec = self.box.spec
        root = "a read-only root" if spec.read_only else "a writable root"
        return (
            f"the container was started with the handler {self.handler} (user {spec.user}, {root}, {spec.memory_mb} MB)"
        )

    # -- words ----------------------------------------------------------------------------------------------

    def what_happened(self) -> str:
        """What the container did instead, in one sentence."""
        status = self.box.exit_status
        ended = "it is still running" if status is None else f"it exited with status {status}"
        if getattr(self.box, "oom_killed", False):
            ended += " (out of memory)"
        return f"{ended}; {self.requests_in_words()}"

    def requests_in_words(self) -> str:
        """The requests so far, the newest last."""
        lines = [wire_line(exchange, shown=48) for exchange in self.requests()]
        if not lines:
            return f"no request came to the Runtime API (AWS_LAMBDA_RUNTIME_API={self.address})"
        count = f" ({len(lines):,}, the last of them)" if len(lines) > 4 else ""
        return f"requests so far{count}: " + "; ".join(lines[-4:])

    def wire(self, *, after: int = 0) -> list[str]:
        """One line a request, for the report of a failure."""
        return [wire_line(exchange) for exchange in self.requests(after=after)]

    def close(self) -> None:
        """Ends the container and its API."""
        self.box.remove()
        self.api.close()

    def _until(self, condition: Callable[[], T | None], timeout: float) -> T | None:
        """Waits for a condition of the API, longer on a busy machine, but no longer than the container lives (plus a
        moment for the last bytes to arrive)."""
        deadline = time.monotonic() + timeout * self.patience
        while (left := deadline - time.monotonic()) > 0:
            found = self.api.wait(condition, min(left, 0.25))
            if found:
                return found
            if self.box.exit_status is not None:
                return self.api.wait(condition, 0.2) or None
        return None


class Call:
    """An event under way."""

    def __init__(self, running: Running, event: Event, about: str = "") -> None:
        self.running = running
        self.about = about
        self.event = event
        self._after = running.last_number
        self.invocation = running.api.invoke(event)

    def reply(self, timeout: float = RESULT_SECONDS) -> Reply:
        """The result; a violation where none comes within the time."""
        exchange = self.running._until(lambda: self.invocation.result(0), timeout)
        if exchange is None:
            raise Violation(
                sent=describe(self.event, self.about),
                expected=f"POST …/invocation/{self.event.request_id}/response (or /error) within {timeout:g} s",
                got=self._refused() + self.running.what_happened(),
            )
        return Reply(self.event, exchange, self.about)

    def _refused(self) -> str:
        """The result that came instead under an id that awaits none."""
        for exchange in self.running.requests(Route.RESPONSE, Route.ERROR, after=self._after):
            if exchange.refused and exchange.request_id != self.event.request_id:
                return f"a result under another id: {wire_line(exchange)}; then "
        return ""


PATHS = {
    Route.NEXT: "GET …/runtime/invocation/next",
    Route.RESPONSE: "POST …/runtime/invocation/ID/response",
    Route.ERROR: "POST …/runtime/invocation/ID/error",
    Route.INIT_ERROR: "POST …/runtime/init/error",
    Route.RESTORE_NEXT: "GET …/runtime/restore/next",
    Route.RESTORE_ERROR: "POST …/runtime/restore/error",
    Route.OTHER: "another path",
}


def wire_line(exchange: Exchange, *, shown: int = 200) -> str:
    """A request and its answer in one line, with so many bytes of its body."""
    line = f"{exchange.method} {exchange.target}"
    if exchange.body:
        line += f" {' '.join(text(exchange.body[:shown]).split())}{'…' if len(exchange.body) > shown else ''}"
    line += f" → {exchange.status if exchange.status is not None else 'not answered'}"
    remarks = [
        *_unfinished(exchange),
        *exchange.violations,
        *(word for word in (exchange.refused, exchange.fault) if word),
    ]
    if exchange.refused and exchange.route is Route.NEXT and "running" in exchange.refused:
        remarks.append("the event handed out before has no accepted result yet")
    return line + (f" ({'; '.join(dict.fromkeys(remarks))})" if remarks else "")


def _unfinished(exchange: Exchange) -> tuple[str, ...]:
    """What is still to come of a request whose body has not ended."""
    if exchange.completed is not None or exchange.status is not None:
        return ()
    if exchange.framing == "chunked":
        return (f"{exchange.size:,} bytes of its body came, and no last chunk (0, CR LF, CR LF)",)
    if length := exchange.header("content-length"):
        return (f"{exchange.size:,} of the {length} bytes of its body came",)
    return ()


__all__ = [
    "INIT_SECONDS",
    "LOG_SECONDS",
    "PATHS",
    "QUIET_SECONDS",
    "RESULT_SECONDS",
    "Call",
    "Reply",
    "Running",
    "Violation",
    "body",
    "holds",
    "parsed",
    "text",
]
