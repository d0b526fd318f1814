"""Requirements are data: one row a statement, named for good, read from `requirements/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from lambda_image import resources
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

CURRENT_SET = "2026.12"


class Level(StrEnum):
    """How binding a requirement is, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Profile(StrEnum):
    """A group of requirements that an image claims, or does not, as a whole."""

    CORE = "core"
    CONTAINER = "container"
    PARITY = "parity"
    STREAMING = "streaming"
    SNAPSTART = "snapstart"
    CONCURRENCY = "concurrency"
    TENANCY = "tenancy"
    RUNTIME = "runtime"


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One atomic statement about an image.

    `needs` are capabilities that the image's language must have for the statement to make sense, and
    `depends` the requirements without which this one cannot be judged: if one of those fails, this one is
    skipped, not failed.
    """

    id: str
    level: Level
    profile: Profile
    requires: str
    seen: str
    source: str
    since: str
    notes: str = ""
    trap: bool = False
    needs: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()


class Requirements(Mapping[str, Requirement]):
    """All requirements of one named set, by ID, in the order of the files."""

    def __init__(self, rows: Iterable[Requirement], *, name: str = CURRENT_SET) -> None:
        self.name = name
        self._rows = {row.id: row for row in rows}

    def __getitem__(self, key: str) -> Requirement:
        try:
            return self._rows[key]
        except KeyError:
            raise ConfigurationError(
                f"there is no requirement {key!r}", hint=f"did you mean {nearest(key, self._rows)}?"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows


def _read(path: Path) -> Iterator[Requirement]:
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["requirement"]:
        yield Requirement(
            **{
                **row,
                "level": Level(row["level"]),
                "profile": Profile(row["profile"]),
                "needs": tuple(row.get("needs", ())),
                "depends": tuple(row.get("depends", ())),
            }
        )


@cache
def load(name: str = CURRENT_SET) -> Requirements:
    """The requirements of a released set: those that existed when it was named.

    Raises `ConfigurationError` for a set that was never released.
    """
    rows = [row for path in sorted(resources.REQUIREMENTS.glob("*.toml")) for row in _read(path)]
    released = sorted({row.since for row in rows})
    if name not in released:
        raise ConfigurationError(
            f"there is no set of requirements {name!r}", hint=f"released sets: {', '.join(released)}"
        )
    return Requirements((row for row in rows if row.since <= name), name=name)
