"""The steps of a context in which a package manager installs something, as templates declare them.

A template asks `installs` what to write for the packages that it wants: their names, or, where they are locked, names
and versions with all that comes along. The same templates, rendered once more for it, tell which steps there are; so a
lock knows of every step of every template, a user's own included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lambda_image.catalog import Distro

_FROM = re.compile(r"^FROM (?P<base>\S+)(?: AS (?P<name>\S+))?$")
_MARK = "installation-step-"
_MARKED = re.compile(rf"\b{_MARK}(\d+)\b")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A package that a step writes down; without a version, the repository's newest."""

    name: str
    version: str = ""
    # Whether it only comes along: the package manager is told so, as if it had found it itself.
    is_dependency: bool = False


@dataclass(frozen=True, kw_only=True)
class InstallStep:
    """One such step."""

    distro: str
    # What makes more packages available, before: a command a piece.
    enabled: tuple[str, ...]
    packages: tuple[str, ...]
    # What earlier steps of its stage, and of the stages that it stands on, have asked for and left there.
    onto: tuple[str, ...]


class Installs(Protocol):
    """What templates know of it."""

    def of(
        self, distro: Distro, packages: Iterable[str], enabled: Iterable[str] = (), *, temporary: bool = False
    ) -> tuple[Wanted, ...]:
        """What the next step writes down; `temporary` packages go again within the step."""
        ...


class Unlocked:
    """Names alone."""

    def of(
        self,
        distro: Distro,
        packages: Iterable[str],
        enabled: Iterable[str] = (),
        *,
        temporary: bool = False,
    ) -> tuple[Wanted, ...]:
        """The packages, sorted."""
        return tuple(Wanted(name=name) for name in sorted(set(packages)))


@dataclass
class Locked:
    """What a lock says of each step, in the order of the steps."""

    steps: Sequence[tuple[Wanted, ...]]
    _done: int = 0

    def of(
        self,
        distro: Distro,
        packages: Iterable[str],
        enabled: Iterable[str] = (),
        *,
        temporary: bool = False,
    ) -> tuple[Wanted, ...]:
        """The next step's."""
        self._done += 1
        return self.steps[self._done - 1]


@dataclass(frozen=True)
class _Asked:
    distro: str
    packages: tuple[str, ...]
    enabled: tuple[str, ...]
    temporary: bool


@dataclass
class Recording:
    """Writes a mark in the packages' place: where it stands in the Dockerfile tells the step's stage."""

    _asked: list[_Asked] = field(default_factory=list)

    def of(
        self, distro: Distro, packages: Iterable[str], enabled: Iterable[str] = (), *, temporary: bool = False
    ) -> tuple[Wanted, ...]:
        """One mark."""
        self._asked.append(_Asked(distro.name, tuple(sorted(set(packages))), tuple(enabled), temporary))
        return (Wanted(name=f"{_MARK}{len(self._asked) - 1}"),)

    def steps(self, dockerfile: str) -> tuple[InstallStep, ...]:
        """The steps in the order in which they were asked for."""
        left: dict[str, frozenset[str]] = {}  # what each stage has in the end
        found: dict[int, InstallStep] = {}
        stage, there = "", frozenset[str]()
        for line in dockerfile.splitlines():
            if begins := _FROM.match(line):
                left[stage] = there
                stage, there = begins["name"] or "", left.get(begins["base"], frozenset())
            for number in map(int, _MARKED.findall(line)):
                if number in found:  # once more, where it is taken away again
                    continue
                asked = self._asked[number]
                found[number] = InstallStep(
                    distro=asked.distro,
                    enabled=asked.enabled,
                    packages=asked.packages,
                    onto=tuple(sorted(there)),
                )
                if not asked.temporary:
                    there |= frozenset(asked.packages)
        return tuple(found[number] for number in range(len(self._asked)))
