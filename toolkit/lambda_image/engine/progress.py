"""The progress of a BuildKit build as events: from buildx's JSON stream, else from its plain text.

Pure: text goes in, events come out. A step is reported as started once and as finished once, however often
BuildKit repeats itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["started", "finished", "cached", "error", "log", "message"]
_KEPT_LINES = 2000


@dataclass(frozen=True, kw_only=True)
class BuildEvent:
    """What happened in a build: `text` is a log line, an error, or what the program said outside any step."""

    kind: Kind
    step: str = ""
    text: str = ""
    seconds: float | None = None


@dataclass
class Step:
    """What is known of one step so far."""

    name: str
    started: str | None = None
    done: bool = False
    cached: bool = False
    error: str = ""
    output: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))
    partial: str = ""


class Progress(Protocol):
    """Text of the builder in, events out."""

    steps: dict[str, Step]
    messages: list[str]

    def feed(self, text: str) -> Iterator[BuildEvent]:
        """The events that this text completes."""
        ...


def failed_step(progress: Progress) -> Step | None:
    """The step that ended badly: those that were only cancelled with it do not count."""
    failed = [step for step in progress.steps.values() if step.error]
    blamed = [step for step in failed if "context canceled" not in step.error]
    return next(iter(blamed or failed), None)


class JsonProgress:
    """`--progress=rawjson`: JSON objects one after another, and the program's own words between and after."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.messages: list[str] = []
        self._rest = ""
        self._decoder = json.JSONDecoder()

    def feed(self, text: str) -> Iterator[BuildEvent]:
        """The events that this text completes."""
        self._rest += text
        while self._rest:
            if self._rest[0] == "{":
                try:
                    status, end = self._decoder.raw_decode(self._rest)
                except json.JSONDecodeError:
                    return
                self._rest = self._rest[end:].lstrip("\n")
                yield from self._events(status)
            else:
                line, newline, after = self._rest.partition("\n")
                if not newline:
                    return
                self._rest = after
                if not line.strip():
                    continue
                self.messages.append(line)
                yield BuildEvent(kind="message", text=line)

    def _events(self, status: Mapping[str, list[dict[str, object]]]) -> Iterator[BuildEvent]:
        for vertex in status.get("vertexes") or []:
            yield from self._vertex(vertex)
        for log in status.get("logs") or []:
            yield from self._log(log)
        for warning in status.get("warnings") or []:
            text = base64.b64decode(str(warning.get("short", ""))).decode(errors="replace")
            yield BuildEvent(kind="message", text=text)

    def _vertex(self, vertex: Mapping[str, object]) -> Iterator[BuildEvent]:
        step = self.steps.setdefault(str(vertex["digest"]), Step(str(vertex["name"])))
        if vertex.get("started") and step.started is None:
            step.started = str(vertex["started"])
            yield BuildEvent(kind="started", step=step.name)
        if vertex.get("error") and not step.error:
            step.error = str(vertex["error"])
            yield BuildEvent(kind="error", step=step.name, text=step.error)
        elif vertex.get("completed") and not step.done:
            step.done = True
            step.cached = bool(vertex.get("cached"))
            kind: Kind = "cached" if step.cached else "finished"
            seconds = _seconds(step.started, str(vertex["completed"]))
            yield BuildEvent(kind=kind, step=step.name, seconds=seconds)

    def _log(self, log: Mapping[str, object]) -> Iterator[BuildEvent]:
        step = self.steps.get(str(log["vertex"]))
        if step is None:
            return
        text = step.partial + base64.b64decode(str(log["data"])).decode(errors="replace")
        *lines, step.partial = text.split("\n")
        for line in lines:
            step.output.append(line)
            yield BuildEvent(kind="log", step=step.name, text=line)


class PlainProgress:
    """`--progress=plain`: `#7 [2/3] RUN make`, `#7 0.31 text`, then `DONE 1.2s`, `CACHED` or `ERROR: …`."""

    _LINE = re.compile(r"#(\d+) (.*)")
    _LOG = re.compile(r"\d+\.\d+ ?(.*)")
    _DONE = re.compile(r"DONE (\d+\.\d+)s")

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.messages: list[str] = []
        self._rest = ""

    def feed(self, text: str) -> Iterator[BuildEvent]:
        """The events that this text completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if match := self._LINE.fullmatch(line):
                yield from self._of_step(match[1], match[2])
            elif line.strip():
                self.messages.append(line)
                yield BuildEvent(kind="message", text=line)

    def _of_step(self, number: str, text: str) -> Iterator[BuildEvent]:
        step = self.steps.get(number)
        if step is None:
            step = self.steps[number] = Step(text)
            yield BuildEvent(kind="started", step=text)
        elif log := self._LOG.fullmatch(text):
            step.output.append(log[1])
            yield BuildEvent(kind="log", step=step.name, text=log[1])
        elif text.startswith("ERROR: "):
            step.error = text.removeprefix("ERROR: ")
            yield BuildEvent(kind="error", step=step.name, text=step.error)
        elif text == "CACHED" and not step.done:
            step.done = step.cached = True
            yield BuildEvent(kind="cached", step=step.name)
        elif (done := self._DONE.fullmatch(text)) and not step.done:
            step.done = True
            yield BuildEvent(kind="finished", step=step.name, seconds=float(done[1]))


def _seconds(started: str | None, completed: str) -> float | None:
    """Between two of Go's timestamps, whose nanoseconds Python's parser does not take."""
    if started is None:
        return None
    begin, end = (datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", at)) for at in (started, completed))
    return (end - begin).total_seconds()
