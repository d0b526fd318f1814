"""What a case works with: containers of the image under judgement, shared or fresh, and the image itself.

A `Laboratory` belongs to one image and outlives its cases; a `Lab` is one case's view of it, which remembers
what was used, so that a failure can show log and requests.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from weakref import WeakSet

from lambda_image.conformance import compiling, machine
from lambda_image.conformance.finding import NotJudged, Transcript, Violation
from lambda_image.conformance.running import Running
from lambda_image.conformance.starting import starting
from lambda_image.sandbox import FileEntry, SandboxSpec, volumes

if TYPE_CHECKING:
    from lambda_image.conformance.contract import Handlers
    from lambda_image.engine import Engine, Image
    from lambda_image.route import Route
    from lambda_image.runtime_api import Environment, Server
    from lambda_image.sandbox import Sandboxes

FUNCTION_NAME = "conformance"
FUNCTION_VERSION = "$LATEST"
# Lambda sets them, too, where the image does not say otherwise.
FOLDERS = {"LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}
LOG_GROUP = "/aws/lambda/conformance"
LOG_STREAM = "2026/12/01/[$LATEST]0123456789abcdef0123456789abcdef"


# How long a port of a container has to open and to answer.
ASK_SECONDS = 30.0

# Where the suite's own program lies in /opt.
LAUNCHER = "conformance/launch"

# Not of the contract: the image is started with its own CMD, for what any handler shows.
OWN = "that its CMD names"


class Depth(StrEnum):
    """How long holds last: shortened to a few seconds, as the requirement says, or longer still."""

    QUICK = "quick"
    FULL = "full"
    LONG = "long"


@dataclass(frozen=True, kw_only=True)
class Start:
    """How a container is started. `environment` is added to what Lambda sets; a value of None removes."""

    handler: str = "echo"
    environment: Mapping[str, str | None] = field(default_factory=dict)
    user: str = "993:990"
    memory_mb: int = 512
    descriptors: int = 1024
    processes: int = 1024
    opt: Mapping[str, tuple[bytes, int]] | None = None
    task: Mapping[str, tuple[bytes, int]] | None = None
    entrypoint: tuple[str, ...] | None = None
    arguments: tuple[str, ...] | None = None
    bare_environment: bool = False
    read_only: bool = True
    # The volume of another container's /tmp, instead of an empty one.
    tmp: str | None = None
    snapstart: bool = False
    concurrency: int = 1
    enforce_timeout: bool = False
    # A descriptor for log frames, named in _LAMBDA_TELEMETRY_LOG_FD: a copy of the container's standard error.
    telemetry: int | None = None
    prepare: Callable[[Environment], None] | None = None


def lambda_environment(memory_mb: int) -> dict[str, str]:
    """What Lambda sets for every container function (G-ENV); the address of the API comes on top."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION_NAME,
        "AWS_LAMBDA_FUNCTION_VERSION": FUNCTION_VERSION,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": LOG_GROUP,
        "AWS_LAMBDA_LOG_STREAM_NAME": LOG_STREAM,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "example",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "TZ": ":UTC",
    }


