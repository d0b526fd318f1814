"""Native code of layers and functions, compiled in the build images as the guides say, run in the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from lambda_image.engine import Engine
from lambda_image.runtime_api import Server
from lambda_image.user_fixtures import function_sandboxes

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).with_name("native")


@dataclass(frozen=True, kw_only=True)
class Function:
    """One Dockerfile, the variants that run what it makes, and what the function says then; by its handler."""

    language: str
    answers: dict[str, object]
    variants: tuple[str, ...] = ("standard", "slim")
    dockerfile: str = "Dockerfile"


FUNCTIONS = {
    "python": Function(language="python", answers={"app.handler": [42, 43]}),
    "nodejs": Function(language="nodejs", answers={"app.handler": [42]}),
    "ruby": Function(
        language="ruby",
        answers={"app.handler": [42, 43, "/opt/ruby"], "bundled.handler": [42, 43, "/var/task"]},
    ),
    "java": Function(language="java", answers={"field.Native::handle": [42]}),
    "dotnet": Function(language="dotnet", answers={"Native::Native::Handle": [42]}),
    "go": Function(language="go", answers={"function": [42, 43]}),
    "go-static": Function(language="go", dockerfile="static.Dockerfile", answers={"function": [42, 43]}),
}
# What compiles is there in `make test` anyway.
QUICK = (("java", "standard"), ("dotnet", "standard"), ("go", "standard"))


@pytest.fixture
def function_image(
    engine: Engine, built: Callable[..., str], tmp_path: Path
) -> Iterator[Callable[[str, Function, str], str]]:
    """Builds a function, by its name and the variant of its last stage."""
    with ExitStack() as stack:

        def make(name: str, function: Function, variant: str) -> str:
            folder = tmp_path / name
            shutil.copytree(FOLDER / function.language, folder)
            shutil.copy(FOLDER / "field.c", folder)
            text = (folder / function.dockerfile).read_text("utf-8")
            for word, language, stage in (
                ("{build}", function.language, "build"),
                ("{final}", function.language, variant),
                ("{compiler}", "go", "build"),
            ):
                if word in text:
                    text = text.replace(word, built(language, variant=stage, client="builtin"))
            (folder / "Dockerfile").write_text(text, "utf-8")
            tag = f"lambda-image-test/native:{name}-{variant}"
            engine.build(folder, tags=[tag], on_event=lambda event: None)
            stack.callback(engine.remove_image, tag)
            return tag

        yield make


CASES = [
    pytest.param(name, variant, id=f"{name}-{variant}", marks=() if (name, variant) in QUICK else (pytest.mark.long,))
    for name, function in FUNCTIONS.items()
    for variant in function.variants
]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_native_code_runs(name: str, variant: str, function_image: Callable[[str, Function, str], str]) -> None:
    function = FUNCTIONS[name]
    image = function_image(name, function, variant)
    with Server() as server, function_sandboxes(server) as start:
        found = {handler: start(image, handler=handler).invoke() for handler in function.answers}
    assert found == function.answers
