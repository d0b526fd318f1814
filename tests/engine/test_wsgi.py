"""Flask behind the adapters that make a handler of a WSGI application, on the images for Python."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine.images import build_function
from lambda_image.engine import Engine
from lambda_image.runtime_api import Event, Server
from lambda_image.user_fixtures import function_sandboxes

pytestmark = [pytest.mark.engine, pytest.mark.long]

FOLDER = Path(__file__).with_name("wsgi")
DOCKERFILE = """\
FROM {build} AS build
COPY . ./
RUN --mount=type=secret,id=ca,target=/run/build-ca.pem,mode=0444 \\
    --mount=type=secret,id=pip-conf,target=/run/pip.conf,mode=0444 \\
    PIP_CONFIG_FILE=/run/pip.conf pip install --quiet --require-hashes -r requirements.txt --target .
FROM {final}
COPY --from=build /var/task/ ./
CMD ["app.serverless"]
"""
ADAPTERS = ("serverless", "aws", "apig")


@pytest.fixture(scope="module", params=["standard", "slim"])
def function(
    request: pytest.FixtureRequest,
    engine: Engine,
    built: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The function's image."""
    folder = tmp_path_factory.mktemp("wsgi") / "function"
    shutil.copytree(FOLDER, folder)
    build, final = (built("python", variant=variant, client="builtin") for variant in ("standard", request.param))
    (folder / "Dockerfile").write_text(DOCKERFILE.format(build=build, final=final))
    tag = build_function(engine, folder, f"lambda-image-test/wsgi:{request.param}")
    yield tag
    engine.remove_image(tag)


def asked(path: str, method: str = "GET", body: str | None = None) -> dict[str, object]:
    """As API Gateway's REST API sends it."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "api.example", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {"Host": ["api.example"], "X-Forwarded-Proto": ["https"]},
        "queryStringParameters": {"q": "ü"},
        "multiValueQueryStringParameters": {"q": ["ü"]},
        "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}},
        "body": body,
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_application_answers_through_its_adapter(function: str, adapter: str) -> None:
    """Results, bytes, the context of each event, the application's log; an error of its own is an answer."""
    with Server() as server, function_sandboxes(server) as start:
        running = start(function, handler=f"app.{adapter}")

        def answer(*request: str) -> dict[str, object]:
            found = running.invoke(asked(*request))
            assert isinstance(found, dict)
            return {**found, "statusCode": int(found["statusCode"])}

        for request_id in ("one", "two"):
            event = Event(payload=json.dumps(asked("/items/tea", "POST", "grün")).encode(), request_id=request_id)
            exchange = running.api.invoke(event).result(30)
            assert exchange is not None
            found = exchange.json()
            assert isinstance(found, dict)
            assert int(found["statusCode"]) == 201
            assert json.loads(found["body"]) == ["tea", "ü", "grün", request_id]
        picture = answer("/picture")
        assert (picture["body"], picture["isBase64Encoded"]) == ("AP8=", True)
        assert answer("/fail")["statusCode"] == 500
        running.wait_for_log("asked for tea", times=2)
        running.wait_for_log("ValueError: broken")
