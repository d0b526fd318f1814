"""Progress for people, on standard error: a live line on a terminal, else plain lines; steps with times."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Protocol

from lambda_image.engine import BuildEvent


class Progress(Protocol):
    """What long work tells while it runs."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Around a piece of work of our own: its name while it runs, its time when it is done."""
        ...

    def event(self, event: BuildEvent) -> None:
        """Something that happened in an engine's build."""
        ...

    def note(self, text: str) -> None:
        """A line that stays."""
        ...


class Silent:
    """Says nothing."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def event(self, event: BuildEvent) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class Plain:
    """A line for each finished step."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A line when it begins and one when it is done."""
        started = time.monotonic()
        self.note(f"        {name} …")
        yield
        self.note(f"{time.monotonic() - started:6.1f}s {name}")

    def event(self, event: BuildEvent) -> None:
        """A line for a step of the build that took work."""
        if line := _line(event):
            self.note(line)

    def note(self, text: str) -> None:
        """The line."""
        print(text, file=self._stream, flush=True)


class Live:
    """Finished steps as lines, above one that shows what runs now and since when."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._running: dict[str, float] = {}
        self._status = self._console.status("")

    def _show(self) -> None:
        if not self._running:
            self._status.stop()
            return
        names = [name if len(name) < 60 else name[:57] + "…" for name in self._running]
        self._status.update(" · ".join(names).replace("[", r"\["))
        self._status.start()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Live while it runs, a line when it is done; what it showed goes with it, however it ends."""
        started, before = time.monotonic(), dict(self._running)
        self._running[name] = started
        self._show()
        try:
            yield
            self.note(f"{time.monotonic() - started:6.1f}s {name}")
        finally:
            self._running = before
            self._show()

    def event(self, event: BuildEvent) -> None:
        """Shows a step of the build while it runs."""
        step = _short(event.step)
        if event.kind == "started" and not _is_internal(event.step):
            self._running[step] = time.monotonic()
        elif event.kind in ("finished", "cached", "error"):
            self._running.pop(step, None)
            if line := _line(event):
                self.note(line)
        if event.kind != "log":
            self._show()

    def note(self, text: str) -> None:
        """A line above the live one."""
        self._console.print(text, markup=False, soft_wrap=True)


def make() -> Progress:
    """The fitting one for standard error."""
    return Live() if sys.stderr.isatty() else Plain()


def _line(event: BuildEvent) -> str:
    if event.kind == "error":
        return f" failed {_short(event.step)}"
    if event.kind == "finished" and not _is_internal(event.step) and (event.seconds or 0) >= 0.05:
        return f"{event.seconds or 0:6.1f}s {_short(event.step)}"
    return ""


def _is_internal(step: str) -> bool:
    """Whether BuildKit does this for itself."""
    return step.startswith("[internal]")


def _short(step: str) -> str:
    """A step in one line, without what every step has."""
    words = [word for word in step.split() if not word.startswith("--mount=")]
    text = " ".join(words)
    return text if len(text) <= 100 else text[:99] + "…"


def judging() -> Callable[[str], None]:
    """Shows the suite's lines: the newest on a terminal; elsewhere every tenth, and each failure."""
    begun = time.monotonic()
    live = sys.stderr.isatty()

    def say(line: str) -> None:
        if live:
            sys.stderr.write(f"\r\x1b[K{line[:100]}")
        elif "0/" in line.split(" ", 1)[0] or any(word in line for word in (" FAIL ", " DIFFERS ", " ERROR ")):
            sys.stderr.write(f"{time.monotonic() - begun:6.1f}s {line}\n")
        sys.stderr.flush()

    return say
