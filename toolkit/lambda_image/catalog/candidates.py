"""The ways in which a version of a language gets onto a distribution, each as a whole `Runtime`, or why it does not.

Three facts meet here: which packages a distribution has (its own file), which binaries and sources a version's
upstreams offer (the language's file), and how the language is laid out by a family of distributions (its layouts).
What comes out has no blanks left: plans and templates know nothing of where a fact was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_image.catalog.models import (
    PLATFORMS,
    Distro,
    Language,
    Layout,
    Libraries,
    Packaged,
    Runtime,
    Source,
    Upstream,
    Version,
)

if TYPE_CHECKING:
    from lambda_image.catalog.load import Catalog

_PLACEHOLDER = "{version}"
# What a distribution's row may say in another way than its family's layout.
_OWN = ("interpreter", "standard_library", "links", "tool_links", "minimal", "client_tools")


@dataclass(frozen=True)
class Unfit:
    """Bytes that there are, and why they are of no use on this distribution."""

    source: Source
    why: str


def candidates(catalog: Catalog, language: Language, version: Version, distro: Distro) -> tuple[Runtime | Unfit, ...]:
    """All ways, the preferred first: packages, which the distribution mends; then binaries; then what is compiled."""
    found = [
        *_named(catalog, version, distro),
        *_packaged(catalog, language, version, distro),
        *(_upstream(catalog, language, version, distro, "archive", one) for one in version.archive),
        *(_upstream(catalog, language, version, distro, "source", one) for one in version.source),
    ]
    order: tuple[Source, ...] = ("packages", "archive", "source")
    return tuple(sorted(found, key=lambda one: order.index(one.source)))


def _named(catalog: Catalog, version: Version, distro: Distro) -> Iterator[Runtime]:
    """What the language's own file says of this distribution, or of one that it is like."""
    names = {one.name for one in catalog.like(distro)}
    yield from (runtime for runtime in version.runtime if names & set(runtime.distros))


def _packaged(catalog: Catalog, language: Language, version: Version, distro: Distro) -> Iterator[Runtime | Unfit]:
    for one in catalog.like(distro):
        rows = [row for row in one.runtime if (row.language, row.version) == (language.name, version.name)]
        for row in rows:
            layout = _layout(language, "packages", distro)
            if layout is None:
                yield Unfit("packages", f"{language.title} has no layout for packages of the family {distro.family}")
            else:
                yield _from_packages(row, language, layout, version, distro, one)
        if rows:
            return


def _from_packages(
    row: Packaged, language: Language, layout: Layout, version: Version, distro: Distro, of: Distro
) -> Runtime:
    own = {name: value for name in _OWN if (value := getattr(row, name)) is not None}
    if row.interpreter is not None and row.minimal is None:
        # The program of a minimal image is the interpreter, wherever that is.
        programs = [row.interpreter if one == layout.interpreter else one for one in layout.minimal.programs]
        own["minimal"] = layout.minimal.model_copy(update={"programs": tuple(programs)}).model_dump()
    return _filled(
        language,
        layout,
        version,
        {
            **own,
            "source": "packages",
            "distros": (distro.name,),
            "packages": _with_common(of, row.packages),
            "module": row.module,
            "extras": row.extras,
            "end_of_support": row.end_of_support,
            "not_run": row.not_run,
            "confidence": row.confidence,
            "recalled": row.recalled,
        },
    )