class Laboratory:
    """Everything of one image that cases share. Thread-safe."""

    def __init__(
        self,
        *,
        image: Image,
        handlers: Handlers,
        engine: Engine,
        server: Server,
        sandboxes: Sandboxes,
        route: Route,
        depth: Depth,
    ) -> None:
        self.image = image
        self.handlers = handlers
        self.engine = engine
        self.server = server
        self.sandboxes = sandboxes
        self.route = route
        self.depth = depth
        self._task = compiling.task_volume(handlers, sandboxes)
        self._shared: dict[str, Running] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._started: WeakSet[Running] = WeakSet()
        self._abandoned = threading.Event()

    @property
    def emulated(self) -> bool:
        """Whether the image's programs are not the machine's own."""
        return self.image.platform != self.engine.facts.platform

    def _extra_volume(self, files: Mapping[str, tuple[bytes, int]]) -> str:
        digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
        return self.sandboxes.volume({path: FileEntry(*entry) for path, entry in files.items()}, digest)

    def file(self, path: str) -> bytes | None:
        """A file of the handlers, or of what they are compiled to; None where there is none."""
        if not self.handlers.builder or self._task is None:
            return (self.handlers.files or {}).get(path)
        try:
            return volumes.read(self.engine, self._task, path)
        except FileNotFoundError:
            return None

    def start(self, how: Start) -> Running:
        """Starts a container; it has not asked for anything yet."""
        if self._abandoned.is_set():
            raise NotJudged("the run was stopped")
        endpoint = self.route.open(
            self.server,
            snapstart=how.snapstart,
            concurrency=how.concurrency,
            enforce_timeout=how.enforce_timeout,
        )
        try:
            if how.prepare is not None:
                how.prepare(endpoint.environment)
            spec = self._spec(how, f"{endpoint.host}:{endpoint.port}")
            own = self.image.config
            with starting(spec.entrypoint or own.entrypoint or (), spec.command or own.cmd or ()):
                sandbox = self.sandboxes.create(spec)
                try:
                    sandbox.start()
                except BaseException:
                    sandbox.remove()
                    raise
        except BaseException:
            endpoint.environment.close()
            raise
        handler = how.handler if how.handler == OWN else self.handlers.handler(how.handler)
        running = Running(sandbox, endpoint, handler=handler, emulated=self.emulated)
        with self._lock:
            self._started.add(running)
        if self._abandoned.is_set():  # while it was being started
            running.close()
            raise NotJudged("the run was stopped")
        return running

    def _spec(self, how: Start, address: str) -> SandboxSpec:
        handler = None if how.handler == OWN else self.handlers.handler(how.handler)
        environment: dict[str, str] = {} if how.bare_environment else lambda_environment(how.memory_mb)
        own = {variable.partition("=")[0] for variable in self.image.config.environment}
        environment |= {name: path for name, path in FOLDERS.items() if name not in own}
        environment["AWS_LAMBDA_RUNTIME_API"] = address
        if handler is not None:
            environment["_HANDLER"] = handler
        if how.telemetry is not None:
            environment["_LAMBDA_TELEMETRY_LOG_FD"] = str(how.telemetry)
        for name, value in how.environment.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        arguments = how.arguments
        if arguments is None and handler is not None and (how.entrypoint or self.image.config.entrypoint):
            # A container function gets its handler as CMD. An image without an entrypoint is one whose CMD is
            # the program itself; that one is left alone and finds the handler in _HANDLER.
            arguments = (handler,)
        opt, entrypoint = how.opt, how.entrypoint
        if how.telemetry is not None:
            # The engine gives a container no descriptors but the first three. A program of our own, which needs
            # nothing of the image, makes one more and becomes what would have been started.
            program = machine.launch(self.image.architecture, descriptor=how.telemetry)
            opt = {**(opt or {}), LAUNCHER: (program, 0o755)}
            entrypoint = (f"/opt/{LAUNCHER}", *(entrypoint or self.image.config.entrypoint or self.image.config.cmd))
        return SandboxSpec(
            image=self.image.reference,
            command=arguments,
            entrypoint=entrypoint,
            environment=environment,
            task=self._extra_volume(how.task) if how.task is not None else self._task,
            opt=self._extra_volume(opt) if opt is not None else None,
            user=how.user,
            memory_mb=how.memory_mb,
            descriptors=how.descriptors,
            processes=how.processes,
            read_only=how.read_only,
            tmp=how.tmp,
        )

    def ask(self, running: Running, port: int, requests: Sequence[str]) -> bytes:
        """See `Lab.ask`."""
        program = FileEntry(machine.fetch(self.image.architecture, port), 0o755)
        volume = self.sandboxes.volume({"fetch": program}, hashlib.sha256(program.content).hexdigest())
        containers = self.engine.containers
        identity = containers.create(
            {
                "Image": self.image.reference,
                "Entrypoint": ["/opt/fetch"],
                "Cmd": list(requests),
                "User": "993:990",
                "Labels": dict(self.sandboxes.labels),
                "AttachStdout": True,
                "AttachStderr": True,
                "HostConfig": {
                    "NetworkMode": f"container:{running.box.id}",
                    "ReadonlyRootfs": True,
                    "LogConfig": {"Type": "none"},
                    "Mounts": [{"Type": "volume", "Source": volume, "Target": "/opt", "ReadOnly": True}],
                },
            }
        )
        # What accepts and never answers must not hold the run.
        end = threading.Timer(ASK_SECONDS, containers.kill, [identity])
        try:
            frames = containers.attach(identity)
            containers.start(identity)
            end.start()
            return b"".join(data for _, data in frames)
        finally:
            end.cancel()
            containers.remove(identity)

    @contextmanager
    def lease(self, how: Start) -> Iterator[Running]:
        """The shared container of a way to start, alone: one case at a time. A container that a case
        left dead, or not waiting for work, is replaced, so that no case suffers from another."""
        key = repr(how)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            running = self._shared.pop(key, None)
            if running is not None and not self._reusable(running):
                running.close()
                running = None
            if running is None:
                running = self.start(how)
            try:
                yield running
            except BaseException:
                running.close()
                raise
            self._shared[key] = running

    @staticmethod
    def _reusable(running: Running) -> bool:
        return running.box.exit_status is None and running.api.wait_waiting(1, timeout=2.0)

    def pause(self, seconds: float) -> None:
        """Waits, but no longer than the run lasts."""
        if self._abandoned.wait(seconds):
            raise NotJudged("the run was stopped")

    def abandon(self) -> None:
        """Ends all containers, under the hands of the cases that use them, and starts no more: whatever a case
        waits for, it does not wait longer than its container lives."""
        self._abandoned.set()
        with self._lock:
            started = tuple(self._started)
        for running in started:
            running.close()

    def close(self) -> None:
        """Ends the shared containers."""
        for running in self._shared.values():
            running.close()
        self._shared.clear()


