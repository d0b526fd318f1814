"""Which engine is meant: DOCKER_HOST, else the docker program's context, as that program decides it.

The SDK reads DOCKER_HOST only, so on Docker Desktop, Colima or a rootless engine it would look at a socket
that nobody listens on. Nothing here connects.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_HOST = "unix:///var/run/docker.sock"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the engine listens, and who said so."""

    host: str
    said_by: str
    context: str | None = None
    certificates: Path | None = None
    verify: bool = True

    def __str__(self) -> str:
        return f"{self.host} ({self.said_by})"

    @property
    def program_options(self) -> tuple[str, ...]:
        """What makes the `docker` program talk to this same engine."""
        if self.context:
            return ("--context", self.context)
        if not self.certificates:
            return ("--host", self.host)
        files = {name: str(self.certificates / f"{name}.pem") for name in ("ca", "cert", "key")}
        verify = "--tlsverify" if self.verify else "--tls"
        return (
            *("--host", self.host, verify),
            *("--tlscacert", files["ca"], "--tlscert", files["cert"], "--tlskey", files["key"]),
        )


def find(environment: Mapping[str, str] = os.environ) -> Address:
    """The engine that the `docker` program would use: DOCKER_HOST, DOCKER_CONTEXT, the configured context."""
    if host := environment.get("DOCKER_HOST"):
        return _from_host(host, environment)
    folder = Path(environment.get("DOCKER_CONFIG") or "~/.docker").expanduser()
    if name := environment.get("DOCKER_CONTEXT"):
        return _from_context(name, folder, f"DOCKER_CONTEXT={name}")
    name = _configured_context(folder)
    if name:
        return _from_context(name, folder, f"docker context '{name}'")
    return Address(host=DEFAULT_HOST, said_by="the default; neither DOCKER_HOST nor a docker context is set")


def _from_host(host: str, environment: Mapping[str, str]) -> Address:
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    named = environment.get("DOCKER_CERT_PATH")
    wants_tls = verify or bool(environment.get("DOCKER_TLS"))
    folder = Path(named or environment.get("DOCKER_CONFIG") or "~/.docker").expanduser() if wants_tls else None
    return Address(host=host, said_by="DOCKER_HOST", certificates=folder, verify=verify)


def _configured_context(folder: Path) -> str:
    file = folder / "config.json"
    try:
        name = json.loads(file.read_text()).get("currentContext", "")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, AttributeError) as error:
        raise EngineError(f"{file} cannot be read: {error}", hint="Repair it, or set DOCKER_HOST.") from error
    return "" if name == "default" else str(name)


def _from_context(name: str, folder: Path, said_by: str) -> Address:
    if name == "default":
        return Address(host=DEFAULT_HOST, said_by=said_by)
    key = hashlib.sha256(name.encode()).hexdigest()
    file = folder / "contexts" / "meta" / key / "meta.json"
    try:
        endpoint = json.loads(file.read_text())["Endpoints"]["docker"]
        host, verify = str(endpoint["Host"]), not endpoint.get("SkipTLSVerify", False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"{said_by} names a context that cannot be read from {file}: {error!r}",
            hint="See the contexts there are with `docker context ls`, or `docker context use default`.",
        ) from error
    certificates = folder / "contexts" / "tls" / key / "docker"
    return Address(
        host=host,
        said_by=said_by,
        context=name,
        certificates=certificates if certificates.is_dir() else None,
        verify=verify,
    )
