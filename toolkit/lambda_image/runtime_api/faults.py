"""Hostile acts as data: what a server may do to a client, each with a name and words for a report.

A `Fault` says on which calls an act is done and how often; `treatment` folds all acts that meet one exchange
into a single `Treatment`, which the connection then carries out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambda_image.runtime_api.model import Headers, Route

DEFAULT_ERROR = b'{"errorMessage":"refused by the test","errorType":"Test.Refused"}'


@dataclass(frozen=True)
class Delay:
    """The answer comes that much later; on GET /next the call is looked at that much later."""

    seconds: float

    def describe(self) -> str:
        """The act in words."""
        return f"answered {self.seconds:g} s late"


@dataclass(frozen=True)
class Hold:
    """No answer until `Injected.release`; on GET /next no event is handed out before it."""

    def describe(self) -> str:
        """The act in words."""
        return "answer held back until released"


@dataclass(frozen=True)
class Answer:
    """Another answer than the protocol's; on GET /next it is given at once and takes no event."""

    status: int
    body: bytes = DEFAULT_ERROR
    headers: Headers = ()

    def describe(self) -> str:
        """The act in words."""
        return f"answered {self.status}"


@dataclass(frozen=True)
class CloseSilently:
    """The connection is closed without having been announced: FIN, or RST if `reset`.

    Before the answer means instead of it: on a POST the body has been read and the result counts,
    on GET /next no event is taken.
    """

    when: Literal["before-answer", "after-answer"] = "before-answer"
    delay: float = 0.0
    reset: bool = False

    def describe(self) -> str:
        """The act in words."""
        how = "reset" if self.reset else "closed"
        late = f", {self.delay:g} s later" if self.delay else ""
        place = "instead of an answer" if self.when == "before-answer" else "after the answer, unannounced"
        return f"connection {how} {place}{late}"


@dataclass(frozen=True)
class AnnounceClose:
    """The answer says `Connection: close`, and the connection is closed after it."""

    def describe(self) -> str:
        """The act in words."""
        return "answer says Connection: close"


@dataclass(frozen=True)
class Split:
    """The answer's bytes leave `size` at a time, each a segment of its own, `pause` seconds apart."""

    size: int = 1
    pause: float = 0.0

    def describe(self) -> str:
        """The act in words."""
        return f"answer sent {self.size} bytes a segment" + (f", {self.pause:g} s apart" if self.pause else "")


@dataclass(frozen=True)
class ChunkedAnswer:
    """The answer's body is chunked, in chunks of these sizes; the last size repeats."""

    sizes: tuple[int, ...] = (7,)

    def describe(self) -> str:
        """The act in words."""
        return f"answer chunked in sizes {', '.join(map(str, self.sizes))}"


@dataclass(frozen=True)
class OmitHeaders:
    """The answer lacks these headers."""

    names: tuple[str, ...]

    def describe(self) -> str:
        """The act in words."""
        return f"answer without {', '.join(self.names)}"


@dataclass(frozen=True)
class SlowRead:
    """Reads `after` bytes of the request's body, then nothing for `seconds`, with a small receive buffer."""

    after: int
    seconds: float

    def describe(self) -> str:
        """The act in words."""
        return f"reading stopped after {self.after} bytes for {self.seconds:g} s"


@dataclass(frozen=True)
class ReadRate:
    """Reads the request's body at that rate, with a small receive buffer."""

    bytes_per_second: int

    def describe(self) -> str:
        """The act in words."""
        return f"read at {self.bytes_per_second} bytes/s"


@dataclass(frozen=True)
class ResetWhileReading:
    """Resets the connection when `after` bytes of the request's body have come."""

    after: int

    def describe(self) -> str:
        """The act in words."""
        return f"connection reset after {self.after} bytes of the body"


Act = (
    Delay
    | Hold
    | Answer
    | CloseSilently
    | AnnounceClose
    | Split
    | ChunkedAnswer
    | OmitHeaders
    | SlowRead
    | ReadRate
    | ResetWhileReading
)
READING_ACTS = (SlowRead, ReadRate, ResetWhileReading)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An act, the calls it is done to, and how often: after `skip` of them, `times` times (None: always)."""

    on: frozenset[Route] | Route
    act: Act
    times: int | None = 1
    skip: int = 0
    request_id: str | None = None

    def concerns(self, route: Route, request_id: str | None) -> bool:
        """Whether a call of this route, with that id in its path, is meant."""
        routes = self.on
        named = route in routes if isinstance(routes, frozenset) else route == routes
        return named and self.request_id in (None, request_id)

    def describe(self) -> str:
        """The act in words."""
        return self.act.describe()


@dataclass(slots=True)
class Treatment:
    """All acts that one exchange meets."""

    delay: float = 0.0
    holds: list[int] = field(default_factory=list)
    answer: Answer | None = None
    close_before: CloseSilently | None = None
    close_after: CloseSilently | None = None
    announce_close: bool = False
    split: Split | None = None
    chunked: ChunkedAnswer | None = None
    omit: frozenset[str] = frozenset()
    slow_read: SlowRead | None = None
    read_rate: ReadRate | None = None
    reset_after: int | None = None

    @property
    def reads_oddly(self) -> bool:
        """Whether the request's body is to be read in another way than at once."""
        return self.slow_read is not None or self.read_rate is not None or self.reset_after is not None


def treatment(acts: Iterable[tuple[int, Act]]) -> Treatment:
    """Fold acts, each with the number of its injection, into one treatment; a later one of a kind wins."""
    result = Treatment()
    for injection, act in acts:
        match act:
            case Delay():
                result.delay += act.seconds
            case Hold():
                result.holds.append(injection)
            case Answer():
                result.answer = act
            case CloseSilently(when="before-answer"):
                result.close_before = act
            case CloseSilently():
                result.close_after = act
            case AnnounceClose():
                result.announce_close = True
            case Split():
                result.split = act
            case ChunkedAnswer():
                result.chunked = act
            case OmitHeaders():
                result.omit |= {name.lower() for name in act.names}
            case SlowRead():
                result.slow_read = act
            case ReadRate():
                result.read_rate = act
            case ResetWhileReading():
                result.reset_after = act.after
    return result
