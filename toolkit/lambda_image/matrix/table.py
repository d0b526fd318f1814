"""The table at the end of a run: an image a line, and with `sizes` what a registry stores of them."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_image.conformance.requirement import Profile
from lambda_image.matrix.row import Row

_LEFT = 3  # columns of words: image, client, root


def table(rows: Sequence[Row]) -> str:
    """Image, client, root, size, build time, then a column a profile; below it what did not work."""
    profiles = [profile.value for profile in Profile if any(profile.value in row.verdicts for row in rows)]
    head = ("image", "client", "root", "MB", "built s", "judged s", *profiles)
    lines = [head, *(_cells(row, profiles) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    text = [
        "  ".join(
            cell.rjust(width) if _LEFT <= at < _LEFT + 3 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*text, *_notes(rows)])


def _cells(row: Row, profiles: Sequence[str]) -> tuple[str, ...]:
    # `lambda-image/python:3.13-debian-13-slim-builtin` without what all have, and without its client.
    name = row.image.rpartition("/")[2].removesuffix(f"-{row.client}")
    name += " (stand-in)" if row.stand_in else ""
    if row.skipped or row.problem:
        why = "not exercised" if row.skipped else "FAILED"
        return (name, row.client, why, *("" for _ in range(3 + len(profiles))))
    verdicts = (_verdict(row, profile) for profile in profiles)
    judged = f"{row.judge_seconds:.0f}" if row.verdicts else ""
    return (name, row.client, row.root, f"{row.size / 1e6:.1f}", f"{row.build_seconds:.0f}", judged, *verdicts)


def _verdict(row: Row, profile: str) -> str:
    waived = row.waived.get(profile)
    return row.verdicts.get(profile, "-") + (f" {waived}w" if waived else "")


def _notes(rows: Sequence[Row]) -> list[str]:
    notes = []
    if any(row.waived for row in rows):
        notes.append("3w: three requirements that the client is known not to meet, as the catalog says")
    notes += [f"{row.image}: not exercised: {row.skipped}" for row in rows if row.skipped]
    notes += [f"{row.image}: {row.problem}" for row in rows if row.problem]
    depths = sorted({row.depth for row in rows if row.depth})
    if depths:
        notes.append(f"judged at depth {', '.join(depths)}")
    return notes


def sizes(rows: Sequence[Row]) -> str:
    """What the images take in a registry, each by itself and together, where equal layers are stored once."""
    layers = [layer for row in rows for layer in row.layers]
    apart = sum(layer.size for layer in layers)
    together = sum({layer.digest: layer.size for layer in layers}.values())
    if not apart:
        return "no image, so nothing is stored"
    images = sum(1 for row in rows if row.layers)
    return (
        f"{images} images: {apart / 1e6:,.1f} MB compressed by themselves, {together / 1e6:,.1f} MB with layers shared "
        f"({100 - 100 * together / apart:.0f} % less)"
    )
