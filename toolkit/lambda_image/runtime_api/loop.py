"""One thread, one selector: sockets, timers and calls from other threads all run here, one after another.

Whatever runs on the loop needs no hand-over to another thread, which is what makes an invocation cheap.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections import deque
from selectors import EVENT_READ
from typing import TYPE_CHECKING, TypeVar

from lambda_image.runtime_api.poller import new_poller

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_image.runtime_api.poller import Ready

T = TypeVar("T")
_SWEEP = 1024
"""Cancelled timers stay in the heap until it has grown to this."""


class Timer:
    """Something due at a time; `cancel` forgets it."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Do not act."""
        self.action = None


class Loop:
    """A selector loop in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._poller = new_poller()
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._calls: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._poller.watch(self._wake_read, EVENT_READ, self._drain)
        self._sweep_at = _SWEEP
        self._running = True
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    # from any thread

    def call(self, action: Callable[[], None]) -> None:
        """Run it on the loop, soon."""
        self._calls.append(action)
        # a full pipe will wake the loop just as well; a closed one belongs to a loop that has ended
        with contextlib.suppress(OSError):
            self._wake_write.send(b"\0")

    def call_and_wait(self, action: Callable[[], T]) -> T:
        """Run it on the loop and hand back what it returns or raises."""
        if threading.current_thread() is self._thread:
            return action()
        results: list[T] = []
        errors: list[Exception] = []
        done = threading.Event()

        def run() -> None:
            try:
                results.append(action())
            except Exception as error:  # noqa: BLE001  it is raised again in the caller's thread
                errors.append(error)
            finally:
                done.set()

        self.call(run)
        while not done.wait(1.0):
            if not self._thread.is_alive():
                raise RuntimeError("the server has been closed")
        if errors:
            raise errors[0]
        return results[0]

    def stop(self, last: Callable[[], None]) -> None:
        """Run a last action on the loop, end the thread, close what the loop owns."""

        def finish() -> None:
            self._running = False
            last()

        self.call(finish)
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._poller.close()
        self._wake_read.close()
        self._wake_write.close()

    # on the loop

    def watch(self, sock: socket.socket, events: int, ready: Ready) -> None:
        """Call `ready` with the events that a socket has; events replace those it was watched for."""
        self._poller.watch(sock, events, ready)

    def forget(self, sock: socket.socket) -> None:
        """Watch a socket no more."""
        self._poller.forget(sock)

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Act in so many seconds."""
        timer = Timer(time.monotonic() + seconds, action)
        heapq.heappush(self._timers, (timer.due, next(self._numbers), timer))
        if len(self._timers) > self._sweep_at:
            self._timers = [entry for entry in self._timers if entry[2].action is not None]
            heapq.heapify(self._timers)
            self._sweep_at = max(_SWEEP, 2 * len(self._timers))
        return timer

    def _run(self) -> None:
        poll = self._poller.poll
        while self._running:
            for ready, events in poll(self._pause()):
                self._guarded(ready, events)
            while self._calls:
                self._guarded(self._calls.popleft())
            if self._timers:
                self._due()

    def _pause(self) -> float | None:
        if self._calls:
            return 0
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())

    def _due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            action, timer.action = timer.action, None
            if action is not None:
                self._guarded(action)

    def _guarded(self, action: Callable[..., None], *arguments: int) -> None:
        """A bug in one callback must not silence all environments; the server's close raises the first."""
        try:
            action(*arguments)
        except Exception as error:  # noqa: BLE001
            if self.failure is None:
                self.failure = error

    def _drain(self, _events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(self._wake_read.recv(4096)) == 4096:
                pass
