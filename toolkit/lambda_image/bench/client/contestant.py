"""One image of the comparison: how it is started, and one container of it that can be measured.

A container waits at a gate (conformance.machine.gate) until its counters have been read, so that what the engine
does to start a container is in no figure. All share one network, in which the Runtime API listens (loopback).
"""

from __future__ import annotations

import json
import socket
import statistics
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from lambda_image.bench.client import loopback
from lambda_image.bench.client.counters import Counters, process_of
from lambda_image.conformance import compiling, machine
from lambda_image.conformance.lab import lambda_environment
from lambda_image.errors import MachineError
from lambda_image.route import Endpoint
from lambda_image.runtime_api import Event, Route
from lambda_image.sandbox import FileEntry, SandboxSpec, volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.conformance.contract import Handlers
    from lambda_image.engine import Image
    from lambda_image.runtime_api import Server
    from lambda_image.sandbox import Sandbox, Sandboxes

_GATE, _HOLDER = "bench/gate", "bench/holder"
_GATE_PORT = 9000  # of a network that has nothing in it but contestants
_START_SECONDS = 30.0
_SECONDS_AN_EVENT = 30.0
_MEMORY_MB = 1769  # what Lambda gives one whole processor with


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """An image, the handlers it echoes with, and the command that starts its client alone, where that is known."""

    name: str
    image: Image
    handlers: Handlers
    client: tuple[str, ...] = ()
    image_bytes: int = 0
    client_bytes: int = 0


class Field:
    """Where contestants run: the engine's sandboxes, our Runtime API, one gate and one network. A context manager."""

    def __init__(self, sandboxes: Sandboxes, server: Server, image: Image) -> None:
        self.sandboxes = sandboxes
        self.server = server
        with ExitStack() as stack:
            door = stack.enter_context(socket.create_server((sandboxes.network.gateway, 0)))
            door.settimeout(_START_SECONDS)
            self._volume = self._gate_volume(door)
            self._holder = stack.enter_context(sandboxes.create(self._holder_spec(image)))
            self._holder.start()
            stack.enter_context(_at_gate(door, self._holder))  # it waits as long as this is open
            self._process = process_of(sandboxes, self._holder)
            self._gate = stack.enter_context(loopback.listen(self._process, _GATE_PORT))
            self._gate.settimeout(_START_SECONDS)
            self._opened = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _gate_volume(self, door: socket.socket) -> str:
        """The programs at the gate and of the network's holder, for every architecture. The run's own, gone with it."""
        name = f"lambda-image-{self.sandboxes.run}-gate"
        files: dict[str, FileEntry] = {}
        for arch in machine.ARCHITECTURES:
            files[f"{_GATE}-{arch}"] = FileEntry(machine.gate(arch, loopback.ADDRESS, _GATE_PORT), 0o755)
            files[f"{_HOLDER}-{arch}"] = FileEntry(machine.gate(arch, *door.getsockname()), 0o755)
        self.sandboxes.engine.volumes.create(name, self.sandboxes.labels)
        volumes.fill(self.sandboxes.engine, {name: volumes.tar_of(files)}, self.sandboxes.labels)
        return name

    def _holder_spec(self, image: Image) -> SandboxSpec:
        holder = f"/opt/{_HOLDER}-{image.architecture}"
        return SandboxSpec(image=image.reference, entrypoint=(holder,), command=(), opt=self._volume)

    def _endpoint(self) -> Endpoint:
        """A fresh Runtime API in the contestants' network."""
        listener = loopback.listen(self._process)
        port = listener.getsockname()[1]
        return Endpoint(loopback.ADDRESS, port, self.server.environment(listener=listener))

    @contextmanager
    def started(self, contestant: Contestant, *, client: bool = False) -> Iterator[Started]:
        """A container at its first /next: by its ENTRYPOINT, or only the client's own command."""
        endpoint = self._endpoint()
        try:
            with self.sandboxes.create(self._spec(contestant, endpoint, client=client)) as sandbox:
                sandbox.start()
                yield self._through(endpoint, sandbox)
        finally:
            endpoint.environment.close()

    def _spec(self, contestant: Contestant, endpoint: Endpoint, *, client: bool) -> SandboxSpec:
        config = contestant.image.config
        handler = contestant.handlers.handler(echo_of(contestant.handlers))
        words = contestant.client if client else (*config.entrypoint, handler) if config.entrypoint else config.cmd
        environment = {
            **lambda_environment(_MEMORY_MB),
            "AWS_LAMBDA_RUNTIME_API": endpoint.api,
            "_HANDLER": handler,
        }
        return SandboxSpec(
            image=contestant.image.reference,
            entrypoint=(f"/opt/{_GATE}-{contestant.image.architecture}", *words),
            command=(),
            environment=environment,
            task=compiling.task_volume(contestant.handlers, self.sandboxes),
            opt=self._volume,
            memory_mb=_MEMORY_MB,
            network_of=self._holder.id,
        )

    def _through(self, endpoint: Endpoint, sandbox: Sandbox) -> Started:
        with _at_gate(self._gate, sandbox) as connection:
            counters = Counters(self.sandboxes, sandbox)
            cpu, began = counters.cpu(), time.monotonic()
            connection.sendall(b"!")
            first = endpoint.environment.wait_for(Route.NEXT, timeout=_START_SECONDS)
        if first is None:
            raise _silent(sandbox, f"did not ask for an event within {_START_SECONDS:g} s")
        time.sleep(0.05)  # what it still does before it sleeps is part of its start
        return Started(
            endpoint, sandbox, counters, wall=first.started - began, cpu=counters.cpu() - cpu, idle=counters.resident()
        )


