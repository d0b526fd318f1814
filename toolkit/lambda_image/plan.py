"""Catalog and selection become plans, or reasons why not and what would work. No I/O.

A plan is one image: a point of language × version × distribution × variant × client × platform. Its ID is
printed, never read back.
"""

from __future__ import annotations

import platform as machine
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import product
from typing import Literal

from lambda_image.catalog import PLATFORMS, Catalog, Client, Distro, Language, Platform, Runtime, Version
from lambda_image.errors import NothingSelected
from lambda_image.nearest import nearest

Words = tuple[str, ...]
_LOCAL = "lambda-image"


@dataclass(frozen=True, kw_only=True)
class Root:
    """Where an image's root file system comes from."""

    reference: str
    origin: Literal["image", "bootstrap"]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A company's certificate authority that goes into the image's own trust store."""

    name: str
    pem: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ImagePlan:
    """One image to be built."""

    language: str
    version: str
    distro: str
    family: str
    variant: str
    client: str
    client_version: str
    platform: Platform
    root: Root
    emulator: bool
    claims: tuple[str, ...]
    tags: tuple[str, ...]
    certificates: tuple[Certificate, ...] = ()
    # Why no image of this kind has been built and judged, as the catalog says of its client; empty where one has.
    not_exercised: str = ""
    # What its runtime stands in for, as the catalog says of the version; such an image is never published.
    stand_in: str = ""

    @property
    def id(self) -> str:
        """Its name, for people: printed, never read back."""
        architecture = self.platform.removeprefix("linux/")
        return f"{self.language}-{self.version}-{self.distro}-{self.variant}-{self.client}-{architecture}"

    def on(self, root: Root) -> ImagePlan:
        """The same plan on another root."""
        return replace(self, root=root)


@dataclass(frozen=True, kw_only=True)
class Impossible:
    """What was asked for, why there is no such image, and what comes nearest."""

    asked: str
    why: str
    nearest: str

    def __str__(self) -> str:
        return f"{self.asked}: {self.why}" + (f"; nearest: {self.nearest}" if self.nearest else "")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Words that select plans: exact names or globs. Left empty, the catalog's default."""

    languages: Words = ()
    versions: Words = ()
    distros: Words = ()
    variants: Words = ()
    clients: Words = ()
    platforms: Words = ()
    emulator: bool | None = None


def machine_platform() -> Platform:
    """The platform of the machine that the program runs on."""
    return "linux/arm64" if machine.machine().lower() in ("arm64", "aarch64") else "linux/amd64"


def resolve(
    catalog: Catalog, selection: Selection, *, certificates: tuple[Certificate, ...] = ()
) -> tuple[ImagePlan | Impossible, ...]:
    """The plans that a selection names, and a reason for each exact name that leads to none."""
    found: list[ImagePlan | Impossible] = []
    names, wrong = _choose("language", selection.languages, catalog.languages, tuple(catalog.languages))
    found += wrong
    for name in names:
        found += _of_language(catalog, catalog.languages[name], selection)
    return tuple(
        replace(plan, certificates=certificates) if isinstance(plan, ImagePlan) and certificates else plan
        for plan in _unique(found)
    )


def plans(
    catalog: Catalog, selection: Selection, *, certificates: tuple[Certificate, ...] = ()
) -> tuple[ImagePlan, ...]:
    """Like `resolve`, but anything impossible is an error, and so is nothing."""
    resolved = resolve(catalog, selection, certificates=certificates)
    impossible = [answer for answer in resolved if isinstance(answer, Impossible)]
    if impossible:
        message = "\n".join(f"{answer.asked}: {answer.why}" for answer in impossible)
        hints = dict.fromkeys(answer.nearest for answer in impossible if answer.nearest)
        raise NothingSelected(message, hint="nearest that works: " + "; ".join(hints) if hints else "")
    chosen = tuple(answer for answer in resolved if isinstance(answer, ImagePlan))
    if not chosen:
        raise NothingSelected("the selection matches no image", hint="`lambda-image list` shows what there is")
    return chosen


