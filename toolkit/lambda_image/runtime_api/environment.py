"""One execution environment, seen from a test: events go in, exchanges come out, from any thread.

All state is changed on the server's loop, under this environment's lock; other threads read it under the same
lock and are woken by its condition, so a wait neither polls nor misses anything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypedDict, TypeVar

from lambda_image.runtime_api.core import Core, Invocation
from lambda_image.runtime_api.model import Connection, Exchange, Route

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from lambda_image.runtime_api.core import Injected
    from lambda_image.runtime_api.faults import Fault
    from lambda_image.runtime_api.loop import Loop
    from lambda_image.runtime_api.model import Event

T = TypeVar("T")


class Options(TypedDict, total=False):
    """How an environment behaves."""

    record: bool
    """Keep exchanges (default). Without it only counting remains: for measurements."""
    concurrency: int
    """How many invocations may be in flight (1)."""
    snapstart: bool
    """Whether /restore/next and /restore/error exist."""
    enforce_timeout: bool
    """Whether an invocation ends at its deadline, a later result getting 410."""
    response_limit: int
    """Bytes of a buffered result from which on it gets 413 (6 MiB and 100 bytes may still pass)."""


class Environment:
    """The thread-safe face of one execution environment."""

    def __init__(self, loop: Loop, listener: socket.socket | None, options: Options) -> None:
        self._loop = loop
        self._core = Core(loop, **options)
        self._listener = listener
        self._address: tuple[str, int] | None = None
        if listener is not None:
            host, port = listener.getsockname()[:2]
            self._address = (host, port)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that a runtime is given in AWS_LAMBDA_RUNTIME_API."""
        if self._address is None:
            raise RuntimeError("a detached environment has no address: connections come by Server.adopt")
        return self._address

    def invoke(self, event: Event) -> Invocation:
        """Put an event at the end of the queue."""
        with self._core.lock:
            invocation = Invocation(self._core, event)
            self._core.machine.enqueue(invocation)
        self._loop.call(self._core.pump)
        return invocation

    def inject(self, fault: Fault) -> Injected:
        """Do something hostile to calls that come from now on."""
        with self._core.lock:
            return self._core.inject(fault)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges so far, in the order in which their heads came."""
        with self._core.lock:
            return self._core.exchanges()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All connections so far."""
        with self._core.lock:
            return self._core.connections()

    @property
    def waiting(self) -> int:
        """How many GET /next are held open now."""
        with self._core.lock:
            return self._core.waiting

    @property
    def state(self) -> str:
        """Where the runtime stands in the protocol, in words."""
        with self._core.lock:
            return self._core.machine.state.value

    def wait(self, condition: Callable[[], T | None], timeout: float) -> T | None:
        """Wait until the condition gives something (anything that counts as true), asking again at every change."""
        core = self._core
        deadline = time.monotonic() + timeout
        with core.changed:
            core.watchers += 1
            try:
                while True:
                    found = condition()
                    if found:
                        return found
                    left = deadline - time.monotonic()
                    if left <= 0 or core.closed:
                        return None
                    core.changed.wait(left)
            finally:
                core.watchers -= 1

    def wait_for(self, route: Route, *, after: int = 0, timeout: float) -> Exchange | None:
        """The first exchange of the route numbered above `after`, as soon as its head is in."""
        return self.wait(lambda: self._core.first(route, after), timeout)

    def wait_waiting(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until that many GET /next are held open."""
        return self.wait(lambda: self._core.waiting >= count or None, timeout) is True

    def close_connections(self, *, reset: bool = False) -> None:
        """Close all open connections now, unannounced."""
        self._loop.call_and_wait(lambda: self._core.close_channels(reset=reset))

    def restart(self, why: str = "Runtime exited without providing a reason") -> None:
        """Say that the runtime's process is gone: invocations in flight fail, and a new process may begin."""
        self._loop.call_and_wait(lambda: self._core.restart(why))

    def close(self) -> None:
        """Close listener and connections, wake whoever waits."""
        self._loop.call_and_wait(self._shut)

    def _shut(self) -> None:
        if self._listener is not None:
            self._loop.forget(self._listener)
            self._listener.close()
            self._listener = None
        self._core.close()
