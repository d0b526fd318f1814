"""Views judged by rules: all offenders at once, capped, and nothing of a hostile image that a terminal obeys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from lambda_image.image_rules.model import View
from lambda_image.image_rules.rules import RULES, Rule, Severity

MOST_SHOWN = 20
_MOST_COUNTED = 100_000
_LONGEST_LINE = 500


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A rule that an image breaks; `offenders` are the first of `count`."""

    rule: str
    requirement: str | None
    severity: Severity
    says: str
    offenders: tuple[str, ...]
    count: int
    advice: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the rules say of one image."""

    reference: str
    digest: str
    config_digest: str
    platform: str
    size: int
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]

    def count(self, severity: Severity) -> int:
        """Findings of that severity."""
        return sum(1 for finding in self.findings if finding.severity is severity)

    @property
    def ok(self) -> bool:
        """No error; warnings are said only."""
        return self.count(Severity.ERROR) == 0


def check(
    view: View, *, requirement: str | None = None, severity: Severity | None = None, rules: Iterable[Rule] = RULES
) -> tuple[Finding, ...]:
    """What the image breaks, of all rules or those of one requirement."""
    findings = []
    for rule in rules:
        if requirement not in (None, rule.requirement) or severity not in (None, rule.severity):
            continue
        lines = iter(rule.check(view))
        shown = tuple(printable(line) for line in islice(lines, MOST_SHOWN))
        if shown:
            count = len(shown) + sum(1 for _ in islice(lines, _MOST_COUNTED))
            findings.append(_finding(rule, shown, count))
    return tuple(findings)


def _finding(rule: Rule, offenders: tuple[str, ...], count: int) -> Finding:
    return Finding(
        rule=rule.id,
        requirement=rule.requirement,
        severity=rule.severity,
        says=rule.says,
        offenders=offenders,
        count=count,
        advice=rule.advice,
        source=rule.source,
    )


def lint(view: View) -> Report:
    """All rules on one image."""
    config = view.config
    return Report(
        reference=view.reference,
        digest=printable(view.digest),
        config_digest=config.real_digest if config else "",
        platform=printable(config.platform) if config else "",
        size=view.size,
        findings=check(view),
        unknown=tuple(printable(line) for line in view.unknown),
    )


def printable(line: str) -> str:
    """Names in an image may hold anything: escapes are shown, not sent."""
    shown = "".join(char if char.isprintable() else _escaped(char) for char in line)
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[:_LONGEST_LINE]}…"


def _escaped(char: str) -> str:
    byte = ord(char) - 0xDC00  # how a byte that is no UTF-8 came in
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else ascii(char)[1:-1]


def text(reports: Sequence[Report]) -> str:
    """For people."""
    return "\n".join(_text(report) for report in reports)


def _text(report: Report) -> str:
    lines = []
    for finding in report.findings:
        requirement = f" {finding.requirement}" if finding.requirement else ""
        lines.append(f"{finding.severity:<7} {finding.rule}{requirement}: {finding.says}")
        lines += [f"          {offender}" for offender in finding.offenders]
        if finding.count > len(finding.offenders):
            lines.append(f"          … and {finding.count - len(finding.offenders):,} more")
        lines.append(f"        → {finding.advice}")
        lines.append(f"          ({finding.source})")
    lines += [f"note    {line}" for line in report.unknown]
    lines.append(f"{report.reference}: {_verdict(report)}")
    return "\n".join(lines)


def _verdict(report: Report) -> str:
    errors, warnings = report.count(Severity.ERROR), report.count(Severity.WARNING)
    counts = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    size = f", {report.platform}, {report.size / 1e6:,.1f} MB unpacked" if report.size else ""
    return (", ".join(counts) or "nothing to say") + size


def to_json(reports: Sequence[Report]) -> str:
    """For programs."""
    return json.dumps(
        {
            "schema_version": 1,
            "ok": all(report.ok for report in reports),
            "images": [asdict(report) for report in reports],
        },
        indent=1,
    )
