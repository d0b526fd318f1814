"""What `list`, `plan` and `build` print: catalog, plans and images in lines or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from lambda_image.catalog import Runtime, candidates
from lambda_image.runtime_choice import provider

if TYPE_CHECKING:
    from lambda_image.additions import Addition
    from lambda_image.build import BuiltImage
    from lambda_image.catalog import Catalog, Download, Language, Source, Version
    from lambda_image.mirrors import Mirrors
    from lambda_image.plan import ImagePlan

_ORIGINS = {
    "image": "root: the registry's image",
    "bootstrap": "root: made here, as no image registry answered",
}


_ORDER: tuple[Source, ...] = ("packages", "archive", "source")


def listing(
    catalog: Catalog,
    *,
    additions: Sequence[Addition] = (),
    mirrors: Mirrors | None = None,
    today: date | None = None,
) -> str:
    """Languages with versions and clients, then distributions, with ends of support and each entry's file; then what
    the user's settings add, and from where they fetch."""
    now = today or date.today()
    lines: list[str] = []
    for language in catalog.languages.values():
        lines += _language(catalog, language, now)
    lines.append("distributions")
    for distro in catalog.distros.values():
        end = _until(distro.end_of_support, now)
        lines.append(
            f"  {distro.name:<16} {distro.title:<28} {end:<24} {', '.join(distro.platforms)}"
            f"{_warning(not_run=distro.not_run, caution=distro.caution)}  [{distro.origin}]"
        )
    lines.append("variants")
    lines += [f"  {variant.name}  [{variant.origin}]" for variant in catalog.variants.values()]
    if additions:
        lines.append("additions  [lambda-image.toml]")
        lines += [f"  {_addition(one)}" for one in additions]
    if mirrors:
        lines.append("mirrors  [lambda-image.toml]")
        lines += [f"  {line}" for line in _mirrors(catalog, mirrors)]
    return "\n".join(lines)


def _language(catalog: Catalog, language: Language, now: date) -> Iterator[str]:
    yield f"{language.name}  ({language.title})  [{language.origin}]"
    for version in language.version:
        default = "default" if version.name == language.default_version else ""
        stand_in = f"STAND-IN: {version.stand_in}" if version.stand_in else ""
        yield f"  {version.name:<10} {_until(version.end_of_support, now):<24} {default}{stand_in}".rstrip()
        yield from _where(catalog, language, version, now)
    reasons = dict.fromkeys(
        f"  client auto: {', '.join(f'{platform}: {client}' for platform, client in runtime.clients.items())}"
        f" ({runtime.clients_reason})"
        for version in language.version
        for distro in catalog.distros.values()
        for runtime in candidates(catalog, language, version, distro)
        if isinstance(runtime, Runtime)
    )
    yield from reasons
    for client in language.client:
        claims = "; ".join(f"{variant}: {' '.join(profiles)}" for variant, profiles in client.profiles.items())
        warning = _warning(not_exercised=client.not_exercised)
        yield f"  client {client.name} {client.package} {client.version}  claims {claims}{warning}"


def _where(catalog: Catalog, language: Language, version: Version, now: date) -> Iterator[str]:
    """A line for each source: the distributions on which a version comes from there, and whose bytes they are."""
    places: dict[tuple[Source, str, bool], list[str]] = {}
    for distro in catalog.distros.values():
        for runtime in candidates(catalog, language, version, distro):
            if not isinstance(runtime, Runtime) or (runtime.upstream and runtime.upstream.stand_in):
                continue
            end = runtime.end_of_support
            ended = f" ({_until(end, now)})" if end else ""
            is_run = not distro.not_run and not runtime.not_run
            places.setdefault((runtime.source, provider(runtime), is_run), []).append(distro.name + ended)
    for (source, whose, is_run), distros in sorted(places.items(), key=lambda place: _ORDER.index(place[0][0])):
        not_run = "" if is_run else "  (rendered, not run here)"
        yield f"    {source}{': ' if whose else ''}{whose} on {', '.join(dict.fromkeys(distros))}{not_run}"


def _addition(addition: Addition) -> str:
    """`to standard, build of nodejs on any distribution: packages jq; scripts harden.sh`."""
    variants, languages, distros = (
        ", ".join(words) or f"any {what}"
        for words, what in (
            (addition.variants, "variant"),
            (addition.languages, "language"),
            (addition.distros, "distribution"),
        )
    )
    what = {
        "packages": addition.packages,
        "variables": [name for name, _ in addition.environment],
        "labels": [name for name, _ in addition.labels],
        "scripts": [script.name for script in addition.scripts],
    }
    return f"to {variants} of {languages} on {distros}: " + "; ".join(
        f"{kind} {', '.join(names)}" for kind, names in what.items() if names
    )


