"""Catalog and selection become plans, or reasons why not and what would work. No I/O.

A plan is one image: a point of language × version × distribution × variant × client × platform. Its ID is
printed, never read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from itertools import product
from typing import Literal

from lambda_image.additions import Addition, merged
from lambda_image.architectures import own_platform
from lambda_image.catalog import (
    PLATFORMS,
    Catalog,
    Client,
    Distro,
    Language,
    Platform,
    Runtime,
    Source,
    candidates,
)
from lambda_image.errors import NothingSelected
from lambda_image.nearby import Cause, Found, Point, nearby
from lambda_image.nearest import nearest
from lambda_image.runtime_choice import (
    Choice,
    NoRuntime,
    caution,
    choose_runtime,
    default_distro,
    provider,
    standing_in,
    support,
)

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
    # Where the language's runtime comes from, whose bytes they are, and why these.
    source: Source
    provider: str
    source_reason: str
    # Whether that was asked for against the policy: it is in the image's name then.
    source_asked: bool
    root: Root
    # The root of stages that only fetch: its own, or that of a distribution that has what fetches.
    fetch_root: Root
    emulator: bool
    claims: tuple[str, ...]
    tags: tuple[str, ...]
    certificates: tuple[Certificate, ...] = ()
    # All that the user's settings add to any image; `added` is what they add to this one.
    additions: tuple[Addition, ...] = ()
    # Why no image of this kind has been built and judged, as the catalog says of its client; empty where one has.
    not_exercised: str = ""
    # What its runtime stands in for, as the catalog says of the version; such an image is never published.
    stand_in: str = ""
    # Why no image on its distribution, or with these bytes, has been built and judged by this project; mostly empty.
    not_run: str = ""
    # The version that stands in for this one here, where its maker's host cannot be reached.
    fallback: str = ""
    # What is to be known of the bytes: an experimental build, a checksum that nobody has checked.
    caution: str = ""
    # Until when those who ship its bytes mend them: who, and the day.
    support: tuple[tuple[str, date], ...] = ()
    # The platform of the machine that builds, where stages whose result is the same run on it instead of by emulation.
    built_on: Platform | None = None

    @property
    def id(self) -> str:
        """Its name, for people: printed, never read back."""
        architecture = self.platform.removeprefix("linux/")
        source = f"-{self.source}" if self.source_asked else ""
        return f"{self.language}-{self.version}-{self.distro}{source}-{self.variant}-{self.client}-{architecture}"

    @property
    def added(self) -> Addition:
        """What the user's settings add to this image."""
        return merged(one for one in self.additions if one.concerns(self.language, self.distro, self.variant))

    def on(self, root: Root, fetch_root: Root | None = None) -> ImagePlan:
        """The same plan on another root."""
        return replace(self, root=root, fetch_root=fetch_root or root, built_on=None)

    def fetching_on(self, platform: Platform, root: Root) -> ImagePlan:
        """The same image, whose stages that only fetch stand on a root of the machine's own platform."""
        return replace(self, fetch_root=root, built_on=None if platform == self.platform else platform)

    @property
    def fetch_platform(self) -> Platform:
        """The platform of stages that only fetch: nothing of what they run is in the image."""
        return self.built_on or self.platform

    @property
    def fetch_from(self) -> str:
        """What such a stage stands on, as FROM has it."""
        return ("--platform=$BUILDPLATFORM " if self.built_on else "") + self.fetch_root.reference

    @property
    def compiles(self) -> bool:
        """Whether its runtime is compiled when it is built."""
        return self.source == "source"

    def ended(self, today: date) -> tuple[str, ...]:
        """Which support has ended, in words; mostly none."""
        return ended(self.support, today)


def ended(support: Iterable[tuple[str, date]], today: date) -> tuple[str, ...]:
    """Of those who mend an image's bytes, who has ceased to."""
    return tuple(f"{who} ended on {end}" for who, end in support if end < today)


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
    # Where the runtime is to come from; None: by policy.
    source: Source | None = None
    # Whether what stands in for an upstream that cannot be reached is to be taken first.
    stand_in: bool = False


