"""The protocol without I/O: calls come in, replies or "wait" go out; what is allowed when is the table below.

States bear the emulator's names. READY and RUNNING are told apart by the slots in use: with one slot (the
ordinary mode) a GET /next while an invocation is unanswered is refused, with more it waits for a free one.
The machine keeps no clock and no socket; who waits is an opaque token of the caller's.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from lambda_image.runtime_api.model import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_image.runtime_api.model import Headers

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
_REMEMBERED = 100_000
_JSON: Headers = (("Content-Type", "application/json"),)


class State(enum.StrEnum):
    """Where the runtime process stands in the protocol."""

    __hash__ = str.__hash__  # as with Route

    STARTED = "started"
    RESTORING = "restoring"
    READY = "ready"
    RUNNING = "running"
    INIT_ERROR = "init error reported"
    RESTORE_ERROR = "restore error reported"


TRANSITIONS: Final[Mapping[tuple[State, Route], State]] = MappingProxyType(
    {
        (State.STARTED, Route.NEXT): State.READY,
        (State.STARTED, Route.INIT_ERROR): State.INIT_ERROR,
        (State.STARTED, Route.RESTORE_NEXT): State.RESTORING,
        # the connection may be lost during the snapshot: the client asks again
        (State.RESTORING, Route.RESTORE_NEXT): State.RESTORING,
        (State.RESTORING, Route.RESTORE_ERROR): State.RESTORE_ERROR,
        # a failing hook reported the old way: the emulator accepts it
        (State.RESTORING, Route.INIT_ERROR): State.INIT_ERROR,
        (State.RESTORING, Route.NEXT): State.READY,
        (State.READY, Route.NEXT): State.READY,
        (State.READY, Route.RESPONSE): State.READY,
        (State.READY, Route.ERROR): State.READY,
        (State.RUNNING, Route.RESPONSE): State.READY,
        (State.RUNNING, Route.ERROR): State.READY,
    }
)
"""What a runtime may call in which state, and where it leads. What is not here is refused with 403."""

CONCURRENT_TRANSITIONS: Final[Mapping[tuple[State, Route], State]] = MappingProxyType(
    dict(TRANSITIONS) | {(State.RUNNING, Route.NEXT): State.RUNNING}
)
"""With several slots a worker may ask for work while all are taken: it waits."""


class Stage(enum.IntEnum):
    """Where one invocation stands."""

    QUEUED = 0
    RUNNING = 1
    ARRIVING = 2
    """Its result's head is in, the body is not."""
    ANSWERED = 3
    """Its result is in, the answer to that is not out: the slot is still taken."""
    ENDED = 4
    EXPIRED = 5
    """Past its deadline, where deadlines are enforced: results come too late."""


class Ticket:
    """One invocation as the protocol sees it."""

    stage = Stage.QUEUED
    missed = False
    """A result was refused or broke off: the next GET /next gives the invocation up."""

    def __init__(self, request_id: str, invocation_id: str | None = None) -> None:
        self.request_id = request_id
        self.invocation_id = invocation_id


@dataclass(slots=True)
class Reply:
    """An answer of the protocol; `refused` says in words why it is no success."""

    status: int
    body: bytes
    headers: Headers = _JSON
    refused: str | None = None


ACCEPTED = Reply(202, b'{"status":"OK"}\n')
RESTORED = Reply(200, b"")


def refusal(status: int, error_type: str, why: str) -> Reply:
    """A refusal as the Runtime API words it: a JSON object of message and type."""
    message = why.replace("\\", "\\\\").replace('"', "'")
    text = "".join(char if " " <= char < "\x7f" else "?" for char in message)
    return Reply(status, f'{{"errorMessage":"{text}","errorType":"{error_type}"}}\n'.encode(), refused=why)


# plain names for the busiest members: in Python 3.11 an access to a member runs Python code
_NEXT, _READY, _RUNNING = Route.NEXT, State.READY, State.RUNNING
_HANDED_OUT, _ARRIVING, _ANSWERED, _ENDED = Stage.RUNNING, Stage.ARRIVING, Stage.ANSWERED, Stage.ENDED

Poll = TypeVar("Poll")
T = TypeVar("T", bound=Ticket)