def _mirrors(catalog: Catalog, mirrors: Mirrors) -> Iterator[str]:
    """`https://nodejs.org/ from file:///srv/nodejs/: nodejs 16, 24`, each with what of the catalog it serves."""
    served: dict[str, dict[str, None]] = {prefix: {} for prefix in mirrors.rules}
    for what, file in _files(catalog):
        if prefix := mirrors.prefix_of(file.url):
            served[prefix][what] = None
    for prefix, target in sorted(mirrors.rules.items()):
        what = ", ".join(served[prefix]) or "no file of the catalog; what apt, pip, npm, go and gem are configured for"
        yield f"{prefix} from {target}: {what}"


def _files(catalog: Catalog) -> Iterator[tuple[str, Download]]:
    """All that is fetched by its address, and what it is of."""
    for language in catalog.languages.values():
        for version in language.version:
            what = f"{language.name} {version.name}"
            for upstream in (*version.archive, *version.source):
                yield from ((what, file) for file in upstream.files.values())
                yield from ((what, file) for files in upstream.variants.values() for file in files.values())
    for emulator in catalog.emulators.values():
        yield from ((emulator.name, file) for file in emulator.release_files.values())


def _until(end: date | None, now: date) -> str:
    if end is None:
        return "no end of support set"
    return f"until {end}" if end >= now else f"ENDED {end}"


def listing_json(catalog: Catalog) -> str:
    """The catalog as JSON."""
    return json.dumps(
        {
            "schema_version": 1,
            "languages": [one.model_dump(mode="json") for one in catalog.languages.values()],
            "distros": [one.model_dump(mode="json") for one in catalog.distros.values()],
            "variants": list(catalog.variants),
        },
        indent=1,
    )


def plan_line(plan: ImagePlan, mirrored: Sequence[str] = ()) -> str:
    """One plan in a line: what it is, the tag that it gets, and which mirrors its files come from."""
    client = f"client {plan.client} {plan.client_version}"
    whose = f" {plan.provider}" if plan.provider else ""
    runtime = f"runtime from {plan.source}{whose} ({plan.source_reason})"
    warnings = _warning(mirrored=", ".join(mirrored)) + _warnings(plan)
    return f"{plan.id}  {plan.tags[0]}  {client}  root {plan.root.reference}  {runtime}{warnings}"


def _warnings(of: ImagePlan | BuiltImage, today: date | None = None) -> str:
    return _warning(
        not_exercised=of.not_exercised,
        stand_in=of.stand_in,
        not_run=of.not_run,
        caution=of.caution,
        ended="; ".join(of.ended(today or date.today())),
    )


def _warning(
    *,
    not_exercised: str = "",
    stand_in: str = "",
    not_run: str = "",
    caution: str = "",
    ended: str = "",
    mirrored: str = "",
) -> str:
    """What the catalog says of what was never built and judged, of a runtime that stands in, of support that is over;
    mostly nothing."""
    warnings = {
        "MIRRORED": mirrored,
        "SUPPORT ENDED": ended,
        "STAND-IN": stand_in,
        "NOT EXERCISED": not_exercised,
        "RENDERED, NOT RUN HERE": not_run,
        "CAUTION": caution,
    }
    return "".join(f"  {what}: {why}" for what, why in warnings.items() if why)


def plan_json(plans: Iterable[ImagePlan], mirrored: Mapping[str, Sequence[str]] | None = None) -> str:
    """Plans as JSON, with the mirrors of each one's files by its ID; certificates and the contents of scripts are left
    out."""
    rows = [
        {
            "id": plan.id,
            **_without(asdict(plan), "certificates", "additions"),
            "mirrored": list((mirrored or {}).get(plan.id, ())),
        }
        for plan in plans
    ]
    return json.dumps({"schema_version": 1, "plans": rows}, indent=1, default=str)


def _without(values: dict[str, object], *keys: str) -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in keys}


def built_line(image: BuiltImage) -> str:
    """One image in a line: tag, size, root, time."""
    took = "unchanged" if image.reused else f"built in {image.seconds:.1f} s"
    warning = _warnings(image)
    return (
        f"{image.reference}  {image.size / 1e6:.1f} MB ({image.compressed / 1e6:.1f} MB compressed)  "
        f"{_ORIGINS[image.origin]}; {took}{warning}"
    )


def built_json(images: Sequence[BuiltImage]) -> str:
    """Images as JSON."""
    return json.dumps({"schema_version": 1, "images": [asdict(image) for image in images]}, indent=1)
