"""Users' Maven projects by the guide's own Dockerfile: compiled and tested in the build image, run in the others."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images import CATALOG
from lambda_image import secrets, settings
from lambda_image.build import build
from lambda_image.engine import Engine
from lambda_image.plan import Selection, plans
from lambda_image.runtime_api import Event, Server
from lambda_image.user_fixtures import function_sandboxes

pytestmark = [pytest.mark.engine, pytest.mark.long]

PROJECT = Path(__file__).with_name("maven")
POWERTOOLS = Path(__file__).with_name("maven_powertools")
GUIDE = Path(__file__).parents[2] / "docs" / "clients.md"
FINAL = ("standard", "slim")
# As the guide names them.
BUILD_IMAGE = "lambda-image/java:21-debian-13-build-builtin"
FINAL_IMAGE = "lambda-image/java:21-debian-13-slim-builtin"

ORDER = {
    "customer": "Ada",
    "items": [{"name": "tea", "count": 3, "price": 2.50}, {"name": "pot", "count": 1, "price": 9}],
}
ANSWER = {"customer": "Ada", "total": 16.5}


@pytest.fixture(scope="module")
def build_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image that trusts what this machine does, as the guide says for companies."""
    (plan,) = plans(CATALOG, Selection(languages=("java",), variants=("build",), clients=("builtin",)))
    assert BUILD_IMAGE in plan.tags
    found = secrets.find(settings.load(), CATALOG.distros["debian-13"]).contents.get("ca", b"")
    bundle = tmp_path_factory.mktemp("trusted") / "machine.pem"
    bundle.write_bytes(found)
    trusted = settings.Settings(certificates=(bundle,) if found else ()).image_certificates()
    trusting = replace(plan, tags=("lambda-image-test/maven:build",), certificates=trusted)
    yield build(trusting, engine, settings.load(), catalog=CATALOG).reference
    engine.remove_image(trusting.tags[0])


def dockerfile() -> str:
    (found,) = (
        text for text in re.findall(r"```Dockerfile\n(.*?)```", GUIDE.read_text("utf-8"), re.S) if "mvn" in text
    )
    assert isinstance(found, str)
    return found


def build_functions(
    project: Path, folder: Path, build_image: str, engine: Engine, built: Callable[..., str]
) -> Iterator[dict[str, str]]:
    """The function's image of each variant, by the guide."""
    shutil.copytree(project, folder)
    found = secrets.find(settings.load(), CATALOG.distros["debian-13"])
    tags = {}
    with found.files() as files:
        for variant in FINAL:
            text = dockerfile().replace(BUILD_IMAGE, build_image)
            assert FINAL_IMAGE in text
            text = text.replace(FINAL_IMAGE, built("java", variant=variant, client="builtin"))
            (folder / "Dockerfile").write_text(text)
            tags[variant] = f"lambda-image-test/{project.name}:{variant}"
            given = {"maven": files["maven-conf"]}
            engine.build(folder, tags=[tags[variant]], secrets=given, build_args=found.arguments)
    yield tags
    for tag in tags.values():
        engine.remove_image(tag)


@pytest.fixture(scope="module")
def functions(
    engine: Engine, built: Callable[..., str], build_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    yield from build_functions(PROJECT, tmp_path_factory.mktemp("project") / "shop", build_image, engine, built)


@pytest.fixture(scope="module")
def with_powertools(
    engine: Engine, built: Callable[..., str], build_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    yield from build_functions(POWERTOOLS, tmp_path_factory.mktemp("powertools") / "shop", build_image, engine, built)


@pytest.fixture
def invoke() -> Iterator[Callable[..., object]]:
    """What a user's own tests have as `lambda_invoke`."""
    with Server() as server, function_sandboxes(server) as start:
        yield lambda image, event, **options: start(image, **options).invoke(event)


@pytest.mark.parametrize("variant", FINAL)
def test_maven_project_of_the_guide_runs(
    variant: str, functions: dict[str, str], invoke: Callable[..., object]
) -> None:
    assert invoke(functions[variant], ORDER) == ANSWER


@pytest.mark.parametrize("variant", FINAL)
def test_what_maven_brought_is_there_for_the_function_and_nothing_of_its_tests(
    variant: str, functions: dict[str, str], engine: Engine, invoke: Callable[..., object]
) -> None:
    handler = "shop.Orders$WithJackson"
    assert invoke(functions[variant], ORDER, handler=handler) == ANSWER
    with engine.image_files(functions[variant]) as files:
        brought = {re.sub(r"-[\d.]+\.jar$", "", entry.path.rsplit("/", 1)[-1]) for entry in files.walk("/var/task/lib")}
    jackson = {"jackson-annotations", "jackson-core", "jackson-databind"}
    log4j = {"aws-lambda-java-log4j2", "log4j-api", "log4j-core"}
    assert {name for name in brought if name != "lib"} == {"aws-lambda-java-core", *jackson, *log4j}


@pytest.mark.parametrize("variant", FINAL)
def test_log4j_s_records_are_what_its_layout_makes_of_them_and_know_their_request(
    variant: str, functions: dict[str, str]
) -> None:
    """By AWS's own appender: a line a record, nothing of the client's before it, and no line of the JDK's own."""
    with Server() as server, function_sandboxes(server) as start:
        function = start(functions[variant], handler="shop.Orders$WithLog4j")
        requests = [function.invoke(ORDER) for _ in range(2)]
        function.wait_for_log("of Ada", times=2)
        assert function.log.splitlines() == [f"order {request} INFO  of Ada" for request in requests]


@pytest.mark.parametrize("variant", FINAL)
def test_powertools_knows_each_request_and_its_trace(variant: str, with_powertools: dict[str, str]) -> None:
    with Server() as server, function_sandboxes(server) as start:
        function = start(with_powertools[variant], environment={"POWERTOOLS_SERVICE_NAME": "shop"})
        roots = [f"1-5759e988-bd862e3fe1be46a99427279{number}" for number in range(2)]
        requests = []
        for root in roots:
            event = Event(payload=b'{"item": "tea"}', trace_id=f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1")
            exchange = function.api.invoke(event).result(60)
            assert exchange is not None, function.log
            requests.append(exchange.json())
        function.wait_for_log('"sold"', times=2)
        records = [json.loads(line) for line in function.log.splitlines() if '"sold"' in line]
    told = [(one["function_request_id"], one["xray_trace_id"], one["coldStart"]) for one in records]
    assert told == list(zip(requests, roots, ["true", "false"], strict=True))
    assert {(one["service"], one["item"]) for one in records} == {("shop", "tea")}