def builders(catalog: Catalog, chosen: Iterable[ImagePlan]) -> tuple[ImagePlan, ...]:
    """The images in which functions for these are compiled, where their languages compile: judging needs them."""
    found: list[ImagePlan] = []
    for one in chosen:
        compiling = [variant.name for variant in catalog.variants.values() if variant.compiles]
        if catalog.languages[one.language].client_delivery == "copied" or one.variant in compiling:
            continue
        selection = Selection(
            languages=(one.language,),
            versions=(one.version,),
            distros=(one.distro,),
            variants=tuple(compiling),
            clients=(one.client,),
            platforms=(one.platform,),
        )
        found += [plan for plan in resolve(catalog, selection) if isinstance(plan, ImagePlan)]
    return tuple(dict.fromkeys(found))


def _of_language(catalog: Catalog, language: Language, selection: Selection) -> Iterator[ImagePlan | Impossible]:
    """All plans of one language; what only globs named and does not exist is left out in silence."""
    versions, wrong = _choose(
        f"{language.name} version",
        selection.versions,
        [version.name for version in language.version],
        (language.default_version,),
    )
    yield from wrong
    variants, wrong = _choose("variant", selection.variants, catalog.variants, ("standard",))
    yield from wrong
    clients, wrong = _choose(
        f"{language.name} client", selection.clients, ["auto", *(c.name for c in language.client)], ("auto",)
    )
    yield from wrong
    platforms, wrong = _choose("platform", selection.platforms, PLATFORMS, (machine_platform(),))
    yield from wrong
    for name in versions:
        version = language.find_version(name)
        assert version is not None
        distros, wrong = _choose("distro", selection.distros, catalog.distros, (_default_distro(language, version),))
        yield from wrong
        for distro, variant, client, platform in product(distros, variants, clients, PLATFORMS):
            if platform not in platforms:
                continue
            answer = _one(catalog, language, version, catalog.distros[distro], variant, client, platform)
            if isinstance(answer, ImagePlan):
                yield _with_emulator(answer, selection.emulator)
            elif _is_exact(selection, name, distro, variant, client):
                yield answer


def _one(
    catalog: Catalog,
    language: Language,
    version: Version,
    distro: Distro,
    variant: str,
    client: str,
    platform: Platform,
) -> ImagePlan | Impossible:
    asked = f"{language.name} {version.name} on {distro.name}, {variant}, client {client}, {platform}"
    runtime = runtime_on(catalog, version, distro)
    if runtime is None:
        return Impossible(
            asked=asked,
            why=f"{language.title} {version.name} is not to be had on {distro.title}",
            nearest=_where_else(catalog, language, version, distro),
        )
    if platform not in distro.platforms:
        return Impossible(asked=asked, why=f"{distro.title} has no {platform}", nearest=", ".join(distro.platforms))
    if platform not in runtime.clients:
        return Impossible(
            asked=asked,
            why=f"{language.title} {version.name} is not to be had for {platform}",
            nearest=", ".join(runtime.clients),
        )
    if variant not in runtime.packages:
        return Impossible(
            asked=asked,
            why=f"no {variant} image of {language.title} {version.name} is described",
            nearest=nearest(variant, runtime.packages),
        )
    chosen = language.find_client(runtime.clients[platform] if client == "auto" else client)
    assert chosen is not None
    missing = [pin.name for pin in chosen.pin if not pin.hashes_for(version.name, platform)]
    if missing:
        return Impossible(
            asked=asked,
            why=f"the {chosen.name} client has no {', '.join(missing)} for this version and platform",
            nearest="another client or version",
        )
    facts = catalog.variants[variant]
    return ImagePlan(
        language=language.name,
        version=version.name,
        distro=distro.name,
        family=distro.family,
        variant=variant,
        client=chosen.name,
        client_version=chosen.version,
        platform=platform,
        root=Root(reference=distro.image, origin="image")
        if distro.image is not None
        else Root(reference=f"{_LOCAL}/root:{distro.name}", origin="bootstrap"),
        emulator=facts.emulator,
        claims=tuple(profile for profile in facts.profiles if profile in _claimed(catalog, chosen, variant)),
        tags=_tags(language, version, distro, variant, chosen.name, platform, runtime),
        not_exercised=chosen.not_exercised,
        stand_in=version.stand_in,
    )


