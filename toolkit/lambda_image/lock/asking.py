"""A root's own package manager says what it would install today, in a build that leaves no image.

The indexes of its repositories are read anew once for each `Asker`; the answer to a question is the builder's to keep,
as long as the root and the indexes are the same.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lambda_image import secrets
from lambda_image.catalog import Catalog, Distro, Platform
from lambda_image.engine import BuildEvent, Engine
from lambda_image.errors import BuildFailed, MachineError
from lambda_image.installs import InstallSet
from lambda_image.progress import Progress
from lambda_image.render import resolving
from lambda_image.settings import Settings

Versions = Mapping[str, str]
# What rpm calls the keys that it trusts.
_NO_PACKAGES = frozenset({"gpg-pubkey"})
# What the families' scripts say of a set that is done; and how many of them are worth a line.
_PLANNED = re.compile(r"planned set \d+$")
_A_LINE_EACH = 10


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What it said: versions by name."""

    # In the root.
    before: Versions
    # What would come with each set that was asked for; of packages that the root has, only those that would change.
    sets: tuple[Versions, ...]
    # Names of each set that are no packages, and the packages that come instead.
    provided: tuple[Versions, ...]
    # Which versions of a package can be had; None where that package manager cannot tell.
    have: Mapping[str, frozenset[str]] | None
    # What is newer in the repositories than in the root.
    newer: Versions


@dataclass(frozen=True, kw_only=True)
class Asker:
    """What asking takes."""

    engine: Engine
    settings: Settings
    catalog: Catalog
    progress: Progress
    # Another word asks the repositories anew.
    asked: str = field(default_factory=lambda: uuid.uuid4().hex)

    def ask(self, distro: Distro, platform: Platform, root: str, sets: Sequence[InstallSet]) -> Answer:
        """One build; `BuildFailed` with the package manager's words where it finds no way."""
        found = secrets.find(self.settings, distro)
        with (
            self.progress.step(f"ask {distro.title}'s repositories for versions"),
            tempfile.TemporaryDirectory(prefix="lambda-image-resolve-") as folder,
            found.files() as files,
        ):
            context, answer = Path(folder) / "context", Path(folder) / "answer"
            sources = _digest(found.contents)
            resolving(distro, root, sets, self.catalog, asked=self.asked, sources=sources).write(context)
            try:
                self.engine.build(
                    context,
                    platform=platform,
                    secrets=files,
                    build_args=found.arguments,
                    output=f"type=local,dest={answer}",
                    on_event=_counting(self.progress, len(sets)),
                )
            except BuildFailed as error:
                raise _no_answer(distro, error) from error
            lines = [line for path in sorted(answer.iterdir()) for line in path.read_text().splitlines()]
        return understood(lines, len(sets))


def _digest(contents: Mapping[str, bytes]) -> str:
    """Of what says where packages come from: a builder does not look into secrets when it takes an answer of before."""
    named = [(name, content) for name, content in sorted(contents.items()) if name.startswith(("apt-", "apk-", "rpm-"))]
    return hashlib.sha256(repr(named).encode()).hexdigest()[:12]


def _counting(progress: Progress, sets: int) -> Callable[[BuildEvent], None]:
    """Says now and then how many sets are planned."""
    done = 0

    def event(one: BuildEvent) -> None:
        nonlocal done
        progress.event(one)
        if one.kind == "log":
            done += sum(1 for line in one.text.splitlines() if _PLANNED.search(line))
            if done and done % _A_LINE_EACH == 0:
                progress.note(f"        {done} of {sets} sets of packages are planned")

    return event


def _no_answer(distro: Distro, error: BuildFailed) -> BuildFailed:
    said = "\n".join(line for line in error.log.splitlines() if not _PLANNED.search(line)).strip()
    if not said:
        return error
    return BuildFailed(
        f"{distro.title}: {distro.package_manager} does not say what images would get\n{said}",
        hint="`lambda-image plan` shows an image's packages, those of [[addition]] in lambda-image.toml among them",
        log=said,
    )


def understood(lines: Iterable[str], sets: int) -> Answer:
    """The lines of the families' answers."""
    before: dict[str, str] = {}
    would: list[dict[str, str]] = [{} for _ in range(sets)]
    provided: list[dict[str, str]] = [{} for _ in range(sets)]
    have: dict[str, set[str]] = defaultdict(set)
    newer: dict[str, str] = {}
    for line in lines:
        match line.split():
            case ["before", name, version]:
                before[name] = version
            case ["set", number, name, version]:
                would[int(number)][name] = version
            case ["provided", number, name, package]:
                provided[int(number)].setdefault(name, package)
            case ["have", name, version]:
                have[name].add(version)
            case ["newer", name, version]:
                newer[name] = version
            case _:
                raise MachineError(f"a package manager's answer is not understood: {line!r}")

    def changed(versions: Versions) -> Versions:
        return {
            name: version
            for name, version in sorted(versions.items())
            if before.get(name) != version and name not in _NO_PACKAGES
        }

    return Answer(
        before=before,
        sets=tuple(map(changed, would)),
        provided=tuple(provided),
        have={name: frozenset(versions) for name, versions in have.items()} or None,
        newer=changed(newer),
    )
