"""Both pollers tell the same, so that what is tested on one system holds on another."""

from __future__ import annotations

import socket
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING

import pytest
from lambda_image.runtime_api import poller

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = [poller.Poller, *([poller.EpollPoller] if hasattr(poller, "EpollPoller") else [])]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Iterator[poller.Poller]:
    made = request.param()
    yield made
    made.close()


def ready(events: int) -> None:
    """A callback; only its identity counts."""


def test_events_of_a_socket_as_it_is_watched(kind: poller.Poller) -> None:
    """Reading, writing, both, end of the peer, and no more once forgotten; forgetting twice is no error."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        kind.watch(ours, EVENT_READ, ready)
        assert kind.poll(0) == []
        kind.watch(ours, EVENT_READ | EVENT_WRITE, ready)
        assert kind.poll(0) == [(ready, EVENT_WRITE)]
        theirs.send(b"x")
        assert kind.poll(0) == [(ready, EVENT_READ | EVENT_WRITE)]
        kind.watch(ours, EVENT_READ, ready)
        ours.recv(1)
        theirs.close()
        assert kind.poll(0)[0][1] & EVENT_READ
        kind.forget(ours)
        kind.forget(ours)
        assert kind.poll(0) == []
