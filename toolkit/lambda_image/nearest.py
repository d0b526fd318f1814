"""What the user may have meant: the nearest valid words for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_NEAR = 0.5


def nearest(word: str, valid: Iterable[str], *, most: int = 3, otherwise: int = 10) -> str:
    """The nearest valid words, quoted for a message; where none is near, the first few of them all.

    Case does not matter: who types `rapi-next-001` means RAPI-NEXT-001.
    """
    choices = sorted({str(choice) for choice in valid})
    likeness = {choice: SequenceMatcher(None, choice.lower(), word.lower()).ratio() for choice in choices}
    near = sorted((choice for choice in choices if likeness[choice] >= _NEAR), key=lambda choice: -likeness[choice])
    return " or ".join(repr(choice) for choice in near[:most] or choices[:otherwise])
