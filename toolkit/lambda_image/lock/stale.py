"""Which locked images have become old, and why: newer packages, another root, other pins, other files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from lambda_image.installs import InstallStep
from lambda_image.lock import points, steps
from lambda_image.lock.asking import Asker
from lambda_image.lock.changes import Change, of_files, short
from lambda_image.lock.file import Entry, Lock
from lambda_image.lock.gathering import Gathered, Site, gather, needs, on_roots
from lambda_image.lock.making import image_entry
from lambda_image.lock.pinned_facts import pinned_facts
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan
from lambda_image.render import install_steps, look_up


@dataclass(frozen=True, kw_only=True)
class Aged:
    """An image and why it needs a rebuild; without a reason it needs none."""

    image: str
    reasons: tuple[Change, ...]
    # What only serves to build it: of no effect on the image.
    tools: tuple[Change, ...] = ()


def examine(plans: Sequence[ImagePlan], lock: Lock, asker: Asker, roots: Roots) -> list[Aged]:
    """Each image of the lock against what there is today."""
    gathered = gather(needs(plans, asker.catalog), lock, asker, roots)
    now = Lock.of(gathered.entries)
    newer = {site: tuple(_roots(site, lock, gathered, asker, roots)) for site in gathered.roots}
    return [_one(plan, lock, now, gathered, newer[plan.distro, plan.platform], asker) for plan in plans]


def _one(plan: ImagePlan, lock: Lock, now: Lock, gathered: Gathered, of_root: tuple[Change, ...], asker: Asker) -> Aged:
    catalog, architecture = asker.catalog, points.architecture(plan)
    key = points.key(plan, catalog)
    locked = lock.find("image", *key)
    if locked is None:
        return Aged(image=plan.id, reasons=(Change.of(None, Entry("image", key, ("not locked",))),))
    reasons = list(of_root)
    for entry in pinned_facts(look_up(plan, catalog)):
        old = lock.find(entry.kind, *entry.key)
        if old != entry:
            reasons.append(Change.of(old, entry))
    shipped: dict[Change, None] = {}
    tools: dict[Change, None] = {}
    placed = on_roots(plan, gathered.roots, catalog)
    for step in install_steps(placed, catalog):
        (shipped if step.is_shipped else tools).update(dict.fromkeys(_packages(step, architecture, lock, now)))
    reasons += [one for one in shipped if one not in reasons]
    if not reasons:
        today = image_entry(plan, _with(lock, now), gathered, catalog)
        if today != locked:
            reasons.append(of_files(locked.said, today.said))
    return Aged(image=plan.id, reasons=tuple(reasons), tools=tuple(one for one in tools if one not in shipped))


def _with(lock: Lock, now: Lock) -> Lock:
    """The lock's versions, and what it does not know as it is today."""
    return Lock.of([*now, *lock])


def _packages(step: InstallStep, architecture: str, lock: Lock, now: Lock) -> Iterator[Change]:
    """By name alone, as people speak of packages."""
    for kind, key in dict.fromkeys([*steps.keys(step, architecture, lock), *steps.keys(step, architecture, now)]):
        old, new = lock.entries.get((kind, key)), now.entries.get((kind, key))
        if kind in ("package", "virtual") and new is not None and old != new:
            yield Change(kind=kind, name=key[-1], locked=old.said if old else "", found=new.said)


def _roots(site: Site, lock: Lock, gathered: Gathered, asker: Asker, roots: Roots) -> Iterator[Change]:
    """Another root than the locked one, or the locked one with packages that are newer in the repositories."""
    name, platform = site
    architecture = platform.removeprefix("linux/")
    old = lock.find("root", name, architecture)
    found = Lock.of(gathered.entries).find("root", name, architecture)
    if old is None or old != found:
        yield Change.of(old, found)
    elif newer := roots.newer(asker.catalog.distros[name], platform, old):
        yield Change(
            kind="root", name=f"root {name}", locked=old.value[-1] if "recipe" in newer else old.value[1], found=newer
        )
    answer = gathered.answers.get(site)
    if answer is None:
        return
    for package, version in answer.newer.items():
        yield Change(kind="root", name=f"{package} (in the root)", locked=answer.before.get(package, ""), found=version)


def text(found: Sequence[Aged]) -> str:
    """A line an image, and one below it for each reason."""
    shown: list[str] = []
    for one in found:
        shown.append(f"{one.image}  {'needs a rebuild' if one.reasons else 'up to date'}")
        shown += [
            f"  {reason.name}: {short(reason.locked) or 'not in the lock'} → {short(reason.found) or 'gone'}"
            for reason in one.reasons
        ]
    return "\n".join(shown)


def to_json(found: Sequence[Aged]) -> str:
    """The same for programs, with what only builds."""
    rows = [{**asdict(one), "stale": bool(one.reasons)} for one in found]
    return json.dumps({"schema_version": 1, "images": rows}, indent=1)
