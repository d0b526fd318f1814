"""Runs in the relay's container: pairs connections of sandboxes with connections that our host dialled.

The host cannot be reached from the engine's network, so it dials in and waits. Every such connection says the
run's token first, then what it is for:

    control        lines `open ADDRESS` -> `port N`, `close N` -> `closed N`: listeners for sandboxes
    spare          waits until a sandbox connects, is told `start N\\n` (the listener's port), and then is
                   the tunnel of that connection

A tunnel carries frames, a kind and a length before the bytes: what stands between us (the engine's proxy of
published ports, a virtual machine's) passes data on, but turns a reset into a plain end. The host's side of
a tunnel is the same function, imported. Standard library only, and nothing of the project: the file is copied
into a container alone.
"""

import contextlib
import hmac
import os
import queue
import socket
import struct
import sys
import threading
from functools import partial

LONGEST_GREETING = 200
# Small, so that who is not read from notices it as it would without a relay between.
BUFFER = 64 * 1024
DATA, END, RESET = b"D", b"E", b"R"
FRAME = struct.Struct("!cI")


def read_line(connection: socket.socket) -> bytes:
    """One line, byte by byte: what follows it belongs to somebody else."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte or len(line) > LONGEST_GREETING:
            return b""
        line += byte
    return line[:-1]


def read_exactly(connection: socket.socket, count: int) -> bytes:
    """That many bytes; OSError if the other side goes before."""
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionAbortedError("the tunnel ended in a frame")
        data += piece
    return bytes(data)


def prepare(connection: socket.socket) -> None:
    """No delay and little between the two ends."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)


class Tunnel:
    """Carries one plain connection through one tunnel, both ways, half closes and resets included."""

    def __init__(self, plain: socket.socket, tunnel: socket.socket) -> None:
        self.plain, self.tunnel = plain, tunnel
        self.broken = threading.Event()

    def carry(self) -> None:
        """Returns when both ways have ended; both connections are closed then."""
        back = threading.Thread(target=self.inward, daemon=True)
        back.start()
        self.outward()
        back.join()
        if self.broken.is_set():
            with contextlib.suppress(OSError):
                self.plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.plain.close()
        self.tunnel.close()

    def outward(self) -> None:
        """From the plain connection into the tunnel."""
        try:
            while data := self.plain.recv(BUFFER):
                self.tunnel.sendall(FRAME.pack(DATA, len(data)) + data)
            if not self.broken.is_set():
                self.tunnel.sendall(FRAME.pack(END, 0))
        except OSError:
            self.breaks()

    def inward(self) -> None:
        """From the tunnel to the plain connection."""
        try:
            while True:
                kind, length = FRAME.unpack(read_exactly(self.tunnel, FRAME.size))
                if kind == DATA:
                    self.plain.sendall(read_exactly(self.tunnel, length))
                elif kind == END:
                    self.plain.shutdown(socket.SHUT_WR)
                    return
                else:
                    self.breaks()
                    return
        except OSError:
            self.breaks()

    def breaks(self) -> None:
        """Tells the other end, and wakes the other way out of its recv; the plain side is reset at the end."""
        if self.broken.is_set():
            return
        self.broken.set()
        with contextlib.suppress(OSError):
            self.plain.shutdown(socket.SHUT_RD)
        with contextlib.suppress(OSError):
            self.tunnel.sendall(FRAME.pack(RESET, 0))
        with contextlib.suppress(OSError):
            self.tunnel.shutdown(socket.SHUT_RDWR)


class Relay:
    """The program in the container."""

    def __init__(self, token: bytes) -> None:
        self.token = token
        self.spares: queue.Queue[socket.socket] = queue.Queue()

    def pair(self, port: int, sandbox: socket.socket) -> None:
        """Gives a sandbox's connection the next spare that still lives."""
        prepare(sandbox)
        while True:
            spare = self.spares.get()
            try:
                spare.sendall(b"start %d\n" % port)
            except OSError:
                spare.close()
                continue
            Tunnel(sandbox, spare).carry()
            return

    def listen(self, address: str) -> socket.socket:
        """A listener for sandboxes."""
        listener = socket.socket()
        listener.bind((address, 0))
        listener.listen(1024)
        serve(listener, partial(self.pair, listener.getsockname()[1]))
        return listener

    def control(self, connection: socket.socket) -> None:
        """Obeys one host until it goes; the run is over then, and so is this program."""
        listeners: dict[int, socket.socket] = {}
        while line := read_line(connection):
            word, _, argument = line.decode().partition(" ")
            if word == "open":
                listener = self.listen(argument)
                port = listener.getsockname()[1]
                listeners[port] = listener
                connection.sendall(b"port %d\n" % port)
            elif word == "close":
                shut(listeners.pop(int(argument)))
                connection.sendall(b"closed %s\n" % argument.encode())
        os._exit(0)

    def admit(self, connection: socket.socket) -> None:
        """Only who knows the run's token gets in."""
        prepare(connection)
        connection.settimeout(10)
        try:
            token, _, purpose = read_line(connection).partition(b" ")
        except OSError:
            token, purpose = b"", b""
        if not hmac.compare_digest(token, self.token) or purpose not in (b"control", b"spare"):
            connection.close()
            return
        connection.settimeout(None)
        connection.sendall(b"welcome\n")
        if purpose == b"control":
            self.control(connection)
        else:
            self.spares.put(connection)


def serve(listener: socket.socket, take: "partial[None]") -> None:
    """A thread that accepts, and one for each connection."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=take, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def shut(listener: socket.socket) -> None:
    """Closing alone does not wake a thread in accept."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def main() -> None:
    """Serves hosts until the one that controls it goes."""
    relay = Relay(os.environ["RELAY_TOKEN"].encode())
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("", int(os.environ["RELAY_PORT"])))
    door.listen(1024)
    serve(door, partial(relay.admit))
    sys.stdout.write(f"relay: ready at {door.getsockname()[1]}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
