"""The protocol without I/O: whatever is called in whatever order, its promises hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambda_image.runtime_api.machine import (
    ACCEPTED,
    CONCURRENT_TRANSITIONS,
    TRANSITIONS,
    Machine,
    Reply,
    Stage,
    State,
    Ticket,
)
from lambda_image.runtime_api.model import Route

OPERATIONS = (
    "enqueue", "next", "withdraw", "begin", "foreign attempt", "finish", "finish large", "release", "break off",
    "break stream", "expire", "init error", "restore next", "restore error", "unknown id", "restart",
)  # fmt: skip


@dataclass
class World:
    """A machine, and what has come out of it."""

    machine: Machine[int, Ticket]
    polls: int = 0
    made: int = 0
    handed_out: list[Ticket] = field(default_factory=list)
    accepted: list[Ticket] = field(default_factory=list)

    def pump(self) -> None:
        while (pair := self.machine.dispatch()) is not None:
            self.handed_out.append(pair[1])

    def pick(self, number: int) -> Ticket | None:
        return self.handed_out[number % len(self.handed_out)] if self.handed_out else None

    def act(self, name: str, number: int) -> None:
        machine, ticket = self.machine, self.pick(number)
        route = Route.RESPONSE if number % 2 else Route.ERROR
        match name:
            case "enqueue":
                self.made += 1
                attempt = f"attempt-{self.made}" if number % 3 else None
                machine.enqueue(Ticket(f"id-{self.made % 7 if number % 2 else self.made}", attempt))
            case "next":
                self.polls += 1
                machine.next(self.polls)
            case "withdraw":
                machine.withdraw(self.polls)
            case "init error":
                machine.init_error()
            case "restore next":
                machine.restore_next()
            case "restore error":
                machine.restore_error()
            case "restart":
                machine.restart()
            case "unknown id":
                verdict = machine.begin(route, "never seen", None, None)
                assert isinstance(verdict, Reply)
                assert verdict.status == 400
            case _ if ticket is None:
                return
            case "begin":
                machine.begin(route, ticket.request_id, ticket.invocation_id, None)
            case "foreign attempt":
                machine.begin(route, ticket.request_id, "foreign", "streaming")
            case "finish" | "finish large" if ticket.stage in (Stage.ARRIVING, Stage.EXPIRED):
                if machine.finish(ticket, too_large=name == "finish large") is ACCEPTED:
                    self.accepted.append(ticket)
            case "release":
                machine.release(ticket)
            case "break off" | "break stream":
                machine.break_off(ticket, begun=name == "break stream")
            case "expire":
                machine.expire(ticket)
        self.pump()


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 50)), max_size=80),
)
def test_promises_hold_in_any_order_of_calls(slots: int, script: list[tuple[str, int]]) -> None:
    """Nothing raises; events leave in order, one at most per call; one accepted result per attempt; slots bound."""
    world = World(Machine(concurrency=slots, snapstart=True))
    for name, number in script:
        world.act(name, number)
        assert len(world.machine.in_flight) <= slots
        assert len(world.handed_out) + len(world.machine.queue) == world.made
        assert len(world.handed_out) <= world.polls
    assert len(set(map(id, world.accepted))) == len(world.accepted)
    assert len(set(map(id, world.handed_out))) == len(world.handed_out)


def test_events_leave_first_in_first_out() -> None:
    """Three queued, three calls."""
    machine: Machine[int, Ticket] = Machine(concurrency=3)
    tickets = [Ticket(str(number)) for number in range(3)]
    for number, ticket in enumerate(tickets):
        machine.enqueue(ticket)
        assert machine.next(number) is None
    assert [machine.dispatch() for _ in range(4)] == [*enumerate(tickets), None]


def running(machine: Machine[int, Ticket], ticket: Ticket) -> Ticket:
    machine.enqueue(ticket)
    assert machine.next(1) is None
    assert machine.dispatch() == (1, ticket)
    return ticket


def refused(verdict: object, status: int, words: str) -> None:
    assert isinstance(verdict, Reply)
    assert verdict.status == status
    assert words in (verdict.refused or "")


def test_second_result_is_refused_before_and_after_the_first_is_answered() -> None:
    """Two POSTs for one id."""
    machine: Machine[int, Ticket] = Machine()
    ticket = running(machine, Ticket("a"))
    assert machine.begin(Route.RESPONSE, "a", None, None) is ticket
    refused(machine.begin(Route.ERROR, "a", None, None), 403, "arrives")
    assert machine.finish(ticket) is ACCEPTED
    refused(machine.begin(Route.ERROR, "a", None, None), 400, "second result")
    machine.release(ticket)
    refused(machine.begin(Route.ERROR, "a", None, None), 400, "second result")


def test_next_is_refused_until_the_answer_to_the_result_is_out() -> None:
    """With one slot the next call follows the accepted result."""
    machine: Machine[int, Ticket] = Machine()
    ticket = running(machine, Ticket("a"))
    assert machine.begin(Route.RESPONSE, "a", None, None) is ticket
    machine.finish(ticket)
    refused(machine.next(2) or ACCEPTED, 403, "/next is not allowed in state 'running'")
    machine.release(ticket)
    assert machine.next(3) is None


def test_other_attempts_id_gets_410_and_the_process_may_go_on() -> None:
    """The emulator's answer to a late result of an earlier attempt with the same request id."""
    machine: Machine[int, Ticket] = Machine()
    ticket = running(machine, Ticket("a", "second"))
    refused(machine.begin(Route.RESPONSE, "a", "first", None), 410, "'first'")
    assert machine.begin(Route.RESPONSE, "a", "second", None) is ticket
    machine.break_off(ticket, begun=False)
    assert machine.next(2) is None, "an invocation whose result was missed does not block the process"


