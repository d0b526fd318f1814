"""A lock from what is there today and from the lock before: what can still be had stays, unless it is to be renewed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from lambda_image.catalog import Catalog
from lambda_image.errors import BuildFailed, ChecksFailed, UsageError
from lambda_image.installs import InstallSet, InstallStep, Wanted
from lambda_image.lock import points, steps
from lambda_image.lock.asking import Answer, Asker
from lambda_image.lock.file import Entry, Lock
from lambda_image.lock.gathering import Gathered, Needs, Site, gather, image_key, needs, on_roots
from lambda_image.lock.roots import Roots
from lambda_image.nearest import nearest
from lambda_image.plan import ImagePlan
from lambda_image.render import install_steps, render
from lambda_image.runtime_source import with_reachable_runtime

# More names than this help nobody.
_AT_A_GLANCE = 4


def make(
    plans: Sequence[ImagePlan], before: Lock, patterns: Sequence[str], asker: Asker, roots: Roots, *, now: int
) -> Lock:
    """The lock of these images and of no others; `patterns` name what is renewed though it could stay."""
    catalog = asker.catalog
    check_patterns(patterns, before)
    needed = needs(plans, catalog)
    renewed = [name for name, _ in needed.steps if any(fnmatchcase(name, pattern) for pattern in patterns)]
    gathered = gather(needed, before, asker, roots, renewed=renewed)
    entries = merged(before, gathered, patterns)
    _check_together(needed, entries, gathered, asker)
    images = [image_entry(plan, entries, gathered, catalog) for plan in plans]
    return dated(before, [*entries, *images], now)


def names(entry: Entry) -> tuple[str, ...]:
    """The words by which `--upgrade` finds a fact."""
    if entry.kind == "install":
        site, _, asked = entry.key
        return (steps.distro_of(site), *steps.asked_packages(asked))
    if entry.kind in ("package", "virtual"):
        site, _, name = entry.key
        return (steps.distro_of(site), name)
    return (entry.kind, *entry.key) if entry.kind == "emulator" else entry.key


def matches(entry: Entry, patterns: Iterable[str]) -> bool:
    """Whether a fact is to be renewed."""
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names(entry))


def check_patterns(patterns: Iterable[str], before: Lock) -> None:
    """A name that nothing in the lock has is a slip."""
    known = sorted({name for entry in before for name in names(entry)})
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            near = nearest(pattern, known)
            raise UsageError(
                f"nothing in the lock is called {pattern!r}",
                hint=f"nearest: {near}" if near.count(" or ") < _AT_A_GLANCE else "its lines have the names",
            )


def merged(before: Lock, gathered: Gathered, patterns: Sequence[str]) -> Lock:
    """What was found, with what stays of the lock before."""
    found = Lock.of(gathered.entries)
    together = _released_together(before, found, patterns)
    stays: list[Entry] = [*found.of_kind("virtual")]
    for entry in found.of_kind("package"):
        old = before.find(entry.kind, *entry.key)
        renewed = matches(entry, patterns) or entry.key in together
        keeps = old is not None and not renewed and _can_be_had(old, gathered.answers)
        stays.append(old if old is not None and keeps else entry)
    for entry in found.of_kind("install"):
        old = before.find(entry.kind, *entry.key)
        stays.append(old if old is not None and not _is_renewed(entry, before, Lock.of(stays), patterns) else entry)
    # A dependency that only the packages of the lock before have.
    for entry in [one for one in stays if one.kind == "install"]:
        site, architecture, _ = entry.key
        for name in steps.along_packages(entry):
            old = before.find("package", site, architecture, name)
            if found.find("package", site, architecture, name) is None and old is not None:
                stays.append(old)
    others = [one for one in found if one.kind not in ("install", "package", "virtual")]
    return Lock.of([*others, *_named(Lock.of(stays))])


def _named(lock: Lock) -> Iterator[Entry]:
    """Without the packages that only come along today, where what comes along is as it was."""
    used = set()
    for install in lock.of_kind("install"):
        site, architecture, asked = install.key
        names = {steps.provider(name, site, architecture, lock) for name in steps.asked_packages(asked)}
        used |= {(site, architecture, name) for name in (*names, *steps.along_packages(install))}
    return (entry for entry in lock if entry.kind != "package" or entry.key in used)


def _can_be_had(old: Entry, answers: Mapping[Site, Answer]) -> bool:
    site, architecture, name = old.key
    for (distro, platform), answer in answers.items():
        if (distro, platform.removeprefix("linux/")) == (steps.distro_of(site), architecture):
            in_root = answer.before.get(name) == old.said
            return in_root or answer.have is None or old.said in answer.have.get(name, frozenset())
    return True


def _released_together(before: Lock, found: Lock, patterns: Sequence[str]) -> set[tuple[str, ...]]:
    """Packages of one source have one version, before and after, and need each other at that: they go along."""
    steps_taken = {
        (entry.key[:2], old.said, entry.said)
        for entry in found.of_kind("package")
        if matches(entry, patterns) and (old := before.find("package", *entry.key)) is not None
    }
    return {
        entry.key
        for entry in found.of_kind("package")
        if (old := before.find("package", *entry.key)) is not None
        and (entry.key[:2], old.said, entry.said) in steps_taken
    }


def _is_renewed(install: Entry, before: Lock, packages: Lock, patterns: Sequence[str]) -> bool:
    """What comes along is found anew where any of its packages is."""
    site, architecture, asked = install.key
    if matches(install, patterns):
        return True
    for name in steps.asked_packages(asked):
        if packages.find("virtual", site, architecture, name) != before.find("virtual", site, architecture, name):
            return True
    named = {steps.provider(name, site, architecture, packages) for name in steps.asked_packages(asked)}
    for name in {*named, *steps.along_packages(install)}:
        now = packages.find("package", site, architecture, name)
        old = before.find("package", site, architecture, name)
        if now is not None and old is not None and now != old:
            return True
    return False


def _check_together(needed: Needs, lock: Lock, gathered: Gathered, asker: Asker) -> None:
    """Where versions of the lock before stand beside new ones, the package manager has to agree."""
    found = Lock.of(gathered.entries)
    for site, those in needed.steps.items():
        name, platform = site
        architecture = platform.removeprefix("linux/")
        mixed = [
            entry
            for entry in lock.of_kind("package")
            if (steps.distro_of(entry.key[0]), entry.key[1]) == (name, architecture) and entry not in found
        ]
        if not mixed:
            continue
        sets = tuple(
            dict.fromkeys(
                InstallSet(enabled=step.enabled, wanted=_all_wanted(step, those, architecture, lock)) for step in those
            )
        )
        try:
            asker.ask(asker.catalog.distros[name], platform, gathered.roots[site].reference, sets)
        except BuildFailed as error:
            kept = ", ".join(f"{entry.key[2]} {entry.said}" for entry in mixed[:5])
            raise ChecksFailed(
                f"{name}: what was renewed does not go together with what stays ({kept} …)\n{error.log.rstrip()}",
                hint=f"renew more of it: `lambda-image lock --upgrade {name}` takes all of its packages",
            ) from error


def _all_wanted(step: InstallStep, those: Iterable[InstallStep], architecture: str, lock: Lock) -> tuple[Wanted, ...]:
    """What is there when the step is done: its own packages, and those of the steps before with all that came along."""
    onto = set(step.onto)
    before = [one for one in those if one.enabled == step.enabled and {*one.onto, *one.packages} <= onto]
    found = {one.name: one for each in (*before, step) for one in steps.wanted(each, architecture, lock) or ()}
    return tuple(found[name] for name in sorted(found))


def image_entry(plan: ImagePlan, lock: Lock, gathered: Gathered, catalog: Catalog) -> Entry:
    """An image's own line: the digest of the context that the facts above make."""
    placed = on_roots(plan, gathered.roots, catalog)
    architecture = plan.platform.removeprefix("linux/")
    locked = [_versions(plan, step, architecture, lock) for step in install_steps(placed, catalog)]
    context = render(placed, catalog, locked=locked)
    return Entry("image", image_key(plan, catalog), (context.digest,))


