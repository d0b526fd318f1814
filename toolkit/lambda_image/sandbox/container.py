"""A sandbox: one container from its creation to its removal."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, cast

from lambda_image.errors import EngineError
from lambda_image.sandbox.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from lambda_image.engine import Engine, Process
    from lambda_image.sandbox.spec import SandboxSpec

_EVENTS_ARE_LATE = 0.4  # seconds


class Sandbox:
    """Created, not yet started. A context manager: leaving it removes the container, whatever it does."""

    def __init__(self, engine: Engine, spec: SandboxSpec, identity: str, discard: Callable[[Sandbox], None]) -> None:
        self.spec = spec
        self.id = identity
        self.log = Log()
        self.started: float | None = None
        self._engine = engine
        self._discard = discard
        self._status: int | None = None
        self._oom_killed = False
        self._removed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def start(self) -> Self:
        """Attaches to its outputs, then starts it; `started` is the monotonic time just before that."""
        frames = self._engine.containers.attach(self.id)
        threading.Thread(target=self.log.feed, args=(frames,), name=f"log-{self.id[:12]}", daemon=True).start()
        self.started = time.monotonic()
        self._engine.containers.start(self.id)
        return self

    # Freezing

    def pause(self) -> None:
        """Freezes it, as Lambda does between invocations."""
        self._engine.containers.pause(self.id)

    def resume(self) -> None:
        """Thaws it, and waits until the engine knows.

        It hears of a thaw twice, by its own call and by an event of containerd that comes later. One that comes after
        the next freeze makes it believe that nothing is frozen, and it refuses to thaw from then on.
        """
        self._engine.containers.unpause(self.id)
        time.sleep(_EVENTS_ARE_LATE)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Frozen inside the block."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    # Ending

    def signal(self, name: str) -> bool:
        """Sends a signal to its first process; False if it runs no more."""
        return self._engine.containers.kill(self.id, name)

    def kill(self) -> None:
        """SIGKILL; waits for the end."""
        self.signal("SIGKILL")
        self.wait(10)

    def wait(self, timeout: float) -> int | None:
        """Its exit status, or None if it still runs then."""
        if self._status is not None:
            return self._status
        deadline = time.monotonic() + timeout
        # Its outputs close when it ends; asking the engine before that would hold a connection for nothing.
        self.log.wait_end(timeout)
        left = max(deadline - time.monotonic(), 0.5 if self.log.ended else 0)
        status = self._engine.containers.wait(self.id, left) if left else None
        if status is not None:
            state = cast("dict[str, object]", self._engine.containers.inspect(self.id)["State"])
            self._oom_killed = bool(state.get("OOMKilled"))
            self._status = status
        return status

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self.wait(0)

    @property
    def oom_killed(self) -> bool:
        """Whether the kernel ended a process of it for want of memory."""
        self.wait(0)
        return self._oom_killed

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.started is not None and self.wait(0) is None

    def processes(self) -> tuple[Process, ...]:
        """Those in it now; none when it has ended."""
        try:
            return self._engine.containers.processes(self.id)
        except EngineError:
            if not self.running:
                return ()
            raise

    def remove(self) -> None:
        """Ends and removes it, in the background."""
        if not self._removed:
            self._removed = True
            self._discard(self)