class Lab:
    """One case's view of the laboratory."""

    def __init__(self, laboratory: Laboratory) -> None:
        self._laboratory = laboratory
        self._used: list[tuple[Running, int]] = []
        self.shortened = ""

    @property
    def image(self) -> Image:
        """The image under judgement, as the engine describes it."""
        return self._laboratory.image

    @property
    def engine(self) -> Engine:
        """The engine that holds the image."""
        return self._laboratory.engine

    @property
    def handlers(self) -> Handlers:
        """The handler contract in the image's language."""
        return self._laboratory.handlers

    def file(self, path: str) -> bytes | None:
        """A file of the handlers, or of what they are compiled to; None where there is none."""
        return self._laboratory.file(path)

    @property
    def depth(self) -> Depth:
        """How long holds last."""
        return self._laboratory.depth

    def ask(self, running: Running, port: int, requests: Sequence[str]) -> bytes:
        """Sends texts to a port of the container, each over its own connection; what comes back, one after another.

        No route leads from here into every engine's networks, so a second container shares the first one's.
        """
        return self._laboratory.ask(running, port, requests)

    def pause(self, seconds: float) -> None:
        """Lets that time pass, in which nothing is to happen; where the run is stopped, the case ends."""
        self._laboratory.pause(seconds)

    def hold(self, seconds: float, *, quick: float = 5.0, long: float | None = None) -> float:
        """How long to hold at this depth; a shortened hold is noted in the report."""
        if self.depth is Depth.QUICK and quick < seconds:
            self.shortened = f"held {quick:g} s instead of {seconds:g}"
            return quick
        return long if self.depth is Depth.LONG and long is not None else seconds

    @contextmanager
    def shared(self, handler: str = "echo", **how: object) -> Iterator[Running]:
        """A container that other cases use too, ready for an event; one for each way to start it."""
        self._require(handler)
        with self._laboratory.lease(Start(handler=handler, **how)) as running:  # type: ignore[arg-type]
            self._used.append((running, running.last_number - 1))
            try:
                running.wait_ready()
                yield running
            except Violation:
                # The container was handed back closed: what it said is read before that.
                self._collected = self._collect()
                raise

    @contextmanager
    def fresh(self, handler: str = "echo", *, ready: bool = True, **how: object) -> Iterator[Running]:
        """A container of this case alone, waiting for work unless `ready` is off."""
        if handler != OWN:
            self._require(handler)
        running = self._laboratory.start(Start(handler=handler, **how))  # type: ignore[arg-type]
        self._used.append((running, 0))
        try:
            if ready:
                running.wait_ready()
            yield running
        except Violation:
            self._collected = self._collect()
            raise
        finally:
            running.close()

    def _require(self, handler: str) -> None:
        if reason := self.handlers.lacking([handler]):
            raise NotJudged(reason)

    _collected: Transcript | None = None

    def transcript(self) -> Transcript:
        """Log and requests of the containers the case used."""
        return self._collected or self._collect()

    def _collect(self) -> Transcript:
        transcript = Transcript()
        for running, after in self._used:
            transcript.log.extend(running.box.log.tail(20).splitlines())
            transcript.wire.extend(running.wire(after=max(after, 0))[-12:])
        return transcript
