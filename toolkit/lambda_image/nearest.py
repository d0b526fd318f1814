"""What the user may have meant: the nearest valid words for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, valid: Iterable[str], *, most: int = 3, otherwise: int = 10) -> str:
    """The nearest valid words, quoted for a message; where none is near, the first few of them all.

    Case does not matter: who types `rapi-next-001` means RAPI-NEXT-001.
    """
    choices = sorted({str(choice) for choice in valid})
    folded = {choice.lower(): choice for choice in choices}
    near = [folded[match] for match in get_close_matches(word.lower(), folded, n=most, cutoff=0.5)]
    return " or ".join(repr(choice) for choice in near or choices[:otherwise])
