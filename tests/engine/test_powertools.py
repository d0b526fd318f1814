"""Powertools for AWS Lambda, in Python and TypeScript, on the standard images: their guides' examples. And Sentry's
integration for Python, which patches AWS's client from within the function."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine.images import build_function
from lambda_image import route as routes
from lambda_image.engine import Engine
from lambda_image.runtime_api import Event, Server
from lambda_image.sandbox import Sandboxes, SandboxSpec

pytestmark = [pytest.mark.engine, pytest.mark.long]

FOLDER = Path(__file__).with_name("powertools")
# Installed by a lock, from wherever this machine gets packages.
INSTALL = {
    "python": "PIP_CONFIG_FILE=/run/pip.conf pip install --quiet --require-hashes -r requirements.txt --target .",
    "nodejs": "NODE_EXTRA_CA_CERTS=/run/build-ca.pem NPM_CONFIG_USERCONFIG=/run/npmrc npm ci --silent",
}
DOCKERFILE = """\
FROM {image}
COPY . ./
RUN --mount=type=secret,id=ca,target=/run/build-ca.pem,mode=0444 \\
    --mount=type=secret,id=pip-conf,target=/run/pip.conf,mode=0444 \\
    --mount=type=secret,id=npm-conf,target=/run/npmrc,mode=0444 \\
    {install}
CMD ["app.handler"]
"""


@pytest.fixture(scope="module", params=["python", "nodejs"])
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def function(
    language: str, engine: Engine, built: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The function's image."""
    folder = tmp_path_factory.mktemp("powertools") / language
    shutil.copytree(FOLDER / language, folder)
    image = built(language, variant="standard", client="builtin")
    (folder / "Dockerfile").write_text(DOCKERFILE.format(image=image, install=INSTALL[language]))
    (folder / ".dockerignore").write_text("Dockerfile\n")
    tag = build_function(engine, folder, f"lambda-image-test/powertools:{language}")
    yield tag
    engine.remove_image(tag)


ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "shop",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_LOG_GROUP_NAME": "group",
    "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_REGION": "eu-central-1",
}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
HTTP = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/items/tea",
    "rawQueryString": "",
    "headers": {"accept": "application/json"},
    "requestContext": {
        "accountId": "1",
        "apiId": "a",
        "domainName": "d",
        "domainPrefix": "d",
        "requestId": "r",
        "routeKey": "$default",
        "stage": "$default",
        "time": "12/Mar/2026:19:03:58 +0000",
        "timeEpoch": 1583348638390,
        "http": {
            "method": "GET",
            "path": "/items/tea",
            "protocol": "HTTP/1.1",
            "sourceIp": "10.0.0.1",
            "userAgent": "test",
        },
    },
    "isBase64Encoded": False,
}


def queued(name: str) -> dict[str, object]:
    return {"messageId": name, "receiptHandle": "r", "body": name, "attributes": {}, "messageAttributes": {}}


def test_logs_metrics_traces_routes_batches_and_models_work(function: str, sandboxes: Sandboxes, language: str) -> None:
    """The same four events to each; the log's records carry the request id."""
    events = [{"item": "tea", "count": 2}, HTTP, {"Records": [queued("good"), queued("bad")]}]
    if language == "python":
        events.append({"item": "tea", "count": "many"})
    with Server() as server:
        route = routes.choose(sandboxes)
        endpoint = route.open(server)
        environment = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"{endpoint.host}:{endpoint.port}"}
        with sandboxes.create(SandboxSpec(image=function, environment=environment)) as sandbox:
            sandbox.start()
            sent = [Event(payload=json.dumps(event).encode(), trace_id=TRACE) for event in events]
            answers = []
            for event in sent:
                result = endpoint.environment.invoke(event).result(30)
                assert result is not None, sandbox.log.text
                answers.append(result.json())
            sandbox.kill()  # then all of its log is here
            log = sandbox.log.text
            route.close()
    sold, item, batch, *others = answers
    assert sold == {"item": "tea", "count": 2}, log
    assert isinstance(item, dict)
    assert item["statusCode"] == 200
    assert json.loads(item["body"])["item"] == "tea"
    assert batch == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    for other in others:
        assert isinstance(other, dict)
        assert other["errorType"] == "ValidationError"
    records = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    (record,) = [one for one in records if one.get("message") == "sold" and "_aws" not in one][:1]
    assert record["service"] == "shop"
    assert record["function_request_id"] == sent[0].request_id
    assert record["xray_trace_id"] == TRACE[5:40]
    assert any(one.get("Sold") in (1, [1.0]) and "_aws" in one for one in records), log
    assert any("ColdStart" in one for one in records), log


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_sentry_s_integration_sees_each_call_and_its_error(function: str, sandboxes: Sandboxes) -> None:
    """And has sent what it has before the result is posted: the environment may be frozen then."""
    with Server() as server:
        route = routes.choose(sandboxes)
        endpoint = route.open(server)
        environment = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"{endpoint.host}:{endpoint.port}"}
        spec = SandboxSpec(image=function, command=("watched.handler",), environment=environment)
        with sandboxes.create(spec) as sandbox:
            sandbox.start()
            failed = endpoint.environment.invoke(Event(payload=b'"gone"')).result(30)
            assert failed is not None, sandbox.log.text
            assert json.loads(failed.body)["errorType"] == "KeyError"
            sent = endpoint.environment.invoke(Event(payload=b'"sent"')).result(30)
            assert sent is not None, sandbox.log.text
            assert sent.json() == ["event", "transaction", "transaction"]  # its own, too, before it is posted
        route.close()
