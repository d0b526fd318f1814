"""What happens inside an environment, on the loop: the machine, its records, its faults, its invocations.

Everything here runs under `lock`. `Environment` is the face for other threads, `RuntimeConnection` and the
frontend are the two kinds of connections that act on it.
"""

from __future__ import annotations

import enum
import threading
import time
from typing import TYPE_CHECKING

from lambda_image.runtime_api.answers import INVOCATION_ID
from lambda_image.runtime_api.channel import READ_SIZE, SMALL_READ
from lambda_image.runtime_api.faults import READING_ACTS, Hold, treatment
from lambda_image.runtime_api.machine import RESPONSE_LIMIT, Machine, Ticket
from lambda_image.runtime_api.model import Connection, Exchange, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_image.runtime_api.faults import Act, Fault
    from lambda_image.runtime_api.loop import Loop, Timer
    from lambda_image.runtime_api.model import Event
    from lambda_image.runtime_api.record import Record
    from lambda_image.runtime_api.session import RuntimeConnection


class Outcome(enum.StrEnum):
    """How an invocation ended."""

    RESPONSE = "response"
    ERROR = "error"
    INIT_ERROR = "init error"
    TOO_LARGE = "response too large"
    STREAM_ERROR = "error in the trailers of a stream"
    TRUNCATED = "response broke off"
    REFUSED = "result refused by a fault"
    TIMED_OUT = "timed out"
    EXITED = "runtime exited"


class Invocation(Ticket):
    """One event on its way: when it was handed out, and every result that came for it."""

    dispatched: float | None = None
    """time.monotonic() when the event left."""
    outcome: Outcome | None = None
    payload: bytes = b""
    on_end: Callable[[Invocation], None] | None = None
    timer: Timer | None = None
    _records: tuple[Record, ...] = ()

    def __init__(self, core: Core, event: Event) -> None:
        super().__init__(event.request_id, event.invocation_id)
        self.core = core
        self.event = event

    @property
    def results(self) -> tuple[Exchange, ...]:
        """All POSTs of a result with this id since the event left, whatever was answered."""
        with self.core.lock:
            return tuple(record.snapshot() for record in self._records)

    @property
    def timed_out(self) -> bool:
        """Whether its deadline passed where deadlines are enforced."""
        return self.outcome is Outcome.TIMED_OUT

    def result(self, timeout: float) -> Exchange | None:
        """The first complete POST to /response or /error for it."""
        core = self.core
        deadline = time.monotonic() + timeout
        with core.changed:
            core.watchers += 1
            try:
                while True:
                    for record in self._records:
                        if record.completed is not None:
                            return record.snapshot()
                    left = deadline - time.monotonic()
                    if left <= 0 or core.closed:
                        return None
                    core.changed.wait(left)
            finally:
                core.watchers -= 1

    def add(self, record: Record) -> None:
        """Keep a result that has begun to arrive."""
        self._records += (record,)

    def end(self, outcome: Outcome, payload: bytes = b"") -> None:
        """Say how it ended, once."""
        if self.outcome is not None:
            return
        self.outcome = outcome
        self.payload = payload
        if self.timer is not None:
            self.timer.cancel()
        if self.on_end is not None:
            self.on_end(self)


class Injected:
    """A fault in force."""

    def __init__(self, core: Core, fault: Fault, number: int) -> None:
        self._core = core
        self.fault = fault
        self.number = number
        self.fired = 0
        """To how many exchanges it was done."""
        self.seen = 0
        self.held: list[Callable[[], None]] = []

    def release(self) -> None:
        """End a hold: what it held goes on, and it holds nothing more."""
        with self._core.lock:
            self.remove()
            held, self.held = self.held, []
        for resume in held:
            self._core.loop.call(resume)

    def remove(self) -> None:
        """Do it to nothing more."""
        with self._core.lock:
            self._core.faults = [other for other in self._core.faults if other is not self]
            self._core.review_reading()

    def meets(self, route: Route, request_id: str | None) -> bool:
        """Whether the fault is done to this call; counts."""
        fault = self.fault
        if not fault.concerns(route, request_id):
            return False
        self.seen += 1
        if self.seen <= fault.skip or (fault.times is not None and self.fired >= fault.times):
            return False
        self.fired += 1
        return True


