"""The result as a table, as JSON and as a chart (SVG)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape

from lambda_image.bench.client.figures import Figure, Sample, Spread, figures, medians, ratios

SCHEMA_VERSION = 1
_WIDE, _BAR, _LEFT, _ROW, _TOP = 900, 420, 330, 18, 64
_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#b07aa1")


@dataclass(frozen=True, kw_only=True)
class Result:
    """All samples, and which image the others are compared with."""

    images: tuple[str, ...]
    baseline: str
    rounds: int
    sizes: tuple[int, ...]
    samples: tuple[Sample, ...]
    load: float
    processors: int

    def rows(self) -> tuple[Figure, ...]:
        """The figures that were measured at all."""
        keys = {sample.key for sample in self.samples}
        return tuple(figure for figure in figures(self.sizes) if figure.key in keys)


def result(images: Sequence[str], baseline: str, sizes: Sequence[int], samples: Sequence[Sample]) -> Result:
    """With what else is to be known of the run."""
    return Result(
        images=tuple(images),
        baseline=baseline,
        rounds=1 + max(sample.round for sample in samples),
        sizes=tuple(sizes),
        samples=tuple(samples),
        load=os.getloadavg()[0],
        processors=os.cpu_count() or 1,
    )


def text(found: Result) -> str:
    """A block an image: median [lowest-highest] of its rounds, then the ratio to the baseline."""
    middle, compared = medians(found.samples), ratios(found.samples, found.baseline)
    lines: list[str] = []
    for image in found.images:
        note = " (baseline)" if image == found.baseline else f"   ratio to {found.baseline}"
        lines += [f"{image}{note}"]
        for figure in found.rows():
            if (image, figure.key) not in middle:
                continue
            ratio = compared.get((image, figure.key))
            value = f"{_cell(middle[image, figure.key])} {figure.unit}"
            lines.append(f"  {figure.title:32}{value:>36}{'    ' + _cell(ratio) if ratio else ''}")
        lines.append("")
    lines.append(f"{found.rounds} rounds, interleaved; median [lowest-highest] of the rounds.")
    if found.load > found.processors:
        lines.append(
            f"The machine was busy (load {found.load:.1f} on {found.processors} processors): trust CPU time and "
            "ratios, and measure again when it is quiet."
        )
    return "\n".join(lines)


def _cell(spread: Spread) -> str:
    digits = 0 if spread.median >= 1000 else 1 if spread.median >= 20 else 2
    return f"{spread.median:,.{digits}f} [{spread.lowest:,.{digits}f}-{spread.highest:,.{digits}f}]"


def to_json(found: Result) -> str:
    """For programs: medians and ratios by image and figure, and every sample."""
    middle, compared = medians(found.samples), ratios(found.samples, found.baseline)
    units = {figure.key: {"title": figure.title.strip(), "unit": figure.unit} for figure in found.rows()}

    def of(image: str) -> dict[str, object]:
        keys = [key for name, key in middle if name == image]
        return {
            key: {
                **asdict(middle[image, key]),
                "ratio": asdict(compared[image, key]) if (image, key) in compared else None,
            }
            for key in keys
        }

    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "baseline": found.baseline,
            "rounds": found.rounds,
            "load": found.load,
            "processors": found.processors,
            "figures": units,
            "images": {image: of(image) for image in found.images},
            "samples": [asdict(sample) for sample in found.samples],
        },
        indent=1,
    )


def chart(found: Result) -> str:
    """Bars of the ratios, a group a figure; the line at 1 is the baseline. SVG 1.1 without script or font."""
    compared = ratios(found.samples, found.baseline)
    others = [image for image in found.images if image != found.baseline]
    rows = [figure for figure in found.rows() if any((image, figure.key) in compared for image in others)]
    widest = max([1.0, *(compared[place].median for place in compared)])
    scale = _BAR / widest
    height = _TOP + len(rows) * (_ROW * len(others) + 8) + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{height}" font-family="sans-serif">',
        "<style>text { font-size: 12px }</style>",
        f'<rect width="{_WIDE}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="20">Ratio to {escape(found.baseline)} (1 = equal)</text>',
    ]
    for number, image in enumerate(others):
        x = 12 + number * (_WIDE - 24) // max(len(others), 1)
        lines += [f'<rect x="{x}" y="32" width="12" height="12" fill="{_COLOURS[number % len(_COLOURS)]}"/>']
        lines += [f'<text x="{x + 18}" y="43">{escape(image)}</text>']
    y = _TOP
    for figure in rows:
        better = " (more is better)" if figure.more_is_better else ""
        lines.append(f'<text x="12" y="{y + 13}">{escape(figure.title.strip() + better)}</text>')
        for number, image in enumerate(others):
            spread = compared.get((image, figure.key))
            if spread is not None:
                long, colour = spread.median * scale, _COLOURS[number % len(_COLOURS)]
                lines += [
                    f'<rect x="{_LEFT}" y="{y + 2}" width="{long:.1f}" height="{_ROW - 5}" fill="{colour}"/>',
                    f'<text x="{_LEFT + long + 6:.1f}" y="{y + 13}">{escape(_cell(spread))}</text>',
                ]
            y += _ROW
        y += 8
    one = _LEFT + scale
    lines += [f'<line x1="{one:.1f}" y1="{_TOP - 6}" x2="{one:.1f}" y2="{y}" stroke="#333333" stroke-dasharray="4 3"/>']
    return "\n".join([*lines, "</svg>", ""])
