"""An engine, and images that are there or are made from what is there; without an engine these tests fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lambda_image.engine import Engine
from lambda_image.sandbox import Sandboxes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine.connect() as connected:
        yield connected


@pytest.fixture(scope="session")
def python_image(engine: Engine) -> str:
    """A local image with a shell and python3 on its PATH."""
    tags = [tag for tag in engine.images("lambda-image.language=python") if tag.startswith("lambda-image/")]
    standard = [tag for tag in tags if engine.image(tag).config.labels.get("lambda-image.variant") == "standard"]
    if not standard:
        pytest.fail("these tests need a standard Python image: `lambda-image build python`")
    return sorted(standard)[0]


@pytest.fixture
def sandboxes(engine: Engine) -> Iterator[Sandboxes]:
    with Sandboxes(engine) as run:
        yield run