class Core:
    """The state of one environment."""

    def __init__(
        self,
        loop: Loop,
        *,
        record: bool = True,
        concurrency: int = 1,
        snapstart: bool = False,
        enforce_timeout: bool = False,
        response_limit: int = RESPONSE_LIMIT,
    ) -> None:
        self.loop = loop
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.watchers = 0
        self.closed = False
        self.recording = record
        self.enforce_timeout = enforce_timeout
        self.response_limit = response_limit
        self.machine: Machine[RuntimeConnection, Invocation] = Machine(concurrency=concurrency, snapstart=snapstart)
        self.faults: list[Injected] = []
        self.injections: dict[int, Injected] = {}
        self.read_size = READ_SIZE
        self.records: list[Record] = []
        self.exchanges_counted = 0
        self.channels: list[RuntimeConnection] = []
        self.connections_counted = 0
        self.open: set[RuntimeConnection] = set()
        self.held_next = 0
        self.dispatched: dict[str, list[Invocation]] = {}
        self.init_failure: bytes | None = None

    # seen from other threads

    def exchanges(self) -> tuple[Exchange, ...]:
        """Snapshots of all exchanges."""
        return tuple([record.snapshot() for record in self.records])

    def connections(self) -> tuple[Connection, ...]:
        """Snapshots of all connections."""
        return tuple(
            Connection(channel.number, channel.opened, channel.closed, channel.closed_by, channel.exchanges)
            for channel in self.channels
        )

    @property
    def waiting(self) -> int:
        """GET /next held open, those that a fault keeps from events included."""
        return len(self.machine.polls) + self.held_next

    def first(self, route: Route, after: int) -> Exchange | None:
        """The first exchange of a route numbered above `after`."""
        for at in range(max(0, after), len(self.records)):
            if self.records[at].route is route:
                return self.records[at].snapshot()
        return None

    def inject(self, fault: Fault) -> Injected:
        """Put a fault in force."""
        injected = Injected(self, fault, len(self.injections))
        self.injections[injected.number] = injected
        self.faults.append(injected)
        self.review_reading()
        return injected

    def review_reading(self) -> None:
        """Read in small steps while a fault needs it: what has been read cannot be left unread."""
        oddly = any(isinstance(injected.fault.act, READING_ACTS) for injected in self.faults)
        self.read_size = SMALL_READ if oddly else READ_SIZE
        for channel in self.open:
            channel.read_size = self.read_size

    # on the loop

    def notify(self) -> None:
        """Something changed: whoever waits asks again."""
        if self.watchers:
            self.changed.notify_all()

    def meet(self, record: Record) -> None:
        """Apply the faults in force to a new exchange."""
        acts: list[tuple[int, Act]] = [
            (injected.number, injected.fault.act)
            for injected in self.faults
            if injected.meets(record.route, record.request_id)
        ]
        if acts:
            record.treatment = treatment(acts)
            record.faults = tuple(act.describe() for _, act in acts)

    def attach(self, record: Record) -> None:
        """Give a refused result to the invocations it may be meant for: of its id and, if named, attempt."""
        attempt = record.header(INVOCATION_ID)
        candidates = self.dispatched.get(record.request_id or "", [])
        meant = [one for one in candidates if attempt is None or one.invocation_id in (None, "", attempt)]
        for invocation in meant or candidates[-1:]:
            invocation.add(record)

    def hold(self, injections: list[int], resume: Callable[[], None]) -> bool:
        """Keep `resume` until the next unreleased hold of the list is released; whether there was one."""
        while injections:
            injected = self.injections[injections.pop(0)]
            if injected in self.faults and isinstance(injected.fault.act, Hold):
                injected.held.append(resume)
                return True
        return False

    def pump(self) -> None:
        """Hand out events while there are both events and calls for them."""
        with self.lock:
            if self.init_failure is not None:
                self.fail_queued(Outcome.INIT_ERROR, self.init_failure)
            while (pair := self.machine.dispatch()) is not None:
                channel, invocation = pair
                if self.enforce_timeout:
                    self._set_timer(invocation)
                channel.hand_out(invocation)
            self.notify()

    def fail_queued(self, outcome: Outcome, payload: bytes) -> None:
        """No process will ever ask for these: a failed init ends what waits in the queue."""
        queue = self.machine.queue
        while queue:
            queue.popleft().end(outcome, payload)

    def restart(self, why: str) -> None:
        """The process is gone."""
        with self.lock:
            for invocation in self.machine.restart():
                invocation.end(Outcome.EXITED, why.encode())
            self.init_failure = None
            self.close_channels()
            self.notify()

    def close_channels(self, *, reset: bool = False) -> None:
        """Close all connections now."""
        with self.lock:
            for channel in list(self.open):
                channel.close("server", reset=reset)
            self.notify()

    def close(self) -> None:
        """End everything, wake whoever waits."""
        with self.lock:
            self.closed = True
            self.close_channels()
            self.changed.notify_all()

    def _set_timer(self, invocation: Invocation) -> None:
        event = invocation.event
        seconds = event.timeout_ms / 1000
        if event.deadline_ms is not None:
            seconds = event.deadline_ms / 1000 - time.time()

        def expire() -> None:
            with self.lock:
                if self.machine.expire(invocation):
                    invocation.end(Outcome.TIMED_OUT)
                self.pump()

        invocation.timer = self.loop.after(max(0.0, seconds), expire)
