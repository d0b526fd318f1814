"""An engine, and the project's own images, built where they are not there; without an engine these tests fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lambda_image import catalog as catalogs
from lambda_image import settings
from lambda_image.build import build
from lambda_image.engine import Engine
from lambda_image.plan import Selection, plans
from lambda_image.progress import make
from lambda_image.sandbox import Sandboxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine.connect() as connected:
        yield connected


@pytest.fixture(scope="session")
def built(engine: Engine) -> Callable[..., str]:
    """Builds an image of the catalog, or finds it unchanged: `built("python", variant="slim")` is its reference."""

    def reference(language: str, **selection: str) -> str:
        catalog = catalogs.load()
        words = {f"{name}s": (value,) for name, value in selection.items()}
        (plan,) = plans(catalog, Selection(languages=(language,), **words))
        return build(plan, engine, settings.load(), make(), catalog=catalog).reference

    return reference


@pytest.fixture(scope="session")
def python_image(built: Callable[..., str]) -> str:
    """The standard Python image with AWS's client: a shell and python3 on its PATH, an emulator."""
    return built("python", variant="standard", client="official")


@pytest.fixture
def sandboxes(engine: Engine) -> Iterator[Sandboxes]:
    with Sandboxes(engine) as run:
        yield run
