"""What a sandbox is to be, and how that is said to the engine: Lambda's limits as a container's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TASK, OPT, TMP = "/var/task", "/opt", "/tmp"  # noqa: S108 - a path in the sandbox


@dataclass(frozen=True, kw_only=True)
class SandboxSpec:
    """One container under Lambda's limits. `task`, `opt` and `tmp` name volumes; the user has no passwd entry."""

    image: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    task: str | None = None
    opt: str | None = None
    tmp: str | None = None
    user: str = "993:990"
    memory_mb: int = 512
    descriptors: int = 1024
    processes: int = 1024
    read_only: bool = True
    network: bool = True
    # Another sandbox, by the engine's name for it, whose network is used instead of the run's.
    network_of: str | None = None
    platform: str = ""
    working_dir: str | None = None


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a sandbox gets from its run: names of things that exist."""

    labels: Mapping[str, str]
    tmp_volume: str
    network: str
    hosts: Mapping[str, str]
    # Paths that the image declares as VOLUME, each with the name of a volume that shall stand there.
    image_volumes: Mapping[str, str] = field(default_factory=dict)


def container_config(spec: SandboxSpec, around: Surroundings) -> dict[str, object]:
    """The engine's words for it."""
    config: dict[str, object] = {
        "Image": spec.image,
        "User": spec.user,
        "Env": [f"{name}={value}" for name, value in spec.environment.items()],
        "Labels": dict(around.labels),
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        # Lambda heeds ENTRYPOINT, CMD, WORKDIR and ENV of an image and nothing else.
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGKILL",
        "HostConfig": _host_config(spec, around),
    }
    if spec.command is not None:
        config["Cmd"] = list(spec.command)
    if spec.entrypoint is not None:
        config["Entrypoint"] = list(spec.entrypoint)
    if spec.working_dir is not None:
        config["WorkingDir"] = spec.working_dir
    return config


def _host_config(spec: SandboxSpec, around: Surroundings) -> dict[str, object]:
    memory = spec.memory_mb << 20
    named = spec.network and not spec.network_of  # whose network is shared has the names, too
    return {
        "NetworkMode": f"container:{spec.network_of}" if spec.network_of else around.network,
        "ExtraHosts": [f"{name}:{address}" for name, address in around.hosts.items()] if named else [],
        "Memory": memory,
        "MemorySwap": memory,  # memory and swap together: no swap
        "PidsLimit": spec.processes,
        "Ulimits": [{"Name": "nofile", "Soft": spec.descriptors, "Hard": spec.descriptors}],
        "ReadonlyRootfs": spec.read_only,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        # Lambda has no /dev/shm; the engine's would be a second place to write.
        "IpcMode": "none",
        # The output is read by attaching; a log file beside it would only cost time.
        "LogConfig": {"Type": "none"},
        "Mounts": _mounts(spec, around),
    }


def _mounts(spec: SandboxSpec, around: Surroundings) -> list[dict[str, object]]:
    mounts = [_mount(around.tmp_volume, TMP, read_only=False)]
    mounts += [_mount(spec.task, TASK, read_only=True)] if spec.task else []
    mounts += [_mount(spec.opt, OPT, read_only=True)] if spec.opt else []
    taken = {TMP, TASK, OPT}
    # A VOLUME of the image would become a writable place, which Lambda does not make of it: a read-only
    # volume with the image's own content goes there, which the engine makes along the way.
    for path, name in around.image_volumes.items():
        if path.rstrip("/") not in taken and spec.read_only:
            options = {"Labels": dict(around.labels)}
            mounts.append(
                {"Type": "volume", "Source": name, "Target": path, "ReadOnly": True, "VolumeOptions": options}
            )
    return mounts


def _mount(volume: str, target: str, *, read_only: bool) -> dict[str, object]:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": target,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True},
    }