def test_result_after_the_deadline_gets_410() -> None:
    """Where deadlines are enforced; the slot is free at once."""
    machine: Machine[int, Ticket] = Machine()
    ticket = running(machine, Ticket("a"))
    assert machine.expire(ticket)
    assert machine.next(2) is None
    refused(machine.begin(Route.RESPONSE, "a", None, None), 410, "deadline")


def test_unknown_mode_is_refused_and_streaming_is_not() -> None:
    """Lambda-Runtime-Function-Response-Mode has one value."""
    machine: Machine[int, Ticket] = Machine()
    ticket = running(machine, Ticket("a"))
    refused(machine.begin(Route.RESPONSE, "a", None, "buffered"), 400, "mode")
    assert machine.begin(Route.RESPONSE, "a", None, "streaming") is ticket


def test_nothing_is_served_after_an_init_error_until_the_process_is_new() -> None:
    """The process has to exit."""
    machine: Machine[int, Ticket] = Machine()
    assert machine.init_error() is ACCEPTED
    refused(machine.next(1) or ACCEPTED, 403, "init error reported")
    refused(machine.init_error(), 403, "init error reported")
    machine.restart()
    assert machine.next(1) is None


def test_second_workers_init_error_is_refused_once_another_serves() -> None:
    """With several processes one may fail while others poll."""
    machine: Machine[int, Ticket] = Machine(concurrency=4)
    machine.next(1)
    refused(machine.init_error(), 403, "/init/error")


def test_more_calls_than_slots_wait_where_there_are_several() -> None:
    """Never more in flight than slots."""
    machine: Machine[int, Ticket] = Machine(concurrency=2)
    for number in range(4):
        machine.enqueue(Ticket(str(number)))
        assert machine.next(number) is None
        machine.dispatch()
    assert len(machine.in_flight) == 2
    assert machine.state is State.RUNNING
    assert len(machine.polls) == 2


@pytest.mark.parametrize("table", [TRANSITIONS, CONCURRENT_TRANSITIONS])
def test_terminal_states_lead_nowhere(table: dict[tuple[State, Route], State]) -> None:
    """A reported failure ends the process."""
    assert not [key for key in table if key[0] in (State.INIT_ERROR, State.RESTORE_ERROR)]
