"""The engine's HTTP API through the SDK's transports; a bad answer becomes one of our errors.

The SDK brings Unix sockets, TLS and ssh; the requests themselves are written here, because its helpers
hide headers that are needed (the archive's stat) and know no platforms.
"""

from __future__ import annotations

import json as json_module
import re
import socket
from typing import TYPE_CHECKING, cast

from lambda_image.errors import DiskFull, EngineError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests
    from docker import APIClient
    from lambda_image.engine.address import Address

START_ENGINE = "Start it, or bring one up with `make engine`."
_DISK_FULL = re.compile(r"no space left on device|ENOSPC|disk quota exceeded", re.IGNORECASE)


class RefusedError(EngineError):
    """The engine answered with an error; `status` is the HTTP status."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


def is_disk_full(text: str) -> bool:
    """Whether a message of the engine or a builder says that a disk is full."""
    return bool(_DISK_FULL.search(text))


def disk_full(text: str) -> DiskFull:
    """The error for it."""
    return DiskFull(
        f"no space left where the engine works: {text.strip()}",
        hint="Free some: `docker system df` shows what takes it, `docker builder prune` empties the cache.",
    )


def engine_error(asked: str, said: str) -> MachineError:
    """What the engine said to a request, as an error of ours."""
    return disk_full(said) if is_disk_full(said) else EngineError(f"{asked}: {said.strip()}")


class Api:
    """One connection pool to one engine. Safe to use from several threads."""

    def __init__(self, client: APIClient, address: Address) -> None:
        self.client = client
        self.address = address
        self._base = f"{client.base_url}/v{client.api_version}"
        # No netrc and no proxy of the environment stands between us and a local socket.
        client.trust_env = not address.host.startswith("unix:")

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | list[str]] | None = None,
        body: object = None,
        data: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        timeout: float | None = 60,
    ) -> requests.Response:
        """One request; raises RefusedError, DiskFull or EngineError."""
        import requests

        sent = dict(headers or {})
        if body is not None:
            data = json_module.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        elif data is not None:
            sent.setdefault("Content-Type", "application/x-tar")
        try:
            response = self.client.request(
                method,
                self._base + path,
                params=cast("dict[str, str]", params),
                data=data,
                headers=sent,
                stream=stream,
                timeout=(10, timeout),
            )
        except requests.exceptions.Timeout as error:
            raise EngineError(f"the engine at {self.address.host} did not answer {method} {path} in time") from error
        except requests.exceptions.RequestException as error:
            raise EngineError(f"the engine at {self.address} does not answer: {error}", hint=START_ENGINE) from error
        if response.status_code >= 400:
            raise _refusal(response, f"{method} {path}")
        return response

    def get(self, path: str, **params: str | int | list[str]) -> dict[str, object]:
        """A JSON object."""
        return cast("dict[str, object]", self.call("GET", path, params=params).json())

    def get_list(self, path: str, **params: str | int | list[str]) -> list[dict[str, object]]:
        """A JSON list of objects."""
        return cast("list[dict[str, object]]", self.call("GET", path, params=params).json())

    def post(self, path: str, body: object = None, **params: str | int | list[str]) -> dict[str, object]:
        """A JSON object, or an empty one where the engine answers with nothing."""
        response = self.call("POST", path, params=params, body=body)
        return cast("dict[str, object]", response.json()) if response.content.startswith(b"{") else {}

    def progress(self, method: str, path: str, **options: object) -> Iterator[dict[str, object]]:
        """A stream of JSON messages (pull, push, load); one that tells an error is raised."""
        response = self.call(method, path, stream=True, timeout=None, **options)  # type: ignore[arg-type]
        with response:
            for line in response.iter_lines():
                if not line.startswith(b"{"):
                    continue
                message = cast("dict[str, object]", json_module.loads(line))
                if said := message.get("error"):
                    raise engine_error(f"{method} {path}", str(said))
                yield message

    def close(self) -> None:
        """Closes the pool."""
        self.client.close()


def _refusal(response: requests.Response, asked: str) -> MachineError:
    with response:
        text = response.text
    try:
        said = str(json_module.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        said = text or response.reason
    if is_disk_full(said):
        return disk_full(said)
    return RefusedError(
        f"the engine refused {asked}: {said.strip()} (status {response.status_code})",
        status=response.status_code,
    )


def connect(address: Address) -> Api:
    """An API that has answered once, or an EngineError that says what was tried and what would work."""
    import docker
    from docker.errors import DockerException
    from docker.tls import TLSConfig

    _knock(address)
    tls: TLSConfig | bool = False
    if address.certificates:
        pems = {name: str(address.certificates / f"{name}.pem") for name in ("ca", "cert", "key")}
        tls = TLSConfig(client_cert=(pems["cert"], pems["key"]), ca_cert=pems["ca"], verify=address.verify)
    try:
        client = docker.APIClient(
            base_url=address.host,
            tls=tls,
            version="auto",
            timeout=10,
            max_pool_size=64,
            use_ssh_client=address.host.startswith("ssh:"),
        )
    except (DockerException, OSError, ValueError) as error:
        raise EngineError(
            f"no container engine answers at {address}: {_root_cause(error)}", hint=_advice(address, error)
        ) from error
    return Api(client, address)


def _knock(address: Address) -> None:
    """Opens and closes a Unix socket: its own error is plainer than what the SDK makes of it."""
    if not address.host.startswith("unix:"):
        return
    path = "/" + address.host.removeprefix("unix:").lstrip("/")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError as error:
            raise EngineError(
                f"no container engine answers at {address}: {error.strerror or error}",
                hint=_advice(address, error),
            ) from error


def _root_cause(error: BaseException) -> str:
    """The innermost reason: the SDK's message nests three classes around what the system said."""
    text = str(error)
    said = re.search(r"\[Errno -?\d+\] ([^'\"()<>]+)", text)
    if said:
        return said[1].strip()
    found = re.findall(r"\w*Error\([^()]*\)", text)
    return str(found[-1]) if found else text


def _advice(address: Address, error: BaseException) -> str:
    if "Permission" in str(error):
        return "Your user may not open that socket: add it to the group `docker`, or run as root."
    if address.context:
        return f"Start the engine of that context, or `docker context use default`. {START_ENGINE}"
    if address.said_by == "DOCKER_HOST":
        return "Start it, or unset DOCKER_HOST and bring one up on this machine with `make engine`."
    return START_ENGINE