def _claimed(catalog: Catalog, client: Client, variant: str) -> tuple[str, ...]:
    """The profiles that the client claims on this variant, or on the one it extends."""
    return next((client.profiles[name] for name in catalog.extended(variant) if name in client.profiles), ())


def runtime_on(catalog: Catalog, version: Version, distro: Distro) -> Runtime | None:
    """How a version gets onto a distribution, or onto one that it is like."""
    names = catalog.like(distro)
    return next((runtime for runtime in version.runtime if any(name in runtime.distros for name in names)), None)


def _with_emulator(plan: ImagePlan, wanted: bool | None) -> ImagePlan:
    """Leave the emulator out if so asked: parity cannot be claimed without it. It is never added."""
    if wanted is not False or not plan.emulator:
        return plan
    return replace(plan, emulator=False, claims=tuple(claim for claim in plan.claims if claim != "parity"))


def _tags(
    language: Language,
    version: Version,
    distro: Distro,
    variant: str,
    client: str,
    platform: Platform,
    runtime: Runtime,
) -> tuple[str, ...]:
    suffix = "" if platform == machine_platform() else "-" + platform.removeprefix("linux/")
    repository = f"{_LOCAL}/{language.name}"
    full = f"{repository}:{version.name}-{distro.name}-{variant}-{client}{suffix}"
    is_default = (distro.name, variant, client) == (
        _default_distro(language, version),
        "standard",
        runtime.clients.get(platform),
    )
    return (full, f"{repository}:{version.name}{suffix}") if is_default else (full,)


def _default_distro(language: Language, version: Version) -> str:
    """The language's default where it has this version, else the first that does."""
    named = [distro for runtime in version.runtime for distro in runtime.distros]
    return language.default_distro if language.default_distro in named else named[0]


def _where_else(catalog: Catalog, language: Language, version: Version, distro: Distro) -> str:
    here = [other.name for other in language.version if runtime_on(catalog, other, distro)]
    there = [other.name for other in catalog.distros.values() if runtime_on(catalog, version, other)]
    options = []
    if there:
        options.append(f"{language.name} {version.name} on {' or '.join(there)}")
    if here:
        options.append(f"{language.name} {' or '.join(here)} on {distro.name}")
    return "; ".join(options)


def _choose(kind: str, words: Words, valid: Iterable[str], default: Words) -> tuple[list[str], list[Impossible]]:
    """The valid names that the words match, in the catalog's order, and why the others do not."""
    names = list(valid)
    if not words:
        return list(default), []
    chosen, wrong = set(), []
    for word in words:
        matches = [name for name in names if fnmatchcase(name, word)]
        chosen.update(matches)
        if not matches:
            wrong.append(Impossible(asked=f"{kind} {word!r}", why="there is no such", nearest=nearest(word, names)))
    return [name for name in names if name in chosen], wrong


def _is_exact(selection: Selection, *names: str) -> bool:
    """Whether a combination was asked for by name (or by default), so that leaving it out needs a reason."""
    words: Mapping[int, Words] = dict(
        enumerate((selection.versions, selection.distros, selection.variants, selection.clients))
    )
    return all(not words[index] or name in words[index] for index, name in enumerate(names))


def _unique(answers: Iterable[ImagePlan | Impossible]) -> list[ImagePlan | Impossible]:
    return list(dict.fromkeys(answers))
