"""The tree of foreseen errors: drawn as it is, each class with the architecture's exit code."""

from __future__ import annotations

import re

import pytest
from lambda_image import errors
from lambda_image.errors import LambdaImageError

CODES = {
    "ChecksFailed": 1,
    "UsageError": 2,
    "ConfigurationError": 2,
    "NothingSelected": 2,
    "ImageNotFound": 2,
    "MachineError": 3,
    "EngineError": 3,
    "DiskFull": 3,
    "SuiteBroke": 3,
    "BuildFailed": 4,
    "RegistryError": 5,
    "Interrupted": 130,
}


def classes() -> dict[str, type[LambdaImageError]]:
    found = (value for value in vars(errors).values() if isinstance(value, type))
    return {one.__name__: one for one in found if issubclass(one, LambdaImageError) and one is not LambdaImageError}


def test_each_class_has_the_exit_code_of_the_architecture() -> None:
    assert {name: one.exit_code for name, one in classes().items()} == CODES


def test_the_drawing_is_the_tree() -> None:
    """Depth and code of each line of the module's docstring are those of the class."""
    drawn: list[tuple[str, str]] = []
    path: dict[int, str] = {0: "LambdaImageError"}
    for match in re.finditer(r"^    ([│ ]*)[├└]── (\w+)(?: +(\d+))?", errors.__doc__ or "", re.MULTILINE):
        depth = len(match[1]) // 4 + 1
        path[depth] = match[2]
        drawn.append((match[2], path[depth - 1]))
        if match[3]:
            assert classes()[match[2]].exit_code == int(match[3])
    assert drawn == [(name, one.__mro__[1].__name__) for name, one in classes().items()]


@pytest.mark.parametrize("name", CODES)
def test_an_error_is_its_message_and_then_what_would_work(name: str) -> None:
    error = classes()[name]("it is wrong", hint="do this")
    assert (error.message, error.hint) == ("it is wrong", "do this")
    assert str(error) == "it is wrong\ndo this"
    assert str(classes()[name]("it is wrong")) == "it is wrong"
