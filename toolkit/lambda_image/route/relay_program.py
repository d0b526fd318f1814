"""Runs in the relay's container: pairs connections of sandboxes with connections that our host dialled.

The host cannot be reached from the engine's network, so it dials in and waits. Every such connection says the
run's token first, then what it is for:

    control        lines `open` -> `port N`, `close N` -> `closed N`: listeners on the sandboxes' network
    spare          waits until a sandbox connects, is told `start N\\n` (the listener's port), then carries
                   that connection's bytes both ways, half closes and resets included

Standard library only, and nothing of the project: it is copied into a container alone.
"""

import contextlib
import hmac
import os
import queue
import socket
import struct
import sys
import threading

TOKEN = os.environ["RELAY_TOKEN"].encode()
CONTROL_PORT = int(os.environ["RELAY_PORT"])
LONGEST_GREETING = 200
# Small, so that a client that is not read from notices it as it would without a relay between.
BUFFER = 64 * 1024

spares: "queue.Queue[socket.socket]" = queue.Queue()


def read_line(connection: socket.socket) -> bytes:
    """One line, byte by byte: what follows it belongs to somebody else."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte or len(line) > LONGEST_GREETING:
            return b""
        line += byte
    return line[:-1]


def reset(connection: socket.socket) -> None:
    """Closes with a reset instead of a close."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def pump(source: socket.socket, target: socket.socket) -> bool:
    """Carries bytes until the source closes its half; False if either was reset."""
    try:
        while data := source.recv(BUFFER):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return False
    return True


def join(one: socket.socket, other: socket.socket) -> None:
    """Both ways until both have closed; a reset on one side becomes a reset on the other."""
    broken = threading.Event()

    def way(source: socket.socket, target: socket.socket) -> None:
        if not pump(source, target):
            broken.set()
            for connection in (one, other):
                with contextlib.suppress(OSError):
                    # Wakes the other direction's recv; the reset itself follows below.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.shutdown(socket.SHUT_RD)

    back = threading.Thread(target=way, args=(other, one), daemon=True)
    back.start()
    way(one, other)
    back.join()
    for connection in (one, other):
        reset(connection) if broken.is_set() else connection.close()


def pair(sandbox: socket.socket, port: int) -> None:
    """Gives a sandbox's connection the next spare that still lives."""
    sandbox.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        spare = spares.get()
        try:
            spare.sendall(b"start %d\n" % port)
        except OSError:
            spare.close()
            continue
        join(sandbox, spare)
        return


def listen(address: str) -> socket.socket:
    """A listener for sandboxes."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    listener.bind((address, 0))
    listener.listen(1024)
    port = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                sandbox, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=pair, args=(sandbox, port), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


def shut(listener: socket.socket) -> None:
    """Closing alone does not wake a thread in accept."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def control(connection: socket.socket) -> None:
    """Obeys one host until it goes; the run is over then, and so is this program."""
    listeners: dict[int, socket.socket] = {}
    while line := read_line(connection):
        word, _, argument = line.decode().partition(" ")
        if word == "open":
            listener = listen(argument)
            port = listener.getsockname()[1]
            listeners[port] = listener
            connection.sendall(b"port %d\n" % port)
        elif word == "close":
            shut(listeners.pop(int(argument)))
            connection.sendall(b"closed %s\n" % argument.encode())
    os._exit(0)


def admit(connection: socket.socket) -> None:
    """Only who knows the run's token gets in."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(10)
    try:
        token, _, purpose = read_line(connection).partition(b" ")
    except OSError:
        token = b""
    if not hmac.compare_digest(token, TOKEN):
        connection.close()
        return
    connection.settimeout(None)
    connection.sendall(b"welcome\n")
    if purpose == b"control":
        control(connection)
    elif purpose == b"spare":
        spares.put(connection)
    else:
        connection.close()


def main() -> None:
    """Serves hosts for ever."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("", CONTROL_PORT))
    door.listen(1024)
    sys.stdout.write("relay: ready\n")
    sys.stdout.flush()
    while True:
        connection, _ = door.accept()
        threading.Thread(target=admit, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
