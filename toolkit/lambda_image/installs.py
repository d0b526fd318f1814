"""The steps of a context in which a package manager installs something, as templates declare them.

A template asks `installs` what to write for the packages that it wants: their names, or, where they are locked, names
and versions with all that comes along. The same templates, rendered once more for it, tell which steps there are; so a
lock knows of every step of every template, a user's own included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lambda_image.catalog import Distro

_FROM = re.compile(r"^FROM (?:--platform=\S+ )?(?P<base>\S+)(?: AS (?P<name>\S+))?$")
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
class InstallSet:
    """Packages that are installed together, after something was enabled."""

    enabled: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """As apt and apk take them."""
        return tuple(f"{one.name}={one.version}" if one.version else one.name for one in self.wanted)


@dataclass(frozen=True, kw_only=True)
class InstallStep:
    """One such step."""

    distro: str
    # What makes more packages available, before: a command a piece.
    enabled: tuple[str, ...]
    packages: tuple[str, ...]
    # What earlier steps of its stage, and of the stages that it stands on, have asked for and left there.
    onto: tuple[str, ...]
    # Whether what it installs comes into the image, rather than serving to build it.
    is_shipped: bool


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
        stages = list(_stages(dockerfile))
        has: dict[str, frozenset[str]] = {}
        found: dict[int, tuple[str, tuple[str, ...]]] = {}
        for stage in stages:
            there = has.get(stage.base, frozenset())
            for number in stage.numbers:
                asked = self._asked[number]
                found[number] = (stage.name, tuple(sorted(there)))
                there |= frozenset() if asked.temporary else frozenset(asked.packages)
            has[stage.name] = there
        shipped = _shipped(stages)
        return tuple(
            InstallStep(
                distro=asked.distro,
                enabled=asked.enabled,
                packages=asked.packages,
                onto=found[number][1],
                is_shipped=not asked.temporary and found[number][0] in shipped,
            )
            for number, asked in enumerate(self._asked)
        )


@dataclass
class _Stage:
    name: str
    base: str
    numbers: list[int] = field(default_factory=list)


def _stages(dockerfile: str) -> Iterator[_Stage]:
    """The stages with the steps in them; one that is taken back in the same stage counts once."""
    stage = _Stage("", "")
    for line in dockerfile.splitlines():
        if begins := _FROM.match(line):
            yield stage
            stage = _Stage(begins["name"] or "", begins["base"])
        stage.numbers += [number for number in map(int, _MARKED.findall(line)) if number not in stage.numbers]
    yield stage


def _shipped(stages: Sequence[_Stage]) -> set[str]:
    """The last stage, what it stands on, and `base`, out of which a minimal root is copied."""
    bases = {stage.name: stage.base for stage in stages}
    name, chain = stages[-1].name, {"base"}
    while name in bases and name not in chain - {"base"}:
        chain.add(name)
        name = bases[name]
    return chain
