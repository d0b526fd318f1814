"""The words by which a lock names an image, to and from plans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from lambda_image.additions import Addition
from lambda_image.catalog import PLATFORMS, Catalog, Source
from lambda_image.errors import NothingSelected
from lambda_image.lock.file import Entry, Lock
from lambda_image.plan import Certificate, ImagePlan, Selection, find_runtime, plans

STAND_IN = "stand-in"
AUTO = "auto"


def architecture(plan: ImagePlan) -> str:
    """As in amd64."""
    return plan.platform.removeprefix("linux/")


def key(plan: ImagePlan, catalog: Catalog) -> tuple[str, ...]:
    """An image's words; the last says where its runtime was asked to come from."""
    upstream = find_runtime(catalog, plan).upstream
    asked = plan.source if plan.source_asked else STAND_IN if upstream and upstream.stand_in else AUTO
    return (plan.language, plan.version, plan.distro, plan.variant, plan.client, architecture(plan), asked)


def selection(key: tuple[str, ...], *, emulator: bool | None = None) -> Selection:
    """What selects the image of such words."""
    language, version, distro, variant, client, architecture, asked = key
    return Selection(
        languages=(language,),
        versions=(version,),
        distros=(distro,),
        variants=(variant,),
        clients=(client,),
        platforms=tuple(platform for platform in PLATFORMS if platform.endswith(f"/{architecture}")),
        emulator=emulator,
        source=next((source for source in get_args(Source) if source == asked), None),
        stand_in=asked == STAND_IN,
    )


def locked_plans(
    lock: Lock,
    catalog: Catalog,
    *,
    emulator: bool | None = None,
    certificates: tuple[Certificate, ...] = (),
    additions: tuple[Addition, ...] = (),
) -> tuple[tuple[ImagePlan, ...], tuple[Entry, ...]]:
    """The plans of all images of a lock, and the lines whose image the catalog does not know any more."""
    found: list[ImagePlan] = []
    gone: list[Entry] = []
    for entry in lock.of_kind("image"):
        try:
            chosen = selection(entry.key, emulator=emulator)
            found += plans(catalog, chosen, certificates=certificates, additions=additions)
        except NothingSelected:
            gone.append(entry)
    return unique(found), tuple(gone)


def unique(many: Iterable[ImagePlan]) -> tuple[ImagePlan, ...]:
    """Each once, as they come."""
    return tuple(dict.fromkeys(many))


def as_locked(plan: ImagePlan, lock: Lock, catalog: Catalog) -> ImagePlan:
    """The plan as a lock has it: whether something stands in for an upstream is the lock's to say, not the day's."""
    own = key(plan, catalog)
    instead = lock.find("image", *own[:-1], STAND_IN)
    if lock.find("image", *own) or instead is None or own[-1] != AUTO:
        return plan
    chosen = selection(instead.key, emulator=None if plan.emulator else False)
    (found,) = plans(catalog, chosen, certificates=plan.certificates, additions=plan.additions)
    return found
