"""Words for what a data file has wrong: the file, the key, and the nearest key that exists."""

from __future__ import annotations

import types
import typing
from pathlib import Path

from lambda_image.nearest import nearest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]
# What pydantic puts at the end where a key itself is wrong, and not its value.
_KEY = "[key]"


def describe(path: Path, model: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """A message with a line for each problem, and a hint."""
    lines, hints = [], []
    for problem in error.errors():
        line, hint = _one(model, problem)
        lines.append(f"{path}: {line}")
        if hint and hint not in hints:
            hints.append(hint)
    return "\n".join(lines), "\n".join(hints)


def _one(model: type[BaseModel], problem: ErrorDetails) -> tuple[str, str]:
    location = problem["loc"]
    key = _dotted(location)
    kind = problem["type"]
    if kind == "extra_forbidden":
        owner = _model_at(model, location[:-1])
        valid = [name for name in owner.model_fields if name != "origin"] if owner else []
        return (
            f"unknown key {key!r}",
            f"nearest valid key: {nearest(str(location[-1]), valid)}" if valid else "",
        )
    if kind == "missing":
        return f"key {key!r} is missing", ""
    message = problem["msg"].removeprefix("Value error, ")
    given = "" if isinstance(problem["input"], dict | list) else f", not {problem['input']!r}"
    return (f"key {key!r}: {message}{given}" if key else message), ""


def _dotted(location: Location) -> str:
    """`version[0].runtime[1].distros`; positions counted from one, as people count."""
    text = ""
    for part in location:
        if part == _KEY:
            continue
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """The model that the part of a file at this place is checked against."""
    current: object = model
    for part in location:
        current = _step(current, str(part))
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _step(annotation: object, part: str) -> object:
    """What a key of a table, or a position of a list, is checked against."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(part)
        return _without_none(field.annotation) if field else None
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (tuple, dict):
        return _without_none(arguments[0] if origin is tuple else arguments[1])
    return None


def _without_none(annotation: object) -> object:
    if typing.get_origin(annotation) is typing.Annotated:
        return _without_none(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(argument for argument in typing.get_args(annotation) if argument is not type(None))
    return annotation
