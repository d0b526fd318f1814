"""What every route gives: an environment of the server, and the name and port at which a sandbox finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, Unpack

if TYPE_CHECKING:
    from lambda_image.runtime_api import Environment, Options, Server

Kind = Literal["gateway", "join", "relay"]
HOST = "runtime-api.lambda.internal"


@dataclass(frozen=True)
class Endpoint:
    """`host` is a name that only sandboxes of the run know."""

    host: str
    port: int
    environment: Environment

    @property
    def api(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a probe of the route saw; not connected is no proof of the contrary."""

    connected: bool
    message: str
    advice: str = ""


class Route(Protocol):
    """How sandboxes of one run reach a server in this process; `proof` is None while nobody probed it."""

    kind: Kind
    description: str
    proof: Proof | None

    def open(self, server: Server, **options: Unpack[Options]) -> Endpoint:
        """A fresh environment of the server; the options are those of `Server.environment`."""
        ...

    def close(self) -> None:
        """Takes down what the route itself put up; environments are the server's."""
        ...
