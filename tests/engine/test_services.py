"""The image among real services, which pytest-docker brings up: a registry that it is pushed to and pulled from, and
a function built on it that answers through the embedded emulator on a published port."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine.images import CATALOG, plan
from lambda_image import secrets, settings
from lambda_image.engine import Engine
from lambda_image.rootfs import ensure_root
from pytest_docker.plugin import Services

pytestmark = pytest.mark.engine

SERVICES = Path(__file__).parent / "services"
REGISTRY = "lambda-image-test/registry:1"
FUNCTION = "lambda-image-test/function:1"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
)


@pytest.fixture(scope="session")
def registry_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = ensure_root(plan("standard"), engine, catalog=CATALOG)
    context = tmp_path_factory.mktemp("registry")
    text = (SERVICES / "registry.Dockerfile").read_text().replace("ARG ROOT\n", "").replace("${ROOT}", root.reference)
    (context / "Dockerfile").write_text(text)
    shutil.copy(SERVICES / "registry.yaml", context)
    found = secrets.find(settings.Settings(), CATALOG.distros["debian-13"])
    with found.files() as files:
        wanted = {name: path for name, path in files.items() if name in {"ca", "apt-conf", "apt-sources"}}
        engine.build(context, tags=[REGISTRY], secrets=wanted, build_args=found.arguments)
    return REGISTRY


@pytest.fixture(scope="session")
def function_image(engine: Engine, python_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Built as users do."""
    context = tmp_path_factory.mktemp("function")
    shutil.copy(SERVICES / "function" / "app.py", context)
    (context / "Dockerfile").write_text(f'FROM {python_image}\nCOPY app.py ./\nCMD ["app.handler"]\n')
    engine.build(context, tags=[FUNCTION])
    return FUNCTION


# What pytest-docker lets its users override.


@pytest.fixture(scope="session")
def docker_compose_file(registry_image: str, function_image: str) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMBDA_IMAGE_TEST_REGISTRY", registry_image)
        patch.setenv("LAMBDA_IMAGE_TEST_FUNCTION", function_image)
        yield str(SERVICES / "compose.yaml")


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return ["up --detach --wait --no-build"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return ["down --volumes --timeout 1"]


def responds(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def registry(docker_services: Services, docker_ip: str) -> str:
    port = docker_services.port_for("registry", 5000)
    docker_services.wait_until_responsive(lambda: responds(f"http://{docker_ip}:{port}/v2/"), 60, 0.1)
    return f"{docker_ip}:{port}"


@pytest.fixture
def pushed(engine: Engine, python_image: str, registry: str) -> Iterator[str]:
    reference = f"{registry}/base/python:3.13"
    engine.tag(python_image, reference)
    engine.push(reference)
    yield reference
    engine.remove_image(reference)


def test_the_manifest_that_it_holds_names_the_tested_configuration(
    engine: Engine, python_image: str, registry: str, pushed: str
) -> None:
    url = f"http://{registry}/v2/base/python/manifests/3.13"
    request = urllib.request.Request(url, headers={"Accept": MANIFESTS})
    with urllib.request.urlopen(request) as answer:
        manifest = json.load(answer)
    assert "manifests" not in manifest, "an index, which Lambda does not take"
    assert manifest["config"]["digest"] == engine.image(python_image).config_digest


def test_what_is_pulled_back_is_the_same_image(engine: Engine, python_image: str, pushed: str) -> None:
    engine.remove_image(pushed)
    assert not engine.has_image(pushed)
    assert engine.pull(pushed).config_digest == engine.image(python_image).config_digest
    assert engine.image(pushed).size == engine.image(python_image).size


@pytest.fixture(scope="session")
def emulator(docker_services: Services, docker_ip: str) -> str:
    base = f"http://{docker_ip}:{docker_services.port_for('function', 8080)}"
    docker_services.wait_until_responsive(lambda: responds(base), 60, 0.1)
    return base + INVOCATIONS


def invoke(url: str, event: object) -> dict[str, object]:
    request = urllib.request.Request(url, data=json.dumps(event).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        value = json.load(answer)
    assert isinstance(value, dict)
    return value


def test_an_event_gets_its_result(emulator: str) -> None:
    answer = invoke(emulator, {"name": "Ada", "é": "漢字😀"})
    assert answer["event"] == {"name": "Ada", "é": "漢字😀"}
    assert answer["root"] == "/var/task"


def test_a_handler_that_raises_answers_with_its_error(emulator: str) -> None:
    answer = invoke(emulator, {"raise": "no such order"})
    assert answer["errorType"] == "ValueError"
    assert answer["errorMessage"] == "no such order"


def test_twenty_in_a_row_go_to_one_process(emulator: str) -> None:
    answers = [invoke(emulator, {"number": number}) for number in range(20)]
    assert [answer["event"] for answer in answers] == [{"number": number} for number in range(20)]
    counts = [answer["count"] for answer in answers]
    assert counts == list(range(int(str(counts[0])), int(str(counts[0])) + 20))
    assert len({answer["id"] for answer in answers}) == 20
