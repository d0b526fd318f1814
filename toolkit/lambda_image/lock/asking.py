"""A root's own package manager says what it would install today, in a build that leaves no image."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lambda_image import secrets
from lambda_image.catalog import Catalog, Distro, Platform
from lambda_image.engine import Engine
from lambda_image.errors import MachineError
from lambda_image.installs import InstallSet
from lambda_image.progress import Progress
from lambda_image.render import resolving
from lambda_image.settings import Settings

Versions = Mapping[str, str]
# What rpm calls the keys that it trusts.
_NO_PACKAGES = frozenset({"gpg-pubkey"})


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What it said: versions by name."""

    # In the root.
    before: Versions
    # What would come with each set that was asked for; of packages that the root has, only those that would change.
    sets: tuple[Versions, ...]
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

    def ask(self, distro: Distro, platform: Platform, root: str, sets: Sequence[InstallSet]) -> Answer:
        """One build, which always asks the repositories anew."""
        found = secrets.find(self.settings, distro)
        with (
            self.progress.step(f"ask {distro.title}'s repositories for versions"),
            tempfile.TemporaryDirectory(prefix="lambda-image-resolve-") as folder,
            found.files() as files,
        ):
            context, answer = Path(folder) / "context", Path(folder) / "answer"
            resolving(distro, root, sets, self.catalog).write(context)
            self.engine.build(
                context,
                platform=platform,
                secrets=files,
                build_args=found.arguments,
                no_cache=True,
                output=f"type=local,dest={answer}",
                on_event=self.progress.event,
            )
            lines = [line for path in sorted(answer.iterdir()) for line in path.read_text().splitlines()]
        return understood(lines, len(sets))


def understood(lines: Iterable[str], sets: int) -> Answer:
    """The lines of the families' answers."""
    before: dict[str, str] = {}
    would: list[dict[str, str]] = [{} for _ in range(sets)]
    have: dict[str, set[str]] = defaultdict(set)
    newer: dict[str, str] = {}
    for line in lines:
        match line.split():
            case ["before", name, version]:
                before[name] = version
            case ["set", number, name, version]:
                would[int(number)][name] = version
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
        have={name: frozenset(versions) for name, versions in have.items()} or None,
        newer=changed(newer),
    )
