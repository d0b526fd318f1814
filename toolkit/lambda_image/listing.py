"""What `list`, `plan` and `build` print: catalog, plans and images in lines or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambda_image.build import BuiltImage
    from lambda_image.catalog import Catalog, Language
    from lambda_image.plan import ImagePlan

_ORIGINS = {
    "image": "root: the registry's image",
    "bootstrap": "root: made here, as no image registry answered",
}


def listing(catalog: Catalog, *, today: date | None = None) -> str:
    """Languages with versions and clients, then distributions; ends of support, and each entry's file."""
    now = today or date.today()
    lines: list[str] = []
    for language in catalog.languages.values():
        lines += _language(language, now)
    lines.append("distributions")
    for distro in catalog.distros.values():
        end = _until(distro.end_of_support, now)
        lines.append(
            f"  {distro.name:<16} {distro.title:<28} {end:<24} {', '.join(distro.platforms)}  [{distro.origin}]"
        )
    lines.append("variants")
    lines += [f"  {variant.name}" for variant in catalog.variants.values()]
    return "\n".join(lines)


def _language(language: Language, now: date) -> Iterator[str]:
    yield f"{language.name}  ({language.title})  [{language.origin}]"
    for version in language.version:
        default = "default" if version.name == language.default_version else ""
        stand_in = f"STAND-IN: {version.stand_in}" if version.stand_in else ""
        yield f"  {version.name:<10} {_until(version.end_of_support, now):<24} {default}{stand_in}"
        for runtime in version.runtime:
            auto = ", ".join(f"{platform}: {client}" for platform, client in runtime.clients.items())
            where = f"{runtime.source} on {', '.join(runtime.distros)}"
            yield f"    {where}; client auto: {auto} ({runtime.clients_reason})"
    for client in language.client:
        claims = "; ".join(f"{variant}: {' '.join(profiles)}" for variant, profiles in client.profiles.items())
        warning = _warning(not_exercised=client.not_exercised)
        yield f"  client {client.name} {client.package} {client.version}  claims {claims}{warning}"


def _until(end: date, now: date) -> str:
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


def plan_line(plan: ImagePlan) -> str:
    """One plan in a line: what it is, and the tag that it gets."""
    client = f"client {plan.client} {plan.client_version}"
    warning = _warning(not_exercised=plan.not_exercised, stand_in=plan.stand_in)
    return f"{plan.id}  {plan.tags[0]}  {client}  root {plan.root.reference}{warning}"


def _warning(*, not_exercised: str, stand_in: str = "") -> str:
    """What the catalog says of a client never built and judged, or of a runtime that stands in; mostly nothing."""
    warnings = {"STAND-IN": stand_in, "NOT EXERCISED": not_exercised}
    return "".join(f"  {what}: {why}" for what, why in warnings.items() if why)


def plan_json(plans: Iterable[ImagePlan]) -> str:
    """Plans as JSON; certificates are left out."""
    rows = [{"id": plan.id, **_without(asdict(plan), "certificates")} for plan in plans]
    return json.dumps({"schema_version": 1, "plans": rows}, indent=1, default=str)


def _without(values: dict[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in values.items() if name != key}


def built_line(image: BuiltImage) -> str:
    """One image in a line: tag, size, root, time."""
    took = "unchanged" if image.reused else f"built in {image.seconds:.1f} s"
    warning = _warning(not_exercised=image.not_exercised, stand_in=image.stand_in)
    return (
        f"{image.reference}  {image.size / 1e6:.1f} MB ({image.compressed / 1e6:.1f} MB compressed)  "
        f"{_ORIGINS[image.origin]}; {took}{warning}"
    )


def built_json(images: Sequence[BuiltImage]) -> str:
    """Images as JSON."""
    return json.dumps({"schema_version": 1, "images": [asdict(image) for image in images]}, indent=1)
