"""Who judges the judge: mutants of the one correct runtime, and what the suite's data lack.

A mutant is the reference image with one named change, and breaks one requirement. It is data: edits of the
reference's files, lines for its Dockerfile, or facts of its image. `trial.py` has mutants judged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from lambda_image import resources
from lambda_image.conformance import contract
from lambda_image.conformance.case import Case
from lambda_image.conformance.requirement import Level, Profile, Requirements
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

REPOSITORY = "lambda-image-test"
REFERENCE = f"{REPOSITORY}/reference:latest"
# Cheap rows of several kinds that most mutants leave alone: each must stay PASS unless it is related. Two containers
# serve them all; the full matrix has the other rows.
SAMPLE = (
    "RAPI-NEXT-001",
    "RAPI-RESP-001",
    "RAPI-NEXT-004",
    "RAPI-NEXT-005",
    "RAPI-RESP-003",
    "CTX-001",
    "CTX-003",
    "CTX-004",
    "IMG-007",
    "IMG-005",
)
_IN_PLACE = {"bootstrap": "var/runtime/bootstrap", "lambda-entrypoint.sh": "lambda-entrypoint.sh"}
_KEYS = frozenset({"id", "requirement", "change", "also", "edit", "dockerfile", "image"})


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A textual replacement in a file of the reference: what is old stands there exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change, the requirement that it breaks, and rows (or globs of them) that it cannot but break too.

    `image` are facts of the image that cost too much to bring about: `size`, `architecture`, `attestation`.
    """

    id: str
    requirement: str
    change: str
    also: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    dockerfile: tuple[str, ...] = ()
    image: Mapping[str, object] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The name of its image."""
        return f"{REPOSITORY}/mutant:{self.id}"

    def breaks(self, row: str, requirements: Requirements) -> bool:
        """Whether that row is related: the own one, one named beside it, or one that depends on such a row."""
        if row == self.requirement or any(fnmatchcase(row, pattern) for pattern in self.also):
            return True
        return any(self.breaks(other, requirements) for other in requirements[row].depends)


def load(folder: Path, requirements: Requirements) -> tuple[Mutant, ...]:
    """The mutants of a folder's TOML files; wrong keys, rows and double names are errors."""
    found: dict[str, Mutant] = {}
    for path in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", []):
            mutant = _mutant(row, path, requirements)
            if mutant.id in found:
                raise ConfigurationError(f"{path}: two mutants are called {mutant.id}")
            found[mutant.id] = mutant
    return tuple(found.values())


def _mutant(row: Mapping[str, object], path: Path, requirements: Requirements) -> Mutant:
    for key in row.keys() - _KEYS:
        raise ConfigurationError(f"{path}: unknown key {key!r}", hint=f"did you mean {nearest(key, _KEYS)}?")
    values = dict(row)
    edits = values.pop("edit", [])
    assert isinstance(edits, list)
    for key in ("also", "dockerfile"):
        values[key] = tuple(values.get(key, ()))  # type: ignore[arg-type]
    mutant = Mutant(**values, edits=tuple(Edit(**edit) for edit in edits))  # type: ignore[arg-type]
    requirements[mutant.requirement]  # an unknown one is an error that names the nearest
    for pattern in mutant.also:
        if not any(fnmatchcase(name, pattern) for name in requirements):
            raise ConfigurationError(f"{path}: {mutant.id} also breaks {pattern}, which does not exist")
    return mutant


def sources(runtime: Path) -> dict[str, str]:
    """The reference's files by their names in edits: those of the runtime's folder, and the two scripts that
    all images of the project share."""
    files = {
        path.relative_to(runtime).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(runtime.rglob("*.py"))
        if "__pycache__" not in path.parts
    }
    scripts = {name: (resources.ROOTFS / name).read_text(encoding="utf-8") for name in _IN_PLACE}
    return {**files, **scripts}


def changed(mutant: Mutant, files: Mapping[str, str]) -> dict[str, str]:
    """The files that a mutant's edits change, changed. Raises where the old text is not there exactly once."""
    found: dict[str, str] = {}
    for edit in mutant.edits:
        text = found.get(edit.file, files.get(edit.file))
        if text is None:
            raise ConfigurationError(f"mutant {mutant.id}: the reference has no file {edit.file!r}")
        count = text.count(edit.old)
        if count != 1:
            raise ConfigurationError(
                f"mutant {mutant.id}: what it replaces stands {count} times in {edit.file}: {edit.old!r:.200}"
            )
        found[edit.file] = text.replace(edit.old, edit.new)
    return found


def write_context(
    folder: Path, files: Mapping[str, str], *, base: str, before: Sequence[str] = (), after: Sequence[str] = ()
) -> None:
    """A build context that puts files of the reference onto a base image."""
    for name, text in files.items():
        path = folder / "rootfs" / _IN_PLACE.get(name, f"var/runtime/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name in _IN_PLACE else 0o644)
    copy = ["COPY rootfs/ /"] if files else []
    (folder / "Dockerfile").write_text("\n".join([f"FROM {base}", *before, *copy, *after, ""]))


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """What the suite's data lack; all empty is as it should be."""

    requirements_without_case: tuple[str, ...]
    cases_without_requirement: tuple[str, ...]
    requirements_without_mutant: tuple[str, ...]
    handlers_missing: Mapping[str, tuple[str, ...]]

    def __bool__(self) -> bool:
        return any(vars(self).values())


def gaps(
    requirements: Requirements,
    cases: Iterable[Case],
    mutants: Iterable[Mutant],
    *,
    capabilities: frozenset[str] | None = None,
) -> Gaps:
    """Compares the data with each other. With the capabilities of the reference's handlers, rows that are not
    applicable to it need no mutant."""
    cases = tuple(cases)
    checked = {row for case in cases for row in case.requirements}
    mutated = {mutant.requirement for mutant in mutants}
    return Gaps(
        requirements_without_case=tuple(row for row in requirements if row not in checked),
        cases_without_requirement=tuple(
            case.id for case in cases if not any(row in requirements for row in case.requirements)
        ),
        requirements_without_mutant=tuple(
            row.id
            for row in requirements.values()
            if row.level is not Level.MAY
            and row.id not in mutated
            and (capabilities is None or set(row.needs) <= capabilities)
        ),
        handlers_missing=dict(_handlers_missing(requirements, cases)),
    )


def _handlers_missing(requirements: Requirements, cases: Sequence[Case]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each language with a folder of handlers, those that a case would use there and the folder lacks."""
    for folder in sorted(resources.LANGUAGES.iterdir()):
        handlers = contract.of_language(folder.name)
        if handlers is None:
            continue
        used = {
            name
            for case in cases
            for name in case.handlers
            if any(set(requirements[row].needs) <= handlers.capabilities for row in case.requirements)
        }
        if handlers.lacks & used:
            yield folder.name, tuple(sorted(handlers.lacks & used))


def of_profiles(
    mutants: Iterable[Mutant], requirements: Requirements, profiles: Iterable[Profile]
) -> tuple[Mutant, ...]:
    """The mutants of those profiles."""
    wanted = set(profiles)
    return tuple(mutant for mutant in mutants if requirements[mutant.requirement].profile in wanted)


def sample_rows(mutant: Mutant) -> frozenset[str]:
    """The rows of the quick trial: its own and the fixed sample."""
    return frozenset({mutant.requirement, *SAMPLE})


Rows = Callable[[Mutant], frozenset[str]]
