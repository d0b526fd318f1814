"""Sandboxes reach the server in each of three ways, with the same results."""

from __future__ import annotations

import json
import site
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from engine.second_engine import second_engine
from lambda_image import resources, route
from lambda_image.runtime_api import CloseSilently, Event, Fault, Server
from lambda_image.runtime_api import Route as ApiRoute
from lambda_image.sandbox import FileEntry, Sandboxes, SandboxSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

ECHO = FileEntry(b"def handler(event, context):\n    return event\n")
# Asks once and says how that ended.
ASK = """
import os, http.client
c = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=10)
try:
    c.request("GET", "/2018-06-01/runtime/invocation/next")
    print("answered", c.getresponse().status, flush=True)
except Exception as e:
    print("failed", type(e).__name__, flush=True)
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def check_conversation(sandboxes: Sandboxes, server: Server, chosen: route.Route, image: str) -> None:
    """A real runtime answers, small and large; a reset arrives as a reset, a close as a close."""
    task = sandboxes.volume({"function.py": ECHO}, "routes-test-echo-1")
    endpoint = chosen.open(server)
    environment = endpoint.environment
    api = {"AWS_LAMBDA_RUNTIME_API": endpoint.api}
    spec = SandboxSpec(image=image, task=task, command=("function.handler",), environment=api)
    with sandboxes.create(spec) as sandbox:
        sandbox.start()
        for text in ("small", "x" * 5_000_000):
            result = environment.invoke(Event(payload=json.dumps(text).encode())).result(20)
            assert result, sandbox.log.text
            assert json.loads(result.body) == text
    assert ask(sandboxes, image, chosen.open(server), server, reset=True) == "failed ConnectionResetError"
    assert ask(sandboxes, image, chosen.open(server), server, reset=False) == "failed RemoteDisconnected"


def ask(sandboxes: Sandboxes, image: str, endpoint: route.Endpoint, server: Server, *, reset: bool) -> str:
    fault = Fault(on=ApiRoute.NEXT, act=CloseSilently(when="before-answer", reset=reset))
    endpoint.environment.inject(fault)
    spec = SandboxSpec(
        image=image,
        entrypoint=("python3", "-c", ASK),
        command=(),
        environment={"AWS_LAMBDA_RUNTIME_API": endpoint.api},
    )
    with sandboxes.create(spec) as sandbox:
        sandbox.start().wait(20)
        return sandbox.log.text.strip()


def test_gateway(sandboxes: Sandboxes, server: Server, python_image: str) -> None:
    """The engine of these tests shares our network namespace; the probe proves it with the image itself."""
    chosen = route.choose(sandboxes, server, probe_image=python_image)
    assert chosen.kind == "gateway"
    assert chosen.proof
    assert chosen.proof.connected, chosen.proof
    check_conversation(sandboxes, server, chosen, python_image)


def test_a_silent_image_leaves_the_route_unproven(sandboxes: Sandboxes, server: Server, silent_image: str) -> None:
    chosen = route.choose(sandboxes, server, probe_image=silent_image)
    assert chosen.kind == "gateway"
    assert chosen.proof
    assert not chosen.proof.connected
    assert "firewall" in chosen.proof.advice
    assert "status 3" in chosen.proof.message
    assert "no work for me" in chosen.proof.message


@pytest.fixture
def silent_image(engine: Engine, python_image: str, tmp_path: Path) -> Iterator[str]:
    name = "lambda-image-test/silent:1"
    command = json.dumps(["sh", "-c", "echo no work for me; exit 3"])
    (tmp_path / "Dockerfile").write_text(f"FROM {python_image}\nENTRYPOINT {command}\n")
    engine.build(tmp_path, tags=[name])
    yield name
    engine.remove_image(name, force=True)


def test_relay_on_an_engine_that_is_near(sandboxes: Sandboxes, server: Server, python_image: str) -> None:
    """As on Docker Desktop: one leg in the internal network, one port published on loopback."""
    chosen = route.choose(sandboxes, server, kind="relay", relay_image=python_image)
    try:
        assert "127.0.0.1" in chosen.description
        check_conversation(sandboxes, server, chosen, python_image)
    finally:
        chosen.close()


def test_relay_admits_only_its_own_run(sandboxes: Sandboxes, server: Server, python_image: str) -> None:
    chosen = route.choose(sandboxes, server, kind="relay", relay_image=python_image)
    try:
        host, port = chosen.description.rpartition(" ")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=10) as stranger:
            stranger.sendall(b"0" * 64 + b" spare\n")
            assert stranger.recv(100) == b""
    finally:
        chosen.close()


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_relay_to_an_engine_in_another_network(engine: Engine, server: Server, python_image: str) -> None:
    """Chosen by itself there; and the image is the same one in that engine's other kind of store."""
    with second_engine() as far:
        assert far.store == "classic"
        far.load(engine.save(python_image))
        assert far.image(python_image).config_digest == engine.image(python_image).config_digest
        assert far.image(python_image).size == engine.image(python_image).size
        with Sandboxes(far) as sandboxes:
            chosen = route.choose(sandboxes, server, relay_image=python_image)
            try:
                assert chosen.kind == "relay"
                check_conversation(sandboxes, server, chosen, python_image)
            finally:
                chosen.close()


JOINED = """
import json, sys
from lambda_image import route
from lambda_image.engine import Engine
from lambda_image.runtime_api import Event, Server
from lambda_image.sandbox import Sandboxes, SandboxSpec
image = sys.argv[1]
with Engine.connect() as engine, Server() as server, Sandboxes(engine) as sandboxes:
    chosen = route.choose(sandboxes, server, probe_image=image)
    print(chosen.kind, chosen.proof.connected, flush=True)
    chosen.close()
"""


def test_join_from_a_container_of_the_engine(
    engine: Engine, sandboxes: Sandboxes, server: Server, python_image: str
) -> None:
    """This project runs in a container that has the engine's socket, as a CI job often does."""
    packages, toolkit = site.getsitepackages()[0], str(resources._PACKAGE.parent)
    container = engine.containers.create(
        {
            "Image": python_image,
            "User": "0:0",
            "Entrypoint": ["python3", "-c", JOINED, python_image],
            "Cmd": [],
            "Env": ["PYTHONPATH=/toolkit:/packages", "LAMBDA_IMAGE_CACHE=/tmp/cache"],
            "Labels": sandboxes.labels,
            "HostConfig": {
                "Binds": [
                    f"{packages}:/packages:ro",
                    f"{toolkit}:/toolkit:ro",
                    f"{engine.address.host.removeprefix('unix://')}:/var/run/docker.sock",
                ]
            },
        }
    )
    frames = engine.containers.attach(container)
    engine.containers.start(container)
    said = b"".join(data for _, data in frames).decode()
    assert engine.containers.wait(container, 10) == 0, said
    assert said.strip() == "join True"
