"""What the user may have meant: the nearest valid words for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, valid: Iterable[str], *, most: int = 3) -> str:
    """The nearest valid words, quoted for a message; all of them (at most ten) where none is near."""
    choices = sorted(valid)
    near = get_close_matches(word, choices, n=most, cutoff=0.5) or choices[:10]
    return " or ".join(repr(choice) for choice in near)
