"""A connection of a runtime: what its calls mean, and how each is answered, faults included.

The steps of one call: head (which call, which faults), body, verdict of the machine, holds and delays,
answer, and what the answer sets free.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lambda_image.runtime_api.answers import (
    ERROR_TYPE,
    INVOCATION_ID,
    RESPONSE_MODE,
    answer,
    event_answer,
    event_headers,
    treated_answer,
)
from lambda_image.runtime_api.channel import Channel
from lambda_image.runtime_api.core import Outcome
from lambda_image.runtime_api.machine import ACCEPTED, Reply, Stage, refusal
from lambda_image.runtime_api.model import Route
from lambda_image.runtime_api.record import Record

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from lambda_image.runtime_api.core import Core, Invocation
    from lambda_image.runtime_api.faults import Treatment
    from lambda_image.runtime_api.http1 import Head
    from lambda_image.runtime_api.model import Headers

PREFIX = "/2018-06-01/runtime/"
_INVOCATION = PREFIX + "invocation/"
_CALLS: dict[str, tuple[str, Route, str | None]] = {
    PREFIX + "invocation/next": ("GET", Route.NEXT, None),
    PREFIX + "init/error": ("POST", Route.INIT_ERROR, None),
    PREFIX + "restore/next": ("GET", Route.RESTORE_NEXT, None),
    PREFIX + "restore/error": ("POST", Route.RESTORE_ERROR, None),
}
_NEXT, _RESPONSE, _ERROR, _OTHER = Route.NEXT, Route.RESPONSE, Route.ERROR, Route.OTHER
_RESPONDED = Outcome.RESPONSE
"""Plain names: in Python 3.11 an access to a member runs Python code."""
_RESULTS = {"response": Route.RESPONSE, "error": Route.ERROR}
_MODE = RESPONSE_MODE.lower()
_ATTEMPT = INVOCATION_ID.lower()
_ERROR_TRAILER = ERROR_TYPE.lower()


def find_call(target: str) -> tuple[str, Route, str | None] | None:
    """Which call a request target names: its method, its route, the id in its path."""
    fixed = _CALLS.get(target)
    if fixed is not None:
        return fixed
    path = target.partition("?")[0]
    if path[:1] != "/":  # absolute form: scheme://authority/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    if path in _CALLS:
        return _CALLS[path]
    if path.startswith(_INVOCATION):
        request_id, _, last = path[len(_INVOCATION) :].rpartition("/")
        route = _RESULTS.get(last)
        if route is not None and request_id and "/" not in request_id:
            return "POST", route, unquote(request_id) if "%" in request_id else request_id
    return None


class RuntimeConnection(Channel):
    """A connection that a runtime opened."""

    def __init__(self, core: Core, sock: socket.socket) -> None:
        core.connections_counted += 1
        super().__init__(core.loop, sock, core.lock, core.connections_counted)
        self._core = core
        self._record: Record | None = None
        self._verdict: Reply | Invocation | None = None
        self._invocation: Invocation | None = None
        self._polling = False
        self._held_next = False
        self._keep_alive = True
        self.read_size = core.read_size
        core.open.add(self)
        if core.recording:
            core.channels.append(self)

    # the request arrives

    def on_head(self, head: Head) -> None:
        """Find out which call it is and which faults it meets."""
        core = self._core
        found = find_call(head.target)
        record = self._new_record(head, found)
        self._keep_alive = head.keep_alive
        self._verdict = None
        self._invocation = None
        if core.faults:
            core.meet(record)
            if record.treatment is not None and record.treatment.reads_oddly:
                self.shrink_buffer()
        if found is None or head.method != found[0]:
            self._verdict = _no_such_call(head, found)
        elif record.route is _RESPONSE or record.route is _ERROR:
            self._begin_result(record, head)

    def _new_record(self, head: Head | None, found: tuple[str, Route, str | None] | None) -> Record:
        core = self._core
        route, request_id = _OTHER, None
        if found is not None and head is not None and head.method == found[0]:
            _, route, request_id = found
        core.exchanges_counted += 1
        self.exchanges += 1
        record = Record(core.exchanges_counted, self.number, route, request_id, head, time.monotonic())
        if core.recording:
            core.records.append(record)
        self._record = record
        return record

    def _begin_result(self, record: Record, head: Head) -> None:
        values = head.fields.values
        machine = self._core.machine
        request_id = record.request_id or ""
        verdict = machine.begin(record.route, request_id, values.get(_ATTEMPT), values.get(_MODE))
        self._verdict = verdict
        if isinstance(verdict, Reply):
            self._core.attach(record)
        else:
            self._invocation = verdict
            if self._core.recording or verdict.on_end is None:
                verdict.add(record)

    def on_data(self, piece: bytes) -> None:
        """Keep a piece of the body, and do what faults say about reading."""
        record = self._record
        if record is None:
            return
        record.add(piece)
        if self._core.recording:
            record.arrived(time.monotonic(), len(piece))
        if record.treatment is not None and record.treatment.reads_oddly:
            self._read_oddly(record.treatment, record.size, len(piece))

    def _read_oddly(self, treatment: Treatment, size: int, piece: int) -> None:
        if treatment.reset_after is not None and size >= treatment.reset_after:
            self.close("server", reset=True)
        elif treatment.slow_read is not None and size >= treatment.slow_read.after:
            seconds = treatment.slow_read.seconds
            treatment.slow_read = None
            self.pause_reading(seconds)
        elif treatment.read_rate is not None:
            rate = treatment.read_rate.bytes_per_second
            self.read_size = max(1, min(64 * 1024, rate // 20))
            self.pause_reading(piece / rate)

    def on_end(self, trailers: Headers) -> None:
        """The request is complete: ask the machine, unless a fault makes it wait."""
        record = self._record
        if record is None:
            return
        self.busy = True
        self.read_size = self._core.read_size
        record.complete(time.monotonic(), trailers)
        if record.treatment is not None:
            self._treat(record, record.treatment)
        elif record.route is _NEXT:
            self._ask_for_work()
        else:
            self._answer(self._judge(record))

    def on_violation(self, head: Head | None, violations: tuple[str, ...]) -> None:
        """Answer 400 and close."""
        record = self._record
        if head is not None or record is None or record.completed is not None:
            record = self._new_record(head, find_call(head.target) if head is not None else None)
        record.violations += violations
        self._break_off()
        self._keep_alive = False
        self.busy = True
        self._answer(refusal(400, "BadRequest", "; ".join(violations)))

    # the verdict

    def _judge(self, record: Record) -> Reply:
        machine = self._core.machine
        verdict = self._verdict
        if isinstance(verdict, Reply):
            return verdict
        if verdict is not None:
            return machine.finish(verdict, too_large=self._too_large(record))
        if record.route is Route.INIT_ERROR:
            reply = machine.init_error()
            if reply is ACCEPTED:
                self._core.init_failure = bytes(record.body)
            return reply
        if not machine.snapstart:
            return refusal(404, "NotFound", f"/{record.route} exists with SnapStart only")
        return machine.restore_next() if record.route is Route.RESTORE_NEXT else machine.restore_error()

    def _too_large(self, record: Record) -> bool:
        if record.size <= self._core.response_limit:
            return False
        head = record.head
        return head is None or _MODE not in head.fields.values

    # work

    def _ask_for_work(self) -> None:
        refused = self._core.machine.next(self)
        if refused is not None:
            self._answer(refused)
        else:
            self._polling = True

    def hand_out(self, invocation: Invocation) -> None:
        """Answer the waiting GET /next with an event."""
        self._polling = False
        now = time.time()
        invocation.dispatched = time.monotonic()
        event = invocation.event
        if self._core.recording:
            self._core.dispatched.setdefault(event.request_id, []).append(invocation)
        record = self._record
        if record is not None and record.treatment is None:
            record.status = 200
            close = not self._keep_alive
            self.send(event_answer(event, now, close=close), close=close)
        else:
            self._answer(Reply(200, event.payload, event_headers(event, now)))
        if self.closed_by == "client-reset" and self._record is None:
            invocation.dispatched = None
            if self._core.recording:
                self._core.dispatched[event.request_id].remove(invocation)
            self._core.machine.requeue(invocation)

    # faults

    def _treat(self, record: Record, treatment: Treatment) -> None:
        """Holds and delays first; on GET /next they come before the event, on a POST after the verdict."""
        if record.route is _NEXT:
            self._keep_from_events(True)
            self._wait_out(treatment, lambda: self._look_at_next(treatment))
        else:
            reply = self._judge(record)
            self._wait_out(treatment, lambda: self._answer_treated(reply, treatment))

    def _keep_from_events(self, held: bool) -> None:
        self._core.held_next += held - self._held_next
        self._held_next = held

    def _look_at_next(self, treatment: Treatment) -> None:
        self._keep_from_events(False)
        if treatment.close_before is not None or treatment.answer is not None:
            self._answer_treated(ACCEPTED, treatment)
        else:
            self._ask_for_work()
            self._core.loop.call(self._core.pump)

    def _wait_out(self, treatment: Treatment, then: Callable[[], None]) -> None:
        def resume() -> None:
            with self.lock:
                if self.closed is None:
                    self._wait_out(treatment, then)
                self.on_idle()

        if self._core.hold(treatment.holds, resume):
            return
        if treatment.delay:
            self.later(treatment.delay, then)
        else:
            then()

    def _answer_treated(self, reply: Reply, treatment: Treatment) -> None:
        if treatment.close_before is not None:
            reset = treatment.close_before.reset
            self.later(treatment.close_before.delay, lambda: self.close("server", reset=reset))
            return
        if treatment.answer is not None:
            given = treatment.answer
            reply = Reply(given.status, given.body, given.headers or reply.headers, reply.refused)
        self._answer(reply)

    # the answer

    def _answer(self, reply: Reply) -> None:
        record = self._record
        if record is None or self.closed is not None:
            return
        record.status = reply.status
        record.refused = reply.refused
        treatment = record.treatment
        close = not self._keep_alive
        now = time.time()
        if treatment is None:
            self.send(answer(reply, close=close, now=now), close=close)
            return
        data = treated_answer(reply, treatment, close=close, now=now)
        close = close or treatment.announce_close
        if treatment.split is not None:
            self.send_split(data, treatment.split.size, treatment.split.pause, close=close)
        else:
            self.send(data, close=close)

    def on_sent(self) -> None:
        """The answer is out: the slot is free, the caller gets the result, the next event may go."""
        record, self._record = self._record, None
        if record is None:
            return
        record.answered = time.monotonic()
        treatment = record.treatment
        if treatment is not None and treatment.close_after is not None:
            act = treatment.close_after
            self.later(act.delay, lambda: self.close("server", reset=act.reset))
        self._settle(record)

    def _settle(self, record: Record) -> None:
        invocation, self._invocation = self._invocation, None
        if invocation is not None:
            self._core.machine.release(invocation)
            invocation.end(*self._outcome(record))
        elif record.route is Route.INIT_ERROR and self._core.init_failure is not None:
            self._core.fail_queued(Outcome.INIT_ERROR, self._core.init_failure)

    def _outcome(self, record: Record) -> tuple[Outcome, bytes]:
        status = record.status
        if status is None or 200 <= status < 300:
            if record.route is _ERROR:
                return Outcome.ERROR, bytes(record.body)
            if any(name.lower() == _ERROR_TRAILER for name, _ in record.trailers):
                return Outcome.STREAM_ERROR, bytes(record.body)
            return _RESPONDED, bytes(record.body)
        return (Outcome.TOO_LARGE if status == 413 else Outcome.REFUSED), b""

    # the end

    def on_closed(self) -> None:
        """Take back what the connection held."""
        core = self._core
        core.open.discard(self)
        self._keep_from_events(False)
        if self._polling:
            core.machine.withdraw(self)
            self._polling = False
        record = self._record
        if record is not None:
            if record.completed is None:
                self._break_off()
                if self.closed_by == "client":
                    record.violations += ("the connection ended inside of the request (RFC 9112 8)",)
            elif self._invocation is not None:
                self._settle(record)
            record.aborted = self.closed
            self._record = None

    def _break_off(self) -> None:
        invocation, record = self._invocation, self._record
        self._invocation = None
        if invocation is None or record is None or invocation.stage is not Stage.ARRIVING:
            return
        streamed = record.head is not None and _MODE in record.head.fields.values
        self._core.machine.break_off(invocation, begun=streamed)
        if streamed:
            invocation.end(Outcome.TRUNCATED, bytes(record.body))

    def on_idle(self) -> None:
        """Hand out what can be, and wake whoever waits."""
        core = self._core
        if core.machine.queue or core.watchers:
            core.pump()


def _no_such_call(head: Head, found: tuple[str, Route, str | None] | None) -> Reply:
    if found is None:
        return refusal(404, "NotFound", f"no such path: {head.target}")
    return refusal(405, "MethodNotAllowed", f"{head.method} is not the method of /{found[1]}")
