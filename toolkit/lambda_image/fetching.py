"""Fills the folder of builds without a network: everything from outside that the builds of some plans need.

Each kind of thing is fetched by what its build would fetch it with: files by their addresses or mirrors, Python's
packages by pip, a distribution's packages by its own package manager and other registries' by their own programs in a
build that leaves no image. Whatever has come stays, also where something later fails.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lambda_image import render, secrets
from lambda_image.architectures import KERNEL_NAMES
from lambda_image.at_hand import packages_folder
from lambda_image.build import Fixed, downloads_for, placed
from lambda_image.catalog import Catalog, Distro
from lambda_image.engine import Engine
from lambda_image.errors import ChecksFailed, MachineError, UsageError
from lambda_image.offline_folder import Kept, KeptRoot, OfflineFolder
from lambda_image.pinned import npm_file
from lambda_image.plan import ImagePlan, Root
from lambda_image.progress import Progress
from lambda_image.render import BuildContext, Facts, PinnedFolder
from lambda_image.runtime_choice import Choice, choose_runtime
from lambda_image.settings import Settings

# What pip calls the C library of the images, the oldest first.
_WHEELS = ("manylinux2014", "manylinux_2_17", "manylinux_2_24", "manylinux_2_28", "manylinux_2_34")
_BY_THEIR_OWN = ("go", "maven", "npm", "rubygems")
_LIST = "Packages"


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """What fetching takes."""

    engine: Engine
    settings: Settings
    catalog: Catalog
    progress: Progress
    folder: OfflineFolder

    def fetch(self, plan: ImagePlan, fixed: Fixed | None = None, *, fresh: bool = False) -> tuple[Kept, bool]:
        """All of one image, and whether it was there already; `fresh`: today's versions even so."""
        check(plan, self.catalog)
        if fixed is None:
            plan = placed(plan, self.engine, self.settings, self.progress, self.catalog)
            check(plan, self.catalog)
        else:
            plan = fixed.plan
        context = render.render(plan, self.catalog, locked=fixed.steps if fixed else None).digest
        if not fresh and self.folder.is_whole(plan.id, context):
            return self.folder.kept(plan.id), True
        facts = render.look_up(plan, self.catalog)
        downloads = self._downloads(plan)
        files = dict(self._registries(plan, facts))
        sites = self._sites(plan)
        for name, root in sites.items():
            files |= self._packages(plan, self.catalog.distros[name], root, fixed, downloads)
        roots = {name: self._root(root, plan) for name, root in sites.items()}
        kept = Kept(plan=plan.id, context=context, roots=roots, downloads=downloads, files=files)
        self.folder.keep(kept)
        return kept, False

    def _sites(self, plan: ImagePlan) -> dict[str, Root]:
        """The distributions that a plan's stages stand on."""
        return {plan.distro: plan.root, self._fetching(plan).name: plan.fetch_root}

    def _downloads(self, plan: ImagePlan) -> dict[str, str]:
        source = downloads_for(self.settings)
        return {
            file.checksum: self.folder.add(source.get(file, self.progress))
            for file in render.downloads(plan, self.catalog)
        }

    def _registries(self, plan: ImagePlan, facts: Facts) -> Iterator[tuple[str, str]]:
        """Places in the context, and the blobs that belong there."""
        if plan.emulator and facts.emulator_is_packaged:
            requirement = render.emulator_requirement(facts)
            with self._pip(requirement, ["--ignore-requires-python"]) as folder:
                yield from self._added(folder, "emulator")
        for one in render.pinned_folders(facts):
            with self._fetched(one, plan, facts) as folder:
                yield from self._added(folder, one.name)

    def _added(self, folder: Path, place: str) -> Iterator[tuple[str, str]]:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield f"{place}/{path.relative_to(folder).as_posix()}", self.folder.add(path)

    @contextmanager
    def _fetched(self, one: PinnedFolder, plan: ImagePlan, facts: Facts) -> Iterator[Path]:
        if one.ecosystem == "pypi":
            with self._pip(one.files(facts)["requirements.txt"].decode(), _wheels(facts)) as folder:
                yield folder
            return
        context = render.fetching_pins(plan, self.catalog, one)
        with self._built(context, plan, self._fetching(plan), f"fetch {one.name} from {one.ecosystem}") as folder:
            for pin in one.pins if one.ecosystem == "npm" else ():
                sha512 = pin.hashes_for(plan.version, plan.platform)[0].sha512
                _check_pinned(folder / npm_file(pin.name, pin.version), "sha512", sha512)
            yield folder

    def _fetching(self, plan: ImagePlan) -> Distro:
        return self.catalog.fetching(self.catalog.distros[plan.distro])

    @contextmanager
    def _pip(self, requirements: str, options: Sequence[str]) -> Iterator[Path]:
        """The files of requirements with checksums, which pip checks."""
        with (
            self.progress.step(f"fetch {requirements.split()[0]} and what is pinned with it"),
            tempfile.TemporaryDirectory(prefix="lambda-image-fetch-") as name,
        ):
            wanted, folder = Path(name) / "requirements.txt", Path(name) / "files"
            wanted.write_text(requirements, encoding="utf-8")
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += [
                "--only-binary=:all:",
                "--require-hashes",
                f"--dest={folder}",
                f"--requirement={wanted}",
                *options,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise MachineError(
                    f"pip cannot fetch {requirements.split()[0]}:\n" + "\n".join(done.stderr.splitlines()[-5:]),
                    hint="does `pip download` reach an index here? Run it again then: what has come stays",
                )
            yield folder

    def _packages(
        self, plan: ImagePlan, distro: Distro, root: Root, fixed: Fixed | None, downloads: dict[str, str]
    ) -> Mapping[str, str]:
        """A distribution's packages as a repository; source packages go to the files with checksums of their own."""
        wishes = list(dict.fromkeys(_wishes(plan, distro.name, fixed, self.catalog)))
        sources = render.source_packages(plan, self.catalog) if distro.name == plan.distro else ()
        wishes += [f"source {one.name}={one.version}" for one in sources]
        if not wishes:
            return {}
        place = packages_folder(distro.name)
        there = self.folder.packages_on(root, place)
        steps = [one for one in render.install_steps(plan, self.catalog) if one.distro == distro.name]
        enabled = tuple(dict.fromkeys(name for one in steps for name in one.enabled))
        context = render.fetching_packages(distro, root.reference, wishes, self.catalog, enabled=enabled)
        assert context is not None
        have = {f"have/{name}": self.folder.blob(one) for name, one in there.items() if name != _LIST}
        context = BuildContext(files=context.files, digest=context.digest, outside=have)
        with self._built(context, plan, distro, f"fetch packages of {distro.title}") as folder:
            for source in sources:
                _check_pinned(folder / source.file, "sha256", source.sha256)
                downloads[source.checksum] = self.folder.add(folder / source.file)
            if not (folder / _LIST).is_file():
                return dict(self._added(folder, place))
            listed = {_LIST, *_listed(folder / _LIST)}
            # Beside them lie source packages' files, of which the one that is pinned has its own place.
            return {name: one for name, one in self._added(folder, place) if Path(name).name in listed}

    @contextmanager
    def _built(self, context: BuildContext, plan: ImagePlan, distro: Distro, what: str) -> Iterator[Path]:
        """What a build leaves in place of an image."""
        fetching = self._fetching(plan)
        found = secrets.find(self.settings, distro, fetching=fetching if fetching.name != plan.distro else None)
        with (
            self.progress.step(what),
            tempfile.TemporaryDirectory(prefix="lambda-image-fetch-") as name,
            found.files() as files,
        ):
            folder, answer = Path(name) / "context", Path(name) / "answer"
            context.write(folder)
            self.engine.build(
                folder,
                platform=plan.platform,
                secrets=files,
                build_args=found.arguments,
                no_cache=True,
                output=f"type=local,dest={answer}",
                on_event=self.progress.event,
            )
            yield answer

    def _root(self, root: Root, plan: ImagePlan) -> KeptRoot:
        image = self.engine.image(root.reference)
        with self.progress.step(f"keep {root.reference}"):
            return self.folder.add_image(self.engine.save(root.reference), root, image.config_digest, plan.platform)


def check(plan: ImagePlan, catalog: Catalog) -> None:
    """Before anything is fetched: whether all of it could be."""
    for step in render.install_steps(plan, catalog):
        distro = catalog.distros[step.distro]
        if why := _not_packages(distro, step.enabled, catalog):
            raise UsageError(
                f"{plan.id}: packages of {distro.title} cannot be put into a folder: {why}",
                hint="; ".join(_instead(plan, distro, step.enabled, catalog)),
            )
    for one in render.pinned_folders(render.look_up(plan, catalog)):
        if one.ecosystem not in ("pypi", *_BY_THEIR_OWN):
            raise UsageError(f"{plan.id}: packages of {one.ecosystem} are not put into a folder yet")
        fetching = catalog.fetching(catalog.distros[plan.distro])
        if one.ecosystem != "pypi" and one.ecosystem not in fetching.fetchers:
            raise UsageError(
                f"{plan.id}: {fetching.title} names no packages that fetch from {one.ecosystem}",
                hint="say fetch_on in the distribution's file, or take the builtin client",
            )


def _not_packages(distro: Distro, enabled: Sequence[str], catalog: Catalog) -> str:
    """Why a distribution's own package manager does not fill a folder; empty where it does."""
    if distro.package_manager == "microdnf":
        return "microdnf has no way to download what it would install; dnf and yum have"
    if distro.package_manager in ("dnf", "yum") and "repository" not in distro.fetchers:
        return "it names no package that makes a folder a repository, [fetchers] repository"
    if streams := [name for name in enabled if ":" in name]:
        return f"a folder of packages has no streams, and {', '.join(streams)} is one"
    if render.fetching_packages(distro, "", (), catalog) is None:
        return f"nothing that fetches them is described for the family {distro.family}"
    return ""


def _instead(plan: ImagePlan, distro: Distro, enabled: Sequence[str], catalog: Catalog) -> Iterator[str]:
    """What would do in the place of a folder of its packages."""
    whole = [one for one in catalog.like(distro) if one.package_manager in ("dnf", "yum") and one != distro]
    if distro.package_manager == "microdnf" and whole:
        yield f"take --distro {whole[0].name}, which has {whole[0].package_manager} and the same packages"
    elif distro.package_manager == "microdnf":
        yield f"take a distribution of your own that is like {distro.name}, on an image that has dnf"
    if any(":" in name for name in enabled):
        language = catalog.languages[plan.language]
        version = language.find_version(plan.version)
        assert version is not None
        if isinstance(choose_runtime(catalog, language, version, distro, plan.platform, "archive"), Choice):
            yield "take its makers' binaries, --runtime-from archive"
    setting = {"rpm": "rpm_repos", "apk": "apk_repositories"}.get(distro.family, "apt_sources")
    yield f"name a mirror that builds reach, {setting} in lambda-image.toml"


def _wishes(plan: ImagePlan, distro: str, fixed: Fixed | None, catalog: Catalog) -> Iterator[str]:
    """What the steps on a distribution install: with a lock, just its packages; else each with what is there before."""
    steps = render.install_steps(plan, catalog)
    for number, step in enumerate(steps):
        if step.distro != distro:
            continue
        if fixed is None:
            yield " ".join(["install", *sorted({*step.onto, *step.packages})])
        else:
            yield " ".join(["download", *(f"{one.name}={one.version}" for one in fixed.steps[number])])


def _wheels(facts: Facts) -> list[str]:
    """Which files pip takes, where it is not the one that will install them."""
    named = facts.runtime.upstream.wheel_platforms.get(facts.platform) if facts.runtime.upstream else None
    machine = KERNEL_NAMES[facts.platform.removeprefix("linux/")]
    options = [f"--platform={one}" for one in ([named] if named else [f"{kind}_{machine}" for kind in _WHEELS])]
    if facts.language.ecosystem == "pypi":
        options.append(f"--python-version={facts.version.name}")
    return options


def _listed(packages: Path) -> set[str]:
    lines = packages.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix("Filename: ./") for line in lines if line.startswith("Filename: ./")}


def _check_pinned(path: Path, algorithm: str, wanted: str) -> None:
    found = hashlib.new(algorithm, path.read_bytes()).hexdigest()
    if found != wanted:
        raise ChecksFailed(f"{path.name} is not what is pinned: its {algorithm} is {found}, not {wanted}")
