"""Removing much at once: with each removal an engine looks through all that it stores, and those that come together
share that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

TOGETHER = 64


def remove_together(remove: Callable[[str], None], names: Iterable[str]) -> None:
    """Removes all of them, up to `TOGETHER` at a time."""
    with ThreadPoolExecutor(TOGETHER) as workers:
        for _ in workers.map(remove, names):
            pass
