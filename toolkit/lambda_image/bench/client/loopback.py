"""A loopback of its own that contestants share with the Runtime API: where Lambda has it, at 127.0.0.1.

What the kernel does for a packet is charged to whoever sends it, and over a bridge, with its virtual cables and
filters, that is more than most clients use themselves. So a container is started that only waits, the others are put
into its network, and our own sockets, too: a thread enters its namespace (setns(2)) to open them.
"""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from pathlib import Path

from lambda_image.errors import MachineError

ADDRESS = "127.0.0.1"
_CLONE_NEWNET = 0x40000000
_BACKLOG = 512
_PROC = Path("/proc")


def listen(process: int, port: int = 0) -> socket.socket:
    """A socket that listens on the loopback of a process's network; port 0 takes any free one."""
    opened: list[socket.socket] = []
    failed: list[OSError] = []

    def inside() -> None:
        try:
            _enter(_PROC / str(process) / "ns/net")
            opened.append(socket.create_server((ADDRESS, port), backlog=_BACKLOG))
        except OSError as error:
            failed.append(error)

    # Only this thread moves, and it ends there; a socket stays where it was opened.
    thread = threading.Thread(target=inside, name="lambda-image loopback")
    thread.start()
    thread.join()
    if failed:
        raise MachineError(
            f"the network of the engine's containers cannot be entered: {failed[0].strerror}",
            hint="run the benchmark as root on the engine's own machine, not in a container",
        ) from failed[0]
    return opened[0]


def _enter(namespace: Path) -> None:
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(descriptor, _CLONE_NEWNET) != 0:  # os.setns is there from Python 3.12 on
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
