"""A case: a function that checks one or more requirements on a running image, and what it needs for that."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambda_image.conformance.lab import Lab

CaseFunction = Callable[["Lab"], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One check. `name` is stable and tells the fact that holds when it passes.

    `handlers` are the names of the handler contract that it uses; `seconds` is roughly how long it takes at
    (quick, full) depth, so that the longest start first; a `gate` runs before all others, which are skipped
    where they depend on what it found missing.
    """

    name: str
    requirements: tuple[str, ...]
    function: CaseFunction
    handlers: tuple[str, ...]
    seconds: tuple[float, float]
    gate: bool

    @property
    def id(self) -> str:
        """`REQUIREMENT/name`: how reports and selections name the case."""
        return f"{self.requirements[0]}/{self.name}"

    @property
    def sends(self) -> str:
        """What the case does, in words: its docstring."""
        return " ".join((self.function.__doc__ or "").split())


_registry: dict[str, Case] = {}


def case(
    *requirements: str,
    handlers: tuple[str, ...] = ("echo",),
    seconds: float | tuple[float, float] = 1.0,
    gate: bool = False,
) -> Callable[[CaseFunction], CaseFunction]:
    """Binds a function to the requirements it checks; its docstring says what is sent."""

    def bind(function: CaseFunction) -> CaseFunction:
        name = function.__name__
        if name in _registry:
            raise ValueError(f"two cases are called {name}")
        span = seconds if isinstance(seconds, tuple) else (seconds, seconds)
        _registry[name] = Case(
            name=name,
            requirements=requirements,
            function=function,
            handlers=handlers,
            seconds=span,
            gate=gate,
        )
        return function

    return bind


def all_cases() -> tuple[Case, ...]:
    """Every case of the suite, by requirement and name."""
    from lambda_image.conformance import cases

    for module in pkgutil.iter_modules(cases.__path__, cases.__name__ + "."):
        importlib.import_module(module.name)
    return tuple(sorted(_registry.values(), key=lambda found: (found.requirements[0], found.name)))
