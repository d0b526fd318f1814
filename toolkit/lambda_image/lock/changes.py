"""Facts that are others than a lock says, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lambda_image.lock.file import Entry, Lock

_DIGEST = re.compile(r"\b(sha256:|recipe:|sha512[:-]|h1:)([A-Za-z0-9+/]{12})[A-Za-z0-9+/=]+")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One fact; a side is empty where there is none."""

    kind: str
    name: str
    locked: str
    found: str

    @classmethod
    def of(cls, old: Entry | None, new: Entry | None) -> Change:
        """Between two facts of one name."""
        shown = new or old
        assert shown is not None
        return cls(kind=shown.kind, name=shown.name, locked=old.said if old else "", found=new.said if new else "")

    def __str__(self) -> str:
        if not self.locked:
            return f"{self.name}: not in the lock → {short(self.found)}"
        return f"{self.name}: {short(self.locked)} → {short(self.found) or 'no longer there'}"


def of_files(locked: str, found: str) -> Change:
    """Of an image whose roots, versions and pins are as they were, and its context's digest is not."""
    return Change(
        kind="image", name="templates, scripts or settings, as the context's digest", locked=locked, found=found
    )


def short(text: str) -> str:
    """With the beginnings of long digests."""
    return _DIGEST.sub(r"\1\2…", text)


def changes(before: Lock, after: Lock) -> list[Change]:
    """What is another fact, or new, or gone; not the date."""
    return [
        Change.of(before.entries.get(key), after.entries.get(key))
        for key in sorted(before.entries.keys() | after.entries.keys())
        if before.entries.get(key) != after.entries.get(key) and key[0] != "created"
    ]


def lines(many: Iterable[Change]) -> str:
    """A line each."""
    return "\n".join(f"  {one}" for one in many)
