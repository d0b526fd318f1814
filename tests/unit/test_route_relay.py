"""The relay's program as a process of its own: bytes, half closes and resets come through, strangers do not."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lambda_image.route import relay_program
from lambda_image.route.relay import _loopback_pair, _published_on, _reached_at
from lambda_image.route.relay_program import Tunnel, read_line

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "t" * 64


class Program:
    """A running relay, and a host that has dialled one spare."""

    def __init__(self, port: int) -> None:
        self.port = port

    def dial(self, greeting: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(greeting.encode() + b"\n")
        return connection

    def admitted(self, purpose: str) -> socket.socket:
        connection = self.dial(f"{TOKEN} {purpose}")
        assert read_line(connection) == b"welcome"
        return connection


@pytest.fixture
def program() -> Iterator[Program]:
    child = subprocess.Popen(
        [sys.executable, "-I", str(Path(relay_program.__file__))],
        env={"RELAY_TOKEN": TOKEN, "RELAY_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout
        yield Program(int(child.stdout.readline().rpartition(" ")[2]))
        child.kill()


@pytest.fixture
def ends(program: Program) -> Iterator[tuple[socket.socket, socket.socket]]:
    """What a sandbox holds, and what the server gets, with the relay between."""
    with contextlib.ExitStack() as stack:
        control = stack.enter_context(program.admitted("control"))
        control.sendall(b"open 127.0.0.1\n")
        port = int(read_line(control).split()[1])
        spare = program.admitted("spare")
        sandbox = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        assert read_line(spare) == b"start %d" % port
        spare.settimeout(None)
        ours, server = _loopback_pair()
        server.settimeout(10)
        stack.enter_context(server)
        carrier = threading.Thread(target=Tunnel(ours, spare).carry)
        carrier.start()
        yield sandbox, server
        sandbox.close()
        server.close()
        carrier.join(10)
        assert not carrier.is_alive()


@pytest.mark.parametrize("greeting", ["x" * 64 + " spare", "", TOKEN, f"{TOKEN} nonsense", "x" * 10_000])
def test_only_who_knows_the_token_and_a_purpose_gets_in(program: Program, greeting: str) -> None:
    # A reset says that it hung up before it had read all of it.
    with program.dial(greeting) as stranger, contextlib.suppress(ConnectionResetError):
        assert stranger.recv(100) == b""


def test_bytes_go_both_ways(ends: tuple[socket.socket, socket.socket]) -> None:
    sandbox, server = ends
    data = bytes(range(256)) * 40_000
    for source, target in ((sandbox, server), (server, sandbox)):
        sender = threading.Thread(target=source.sendall, args=(data,))
        sender.start()
        assert relay_program.read_exactly(target, len(data)) == data
        sender.join()


def test_a_half_close_leaves_the_other_way_open(ends: tuple[socket.socket, socket.socket]) -> None:
    sandbox, server = ends
    sandbox.sendall(b"request")
    sandbox.shutdown(socket.SHUT_WR)
    assert server.recv(100) == b"request"
    assert server.recv(100) == b""
    server.sendall(b"answer")
    assert sandbox.recv(100) == b"answer"


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


@pytest.mark.parametrize("who", [0, 1])
def test_a_reset_comes_out_as_a_reset(ends: tuple[socket.socket, socket.socket], who: int) -> None:
    reset(ends[who])
    with pytest.raises(ConnectionResetError):
        ends[1 - who].recv(100)


@pytest.mark.parametrize("who", [0, 1])
def test_a_close_comes_out_as_a_close(ends: tuple[socket.socket, socket.socket], who: int) -> None:
    ends[who].close()
    assert ends[1 - who].recv(100) == b""


def test_a_reader_that_stops_is_felt_by_the_writer(ends: tuple[socket.socket, socket.socket]) -> None:
    """No more than a few megabytes lie between them."""
    sandbox, _ = ends
    sandbox.settimeout(1)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 64 << 20:
            sent += sandbox.send(b"x" * 65_536)
    assert sent < 16 << 20


@pytest.mark.parametrize(
    ("engine", "reached", "published"),
    [
        ("unix:///var/run/docker.sock", "127.0.0.1", "127.0.0.1"),
        ("npipe:////./pipe/docker_engine", "127.0.0.1", "127.0.0.1"),
        ("tcp://10.1.2.3:2375", "10.1.2.3", "10.1.2.3"),
        ("ssh://user@10.1.2.3", "10.1.2.3", "10.1.2.3"),
    ],
)
def test_the_door_is_no_wider_than_it_must_be(engine: str, reached: str, published: str) -> None:
    assert _reached_at(engine) == reached
    assert _published_on(engine) == published