def resolve(
    catalog: Catalog,
    selection: Selection,
    *,
    certificates: tuple[Certificate, ...] = (),
    additions: tuple[Addition, ...] = (),
) -> tuple[ImagePlan | Impossible, ...]:
    """The plans that a selection names, and a reason for each exact name that leads to none."""
    found: list[ImagePlan | Impossible] = []
    names, wrong = _choose("language", selection.languages, catalog.languages, tuple(catalog.languages))
    found += wrong
    for name in names:
        found += _of_language(catalog, catalog.languages[name], selection)
    return tuple(
        replace(plan, certificates=certificates, additions=additions) if isinstance(plan, ImagePlan) else plan
        for plan in _unique(found)
    )


def plans(
    catalog: Catalog,
    selection: Selection,
    *,
    certificates: tuple[Certificate, ...] = (),
    additions: tuple[Addition, ...] = (),
) -> tuple[ImagePlan, ...]:
    """Like `resolve`, but anything impossible is an error, and so is nothing."""
    resolved = resolve(catalog, selection, certificates=certificates, additions=additions)
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
            source=one.source if one.source_asked else None,
        )
        answers = resolve(catalog, selection, certificates=one.certificates, additions=one.additions)
        found += [plan for plan in answers if isinstance(plan, ImagePlan)]
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
    platforms, wrong = _choose("platform", selection.platforms, PLATFORMS, (own_platform(),))
    yield from wrong
    for name in versions:
        version = language.find_version(name)
        assert version is not None
        default = (default_distro(catalog, language, version, selection.source),)
        distros, wrong = _choose("distro", selection.distros, catalog.distros, default)
        yield from wrong
        for distro, variant, client, platform in product(distros, variants, clients, PLATFORMS):
            if platform not in platforms:
                continue
            own = catalog.distros[distro]
            point = Point(catalog, language, version, own, variant, client, platform, selection.source)
            answer = _at(point, stand_in=selection.stand_in)
            if isinstance(answer, ImagePlan):
                yield _with_emulator(catalog, answer, selection.emulator)
            elif _is_exact(selection, name, distro, variant, client):
                yield _refusal(point, answer)


@dataclass(frozen=True)
class _No:
    """Why there is no image at a point, and what is in the way."""

    cause: Cause
    why: str


def _works(point: Point) -> Found | None:
    """What is to be known of the image at a point; None where there is none."""
    answer = _at(point)
    return Found(answer.source, was_run=not answer.not_run) if isinstance(answer, ImagePlan) else None


def _refusal(point: Point, no: _No) -> Impossible:
    """Why there is no image at a point, and where there is one."""
    words = "; ".join(one.text for one in nearby(point, no.cause, _works))
    return Impossible(asked=str(point), why=no.why, nearest=words)


