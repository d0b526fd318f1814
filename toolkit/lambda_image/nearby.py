"""Where there is no image: the points near it at which there is one, each of which has been tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from lambda_image.catalog import PLATFORMS, Catalog, Distro, Language, Platform, Source, Version

# What is in the way at a point: what is nearest is found by changing that.
Cause = Literal["platform", "runtime", "variant", "client"]
# As many as can be read at a glance.
_MANY = 6


@dataclass(frozen=True)
class Point:
    """A point of the space of images, before it is known whether there is one."""

    catalog: Catalog
    language: Language
    version: Version
    distro: Distro
    variant: str
    client: str
    platform: Platform
    # Where the runtime is to come from; None: by policy.
    source: Source | None = None

    def __str__(self) -> str:
        return (
            f"{self.language.name} {self.version.name} on {self.distro.name}, {self.variant}, client {self.client}, "
            f"{self.platform}"
        )

    @property
    def what(self) -> str:
        """The version, for people."""
        return f"{self.language.title} {self.version.name}"


@dataclass(frozen=True)
class Nearby:
    """Points that differ in one thing from what was asked for, and their words."""

    text: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Found:
    """Of an image that there is at a point: where its runtime comes from, and whether this project has run it."""

    source: Source
    was_run: bool


Works = Callable[[Point], Found | None]


def nearby(point: Point, cause: Cause, works: Works) -> tuple[Nearby, ...]:
    """Those that change what is in the way; else any one other thing; else the first image of the language."""
    by_cause: dict[Cause, tuple[Callable[[Point, Works], Nearby], ...]] = {
        "platform": (_platforms,),
        "runtime": (_other_source, _distros, _versions),
        "variant": (_distros_of_variant, _variants),
        "client": (_clients,),
    }
    first = by_cause[cause]
    rest = [change for changes in by_cause.values() for change in changes if change not in first]
    return _told(first, point, works) or _told(rest, point, works)[:2] or tuple(_anything(point, works))


def _told(changes: Iterable[Callable[[Point, Works], Nearby]], point: Point, works: Works) -> tuple[Nearby, ...]:
    return tuple(found for change in changes if (found := change(point, works)).points)


def _platforms(point: Point, works: Works) -> Nearby:
    found = _working((replace(point, platform=one) for one in PLATFORMS), works)
    return Nearby(", ".join(one.platform for one in found), found)


def _other_source(point: Point, works: Works) -> Nearby:
    other = replace(point, source=None)
    found = works(other) if point.source is not None else None
    return Nearby(
        f"{point.what} on {point.distro.name} from {found.source if found else ''}", (other,) if found else ()
    )


def _distros(point: Point, works: Works) -> Nearby:
    found = _on_others(point, works)[:_MANY]
    return Nearby(f"{point.language.name} {point.version.name} on {_or(one.distro.name for one in found)}", found)


def _distros_of_variant(point: Point, works: Works) -> Nearby:
    found = _on_others(point, works)[:3]
    return Nearby(f"{point.variant} on {_or(one.distro.name for one in found)}", found)


def _on_others(point: Point, works: Works) -> tuple[Point, ...]:
    """Those that this project has run before others."""
    others = (replace(point, distro=one) for one in point.catalog.distros.values())
    there = [(found, other) for other in others if (found := works(other)) is not None]
    return tuple(other for _, other in sorted(there, key=lambda one: not one[0].was_run))


def _versions(point: Point, works: Works) -> Nearby:
    found = _working((replace(point, version=one) for one in point.language.version), works)
    return Nearby(f"{point.language.name} {_or(one.version.name for one in found)} on {point.distro.name}", found)


def _variants(point: Point, works: Works) -> Nearby:
    found = _working((replace(point, variant=one) for one in point.catalog.variants), works)
    return Nearby(f"{_or(one.variant for one in found)} on {point.distro.name}", found)


def _clients(point: Point, works: Works) -> Nearby:
    found = _working((replace(point, client=one.name) for one in point.language.client), works)
    return Nearby(f"client {_or(one.client for one in found)}", found)


def _anything(point: Point, works: Works) -> Iterator[Nearby]:
    """Another source, client and variant at once: on this distribution, else on the language's own."""
    versions = (point.version, *(one for one in point.language.version if one != point.version))
    variants = (point.variant, *(one for one in point.catalog.variants if one != point.variant))
    distros = (point.distro, point.catalog.distros[point.language.default_distro], *point.catalog.distros_run_first)
    for version, distro, variant in product(versions, distros, variants):
        other = replace(point, version=version, distro=distro, variant=variant, client="auto", source=None)
        if found := works(other):
            text = f"{point.language.name} {version.name} on {distro.name} from {found.source}, {variant}, client auto"
            yield Nearby(text, (other,))
            return


def _working(points: Iterable[Point], works: Works) -> tuple[Point, ...]:
    return tuple(one for one in points if works(one))


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)
