"""docs/company, the example of a company's own repository, built from its folder; its registry's image of Debian is
the engine's root under that name."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from program import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

COMPANY = Path(__file__).parents[2] / "docs" / "company"
BASE = "registry.example.com/linux/debian:13"
IMAGE = "lambda-image/python:3.13-company-linux-standard-builtin"


@pytest.fixture(scope="module")
def image(engine: Engine, built: Callable[..., str]) -> Iterator[str]:
    root = engine.image(built("python", variant="standard", client="builtin"))
    origin = root.config.labels["org.opencontainers.image.base.name"]
    engine.tag(origin, BASE)
    done = run(COMPANY, "build", "python", "--distro", "company-linux", "--no-emulator")
    assert done.status == 0, done.err
    yield IMAGE
    engine.remove_image(IMAGE)
    engine.remove_image(BASE)


def inside(image: str, *command: str) -> str:
    words = ["docker", "run", "--rm", "--network", "none", "--entrypoint", command[0], image, *command[1:]]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_the_image_is_the_company_s(engine: Engine, image: str) -> None:
    """Packages, variables, labels, script, certificate, and the step of the template that extends ours."""
    config = engine.image(image).config
    assert "COMPANY_STAGE=production" in config.environment
    assert config.labels["com.example.owner"] == "platform team"
    assert config.labels["org.opencontainers.image.base.name"] == BASE
    assert inside(image, "jq", "-n", "-c", '{"is": "there"}') == '{"is":"there"}\n'
    assert inside(image, "find", "/", "-xdev", "-type", "f", "-perm", "/6000") == ""
    assert "Debian" in inside(image, "cat", "/etc/company-base")
    code = "import ssl, json; print(json.dumps([c['subject'] for c in ssl.create_default_context().get_ca_certs()]))"
    subjects = json.loads(inside(image, "python3", "-c", code))
    names = {value for subject in subjects for part in subject for key, value in part if key == "commonName"}
    assert "Example Company CA" in names
    assert len(names) > 50  # public ones are kept
