"""What the kernel counts of a container's processes: CPU time by its cgroup, memory by /proc.

The cgroup's counter is of nanoseconds (version 1) or microseconds (version 2) and holds what ended threads and
processes used, too. Both are files of the engine's machine: where that is another one there is nothing to measure.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from lambda_image.errors import MachineError

if TYPE_CHECKING:
    from lambda_image.sandbox import Sandbox, Sandboxes

_PROC = Path("/proc")
_MOUNTS = _PROC / "self/mountinfo"


def process_of(sandboxes: Sandboxes, sandbox: Sandbox) -> int:
    """The number of a running container's first process on the engine's machine."""
    state = cast("dict[str, int]", sandboxes.engine.containers.inspect(sandbox.id)["State"])
    return state["Pid"]


class Counters:
    """Of one running container."""

    def __init__(self, sandboxes: Sandboxes, sandbox: Sandbox) -> None:
        self._pid = process_of(sandboxes, sandbox)
        try:
            groups = (_PROC / str(self._pid) / "cgroup").read_text()
            folder, self._file, self._scale = _accounting(groups, _MOUNTS.read_text())
            if sandbox.id not in folder:
                raise FileNotFoundError(folder)
            self._folder = Path(folder)
            self.cpu()
        except OSError:
            raise MachineError(
                "the processes of the engine's containers cannot be seen from here",
                hint="run the benchmark as root on the engine's own machine, not in a container",
            ) from None

    def cpu(self) -> float:
        """Seconds of CPU time that all its processes have used so far."""
        words = (self._folder / self._file).read_text().split()
        return int(words[1] if self._file == "cpu.stat" else words[0]) * self._scale

    def resident(self) -> int:
        """Bytes of memory resident now, of all its processes."""
        return sum(self._status(pid, "VmRSS") for pid in self._processes())

    def peak(self) -> int:
        """The most bytes that were ever resident, added up over its processes."""
        return sum(self._status(pid, "VmHWM") for pid in self._processes())

    def _processes(self) -> list[str]:
        return (self._folder / "cgroup.procs").read_text().split()

    @staticmethod
    def _status(pid: str, field: str) -> int:
        for line in (_PROC / pid / "status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        return 0


def _accounting(groups: str, mounts: str) -> tuple[str, str, float]:
    """The folder of a process's cgroup that counts CPU time, the file there, and its unit in seconds."""
    lines = [line.split(":", 2) for line in groups.splitlines()]
    for _, controllers, path in lines:
        if "cpuacct" in controllers.split(","):
            return _mount(mounts, "cgroup", "cpuacct") + path, "cpuacct.usage", 1e-9
    path = next((path for number, _, path in lines if number == "0"), "")
    return _mount(mounts, "cgroup2", "") + path, "cpu.stat", 1e-6


def _mount(mounts: str, kind: str, controller: str) -> str:
    """Where a hierarchy is mounted (proc_pid_mountinfo(5))."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        words = after.split()
        if words[0] == kind and (not controller or controller in words[2].split(",")):
            return before.split()[4]
    raise FileNotFoundError(kind)