def _versions(plan: ImagePlan, step: InstallStep, architecture: str, lock: Lock) -> tuple[Wanted, ...]:
    """What a step installs; the package manager has to have said it of each package."""
    wanted = steps.wanted(step, architecture, lock)
    if wanted is None:
        site = steps.site(step)
        names = steps.installed(step, architecture, lock)
        missing = [name for name in names if lock.find("package", site, architecture, name) is None]
        raise ChecksFailed(
            f"{plan.id}: {step.distro}'s package manager tells no version of {', '.join(missing or names)}",
            hint="a name that several packages provide, or a group, cannot be locked: name the package that is meant",
        )
    return wanted


def dated(before: Lock, entries: Iterable[Entry], now: int) -> Lock:
    """With a date, which stays as long as all else does."""
    created = before.find("created")
    same = Lock.of([*entries, *([created] if created else [])])
    if created is not None and same.entries == before.entries:
        return same
    return Lock.of([*entries, Entry("created", (), (str(now),))])


def reachable(plans: Sequence[ImagePlan], before: Lock, asker: Asker) -> list[ImagePlan]:
    """What is built from here: an image that is locked stays as it is, others get what can be fetched."""
    catalog = asker.catalog
    return [
        plan
        if before.find("image", *image_key(plan, catalog))
        else with_reachable_runtime(plan, asker.settings, asker.progress, catalog=catalog)
        for plan in as_locked(plans, before, catalog)
    ]


def as_locked(plans: Iterable[ImagePlan], lock: Lock, catalog: Catalog) -> list[ImagePlan]:
    """The plans, with what the lock lets stand in for an upstream."""
    return [points.as_locked(plan, lock, catalog) for plan in plans]
