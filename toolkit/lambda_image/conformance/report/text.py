"""The report for a terminal: a line for each profile, then what is wrong, in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby

from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.report.model import ImageReport, Report
from lambda_image.conformance.requirement import Requirements
from lambda_image.conformance.verdict import ProfileVerdict, Verdict

_SHOWN_IN_FULL = (Outcome.FAIL, Outcome.ERROR, Outcome.DIFFERS)
# Labels that say what must stand beside a verdict: that an image is no release of its language but stands in for one,
# that its distribution is run nowhere here, until when who mends its bytes (`2028-06-30 Debian 12's support; …`).
_STAND_IN = "lambda-image.stand-in"
_NOT_RUN = "lambda-image.not-run"
_SUPPORT = "lambda-image.support"
_SHOWN_IN_A_LINE = (Outcome.SKIPPED, Outcome.WAIVED, Outcome.NOT_APPLICABLE)


def text(report: Report, *, slowest: int = 5) -> str:
    """The whole report."""
    return "\n".join(line for image in report.images for line in _image(report, image, slowest)) + "\n"


def verdict_line(report: Report, image: ImageReport) -> str:
    """All profiles that the image claims in one line: `core PASS, container DIFFERS (quick: 4 holds shortened)`."""
    claimed = [one for one in image.verdicts if one.verdict is not Verdict.NOT_CLAIMED]
    words = ", ".join(f"{one.profile.value} {one.verdict.value}{_beside(one)}" for one in claimed)
    shortened = sum(one.shortened for one in claimed)
    warnings = "".join(f"  {what}: {why}" for what, why in _warnings(image.labels, date.today()).items() if why)
    how = f"{report.depth}{f': {shortened} holds shortened' if shortened else ''}{', by emulation' * image.emulated}"
    return f"{words} ({how}){warnings}"


def _warnings(labels: Mapping[str, str], today: date) -> dict[str, str]:
    ends = [one.partition(" ") for one in labels.get(_SUPPORT, "").split("; ") if one]
    return {
        "SUPPORT ENDED": "; ".join(f"{who} on {end}" for end, _, who in ends if end < today.isoformat()),
        "STAND-IN": labels.get(_STAND_IN, ""),
        "NOT RUN BY ITS PROJECT": labels.get(_NOT_RUN, ""),
    }


def _beside(verdict: ProfileVerdict) -> str:
    """What must not hide in a PASS."""
    counts = [
        f"{verdict.counts[outcome]} {outcome.value}"
        for outcome in (Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.SKIPPED)
        if verdict.counts.get(outcome)
    ]
    return f" with {' and '.join(counts)}" if counts else ""


def _image(report: Report, image: ImageReport, slowest: int) -> Iterator[str]:
    rows = report.rows
    yield ""
    yield f"{image.reference}  {image.config_digest}  {image.size / 1e6:.1f} MB"
    yield (
        f"requirements {report.requirements}, depth {report.depth}, handlers {image.language}, "
        f"route {report.route}, {image.seconds:.1f} s"
    )
    if image.guessed:
        yield f"handlers of the suite in {image.language}, since {image.guessed}"
    yield ""
    for verdict in image.verdicts:
        if verdict.verdict is not Verdict.NOT_CLAIMED:
            yield f"  {verdict.profile.value:<12} {verdict.verdict.value:<8} {_counts(verdict)}"
    for outcome in _SHOWN_IN_FULL:
        for finding in image.findings:
            if finding.outcome is outcome:
                yield from _failure(finding, rows)
    yield from _in_lines(image, rows)
    yield from _stale(image)
    yield from _slowest(image, slowest)


def _counts(verdict: ProfileVerdict) -> str:
    counts = [f"{verdict.counts[outcome]} {outcome.value}" for outcome in Outcome if verdict.counts.get(outcome)]
    if verdict.shortened:
        counts.append(f"{verdict.shortened} holds shortened")
    return ", ".join(counts)


def _failure(finding: Finding, rows: Requirements) -> Iterator[str]:
    row = rows[finding.requirement]
    yield ""
    yield f"{finding.outcome.value} {row.id} ({row.level.value}, {row.profile.value})  {row.requires}"
    yield f"  source    {row.source}"
    yield f"  case      {finding.case}"
    for name, value in (("sent", finding.sent), ("expected", finding.expected), ("got", finding.got)):
        if value:
            yield f"  {name:<9} {_indented(value)}"
    if finding.reason:
        yield f"  reason    {_indented(finding.reason)}"
    if finding.wire:
        yield "  requests"
        yield from (f"    {line}" for line in finding.wire)
    if finding.outcome is not Outcome.ERROR and (finding.wire or finding.log):
        yield "  log" + ("" if finding.log else "       empty")
    yield from (f"    {line}" for line in finding.log.splitlines())


def _indented(value: str) -> str:
    return value.replace("\n", "\n" + " " * 12)


def _in_lines(image: ImageReport, rows: Requirements) -> Iterator[str]:
    for outcome in _SHOWN_IN_A_LINE:
        found = sorted(
            (finding for finding in image.findings if finding.outcome is outcome),
            key=lambda finding: (finding.reason, list(rows).index(finding.requirement)),
        )
        for reason, group in groupby(found, key=lambda finding: finding.reason):
            names = ", ".join(dict.fromkeys(finding.requirement for finding in group))
            yield ""
            yield f"{outcome.value} {names}"
            yield f"  {_indented(reason)}"


def _stale(image: ImageReport) -> Iterator[str]:
    stale = [one for one in image.findings if one.outcome is Outcome.PASS and one.reason]
    for finding in stale:
        yield ""
        yield f"PASS {finding.requirement}: {finding.reason}"


def _slowest(image: ImageReport, count: int) -> Iterator[str]:
    found = sorted(image.findings, key=lambda finding: -finding.seconds)[:count]
    if found and count:
        yield ""
        yield "slowest: " + ", ".join(f"{finding.requirement} {finding.seconds:.1f} s" for finding in found)
