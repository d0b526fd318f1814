"""What is measured of a client, and what many rounds of it come to: medians, and ratios to a baseline. No I/O.

A ratio is of two values of the same round, which met the same machine; the figure is the median of the rounds'
ratios, and its span the lowest and the highest of them.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SIZES = (100, 102_400, 1_048_576, 6_291_456)
"""Bytes of an event: JSON that is echoed."""


@dataclass(frozen=True)
class Figure:
    """One thing measured: its key in the JSON, its title and unit, and whether more is better."""

    key: str
    title: str
    unit: str
    more_is_better: bool = False


def size_name(size: int) -> str:
    """As people say it."""
    for unit, bytes_ in (("MB", 1_048_576), ("KB", 1024)):
        if size >= bytes_:
            return f"{size // bytes_} {unit}"
    return f"{size} B"


def figures(sizes: Sequence[int]) -> tuple[Figure, ...]:
    """All of them, in the order of the table."""
    found = [
        Figure("image_start_ms", "ENTRYPOINT to first /next", "ms"),
        Figure("image_start_cpu_ms", "  its CPU time", "ms"),
        Figure("client_start_ms", "client's start to first /next", "ms"),
        Figure("client_start_cpu_ms", "  its CPU time", "ms"),
    ]
    for size in sizes:
        found += [
            Figure(f"cpu_us_{size}", f"CPU an invocation, {size_name(size)}", "µs"),
            Figure(f"wall_us_{size}", "  wall, median", "µs"),
        ]
    return (
        *found,
        Figure("per_second", "sequential invocations, 100 B", "/s", more_is_better=True),
        Figure("rss_idle_mb", "resident memory, idle", "MB"),
        Figure("rss_after_mb", "  after all events", "MB"),
        Figure("rss_peak_mb", "  at most", "MB"),
        Figure("client_mb", "bytes in /var/runtime", "MB"),
        Figure("image_mb", "image, unpacked", "MB"),
    )


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One value, of one image in one round."""

    image: str
    round: int
    key: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A median and what it lies between."""

    median: float
    lowest: float
    highest: float


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median=statistics.median(values), lowest=min(values), highest=max(values))


def medians(samples: Iterable[Sample]) -> Mapping[tuple[str, str], Spread]:
    """(image, key) → its rounds' spread; a round with several values counts by their median."""
    return {place: _spread(list(rounds.values())) for place, rounds in _by_round(samples).items()}


def ratios(samples: Iterable[Sample], baseline: str) -> Mapping[tuple[str, str], Spread]:
    """(image, key) → the spread of its rounds' ratios to the baseline's; no entry where the baseline has none."""
    found = _by_round(samples)
    result: dict[tuple[str, str], Spread] = {}
    for (image, key), rounds in found.items():
        base = found.get((baseline, key), {})
        values = [value / base[number] for number, value in rounds.items() if base.get(number)]
        if values and image != baseline:
            result[image, key] = _spread(values)
    return result


def _by_round(samples: Iterable[Sample]) -> dict[tuple[str, str], dict[int, float]]:
    values: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        values[sample.image, sample.key][sample.round].append(sample.value)
    return {
        place: {number: statistics.median(several) for number, several in rounds.items()}
        for place, rounds in values.items()
    }
