"""One image of the matrix, and the file that keeps the rows between runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lambda_image.errors import ConfigurationError

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class LayerSize:
    """A layer as it is stored: `size` is its bytes in a registry, compressed."""

    digest: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image. Sizes in bytes; `problem` says why there is none, or why it was not judged; `skipped` why it was not
    tried. `verdicts` maps each claimed profile to its verdict, `waived` to the rows that a known shortfall softened."""

    plan: str
    image: str
    client: str
    config_digest: str = ""
    root: str = ""
    size: int = 0
    compressed: int = 0
    build_seconds: float = 0.0
    layers: tuple[LayerSize, ...] = ()
    depth: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    waived: Mapping[str, int] = field(default_factory=dict)
    judge_seconds: float = 0.0
    stand_in: str = ""
    problem: str = ""
    skipped: str = ""
    commit: str = ""
    date: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing went wrong: it was not to be tried, or every claimed profile passes or only differs."""
        return not self.problem and set(self.verdicts.values()) <= {"PASS", "DIFFERS"}


def read(path: Path | None) -> dict[str, Row]:
    """The rows of an earlier run by plan; none where there is no such file."""
    if path is None or not path.exists():
        return {}
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["schema_version"] != SCHEMA_VERSION:
            raise ConfigurationError(
                f"{path} has schema version {plain['schema_version']}, and this program writes {SCHEMA_VERSION}",
                hint="name another file, or remove that one",
            )
        return {one["plan"]: _row(one) for one in plain["rows"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} is no result of `lambda-image matrix`: {error!r}", hint="name another file, or remove that one"
        ) from None


def _row(plain: dict[str, object]) -> Row:
    layers = plain.pop("layers")
    assert isinstance(layers, list)
    return Row(**plain, layers=tuple(LayerSize(**one) for one in layers))  # type: ignore[arg-type]


def write(path: Path | None, rows: Iterable[Row]) -> None:
    """A line a row, so that two runs are compared by `diff`; the file is whole at any time."""
    if path is None:
        return
    lines = ",\n".join(f"  {json.dumps(asdict(row))}" for row in sorted(rows, key=lambda row: row.plan))
    new = path.with_name(path.name + ".new")
    new.write_text(f'{{\n "schema_version": {SCHEMA_VERSION},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")
    new.replace(path)


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """The commit of the checkout in which one stands; empty outside one."""
    try:
        done = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