def _at(point: Point, *, stand_in: bool = False) -> ImagePlan | _No:
    catalog, language, version, distro, platform = (
        point.catalog,
        point.language,
        point.version,
        point.distro,
        point.platform,
    )
    if platform not in distro.platforms:
        return _No("platform", f"{distro.title} has no {platform}")
    choice = choose_runtime(catalog, language, version, distro, platform, point.source, stand_in=stand_in)
    if isinstance(choice, NoRuntime):
        return _No("runtime", f"{point.what} is not to be had on {distro.title}{choice.why}")
    runtime, reason = choice.runtime, choice.why
    by_policy = choose_runtime(catalog, language, version, distro, platform)
    source_asked = not isinstance(by_policy, Choice) or by_policy.runtime.source != runtime.source
    if (why := runtime.lacks(catalog.variants[point.variant])) is not None:
        return _No("variant", f"no {point.variant} image of {point.what} is described for {distro.title}{why}")
    offers = catalog.variants[point.variant].compiles and language.offered
    if offers and language.ecosystem not in catalog.fetching(distro).fetchers:
        return _No(
            "variant",
            f"what functions are compiled against is fetched from {language.ecosystem}, and {distro.title} names no "
            "packages that do",
        )
    chosen = language.find_client(runtime.clients[platform] if point.client == "auto" else point.client)
    assert chosen is not None
    missing = [pin.name for pin in chosen.pin if not pin.hashes_for(version.name, platform)]
    if missing:
        return _No("client", f"the {chosen.name} client has no {', '.join(missing)} for this version and platform")
    if chosen.has_native_part and not runtime.client_tools.get(chosen.name):
        return _No(
            "client",
            f"the {chosen.name} client has a part that is compiled, and no packages that do it are named for "
            f"{point.what} on {distro.title} from {runtime.source}",
        )
    fetched = chosen.pin and language.client_delivery == "compiled"
    if fetched and language.ecosystem not in catalog.fetching(distro).fetchers:
        return _No(
            "client",
            f"the {chosen.name} client is fetched from {language.ecosystem}, and {distro.title} names no packages that "
            "do",
        )
    if chosen.ecosystem is not None and distro.libc not in chosen.libcs:
        return _No("client", f"the {chosen.name} client is pinned for {' and '.join(chosen.libcs)}")
    facts = catalog.variants[point.variant]
    root = planned_root(distro)
    fallback = standing_in(catalog, language, runtime, distro, platform)
    return ImagePlan(
        language=language.name,
        version=version.name,
        distro=distro.name,
        family=distro.family,
        variant=point.variant,
        client=chosen.name,
        client_version=chosen.version,
        platform=platform,
        source=runtime.source,
        provider=provider(runtime),
        source_reason=reason,
        source_asked=source_asked,
        root=root,
        fetch_root=planned_root(catalog.fetching(distro)),
        emulator=facts.emulator,
        claims=tuple(profile for profile in facts.profiles if profile in _claimed(catalog, chosen, point.variant)),
        tags=_tags(point, chosen.name, runtime, is_asked=source_asked),
        not_exercised=chosen.not_exercised,
        stand_in=version.stand_in or (runtime.upstream.stand_in if runtime.upstream else ""),
        not_run=distro.not_run or runtime.not_run,
        fallback=fallback.name if fallback else "",
        caution=caution(distro, runtime, catalog.extended(point.variant)),
        support=support(language, version, distro, runtime),
    )


def planned_root(distro: Distro) -> Root:
    """The root that a distribution's images stand on, as far as can be said without looking."""
    if distro.image is not None:
        return Root(reference=distro.image, origin="image")
    return Root(reference=f"{_LOCAL}/root:{distro.name}", origin="bootstrap")


def find_runtime(catalog: Catalog, plan: ImagePlan) -> Runtime:
    """The runtime that a plan chose."""
    language, distro = catalog.languages[plan.language], catalog.distros[plan.distro]
    version = language.find_version(plan.version)
    assert version is not None
    return next(
        one
        for one in candidates(catalog, language, version, distro)
        if isinstance(one, Runtime) and (one.source, provider(one)) == (plan.source, plan.provider)
    )


def _claimed(catalog: Catalog, client: Client, variant: str) -> tuple[str, ...]:
    """The profiles that the client claims on this variant, or on the one it extends."""
    return next((client.profiles[name] for name in catalog.extended(variant) if name in client.profiles), ())


def _with_emulator(catalog: Catalog, plan: ImagePlan, wanted: bool | None) -> ImagePlan:
    """Leave the emulator out if so asked: parity cannot be claimed without it. It is never added."""
    if not plan.emulator:
        return plan
    if wanted is False:
        return replace(plan, emulator=False, claims=tuple(claim for claim in plan.claims if claim != "parity"))
    emulator, fetching = catalog.emulator, catalog.fetching(catalog.distros[plan.distro])
    if emulator.ecosystem in fetching.fetchers or not emulator.release_caution:
        return plan
    return replace(plan, caution="; ".join(filter(None, (plan.caution, emulator.release_caution))))


def _tags(point: Point, client: str, runtime: Runtime, *, is_asked: bool) -> tuple[str, ...]:
    """The full name; the short one for what is the version's default. A source that was asked for is in the name."""
    language, version, platform = point.language, point.version, point.platform
    suffix = "" if platform == own_platform() else "-" + platform.removeprefix("linux/")
    repository = f"{_LOCAL}/{language.name}"
    asked = f"-{runtime.source}" if is_asked else ""
    full = f"{repository}:{version.name}-{point.distro.name}{asked}-{point.variant}-{client}{suffix}"
    is_default = not is_asked and (point.distro.name, point.variant, client) == (
        default_distro(point.catalog, language, version),
        "standard",
        runtime.clients.get(platform),
    )
    return (full, f"{repository}:{version.name}{suffix}") if is_default else (full,)


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
