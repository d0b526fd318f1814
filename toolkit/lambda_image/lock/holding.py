"""A build that is held to a lock: the same roots, versions, archives and files, or an error that names what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambda_image.build import Fixed
from lambda_image.catalog import Catalog
from lambda_image.errors import ChecksFailed, ConfigurationError
from lambda_image.installs import InstallStep, Wanted
from lambda_image.lock import points, steps
from lambda_image.lock.asking import Asker
from lambda_image.lock.changes import Change, lines, of_files
from lambda_image.lock.file import Entry, Lock
from lambda_image.lock.gathering import Site, needs, on_roots, package_sets
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan, Root
from lambda_image.render import install_steps, render


@dataclass(frozen=True, kw_only=True)
class Holder:
    """What a lock says, and what it is compared with."""

    lock: Lock
    asker: Asker
    roots: Roots

    @property
    def _catalog(self) -> Catalog:
        return self.asker.catalog

    def knows(self, plan: ImagePlan) -> bool:
        """Whether the image is in the lock."""
        plan = points.as_locked(plan, self.lock, self._catalog)
        return self.lock.find("image", *points.key(plan, self._catalog)) is not None

    def hold(self, plan: ImagePlan) -> Fixed:
        """What is built; `ChecksFailed` where it would not be what was locked."""
        plan, entry = self._locked_plan(plan)
        different = [*self._pins(plan)]
        found = dict(self._roots(plan, different))
        placed = on_roots(plan, found, self._catalog)
        wanted = list(self._steps(placed, different))
        if not different:
            digest = render(placed, self._catalog, locked=wanted).digest
            if digest != entry.said:
                different.append(of_files(entry.said, digest))
        if different:
            raise refusal(plan, different)
        created = self.lock.created
        if created is None:
            raise ConfigurationError(
                "the lock has no line `created`, the time of an image's files",
                hint="take the file as it was committed, or run `lambda-image lock`",
            )
        return Fixed(plan=placed, steps=tuple(wanted), epoch=created)

    def _locked_plan(self, plan: ImagePlan) -> tuple[ImagePlan, Entry]:
        plan = points.as_locked(plan, self.lock, self._catalog)
        entry = self.lock.find("image", *points.key(plan, self._catalog))
        if entry is None:
            raise ChecksFailed(
                f"{plan.id} is not in the lock", hint=f"`lambda-image lock {_words(plan)}` adds it; what is there stays"
            )
        return plan, entry

    def _pins(self, plan: ImagePlan) -> Iterator[Change]:
        for entry in needs([plan], self._catalog).pinned:
            old = self.lock.find(entry.kind, *entry.key)
            if old != entry:
                yield Change.of(old, entry)

    def _roots(self, plan: ImagePlan, different: list[Change]) -> Iterator[tuple[Site, Root]]:
        for name, platform in needs([plan], self._catalog).steps:
            distro = self._catalog.distros[name]
            root = self.roots.locked(distro, platform, self.lock)
            if root is None:
                root, entry = self.roots.today(distro, platform)
                different.append(Change.of(self.lock.find(entry.kind, *entry.key), entry))
            yield (name, platform), root

    def _steps(self, plan: ImagePlan, different: list[Change]) -> Iterator[tuple[Wanted, ...]]:
        architecture = points.architecture(plan)
        for step in install_steps(plan, self._catalog):
            wanted = steps.wanted(step, architecture, self.lock)
            if wanted is None:
                key = (steps.site(step), architecture, steps.asked(step))
                different.append(Change.of(None, Entry("install", key, ("wanted",))))
            yield wanted or ()

    def explain(self, fixed: Fixed) -> list[Change]:
        """After a build that failed: which locked versions cannot be had any more."""
        plan, found = fixed.plan, []
        architecture = points.architecture(plan)
        by_distro: dict[str, list[InstallStep]] = {}
        for step in install_steps(plan, self._catalog):
            by_distro.setdefault(step.distro, []).append(step)
        for name, those in by_distro.items():
            distro = self._catalog.distros[name]
            root = plan.root if name == plan.distro else plan.fetch_root
            sets = package_sets(those)
            answer = self.asker.ask(distro, plan.platform, root.reference, sets)
            today = {package: version for one in answer.sets for package, version in one.items()}
            for step in those:
                for kind, key in steps.keys(step, architecture, self.lock):
                    old, package = self.lock.entries.get((kind, key)), key[-1]
                    if kind != "package" or old is None or answer.before.get(package) == old.said:
                        continue
                    if old.said not in (answer.have or {}).get(package, {today.get(package)}):
                        found.append(Change.of(old, Entry(kind, key, (today.get(package) or "no such package",))))
        return list(dict.fromkeys(found))


def refusal(plan: ImagePlan, different: list[Change]) -> ChecksFailed:
    """The error of a build that would differ."""
    upgrades = " ".join(f"--upgrade {name}" for name in dict.fromkeys(map(_upgrade, different)) if name)
    again = f"`lambda-image lock {upgrades}`" if upgrades else "`lambda-image lock`"
    return ChecksFailed(
        f"{plan.id} would not be what is locked (locked → found):\n{lines(different)}",
        hint=f"{again} takes what was found, to be reviewed and committed; else go back to what was locked",
    )


def _upgrade(change: Change) -> str:
    """The name by which this is renewed; empty where it needs no name: what is missing, or only the catalog's."""
    kind, *words = change.name.split(" ")
    if not change.locked or kind in ("image", "client", "manager", "archive", "emulator"):
        return ""
    return words[0] if kind == "root" else words[-1]


def _words(plan: ImagePlan) -> str:
    return (
        f"{plan.language} --version {plan.version} --distro {plan.distro} --variant {plan.variant} "
        f"--client {plan.client}"
    )
