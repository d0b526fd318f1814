"""Who made a container, network or volume, as a label; and the sweep of what dead programs left behind.

A killed program cannot clean up. The owner's label has host, boot, process number and start time, so that the
next run can tell a dead owner from a living one and from one that is somewhere else.
"""

from __future__ import annotations

import functools
import os
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambda_image.engine.core import Engine

LABEL = "lambda-image.owner"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@functools.cache
def _host() -> str:
    """This machine since its start, and this space of process numbers on it."""
    boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        space = ""
    return "/".join((socket.gethostname(), boot, space))


def _started(pid: int) -> str | None:
    """When the process was started, in whatever unit the system gives; None if there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[19]
        except OSError:
            return None
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "-".join(done.stdout.split()) or None


def owner() -> str:
    """The label's value for this process."""
    return f"{_host()} {os.getpid()} {_started(os.getpid())}"


def is_dead(label: str) -> bool:
    """Whether its owner ran here and does so no more. An owner elsewhere is never called dead."""
    host, _, process = label.partition(" ")
    pid, _, started = process.partition(" ")
    if not pid.isdigit():
        return False
    hostname, boot, _ = (*host.split("/"), "", "")[:3]
    here, boot_here, _ = _host().split("/")
    if hostname == here and boot != boot_here:
        return True
    return host == _host() and _started(int(pid)) != started


def sweep(engine: Engine) -> int:
    """Removes what dead owners left; says how many things that were."""
    removed = 0
    for kind in (engine.containers, engine.networks, engine.volumes):
        for name, labels in kind.labelled(LABEL).items():
            if is_dead(labels[LABEL]):
                kind.remove(name)
                removed += 1
    return removed
