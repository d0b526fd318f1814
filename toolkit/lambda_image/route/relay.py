"""The route for engines that cannot reach us (Docker Desktop, Colima, a remote one): a container in between.

The relay has one leg in the run's network, where sandboxes connect, and one published port, to which we dial
connections that wait. Each that a sandbox takes is handed to the server as if it had been accepted here.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import socket
import tarfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack, cast
from urllib.parse import urlsplit

from lambda_image.errors import EngineError
from lambda_image.route.endpoint import HOST, Endpoint, Kind, Proof
from lambda_image.route.relay_program import Tunnel, prepare, read_line

if TYPE_CHECKING:
    from lambda_image.runtime_api import Environment, Options, Server
    from lambda_image.sandbox import Sandboxes

VARIABLE = "LAMBDA_IMAGE_RELAY_IMAGE"
_PROGRAM = Path(__file__).with_name("relay_program.py")
_PORT = 7070
_SPARES = 8


class Relay:
    """One relay container of the run, and the connections that wait at it."""

    kind: Kind = "relay"

    def __init__(self, sandboxes: Sandboxes, image: str | None = None) -> None:
        self.proof: Proof | None = None
        self._sandboxes = sandboxes
        self._token = secrets.token_hex(32)
        self._environments: dict[int, tuple[Server, Environment]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._spares: set[socket.socket] = set()
        self._control: socket.socket | None = None
        self._answers: BinaryIO = io.BytesIO()
        self._threads = tuple(
            threading.Thread(target=self._offer, daemon=True, name="relay-spare") for _ in range(_SPARES)
        )
        self._image = image or os.environ.get(VARIABLE) or _local_python_image(sandboxes)
        self._container = self._start()
        try:
            self._leg, self._door = self._addresses()
            self._control = self._dial("control")
            self._answers = self._control.makefile("rb")
            for thread in self._threads:
                thread.start()
        except BaseException:
            self.close()
            raise
        sandboxes.hosts[HOST] = self._leg
        host, port = self._door
        self.description = f"a relay from {self._image} listens as {self._leg}, and is reached at {host}:{port}"

    # The container

    def _start(self) -> str:
        engine = self._sandboxes.engine
        binding = {"HostIp": _published_on(engine.address.host), "HostPort": ""}
        container = engine.containers.create(
            {
                "Image": self._image,
                "Entrypoint": ["python3", "-I", "/relay.py"],
                "Cmd": [],
                "Env": [f"RELAY_TOKEN={self._token}", f"RELAY_PORT={_PORT}"],
                "Labels": self._sandboxes.labels,
                "ExposedPorts": {f"{_PORT}/tcp": {}},
                "Healthcheck": {"Test": ["NONE"]},
                "HostConfig": {
                    "PortBindings": {f"{_PORT}/tcp": [binding]},
                    "CapDrop": ["ALL"],
                    "SecurityOpt": ["no-new-privileges"],
                },
            }
        )
        engine.containers.put_archive(container, "/", _program_tar())
        engine.networks.connect(self._sandboxes.network.id, container)
        engine.containers.start(container)
        return container

    def _addresses(self) -> tuple[str, tuple[str, int]]:
        """Its address for sandboxes, and host and port for us."""
        engine = self._sandboxes.engine
        facts = engine.containers.inspect(self._container)
        settings = cast("dict[str, dict[str, object]]", facts["NetworkSettings"])
        networks = cast("dict[str, dict[str, str]]", settings["Networks"])
        bindings = cast("list[dict[str, str]] | None", settings["Ports"].get(f"{_PORT}/tcp"))
        if not bindings:
            raise EngineError(f"the relay of image {self._image} did not stay up", hint=_hint(self._image))
        host = _reached_at(engine.address.host)
        return networks[self._sandboxes.network.name]["IPAddress"], (host, int(bindings[0]["HostPort"]))

    # Connections

    def _dial(self, purpose: str, timeout: float = 10) -> socket.socket:
        """A connection that the relay has admitted; a published port answers before its program does."""
        deadline = time.monotonic() + timeout
        while True:
            connection = self._knock(purpose)
            if connection is not None:
                return connection
            if self._closed or time.monotonic() > deadline:
                raise EngineError(
                    f"the relay at {self._door[0]}:{self._door[1]} does not answer", hint=_hint(self._image)
                )
            time.sleep(0.02)

    def _knock(self, purpose: str) -> socket.socket | None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection(self._door, timeout=5))
            prepare(connection)
            connection.sendall(f"{self._token} {purpose}\n".encode())
            if read_line(connection) == b"welcome":
                connection.settimeout(None)
                stack.pop_all()
                return connection
        return None

    def _offer(self) -> None:
        """Keeps one connection waiting: when a sandbox takes it, the next one is dialled."""
        with contextlib.suppress(EngineError):
            while self._keep(spare := self._dial("spare")):
                self._await_start(spare)

    def _keep(self, spare: socket.socket) -> bool:
        with self._lock:
            if self._closed:
                spare.close()
                return False
            self._spares.add(spare)
            return True

    def _await_start(self, spare: socket.socket) -> None:
        try:
            word, _, port = read_line(spare).partition(b" ")
        except OSError:
            word, port = b"", b""
        with self._lock:
            self._spares.discard(spare)
            target = self._environments.get(int(port)) if word == b"start" else None
        if target is None:
            spare.close()
            return
        server, environment = target
        ours, its = _loopback_pair()
        carrier = threading.Thread(target=Tunnel(ours, spare).carry, daemon=True, name="relay-tunnel")
        carrier.start()
        server.adopt(environment, its)

    # The route's face

    def open(self, server: Server, **options: Unpack[Options]) -> Endpoint:
        """An environment whose connections come through the relay, on a port of its own there."""
        environment = server.detached(**options)
        if self._control is None:
            raise EngineError("the relay is closed")
        with self._lock:
            self._control.sendall(f"open {self._leg}\n".encode())
            answer = self._answers.readline().split()
            if len(answer) != 2:
                raise EngineError("the relay has gone", hint=_hint(self._image))
            port = int(answer[1])
            self._environments[port] = (server, environment)
        return Endpoint(HOST, port, environment)

    def close(self) -> None:
        """Ends the relay; the run removes its container."""
        with self._lock:
            self._closed = True
            waiting = list(self._spares)
        for connection in waiting:
            # Wakes the thread that reads it, which closes it.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._control is not None:
            self._answers.close()
            self._control.close()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(10)
        self._sandboxes.engine.containers.remove(self._container)


def _loopback_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection: unlike a socket pair it can be reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        its, peer = listener.accept()
        while peer != ours.getsockname():  # somebody else of this machine was quicker
            its.close()
            its, peer = listener.accept()
    prepare(ours)
    prepare(its)
    return ours, its


def _published_on(host: str) -> str:
    """The narrowest address of the engine's machine at which we can reach a published port."""
    reached = _reached_at(host)
    try:
        return socket.gethostbyname(reached)
    except OSError:
        return "0.0.0.0"  # noqa: S104 - a name that only an ssh configuration knows; the token guards the door


def _reached_at(host: str) -> str:
    """Where the engine's machine is for us: loopback for a socket, else the host of its address."""
    parts = urlsplit(host)
    return (parts.hostname or "127.0.0.1") if parts.scheme in ("tcp", "ssh", "http", "https") else "127.0.0.1"


def _program_tar() -> bytes:
    buffer = io.BytesIO()
    content = _PROGRAM.read_bytes()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("relay.py")
        entry.size, entry.mode = len(content), 0o644
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _local_python_image(sandboxes: Sandboxes) -> str:
    local = sandboxes.engine.images("lambda-image.language=python")
    if not local:
        raise EngineError(
            "this engine cannot reach our network, so a relay is needed, and no image for it is there",
            hint=f"Name an image that has python3 by {VARIABLE}, or build one: `lambda-image build python`.",
        )
    return sorted(local)[0]


def _hint(image: str) -> str:
    return f"The image {image} must have python3 on its PATH; {VARIABLE} names another one."
