"""Which sockets have something: `selectors` in general, epoll itself on Linux, which saves a third of the time."""

from __future__ import annotations

import contextlib
import select
import selectors
import sys
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    Ready = Callable[[int], None]


class Poller:
    """Watches sockets by way of the standard library's selector."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, sock: socket.socket, events: int, ready: Ready) -> None:
        """Watch a socket, or watch it for other events."""
        if sock.fileno() in self._selector.get_map():
            self._selector.modify(sock, events, ready)
        else:
            self._selector.register(sock, events, ready)

    def forget(self, sock: socket.socket) -> None:
        """Watch a socket no more; it may not have been watched."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(sock)

    def poll(self, timeout: float | None) -> list[tuple[Ready, int]]:
        """Wait until some have something: whom to tell, and what."""
        return [(key.data, events) for key, events in self._selector.select(timeout)]

    def close(self) -> None:
        """Release what the system gave."""
        self._selector.close()


if sys.platform == "linux":
    _TO_EPOLL = {
        EVENT_READ: select.EPOLLIN,
        EVENT_WRITE: select.EPOLLOUT,
        EVENT_READ | EVENT_WRITE: select.EPOLLIN | select.EPOLLOUT,
    }
    # an error or a hang-up is found out by whoever reads or writes
    _FROM_EPOLL = tuple(
        (EVENT_READ if bits & ~select.EPOLLOUT else 0) | (EVENT_WRITE if bits & ~select.EPOLLIN else 0)
        for bits in range(64)
    )

    class EpollPoller(Poller):
        """Watches sockets by epoll, without the bookkeeping that `selectors` does at every turn."""

        def __init__(self) -> None:
            self._epoll = select.epoll()
            self._ready: dict[int, Ready] = {}

        def watch(self, sock: socket.socket, events: int, ready: Ready) -> None:
            """Watch a socket, or watch it for other events."""
            number = sock.fileno()
            change = self._epoll.modify if number in self._ready else self._epoll.register
            change(number, _TO_EPOLL[events])
            self._ready[number] = ready

        def forget(self, sock: socket.socket) -> None:
            """Watch a socket no more; it may not have been watched."""
            number = sock.fileno()
            if self._ready.pop(number, None) is not None:
                self._epoll.unregister(number)

        def poll(self, timeout: float | None) -> list[tuple[Ready, int]]:
            """Wait until some have something: whom to tell, and what."""
            ready = self._ready
            return [(ready[number], _FROM_EPOLL[bits & 63]) for number, bits in self._epoll.poll(timeout)]

        def close(self) -> None:
            """Release what the system gave."""
            self._epoll.close()


def new_poller() -> Poller:
    """The best one this system has."""
    return EpollPoller() if sys.platform == "linux" else Poller()