def _upstream(
    catalog: Catalog, language: Language, version: Version, distro: Distro, source: Source, of: Upstream
) -> Runtime | Unfit:
    what = f"{of.provider} {of.release}"
    if why := _unfit(catalog, distro, source, of):
        return Unfit(source, f"{what}: {why}")
    owner = next((one for one in catalog.like(distro) if language.name in one.libraries), None)
    libraries = owner.libraries[language.name] if owner else None
    needed = None if libraries is None else libraries.archive if source == "archive" else libraries.source
    if owner is None or libraries is None or needed is None:
        return Unfit(source, f"{what}: no libraries for it are named, [libraries.{language.name}] {source}")
    layout = _layout(language, source, distro)
    if layout is None:
        return Unfit(source, f"{what}: {language.title} has no layout for it")
    return _filled(
        language,
        layout,
        version,
        {
            "source": source,
            "distros": (distro.name,),
            "packages": _with_common(
                owner,
                {
                    variant: () if of.self_contained else (*needed, *_besides(libraries, source, variant))
                    for variant in owner.common
                    if variant != "build"
                },
            ),
            "libraries": libraries,
            "upstream": of,
            "left_out": {} if of.self_contained else _left_out(distro, of),
            "not_run": of.not_run,
            "archive": of.module,
            "registry": of.registry,
            "downloads": of.variants,
            "fallback": of.fallback,
            "recalled": libraries.recalled,
        },
    )


def _besides(libraries: Libraries, source: Source, variant: str) -> tuple[str, ...]:
    return libraries.besides.get(variant, ()) if source == "archive" else ()


def _unfit(catalog: Catalog, distro: Distro, source: Source, of: Upstream) -> str:
    """Why a distribution cannot use these bytes; empty if it can."""
    if of.libc is not None and of.libc != distro.libc:
        return f"built for {of.libc}, {distro.title} has {distro.libc}"
    if of.libc_min and _numbers(distro.libc_version) < _numbers(of.libc_min):
        return f"needs {distro.libc} {of.libc_min}, {distro.title} has {distro.libc_version}"
    if of.unpinned:
        return of.unpinned
    fetchers = catalog.fetching(distro).fetchers
    wanted = {*of.registry, *(["go"] if of.module else []), *(["download"] if of.files or of.variants else [])}
    if missing := sorted(wanted - fetchers.keys()):
        return f"{distro.title} has nothing that fetches from {', '.join(missing)}"
    if source == "source" and of.files and "download" not in distro.fetchers:
        return f"{distro.title} has nothing that fetches sources"
    if of.source_package is not None and of.source_package.distro not in {one.name for one in catalog.like(distro)}:
        return f"a source package of {of.source_package.distro}"
    return ""


def _left_out(distro: Distro, of: Upstream) -> dict[str, str]:
    """The libraries that are too old for what is compiled: it does without, and this says why."""
    old = {name: distro.library_versions[name] for name in of.library_min if name in distro.library_versions}
    return {
        name: f"it is compiled without {name}, of which it needs {of.library_min[name]}: {distro.title} has {has}"
        for name, has in old.items()
        if _numbers(has) < _numbers(of.library_min[name])
    }


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _layout(language: Language, source: Source, distro: Distro) -> Layout | None:
    """The layout of the distribution's family, else the one of all families."""
    fitting = [
        one for one in language.layout if one.source == source and distro.family in (*one.families, distro.family)
    ]
    named = [one for one in fitting if distro.family in one.families]
    return next(iter(named), None) or next((one for one in fitting if not one.families), None)


def _with_common(distro: Distro, packages: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """With the packages of every image; a variant that only these name is offered, too, where it adds to another."""
    named = {variant: (*distro.common.get(variant, ()), *own) for variant, own in packages.items()}
    if "build" in distro.common and "build" not in named:
        named["build"] = distro.common["build"]
    return named


def _filled(language: Language, layout: Layout, version: Version, own: dict[str, object]) -> Runtime:
    """The layout with the version's name in its blanks, and what is particular."""
    text = json.dumps(layout.model_dump(mode="json", exclude={"source", "families"}))
    managers = [pin for pin in language.package_manager if any(pin.hashes_for(version.name, one) for one in PLATFORMS)]
    values = json.loads(text.replace(_PLACEHOLDER, version.name))
    if layout.installs_into is not None:
        values["package_manager"] = tuple(managers)
    return Runtime.model_validate({**values, **_plain(own)})


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