class Started:
    """A container that waits for events. `wall` and `cpu` of its start in seconds, `idle` resident bytes then."""

    def __init__(
        self, endpoint: Endpoint, sandbox: Sandbox, counters: Counters, *, wall: float, cpu: float, idle: int
    ) -> None:
        self.api = endpoint.environment
        self.sandbox = sandbox
        self.counters = counters
        self.wall = wall
        self.cpu = cpu
        self.idle = idle

    def invoke(self, size: int, count: int) -> Block:
        """So many events of that size, one after another; the result of the first must be the event itself."""
        payload = event(size)
        before = self.counters.cpu()
        calls = [self.api.invoke(Event(payload=payload)) for _ in range(count)]
        last = calls[-1].result(_SECONDS_AN_EVENT * count)
        if last is None or not self.api.wait_waiting(timeout=_SECONDS_AN_EVENT):
            raise _silent(self.sandbox, f"did not answer {count} events of {size} bytes")
        cpu = self.counters.cpu() - before
        first = calls[0].result(0)
        assert first is not None
        if first.route is not Route.RESPONSE or json.loads(first.body) != json.loads(payload):
            raise MachineError(
                f"'{self.sandbox.spec.image}' does not echo an event of {size} bytes",
                hint=f"{first.route.value}: {first.body[:200]!r}",
            )
        left = [call.dispatched for call in calls if call.dispatched is not None]
        cycles = [later - earlier for earlier, later in pairwise(left)]
        return Block(cpu=cpu / count, cycles=tuple(cycles))


@dataclass(frozen=True, kw_only=True)
class Block:
    """CPU seconds an invocation, and the seconds from each event to the next GET /next."""

    cpu: float
    cycles: tuple[float, ...]

    @property
    def wall(self) -> float:
        """The median cycle."""
        return statistics.median(self.cycles)

    @property
    def per_second(self) -> float:
        """By all cycles together."""
        return len(self.cycles) / sum(self.cycles)


def _at_gate(gate: socket.socket, sandbox: Sandbox) -> socket.socket:
    try:
        connection, _ = gate.accept()
    except TimeoutError:
        raise _silent(sandbox, "did not start") from None
    return connection


def echo_of(handlers: Handlers) -> str:
    """The smallest echo there is, in a file of its own where the language has one: loading all the handlers of the
    contract would be most of a start."""
    return "echo" if handlers.lacking(["nested"]) else "nested"


def event(size: int) -> bytes:
    """A JSON object of exactly that many bytes."""
    head, tail = b'{"hello":"world","pad":"', b'"}'
    return head + b"x" * max(size - len(head) - len(tail), 0) + tail


def _silent(sandbox: Sandbox, what: str) -> MachineError:
    return MachineError(f"'{sandbox.spec.image}' {what}", hint=sandbox.log.tail(10) or "It wrote nothing to its log.")
