"""From findings to a verdict for each profile, and what may soften a finding: waivers and known shortfalls."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.requirement import Level, Profile, Requirements
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest


class Verdict(StrEnum):
    """Of one profile of one image."""

    PASS = "PASS"  # noqa: S105 - a word, not a password
    FAIL = "FAIL"
    DIFFERS = "DIFFERS"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"
    NOT_CLAIMED = "NOT_CLAIMED"


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A requirement that someone accepts as not met, why, and until when."""

    requirement: str
    reason: str
    expires: date | None = None
    source: str = ""


# The worst of several cases of one requirement counts.
_WORST = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.DIFFERS,
    Outcome.WAIVED,
    Outcome.SKIPPED,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a requirement that several cases checked."""
    return min(outcomes, key=_WORST.index)


@dataclass(frozen=True)
class ProfileVerdict:
    """The verdict of one profile, and how its requirements came out."""

    profile: Profile
    verdict: Verdict
    counts: Mapping[Outcome, int]
    shortened: int = 0


def by_requirement(findings: Iterable[Finding]) -> dict[str, Outcome]:
    """The outcome of each requirement judged."""
    grouped: dict[str, list[Outcome]] = {}
    for finding in findings:
        grouped.setdefault(finding.requirement, []).append(finding.outcome)
    return {requirement: worst(outcomes) for requirement, outcomes in grouped.items()}


def verdicts(
    findings: Iterable[Finding],
    requirements: Requirements,
    *,
    claimed: frozenset[Profile],
    strict: bool = False,
) -> tuple[ProfileVerdict, ...]:
    """One verdict for each profile, in the order of `Profile`."""
    found = tuple(findings)
    outcomes = by_requirement(found)
    shortened = Counter(requirements[finding.requirement].profile for finding in found if finding.shortened)
    result = []
    for profile in Profile:
        here = {row: outcome for row, outcome in outcomes.items() if requirements[row].profile is profile}
        if profile not in claimed or not here:
            result.append(ProfileVerdict(profile, Verdict.NOT_CLAIMED, {}))
            continue
        result.append(
            ProfileVerdict(
                profile,
                _verdict(here, requirements, strict=strict),
                dict(Counter(here.values())),
                shortened[profile],
            )
        )
    return tuple(result)


def _verdict(outcomes: Mapping[str, Outcome], requirements: Requirements, *, strict: bool) -> Verdict:
    present = set(outcomes.values())
    if Outcome.FAIL in present:
        return Verdict.FAIL
    if Outcome.ERROR in present:
        return Verdict.ERROR
    if any(outcome is Outcome.SKIPPED and requirements[row].level is Level.MUST for row, outcome in outcomes.items()):
        return Verdict.SKIPPED
    if Outcome.DIFFERS in present:
        return Verdict.FAIL if strict else Verdict.DIFFERS
    return Verdict.PASS


def apply_waivers(findings: Iterable[Finding], waivers: Iterable[Waiver], today: date) -> tuple[Finding, ...]:
    """Turns waived failures into WAIVED; an expired waiver leaves a failure and says that it expired."""
    table = {waiver.requirement: waiver for waiver in waivers}
    return tuple(_waived(finding, table.get(finding.requirement), today) for finding in findings)


def waived_with_their_cause(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings of an image: what could not be judged because of waived failures alone is WAIVED with them."""
    found = tuple(findings)
    accepted = {row for row, outcome in by_requirement(found).items() if outcome is Outcome.WAIVED}
    return tuple(_not_judged(finding, accepted) for finding in found)


def _not_judged(finding: Finding, accepted: set[str]) -> Finding:
    if finding.outcome is not Outcome.SKIPPED or not finding.because or not accepted.issuperset(finding.because):
        return finding
    return finding.with_outcome(
        Outcome.WAIVED, f"not judged, since it depends on {', '.join(finding.because)}, which is waived"
    )


def _waived(finding: Finding, waiver: Waiver | None, today: date) -> Finding:
    if waiver is None:
        return finding
    if finding.outcome is Outcome.PASS and waiver.expires is None:
        return finding.with_outcome(Outcome.PASS, "stated as a known shortfall of the client, which it is not here")
    if finding.outcome not in {Outcome.FAIL, Outcome.DIFFERS}:
        return finding
    if waiver.expires is not None and waiver.expires < today:
        note = f"the waiver of this requirement expired on {waiver.expires} ({waiver.reason})"
        return finding.with_outcome(Outcome.FAIL, note)
    until = f", until {waiver.expires}" if waiver.expires else ""
    source = f" [{waiver.source}]" if waiver.source else ""
    return finding.with_outcome(Outcome.WAIVED, f"{waiver.reason}{source}{until}")


_WAIVER_FORM = "a waiver is a table [[waiver]] with requirement, reason and expires"


def read_waivers(path: Path, requirements: Requirements) -> tuple[Waiver, ...]:
    """The waivers of a TOML file: `[[waiver]]` with requirement, reason and expires (a date), all required."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read the waivers in {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    for key in values.keys() - {"waiver"}:
        raise ConfigurationError(f"{path}: unknown key {key!r}", hint=_WAIVER_FORM)
    rows = values.get("waiver", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(f"{path}: 'waiver' is no list of tables", hint=_WAIVER_FORM)
    return tuple(_waiver(row, path, requirements) for row in rows)


def _waiver(row: Mapping[str, object], path: Path, requirements: Requirements) -> Waiver:
    keys = {"requirement", "reason", "expires"}
    for key in row.keys() - keys:
        raise ConfigurationError(f"{path}: unknown key {key!r}", hint=f"did you mean {nearest(key, keys)}?")
    requirement, reason, expires = (row.get(key) for key in ("requirement", "reason", "expires"))
    if not isinstance(requirement, str) or requirement not in requirements:
        raise ConfigurationError(
            f"{path}: a waiver names the requirement {requirement!r}, which does not exist",
            hint=f"did you mean {nearest(str(requirement), requirements)}?",
        )
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigurationError(f"{path}: the waiver of {requirement} gives no reason")
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise ConfigurationError(
            f"{path}: the waiver of {requirement} has no expiry date",
            hint="for example: expires = 2027-03-31",
        )
    return Waiver(requirement=requirement, reason=reason, expires=expires, source=str(path))
