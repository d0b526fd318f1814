"""The two routes without a helper: the server listens on an address that the run's network leads to.

*gateway*: the engine shares our network namespace, so the bridge's own address is ours.
*join*: we run in a container of the engine, which gets a leg in the run's network.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast

from lambda_image.errors import EngineError
from lambda_image.route.endpoint import HOST, Endpoint, Kind, Proof

if TYPE_CHECKING:
    from lambda_image.runtime_api import Options, Server
    from lambda_image.sandbox import Sandboxes

_MOUNTS = Path("/proc/self/mountinfo")
_INTERFACES = Path("/sys/class/net")


class Gateway:
    """The server is bound to the gateway of the run's network."""

    kind: Kind = "gateway"

    def __init__(self, sandboxes: Sandboxes) -> None:
        self.proof: Proof | None = None
        self._address = sandboxes.network.gateway
        self.description = f"the Runtime API listens on the bridge's own address {self._address}"
        sandboxes.hosts[HOST] = self._address

    @staticmethod
    def serves(sandboxes: Sandboxes) -> bool:
        """Whether the bridge of the run's network is an interface of ours, and its address one we can bind.

        The address alone proves nothing: two engines hand out the same ones.
        """
        network = sandboxes.network
        bridge = _INTERFACES / f"br-{network.id[:12]}"
        if _INTERFACES.exists() and not bridge.exists():
            return False
        return _can_bind(network.gateway)

    def open(self, server: Server, **options: Unpack[Options]) -> Endpoint:
        """Listens on a port of its own."""
        return _listen(server, self._address, options)

    def close(self) -> None:
        """Nothing of its own is up."""


class Join:
    """The container that we run in gets a leg in the run's network."""

    kind: Kind = "join"

    def __init__(self, sandboxes: Sandboxes, container: str) -> None:
        self.proof: Proof | None = None
        self._networks, self._network = sandboxes.engine.networks, sandboxes.network.id
        self._container = container
        self._networks.connect(self._network, container)
        try:
            self._address = _address_in(sandboxes, container)
        except BaseException:
            self.close()
            raise
        self.description = f"our own container {container[:12]} listens as {self._address}"
        sandboxes.hosts[HOST] = self._address

    @staticmethod
    def container_of(sandboxes: Sandboxes) -> str | None:
        """The engine's container that this process runs in, if it is in one of this engine."""
        own = own_container()
        if own is None:
            return None
        try:
            sandboxes.engine.containers.inspect(own)
        except EngineError:
            return None
        return own

    def open(self, server: Server, **options: Unpack[Options]) -> Endpoint:
        """Listens on a port of its own."""
        return _listen(server, self._address, options)

    def close(self) -> None:
        """Leaves the network, so that it can be removed."""
        self._networks.disconnect(self._network, self._container)


def own_container(mounts: Path = _MOUNTS) -> str | None:
    """The id of the container we run in: the engine mounts /etc/hostname from a folder of that name."""
    if not mounts.exists():
        return None
    for line in mounts.read_text().splitlines():
        _, _, _, root, target, *_ = line.split()
        found = re.search(r"containers/([0-9a-f]{64})/hostname$", root)
        if target == "/etc/hostname" and found:
            return found[1]
    return None


def _address_in(sandboxes: Sandboxes, container: str) -> str:
    settings = cast("dict[str, dict[str, dict[str, str]]]", sandboxes.engine.containers.inspect(container))
    return settings["NetworkSettings"]["Networks"][sandboxes.network.name]["IPAddress"]  # type: ignore[index]


def _can_bind(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def _listen(server: Server, address: str, options: Options) -> Endpoint:
    environment = server.environment(address, 0, **options)
    return Endpoint(HOST, environment.address[1], environment)
