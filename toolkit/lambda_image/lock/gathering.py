"""All facts of images as they are today: pins from the catalog, roots from the engine, versions from repositories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lambda_image.catalog import Catalog, Platform
from lambda_image.installs import InstallSet, InstallStep, Wanted
from lambda_image.lock import points, steps
from lambda_image.lock.asking import Answer, Asker
from lambda_image.lock.file import Entry, Lock
from lambda_image.lock.pinned_facts import pinned_facts
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan, Root
from lambda_image.render import install_steps, look_up

# A distribution on an architecture.
Site = tuple[str, Platform]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What was found."""

    entries: tuple[Entry, ...]
    roots: Mapping[Site, Root]
    answers: Mapping[Site, Answer]


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What images take, before anything is asked."""

    pinned: tuple[Entry, ...]
    steps: Mapping[Site, tuple[InstallStep, ...]]


def needs(plans: Iterable[ImagePlan], catalog: Catalog) -> Needs:
    """Of all of them together."""
    pinned: list[Entry] = []
    found: dict[Site, list[InstallStep]] = {}
    for plan in plans:
        pinned += pinned_facts(look_up(plan, catalog))
        fetching = catalog.fetching(catalog.distros[plan.distro]).name
        for name in (plan.distro, fetching):
            found.setdefault((name, plan.platform), [])
        for step in install_steps(plan, catalog):
            found[step.distro, plan.platform].append(step)
    return Needs(
        pinned=tuple(dict.fromkeys(pinned)),
        steps={site: tuple(dict.fromkeys(those)) for site, those in found.items()},
    )


def gather(
    needed: Needs, locked: Lock, asker: Asker, roots: Roots, *, renewed: Iterable[str] = (), asking: bool = True
) -> Gathered:
    """Everything; roots of a lock are taken from it where they can be had, but for those to be renewed."""
    entries = list(needed.pinned)
    found: dict[Site, Root] = {}
    for site in needed.steps:
        name, platform = site
        distro = asker.catalog.distros[name]
        is_renewed = name in set(renewed)
        root = None if is_renewed else roots.locked(distro, platform, locked)
        entry = locked.find("root", name, platform.removeprefix("linux/"))
        if root is None or entry is None:
            root, entry = roots.today(distro, platform, fresh=is_renewed)
        entries.append(entry)
        found[site] = root
    answers = _answers(needed, found, asker) if asking else {}
    for (name, platform), answer in answers.items():
        those = needed.steps[name, platform]
        entries += entries_of(those, package_sets(those), answer, platform.removeprefix("linux/"))
    return Gathered(entries=tuple(dict.fromkeys(entries)), roots=found, answers=answers)


def _answers(needed: Needs, roots: Mapping[Site, Root], asker: Asker) -> dict[Site, Answer]:
    """Of all distributions, asked side by side."""
    sites = [site for site, those in needed.steps.items() if those]

    def ask(site: Site) -> Answer:
        name, platform = site
        return asker.ask(asker.catalog.distros[name], platform, roots[site].reference, package_sets(needed.steps[site]))

    with ThreadPoolExecutor(max_workers=max(1, len(sites))) as pool:
        return dict(zip(sites, pool.map(ask, sites), strict=True))


def package_sets(those: Iterable[InstallStep]) -> tuple[InstallSet, ...]:
    """What has to be asked for: for each step all that is there after it, and all that was there before."""
    sets: dict[InstallSet, None] = {}
    for step in those:
        for names in (step.onto, after(step)):
            if names:
                sets[named(step, names)] = None
    return tuple(sets)


def after(step: InstallStep) -> tuple[str, ...]:
    """All that was asked for when the step is done."""
    return tuple(sorted({*step.onto, *step.packages}))


def named(step: InstallStep, names: Iterable[str]) -> InstallSet:
    """As a set, without versions."""
    return InstallSet(enabled=step.enabled, wanted=tuple(Wanted(name=name) for name in names))


def entries_of(
    those: Iterable[InstallStep], sets: tuple[InstallSet, ...], answer: Answer, architecture: str
) -> Iterable[Entry]:
    """The answers as facts: what each step brings along, and one version of each package."""
    by_set = dict(zip(sets, answer.sets, strict=True))
    instead = dict(zip(sets, answer.provided, strict=True))
    for step in those:
        now = named(step, after(step))
        comes = by_set[now]
        was_there = by_set.get(named(step, step.onto), {})
        provided = {name: package for name, package in instead[now].items() if name in step.packages}
        asked = {provided.get(name, name) for name in step.packages}
        along = sorted(comes.keys() - was_there.keys() - asked)
        words = tuple(sorted(steps.along_word(name, is_in_root=name in answer.before) for name in along))
        yield Entry("install", (steps.site(step), architecture, steps.asked(step)), words)
        for name, package in sorted(provided.items()):
            yield Entry("virtual", (steps.site(step), architecture, name), (package,))
        for name in sorted({*along, *asked}):
            version = comes.get(name) or answer.before.get(name)
            if version:
                yield Entry("package", (steps.site(step), architecture, name), (version,))


def on_roots(plan: ImagePlan, roots: Mapping[Site, Root], catalog: Catalog) -> ImagePlan:
    """The plan on the roots that were found."""
    fetching = catalog.fetching(catalog.distros[plan.distro]).name
    return plan.on(roots[plan.distro, plan.platform], roots[fetching, plan.platform])


def image_key(plan: ImagePlan, catalog: Catalog) -> tuple[str, ...]:
    """The words of its line."""
    return points.key(plan, catalog)
