"""What goes in and what came out, as frozen values: events to hand out, exchanges, connections.

Nothing here acts. `Exchange` is a record: header values are the bytes as they came, read as Latin-1, so that
nothing is lost or repaired before a test looks at it.
"""

from __future__ import annotations

import enum
import json
import random
from dataclasses import dataclass, field
from typing import Literal

HeaderCase = Literal["canonical", "lower", "upper", "mixed"]
Framing = Literal["none", "content-length", "chunked"]
ClosedBy = Literal["client", "server", "client-reset"]
Headers = tuple[tuple[str, str], ...]

_random = random.Random()  # noqa: S311  an id has to be unique, not secret


def new_digits(bits: int) -> str:
    """So many random bits as hexadecimal digits."""
    return f"{_random.getrandbits(bits):0{bits // 4}x}"


def new_request_id() -> str:
    """A random UUID of version 4, without the system call that `uuid.uuid4` costs each time."""
    digits = f"{_random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class Route(enum.StrEnum):
    """The calls of the Runtime API; OTHER is whatever is none of them."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and routes are looked up at every call

    NEXT = "next"
    RESPONSE = "response"
    ERROR = "error"
    INIT_ERROR = "init/error"
    RESTORE_NEXT = "restore/next"
    RESTORE_ERROR = "restore/error"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One invocation to hand out: the payload and all headers of the answer to GET /next.

    A header whose value is None is left out; "" sends it empty.
    The deadline is the time of dispatch plus `timeout_ms`, unless `deadline_ms` gives it.
    """

    payload: bytes = b"{}"
    request_id: str = field(default_factory=new_request_id)
    timeout_ms: int = 30_000
    deadline_ms: int | None = None
    arn: str | None = "arn:aws:lambda:us-east-1:123456789012:function:f"
    trace_id: str | None = None
    client_context: str | None = None
    cognito_identity: str | None = None
    tenant_id: str | None = None
    invocation_id: str | None = None
    content_type: str | None = "application/json"
    extra_headers: Headers = ()
    omit: frozenset[str] = frozenset()
    header_case: HeaderCase = "canonical"


def quick_event(**fields: object) -> Event:
    """`Event(**fields)` by a shorter way: a frozen dataclass is slow to make."""
    event = Event.__new__(Event)
    event.__dict__.update(fields)
    return event


@dataclass(frozen=True)
class Exchange:
    """One request as it came and what was answered, so far.

    `body` is what has arrived; of a request still arriving only its first 64 KiB (`size` counts all of it).
    `pieces` holds the time and the bytes of each arrival, for a chunked body of each chunk (or part of one).
    """

    number: int
    connection: int
    route: Route
    request_id: str | None
    method: str
    target: str
    headers: Headers
    body: bytes
    trailers: Headers
    framing: Framing
    pieces: tuple[tuple[float, int], ...]
    violations: tuple[str, ...]
    started: float
    completed: float | None
    status: int | None
    answered: float | None
    fault: str | None
    refused: str | None
    size: int = 0
    aborted: float | None = None

    def header(self, name: str, default: str | None = None) -> str | None:
        """The value of the first header of that name, whatever its case."""
        return _first(self.headers, name, default)

    def trailer(self, name: str, default: str | None = None) -> str | None:
        """The value of the first trailer of that name, whatever its case."""
        return _first(self.trailers, name, default)

    def json(self) -> object:
        """The body as JSON; ValueError if it is none (NaN and Infinity are none)."""
        value: object = json.loads(self.body.decode("utf-8"), parse_constant=_refuse_constant)
        return value


@dataclass(frozen=True)
class Connection:
    """One TCP connection of a client: when it opened and closed, and who closed it."""

    number: int
    opened: float
    closed: float | None
    closed_by: ClosedBy | None
    exchanges: int


def _first(headers: Headers, name: str, default: str | None) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), default)


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is not JSON")
