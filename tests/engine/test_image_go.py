"""The Go images as users meet them: a function built in the one and run in the others, with AWS's events too."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images import build_function, run
from lambda_image import route as routes
from lambda_image.engine import Engine
from lambda_image.runtime_api import Event, Server
from lambda_image.sandbox import FileEntry, Sandboxes, SandboxSpec

pytestmark = [pytest.mark.engine, pytest.mark.long]

FUNCTION = """\
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"lambda-image.internal/go/lambda"
	"lambda-image.internal/go/lambdacontext"
)

func handle(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	lc, _ := lambdacontext.FromContext(ctx)
	return events.APIGatewayV2HTTPResponse{
		StatusCode: 201, Body: event.RequestContext.HTTP.Method + " " + event.RawPath + " " + lc.AwsRequestID,
	}, nil
}

func main() { lambda.Start(handle) }
"""
# As in the guide: the first stage has the toolchain and the client, the second one nothing but the program.
DOCKERFILE = """\
FROM {build} AS build
WORKDIR /src
COPY main.go ./
RUN --mount=type=secret,id=ca,target=/run/build-ca.pem,mode=0444 \\
    --mount=type=secret,id=go-env,target=/run/go-env,mode=0444 \\
    export GOENV=/run/go-env SSL_CERT_FILE=/run/build-ca.pem \\
 && go mod init function && go mod tidy && go build -o bootstrap .
FROM {final}
COPY --from=build /src/bootstrap {place}
CMD ["function"]
"""


@pytest.fixture(scope="module")
def images(built: Callable[..., str]) -> dict[str, str]:
    return {variant: built("go", variant=variant, client="builtin") for variant in ("build", "standard", "slim")}


def function_image(engine: Engine, images: dict[str, str], final: str, place: str, folder: Path) -> str:
    (folder / "main.go").write_text(FUNCTION)
    (folder / "Dockerfile").write_text(DOCKERFILE.format(build=images["build"], final=images[final], place=place))
    tag = f"lambda-image-test/go-function-{final}:{place.rsplit('/', 2)[1]}"
    return build_function(engine, folder, tag)


@pytest.fixture
def invoke(engine: Engine) -> Iterator[Callable[[SandboxSpec, dict[str, object]], object]]:
    """Starts a container and hands it one event."""
    with Server() as server, Sandboxes(engine) as sandboxes:
        route = routes.choose(sandboxes)

        def once(spec: SandboxSpec, event: dict[str, object]) -> object:
            endpoint = route.open(server)
            environment = {**spec.environment, "AWS_LAMBDA_RUNTIME_API": f"{endpoint.host}:{endpoint.port}"}
            with sandboxes.create(replace(spec, environment=environment)) as sandbox:
                sandbox.start()
                result = endpoint.environment.invoke(Event(payload=json.dumps(event).encode())).result(20)
                assert result is not None, sandbox.log.text
                return result.json()

        yield once
        route.close()


EVENT: dict[str, object] = {"version": "2.0", "rawPath": "/a", "requestContext": {"http": {"method": "GET"}}}


@pytest.mark.parametrize("final", ["standard", "slim"])
@pytest.mark.parametrize("place", ["/var/task/bootstrap", "/var/runtime/bootstrap"])
def test_function_of_the_guide_answers(
    final: str,
    place: str,
    engine: Engine,
    images: dict[str, str],
    tmp_path: Path,
    invoke: Callable[[SandboxSpec, dict[str, object]], object],
) -> None:
    """Built with AWS's own events package; both places that AWS's documentation names for the program."""
    image = function_image(engine, images, final, place, tmp_path)
    answer = invoke(SandboxSpec(image=image, environment={}), EVENT)
    assert isinstance(answer, dict)
    assert answer["statusCode"] == 201
    assert str(answer["body"]).startswith("GET /a ")


def test_slim_is_small(engine: Engine, images: dict[str, str]) -> None:
    assert engine.image(images["slim"]).size <= 20_000_000


def test_slim_has_the_files_of_its_packages(engine: Engine, images: dict[str, str]) -> None:
    """The C library for programs with C in them, time zones, services; though nothing of them is trimmed."""
    with engine.image_files(images["slim"]) as files:
        for path in ("/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/share/zoneinfo/Europe/Berlin", "/etc/services"):
            assert files.stat(path) is not None, path


def test_standard_and_slim_have_no_toolchain(engine: Engine, images: dict[str, str]) -> None:
    for variant in ("standard", "slim"):
        with engine.image_files(images[variant]) as files:
            assert files.stat("/usr/local/go") is None
            assert files.stat("/usr/bin/gcc") is None


def test_build_image_offers_the_client_without_a_network(images: dict[str, str]) -> None:
    script = "mkdir /src && cd /src && go mod init x && go get lambda-image.internal/go@latest && go list -m all"
    ended = run(images["build"], "-c", script, options=("--entrypoint=/bin/sh", "--network=none"))
    assert ended.status == 0, ended.err
    assert "lambda-image.internal/go v" in ended.out


def test_no_program_is_told_with_the_places(images: dict[str, str]) -> None:
    for variant in ("standard", "slim"):
        ended = run(images[variant], "x", options=("--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9",))
        assert ended.status == 1
        assert "/var/task/bootstrap, then /opt/bootstrap" in ended.err


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("",)])
def test_entrypoint_wants_one_handler(images: dict[str, str], arguments: tuple[str, ...]) -> None:
    for variant in ("standard", "slim"):
        ended = run(images[variant], *arguments)
        assert ended.status == 142
        assert "CMD" in ended.err


def test_wrapper_becomes_the_program_s_parent_command(
    images: dict[str, str],
    engine: Engine,
    invoke: Callable[[SandboxSpec, dict[str, object]], object],
    tmp_path: Path,
) -> None:
    """AWS_LAMBDA_EXEC_WRAPPER, which AWS's provided images do not have."""
    image = function_image(engine, images, "standard", "/var/task/bootstrap", tmp_path)
    with Sandboxes(engine) as sandboxes:
        wrapper = FileEntry(b'#!/bin/sh\nexport WRAPPED="$*"\nexec "$@"\n', 0o755)
        opt = sandboxes.volume({"wrapper": wrapper}, "go-test-wrapper-1")
        spec = SandboxSpec(image=image, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}, opt=opt)
        answer = invoke(spec, EVENT)
    assert isinstance(answer, dict)
    assert answer["statusCode"] == 201


def test_emulator_serves_the_function(engine: Engine, images: dict[str, str], tmp_path: Path) -> None:
    image = function_image(engine, images, "standard", "/var/task/bootstrap", tmp_path)
    command = ["docker", "run", "--rm", "--detach", "--publish=127.0.0.1::8080", image]
    container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        listed = ["docker", "port", container, "8080"]
        address = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()[0]
        request = urllib.request.Request(
            f"http://{address}/2015-03-31/functions/function/invocations", data=json.dumps(EVENT).encode()
        )
        assert json.loads(_answer(request))["statusCode"] == 201
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True, check=False)


def _answer(request: urllib.request.Request) -> bytes:
    """The emulator's, once it listens: the port is open from the container's start on."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                content: bytes = reply.read()
                return content
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.2)
    raise TimeoutError("the emulator does not answer")
