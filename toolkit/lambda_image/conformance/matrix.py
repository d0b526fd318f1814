"""`dev check-suite --matrix`: every mutant against every case, its result kept as data with date and commit.

The run is long and resumable: each result is written as it comes, and a later run of the same suite goes on
where the file ends.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image.conformance import contract, mutation, requirement, trial
from lambda_image.conformance.case import all_cases
from lambda_image.conformance.mutation import Mutant

if TYPE_CHECKING:
    from lambda_image.engine import Engine

SCHEMA_VERSION = 1
_AT_ONCE = 8  # mutants of one session: what was judged is written after each


def check(folder: Path, handlers: Path) -> list[str]:
    """What the mutants and the handlers lack, a line each; what the cases lack, `completeness.problems` says."""
    rows = requirement.load()
    capabilities = contract.load(handlers).capabilities
    found = mutation.gaps(rows, all_cases(), mutation.load(folder, rows), capabilities=capabilities)
    return [
        *(f"the case {case} checks no requirement" for case in found.cases_without_requirement),
        *(f"{row} has no mutant" for row in found.requirements_without_mutant),
        *(f"the handlers of {language} lack {', '.join(names)}" for language, names in found.handlers_missing.items()),
    ]


def run(
    engine: Engine, folder: Path, handlers: Path, base: str, result: Path, say: Callable[[str], None]
) -> Mapping[str, object]:
    """Judges every mutant by every case and writes the matrix; gives it as it was written."""
    rows = requirement.load()
    mutants = mutation.load(folder, rows)
    matrix = _begun(result, _digest(folder))
    judged: dict[str, object] = dict(matrix["mutants"])  # type: ignore[call-overload]
    trial.build_reference(engine, base, folder / "runtime")
    missing = [mutant for mutant in mutants if mutant.id not in judged]
    for at in range(0, len(missing), _AT_ONCE):
        part = missing[at : at + _AT_ONCE]
        _judge(engine, part, folder, handlers, judged)
        matrix = {**matrix, "score": _score(judged), "mutants": judged}
        result.write_text(_text(matrix), encoding="utf-8")
        say(f"{len(judged)} of {len(mutants)} mutants judged; {_score(judged)}")
    return matrix


def _judge(engine: Engine, part: Sequence[Mutant], folder: Path, handlers: Path, judged: dict[str, object]) -> None:
    everything = frozenset(requirement.load())
    trial.build_mutants(engine, part, folder / "runtime")
    for one in trial.judge_mutants(part, rows=lambda _: everything, handlers=handlers):
        judged[one.mutant.id] = one.as_json()
    trial.remove_mutants(engine, part)


def _text(matrix: Mapping[str, object]) -> str:
    """JSON, a line a mutant: two runs are compared by `diff`."""
    mutants = matrix["mutants"]
    assert isinstance(mutants, dict)
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(mutants[name])}" for name in sorted(mutants))
    head = json.dumps({name: value for name, value in matrix.items() if name != "mutants"}, indent=1)
    return f'{head[:-2]},\n "mutants": {{\n{lines}\n }}\n}}\n'


def _score(judged: Mapping[str, object]) -> dict[str, int]:
    results = [one for one in judged.values() if isinstance(one, dict)]
    return {
        "mutants": len(results),
        "caught": sum(1 for one in results if one["caught"]),
        "with_strays": sum(1 for one in results if one["strays"]),
    }


def _begun(result: Path, digest: str) -> Mapping[str, object]:
    """What the file holds of this very suite, or a new beginning."""
    try:
        held = json.loads(result.read_text(encoding="utf-8"))
        if held["schema_version"] == SCHEMA_VERSION and held["suite"] == digest:
            return dict(held)
    except (OSError, ValueError, KeyError):
        pass
    return {
        "schema_version": SCHEMA_VERSION,
        "suite": digest,
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "requirements": requirement.load().name,
        "score": {},
        "mutants": {},
    }


def _digest(folder: Path) -> str:
    """What the outcomes depend on: the cases, the reference and the mutants."""
    digest = hashlib.sha256()
    for root in (Path(__file__).parent, folder):
        for path in sorted(root.rglob("*")):
            if path.suffix in {".py", ".toml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _commit() -> str:
    try:
        done = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
