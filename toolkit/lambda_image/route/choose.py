"""Chooses the route once per engine, and proves it with one real connection of the image under test.

No helper image can be counted on, and the image may hold nothing but a bootstrap: so the probe starts that
image itself. That nothing came proves no firewall (the image may be what is broken): it is said, and the
suite goes on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast, get_args

from lambda_image.errors import ConfigurationError, EngineError
from lambda_image.route.endpoint import Kind, Proof, Route
from lambda_image.route.local import Gateway, Join
from lambda_image.sandbox import SandboxSpec

if TYPE_CHECKING:
    from lambda_image.runtime_api import Server
    from lambda_image.sandbox import Sandboxes

VARIABLE = "LAMBDA_IMAGE_ROUTE"


def choose(
    sandboxes: Sandboxes,
    server: Server | None = None,
    *,
    kind: Kind | None = None,
    relay_image: str | None = None,
    probe_image: str | None = None,
) -> Route:
    """The route for this run. With a server and an image it is probed; `proof` then says what was seen."""
    wanted = kind or _configured()
    route = _make(sandboxes, wanted or _fitting(sandboxes), relay_image)
    if server is None or probe_image is None:
        return route
    route.proof = probe(sandboxes, route, server, probe_image)
    return route


def _configured() -> Kind | None:
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    if value not in get_args(Kind):
        raise ConfigurationError(f"{VARIABLE} is '{value}'", hint=f"It may be {', '.join(get_args(Kind))}.")
    return cast("Kind", value)


def _fitting(sandboxes: Sandboxes) -> Kind:
    if Gateway.serves(sandboxes):
        return "gateway"
    return "join" if Join.container_of(sandboxes) else "relay"


def _make(sandboxes: Sandboxes, kind: Kind, relay_image: str | None) -> Route:
    if kind == "gateway":
        return Gateway(sandboxes)
    if kind == "join":
        own = Join.container_of(sandboxes)
        if own is None:
            raise EngineError(
                "the route 'join' is asked for, but this program runs in no container of the engine",
                hint=f"Unset {VARIABLE}.",
            )
        return Join(sandboxes, own)
    from lambda_image.route.relay import Relay

    return Relay(sandboxes, relay_image)


def probe(sandboxes: Sandboxes, route: Route, server: Server, image: str, *, timeout: float = 2.0) -> Proof:
    """Starts the image and waits for its first connection to a listener of ours."""
    endpoint = route.open(server)
    spec = SandboxSpec(image=image, command=("probe.handler",), environment={"AWS_LAMBDA_RUNTIME_API": endpoint.api})
    try:
        with sandboxes.create(spec) as sandbox:
            sandbox.start()
            environment = endpoint.environment
            if environment.wait(lambda: environment.connections or None, timeout):
                return Proof(connected=True, message=f"a sandbox connected: {route.description}")
            ended = sandbox.exit_status
            state = "it still runs" if ended is None else f"it ended with status {ended}"
            said = sandbox.log.tail(5) or "nothing"
            return Proof(
                connected=False,
                message=f"no connection from a sandbox of {image} came within {timeout:g} s over the route"
                f" {route.kind} ({route.description}); {state}, and it said: {said}",
                advice=_advice(route),
            )
    finally:
        endpoint.environment.close()


def _advice(route: Route) -> str:
    if route.kind == "gateway":
        return (
            "A firewall on this machine is a likely cause: it must let the networks of containers reach the"
            " machine itself (ufw: `ufw allow in from 172.16.0.0/12`). Else the image never asks for work."
        )
    return "See `lambda-image doctor`. Else the image never asks for work."