class Machine(Generic[Poll, T]):
    """The state of one execution environment: queue, waiting calls to /next, invocations in flight."""

    def __init__(self, *, concurrency: int = 1, snapstart: bool = False) -> None:
        self.concurrency = concurrency
        self.snapstart = snapstart
        self.table = TRANSITIONS if concurrency == 1 else CONCURRENT_TRANSITIONS
        self.queue: deque[T] = deque()
        self.polls: deque[Poll] = deque()
        self._phase = State.STARTED
        self._flight: dict[str, list[T]] = {}
        self._taken = 0
        self._ended: dict[str, Stage] = {}
        self._order: deque[str] = deque()

    @property
    def state(self) -> State:
        """The state, as the table knows it."""
        if self._phase is _READY and self._taken >= self.concurrency:
            return _RUNNING
        return self._phase

    @property
    def in_flight(self) -> tuple[T, ...]:
        """Invocations handed out whose slot is taken."""
        return tuple(ticket for tickets in self._flight.values() for ticket in tickets)

    # GET /next

    def next(self, poll: Poll) -> Reply | None:
        """Let a call wait for an event; a reply only if it may not."""
        if self._taken >= self.concurrency and self.concurrency == 1:
            self._give_up()
        refused = self._step(_NEXT)
        if refused is None:
            self.polls.append(poll)
        return refused

    def withdraw(self, poll: Poll) -> None:
        """Forget a waiting call: its connection is gone."""
        if poll in self.polls:
            self.polls.remove(poll)

    def enqueue(self, ticket: T) -> None:
        """Put an invocation at the end of the queue."""
        self.queue.append(ticket)

    def dispatch(self) -> tuple[Poll, T] | None:
        """The oldest waiting call and the oldest invocation, if both are there and a slot is free."""
        if not self.polls or not self.queue or self._taken >= self.concurrency:
            return None
        ticket = self.queue.popleft()
        ticket.stage = _HANDED_OUT
        self._taken += 1
        self._flight.setdefault(ticket.request_id, []).append(ticket)
        return self.polls.popleft(), ticket

    def requeue(self, ticket: T) -> None:
        """Take back an invocation that never left: the connection broke before the event was sent."""
        self._leave(ticket)
        ticket.stage = Stage.QUEUED
        self.queue.appendleft(ticket)

    # results

    def begin(self, route: Route, request_id: str, invocation_id: str | None, mode: str | None) -> Reply | T:
        """The head of a POST of a result: the invocation it is for, or the refusal."""
        tickets = self._flight.get(request_id)
        if not tickets:
            return self._unknown(route, request_id)
        ticket = tickets[0]
        if ticket.invocation_id or len(tickets) > 1:
            found = _attempt(tickets, invocation_id)
            if found is None:
                for other in tickets:
                    other.missed = True
                why = f"invocation id {invocation_id!r} is not that of the attempt in flight for {request_id}"
                return refusal(410, "Runtime.InvokeTimeout", why)
            ticket = found
        if ticket.stage is _ANSWERED:
            return refusal(400, "InvalidRequestID", f"a second result for {request_id}")
        if ticket.stage is _ARRIVING or (self.state, route) not in self.table:
            return refusal(403, "InvalidStateTransition", f"/{route} while another result of {request_id} arrives")
        if mode is not None and route is Route.RESPONSE and mode.lower() != "streaming":
            ticket.missed = True
            return refusal(400, "InvalidFunctionResponseMode", f"response mode {mode!r} is not streaming")
        ticket.stage = _ARRIVING
        return ticket

    def finish(self, ticket: T, *, too_large: bool = False) -> Reply:
        """The result is in; what to answer."""
        if ticket.stage is not _ARRIVING:
            return _too_late(ticket.request_id)
        ticket.stage = _ANSWERED
        if too_large:
            return refusal(413, "RequestEntityTooLarge", f"the result of {ticket.request_id} is over the limit")
        return ACCEPTED

    def release(self, ticket: T) -> None:
        """The answer to a result is out: the slot is free."""
        if ticket.stage is _ANSWERED:
            self._end(ticket, _ENDED)

    def break_off(self, ticket: T, *, begun: bool) -> None:
        """The result stopped arriving; `begun`: part of it has gone on to the caller already."""
        if ticket.stage is not Stage.ARRIVING:
            return
        if begun:
            self._end(ticket, Stage.ENDED)
        else:
            ticket.stage = Stage.RUNNING
            ticket.missed = True

    def expire(self, ticket: T) -> bool:
        """The deadline has passed; whether that ended the invocation."""
        if ticket.stage is Stage.QUEUED:
            return False
        if ticket.stage in (Stage.RUNNING, Stage.ARRIVING):
            self._end(ticket, Stage.EXPIRED)
            return True
        return False

    # the process

    def init_error(self) -> Reply:
        """POST /init/error."""
        return self._step(Route.INIT_ERROR) or ACCEPTED

    def restore_next(self) -> Reply:
        """GET /restore/next."""
        return self._step(Route.RESTORE_NEXT) or RESTORED

    def restore_error(self) -> Reply:
        """POST /restore/error."""
        return self._step(Route.RESTORE_ERROR) or ACCEPTED

    def restart(self) -> tuple[T, ...]:
        """The process is gone: a new one begins at the start. The invocations it took with it."""
        lost = self.in_flight
        for ticket in lost:
            self._end(ticket, Stage.ENDED)
        self.polls.clear()
        self._phase = State.STARTED
        return lost

    def _step(self, route: Route) -> Reply | None:
        state = self.state
        target = self.table.get((state, route))
        if target is None:
            return refusal(403, "InvalidStateTransition", f"/{route} is not allowed in state '{state}'")
        self._phase = _READY if target is _RUNNING else target
        return None

    def _unknown(self, route: Route, request_id: str) -> Reply:
        ended = self._ended.get(request_id)
        if ended is Stage.EXPIRED:
            return _too_late(request_id)
        why = "no such request id" if ended is None else "a second result for"
        return refusal(400, "InvalidRequestID", f"{why} {request_id} (POST /{route})")

    def _give_up(self) -> None:
        for ticket in self.in_flight:
            if ticket.missed and ticket.stage is Stage.RUNNING:
                self._end(ticket, Stage.ENDED)

    def _leave(self, ticket: T) -> None:
        tickets = self._flight[ticket.request_id]
        if len(tickets) > 1:
            tickets.remove(ticket)
        else:
            del self._flight[ticket.request_id]
        self._taken -= 1

    def _end(self, ticket: T, stage: Stage) -> None:
        self._leave(ticket)
        ticket.stage = stage
        if ticket.request_id not in self._ended:
            self._order.append(ticket.request_id)
            if len(self._order) > _REMEMBERED:
                del self._ended[self._order.popleft()]
        self._ended[ticket.request_id] = stage


def _attempt(tickets: list[T], invocation_id: str | None) -> T | None:
    """The attempt a result is for: without an id nothing is checked, and an event without one takes any."""
    for ticket in tickets:
        if invocation_id is None or not ticket.invocation_id or ticket.invocation_id == invocation_id:
            return ticket
    return None


def _too_late(request_id: str) -> Reply:
    return refusal(410, "Runtime.InvokeTimeout", f"the result of {request_id} comes after its deadline")
