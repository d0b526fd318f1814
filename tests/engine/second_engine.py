"""A second engine that cannot reach this process's network, as Docker Desktop or a remote one: in a namespace.

A dockerd beside another one in the same network namespace would tear down its bridge. So it gets a network
namespace, a containerd and folders of its own, and a pair of interfaces over which only its API and its
published ports are reached.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image.engine import Engine
from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE, THERE = "10.213.77.1", "10.213.77.2"
_CONTAINERD = 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'


@contextlib.contextmanager
def second_engine() -> Iterator[Engine]:
    """Needs root; takes everything down again."""
    name = f"li{os.getpid()}"
    folder = Path(tempfile.mkdtemp(prefix="lambda-image-engine-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(_unmount_below, folder)
        _namespace(name, stack)
        # The parent's DOCKER_* would lead its command line elsewhere.
        (folder / "containerd.toml").write_text(_CONTAINERD)
        socket = folder / "containerd.sock"
        containerd = ["containerd", "--config", f"{folder}/containerd.toml", "--address", str(socket)]
        containerd += ["--root", f"{folder}/containerd", "--state", f"{folder}/state"]
        _start(name, containerd, folder / "containerd.log", stack)
        _wait_until(socket.exists, folder / "containerd.log")
        # A configuration of its own, so that the machine's does not apply: this one has the classic store.
        (folder / "daemon.json").write_text("{}")
        dockerd = ["dockerd", "--config-file", f"{folder}/daemon.json", "--containerd", str(socket)]
        dockerd += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
        dockerd += ["--pidfile", f"{folder}/dockerd.pid", "--host", f"tcp://{THERE}:2375", "--tls=false"]
        _start(name, dockerd, folder / "dockerd.log", stack)
        yield stack.enter_context(_connected(folder / "dockerd.log"))


def _namespace(name: str, stack: contextlib.ExitStack) -> None:
    _ip("netns", "add", name)
    stack.callback(_ip, "netns", "delete", name)
    _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", "eth0", "netns", name)
    stack.callback(_ip, "link", "delete", f"{name}a", check=False)
    _ip("address", "add", f"{HERE}/30", "dev", f"{name}a")
    _ip("link", "set", f"{name}a", "up")
    for words in (("address", "add", f"{THERE}/30", "dev", "eth0"), ("link", "set", "eth0", "up")):
        _ip("-n", name, *words)
    _ip("-n", name, "link", "set", "lo", "up")


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=not check)


def _start(name: str, command: list[str], log: Path, stack: contextlib.ExitStack) -> None:
    # `ip netns exec` would mount a /sys of its own, without the cgroups.
    with log.open("wb") as file:
        child = subprocess.Popen(["nsenter", f"--net=/run/netns/{name}", *command], stdout=file, stderr=file)
    stack.callback(_end, child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextlib.contextmanager
def _connected(log: Path) -> Iterator[Engine]:
    engines: list[Engine] = []

    def answers() -> bool:
        with contextlib.suppress(EngineError):
            engines.append(Engine.connect(f"tcp://{THERE}:2375"))
        return bool(engines)

    _wait_until(answers, log)
    with engines[0] as engine:
        yield engine


def _wait_until(condition: object, log: Path, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise AssertionError(f"not up in time; its log ends:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


def _unmount_below(folder: Path) -> None:
    """What a killed engine left mounted would keep its folder."""
    targets = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for target in sorted((t for t in targets if t.startswith(str(folder))), reverse=True):
        subprocess.run(["umount", "--lazy", target], check=False)
