"""Which of the ways in which a version gets onto a distribution is taken, and why; and what is to be known of it.

The ways themselves are the catalog's (`catalog/candidates.py`); here is the policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lambda_image.catalog import (
    Catalog,
    Distro,
    Language,
    Platform,
    Runtime,
    Source,
    Unfit,
    Version,
    candidates,
)

# Where the catalog has nothing of a kind.
_NONE: dict[Source, str] = {
    "packages": "no such package",
    "archive": "the catalog names no binaries of its makers there",
    "source": "the catalog names no sources of it there",
}


@dataclass(frozen=True)
class Choice:
    """A runtime, and why this one."""

    runtime: Runtime
    why: str


@dataclass(frozen=True)
class NoRuntime:
    """Why there is none; empty, or words that begin with a colon."""

    why: str


def choose_runtime(
    catalog: Catalog,
    language: Language,
    version: Version,
    distro: Distro,
    platform: Platform,
    source: Source | None = None,
    *,
    stand_in: bool = False,
) -> Choice | NoRuntime:
    """By policy: the distribution's packages, which it mends; else an upstream's binaries; else what is compiled.

    A source that was asked for is the only one that is looked at. What stands in for another is taken last, or first
    where that was asked for.
    """
    found = [one for one in candidates(catalog, language, version, distro) if source is None or one.source == source]
    reasons = [f"{one.source}: {one.why}" for one in found if isinstance(one, Unfit)]
    fitting = [one for one in found if isinstance(one, Runtime)]
    here = [one for one in fitting if _serves(one, platform)]
    reasons += [f"{one.source}: {provider(one)} is not to be had for {platform}" for one in fitting if one not in here]
    if not here:
        named = {one.source for one in found}
        none = "" if (source or "packages") in named else _NONE[source or "packages"]
        said = [*([none] if none else []), *dict.fromkeys(reasons)]
        return NoRuntime(": " + "; ".join(said) if said else "")
    here.sort(key=lambda one: bool(one.upstream and one.upstream.stand_in) is not stand_in)
    best = here[0]
    if source is not None or stand_in:
        return Choice(best, "asked for")
    return Choice(best, _policy(best, distro, here, [why for why in reasons if not why.startswith(best.source)]))


def standing_in(
    catalog: Catalog, language: Language, runtime: Runtime, distro: Distro, platform: Platform
) -> Version | None:
    """The version that is taken where the host of a runtime's files cannot be reached, if it is to be had there."""
    version = language.find_version(runtime.fallback)
    if version is None or not isinstance(choose_runtime(catalog, language, version, distro, platform), Choice):
        return None
    return version


def _policy(best: Runtime, distro: Distro, fitting: list[Runtime], reasons: list[str]) -> str:
    """Why the best, why none before it, and what would do besides."""
    others = sorted({one.source for one in fitting} - {best.source})
    also = f"; {' and '.join(others)} would do, too" if others else ""
    not_these = f" ({'; '.join(dict.fromkeys(reasons))})" if reasons and best.source != "packages" else ""
    because = {
        "packages": f"{distro.title} has it, and mends it",
        "archive": f"{distro.title} has no such package; its maker's binaries run there",
        "source": f"{distro.title} has neither package nor binaries that run there",
    }
    return because[best.source] + not_these + also


def _serves(runtime: Runtime, platform: Platform) -> bool:
    upstream = runtime.upstream
    if platform not in runtime.clients:
        return False
    if runtime.downloads:
        return all(platform in files for files in runtime.downloads.values())
    if upstream is None or not (upstream.files or upstream.registry):
        return True
    if upstream.registry:
        return all(pin.hashes_for("any", platform) for pins in upstream.registry.values() for pin in pins)
    return platform in upstream.files


def provider(runtime: Runtime) -> str:
    """Whose bytes a runtime is, and which release; of packages nothing can be said before they are installed."""
    return f"{runtime.upstream.provider} {runtime.upstream.release}" if runtime.upstream else ""


def caution(distro: Distro, runtime: Runtime, variants: Iterable[str]) -> str:
    """What is to be known of the bytes: an experimental build, names or checksums that nobody has tried; of names,
    those that an image of these variants has."""
    words = [distro.caution] if distro.caution else []
    words += [runtime.upstream.caution] if runtime.upstream and runtime.upstream.caution else []
    words += runtime.left_out.values()
    if runtime.confidence == "recalled":
        words.append("the packages' names are known by heart only")
    named = {name for variant in variants for name in runtime.packages.get(variant, ())}
    named |= {*runtime.links.values(), *runtime.tool_links.values(), runtime.interpreter}
    if recalled := [name for name in runtime.recalled if name in named]:
        words.append(f"known by heart only: {', '.join(recalled)}")
    return "; ".join(words)


def support(language: Language, version: Version, distro: Distro, runtime: Runtime) -> tuple[tuple[str, date], ...]:
    """The date that counts is that of who ships the bytes; the distribution's is beside it."""
    ends: list[tuple[str, date]] = []
    if runtime.source != "packages":
        ends.append((f"{language.title} {version.name}'s support by its makers", version.end_of_support))
    elif runtime.end_of_support is not None:
        ends.append((f"{distro.title}'s support of {language.title} {version.name}", runtime.end_of_support))
    if distro.end_of_support is not None:
        ends.append((f"{distro.title}'s support", distro.end_of_support))
    return tuple(ends)


def default_distro(catalog: Catalog, language: Language, version: Version, source: Source | None = None) -> str:
    """Where a version is built that was asked for alone: the language's default if that has packages of it, else the
    first distribution that has, those before it that this project runs; else where anything of it runs."""
    first = catalog.distros[language.default_distro]
    having: dict[str, set[Source]] = {
        distro.name: {one.source for one in candidates(catalog, language, version, distro) if isinstance(one, Runtime)}
        for distro in (first, *catalog.distros_run_first)
    }
    wanted: tuple[Source, ...] = (source,) if source else ("packages", "archive", "source")
    return next((name for kind in wanted for name, kinds in having.items() if kind in kinds), first.name)
