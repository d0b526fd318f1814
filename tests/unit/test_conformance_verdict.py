"""Verdicts: the rules of a profile as a table, what a waiver does and does not, and when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.requirement import Level, Profile, Requirement, Requirements
from lambda_image.conformance.verdict import (
    Verdict,
    Waiver,
    apply_waivers,
    by_requirement,
    read_waivers,
    verdicts,
    waived_with_their_cause,
    worst,
)
from lambda_image.errors import ConfigurationError

TODAY = date(2026, 12, 1)
PASS, FAIL, DIFFERS = Outcome.PASS, Outcome.FAIL, Outcome.DIFFERS
NOT_APPLICABLE, WAIVED, SKIPPED, ERROR = Outcome.NOT_APPLICABLE, Outcome.WAIVED, Outcome.SKIPPED, Outcome.ERROR


def row(name: str, level: Level = Level.MUST, profile: Profile = Profile.CORE) -> Requirement:
    return Requirement(
        id=name, level=level, profile=profile, requires="It does.", seen="It is seen.", source="here", since="2026.12"
    )


ROWS = Requirements(
    [
        row("MUST-1"),
        row("MUST-2"),
        row("SHOULD-1", Level.SHOULD),
        row("MAY-1", Level.MAY),
        row("IMG-1", profile=Profile.CONTAINER),
    ]
)


def found(requirement: str, outcome: Outcome, *, case: str = "one", shortened: str = "") -> Finding:
    return Finding(requirement=requirement, case=case, outcome=outcome, shortened=shortened)


def verdict_of(*outcomes: tuple[str, Outcome], strict: bool = False) -> Verdict:
    findings = [found(*one, case=str(number)) for number, one in enumerate(outcomes)]
    return verdicts(findings, ROWS, claimed=frozenset({Profile.CORE}), strict=strict)[0].verdict


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([("MUST-1", PASS)], Verdict.PASS),
        ([("MUST-1", FAIL)], Verdict.FAIL),
        ([("MUST-1", ERROR)], Verdict.ERROR),
        ([("MUST-1", SKIPPED)], Verdict.SKIPPED),
        ([("SHOULD-1", SKIPPED)], Verdict.PASS),
        ([("MAY-1", SKIPPED)], Verdict.PASS),
        ([("SHOULD-1", DIFFERS)], Verdict.DIFFERS),
        ([("MUST-1", WAIVED)], Verdict.PASS),
        ([("MUST-1", NOT_APPLICABLE)], Verdict.PASS),
        # FAIL before ERROR before SKIPPED before DIFFERS before PASS.
        ([("MUST-1", FAIL), ("MUST-2", ERROR)], Verdict.FAIL),
        ([("MUST-1", ERROR), ("MUST-2", SKIPPED)], Verdict.ERROR),
        ([("SHOULD-1", ERROR), ("MUST-2", PASS)], Verdict.ERROR),
        ([("MUST-1", SKIPPED), ("SHOULD-1", DIFFERS)], Verdict.SKIPPED),
        ([("SHOULD-1", DIFFERS), ("MUST-1", PASS)], Verdict.DIFFERS),
        ([("SHOULD-1", SKIPPED), ("MAY-1", DIFFERS), ("MUST-1", PASS)], Verdict.DIFFERS),
        ([("MUST-1", WAIVED), ("MUST-2", NOT_APPLICABLE), ("SHOULD-1", PASS)], Verdict.PASS),
    ],
)
def test_the_verdict_of_a_profile(outcomes: list[tuple[str, Outcome]], expected: Verdict) -> None:
    assert verdict_of(*outcomes) is expected


def test_strict_makes_a_difference_a_failure_and_nothing_else() -> None:
    assert verdict_of(("SHOULD-1", DIFFERS), strict=True) is Verdict.FAIL
    assert verdict_of(("SHOULD-1", PASS), ("MUST-1", WAIVED), strict=True) is Verdict.PASS
    assert verdict_of(("MUST-1", SKIPPED), strict=True) is Verdict.SKIPPED


def test_a_profile_that_is_not_claimed_has_no_verdict() -> None:
    findings = [found("MUST-1", PASS), found("IMG-1", FAIL)]
    by_profile = {one.profile: one for one in verdicts(findings, ROWS, claimed=frozenset({Profile.CORE}))}
    assert list(by_profile) == list(Profile)
    assert by_profile[Profile.CORE].verdict is Verdict.PASS
    assert by_profile[Profile.CONTAINER].verdict is Verdict.NOT_CLAIMED
    assert by_profile[Profile.CONTAINER].counts == {}


def test_counts_are_of_requirements_not_of_cases() -> None:
    findings = [found("MUST-1", PASS, case="a"), found("MUST-1", PASS, case="b"), found("MUST-2", WAIVED)]
    (core, *_) = verdicts(findings, ROWS, claimed=frozenset({Profile.CORE}))
    assert core.counts == {PASS: 1, WAIVED: 1}


def test_shortened_holds_are_counted() -> None:
    findings = [found("MUST-1", PASS, shortened="5 s instead of 60"), found("MUST-2", PASS)]
    (core, *_) = verdicts(findings, ROWS, claimed=frozenset({Profile.CORE}))
    assert core.shortened == 1


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([PASS, FAIL, ERROR], FAIL),
        ([PASS, ERROR, SKIPPED], ERROR),
        ([PASS, DIFFERS, WAIVED], DIFFERS),
        ([PASS, SKIPPED], SKIPPED),
        ([PASS, WAIVED], WAIVED),
        ([NOT_APPLICABLE, PASS], PASS),
        ([NOT_APPLICABLE], NOT_APPLICABLE),
    ],
)
def test_the_worst_case_of_a_requirement_counts(outcomes: list[Outcome], expected: Outcome) -> None:
    assert worst(outcomes) is expected
    findings = [found("MUST-1", outcome, case=str(number)) for number, outcome in enumerate(outcomes)]
    assert by_requirement(findings) == {"MUST-1": expected}


class TestWaivers:
    def waived(self, outcome: Outcome, expires: date | None) -> Finding:
        waiver = Waiver(requirement="MUST-1", reason="because", expires=expires, source="w.toml")
        return apply_waivers([found("MUST-1", outcome)], [waiver], TODAY)[0]

    @pytest.mark.parametrize("outcome", [FAIL, DIFFERS])
    @pytest.mark.parametrize("expires", [date(2026, 12, 2), TODAY])
    def test_what_is_waived_says_why_and_until_when(self, outcome: Outcome, expires: date) -> None:
        finding = self.waived(outcome, expires)
        assert finding.outcome is WAIVED
        assert "because" in finding.reason
        assert str(expires) in finding.reason
        assert "w.toml" in finding.reason

    @pytest.mark.parametrize("outcome", [FAIL, DIFFERS])
    def test_an_expired_waiver_fails_and_says_so(self, outcome: Outcome) -> None:
        finding = self.waived(outcome, date(2026, 11, 30))
        assert finding.outcome is FAIL
        assert "expired on 2026-11-30" in finding.reason

    @pytest.mark.parametrize("outcome", [PASS, ERROR, SKIPPED, NOT_APPLICABLE])
    def test_only_what_is_not_met_can_be_waived(self, outcome: Outcome) -> None:
        assert self.waived(outcome, date(2027, 1, 1)).outcome is outcome

    def test_others_stay_as_they_are(self) -> None:
        waiver = Waiver(requirement="MUST-2", reason="because", expires=date(2027, 1, 1))
        finding = found("MUST-1", FAIL)
        assert apply_waivers([finding], [waiver], TODAY) == (finding,)

    def test_a_known_shortfall_has_no_end_and_names_its_issue(self) -> None:
        shortfall = Waiver(requirement="MUST-1", reason="upstream", source="issue 7")
        (finding,) = apply_waivers([found("MUST-1", FAIL)], [shortfall], TODAY)
        assert (finding.outcome, finding.reason) == (WAIVED, "upstream [issue 7]")

    def test_a_known_shortfall_that_is_none_any_more_is_told(self) -> None:
        shortfall = Waiver(requirement="MUST-1", reason="upstream", source="issue 7")
        (finding,) = apply_waivers([found("MUST-1", PASS)], [shortfall], TODAY)
        assert finding.outcome is PASS
        assert "known shortfall" in finding.reason


class TestWaiversFile:
    def read(self, folder: Path, text: str) -> tuple[Waiver, ...]:
        path = folder / "waivers.toml"
        path.write_text(text)
        return read_waivers(path, ROWS)

    def test_a_waiver_has_requirement_reason_and_expiry(self, tmp_path: Path) -> None:
        text = '[[waiver]]\nrequirement = "MUST-1"\nreason = "because"\nexpires = 2027-03-31\n'
        (waiver,) = self.read(tmp_path, text)
        assert waiver.requirement == "MUST-1"
        assert waiver.expires == date(2027, 3, 31)
        assert waiver.source.endswith("waivers.toml")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('requirement = "MUST-3"\nreason = "x"\nexpires = 2027-01-01', ["'MUST-3'", "'MUST-1'"]),
            ('requirement = "MUST-1"\nexpires = 2027-01-01', ["no reason"]),
            ('requirement = "MUST-1"\nreason = " "\nexpires = 2027-01-01', ["no reason"]),
            ('requirement = "MUST-1"\nreason = "x"', ["no expiry date"]),
            ('requirement = "MUST-1"\nreason = "x"\nexpires = "soon"', ["no expiry date", "2027-03-31"]),
            ('requirement = "MUST-1"\nreason = "x"\nexpires = 2027-01-01T10:00:00', ["no expiry date"]),
            ('requirement = "MUST-1"\nreason = "x"\nexpire = 2027-01-01', ["'expire'", "'expires'"]),
        ],
    )
    def test_what_is_wrong_in_one_is_said(self, tmp_path: Path, text: str, words: list[str]) -> None:
        with pytest.raises(ConfigurationError) as caught:
            self.read(tmp_path, f"[[waiver]]\n{text}\n")
        assert all(word in str(caught.value) for word in [*words, "waivers.toml"])

    @pytest.mark.parametrize("text", ["[[waivers]]\n", "waiver = 3\n", "waiver = [3]\n", "[[waiver\n"])
    def test_a_file_that_is_no_list_of_waivers_is_not_read_as_an_empty_one(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigurationError, match=r"waivers\.toml"):
            self.read(tmp_path, text)

    def test_a_file_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="cannot read"):
            read_waivers(tmp_path / "none.toml", ROWS)


def test_what_could_not_be_judged_because_of_what_is_waived_is_waived_with_it() -> None:
    skipped = replace(found("MUST-2", SKIPPED), because=("MUST-1",))
    first, second = waived_with_their_cause([found("MUST-1", WAIVED), skipped])
    assert (first.outcome, second.outcome) == (WAIVED, WAIVED)
    assert "MUST-1" in second.reason


def test_what_was_skipped_for_another_reason_too_stays_so() -> None:
    because = replace(found("MUST-2", SKIPPED), because=("MUST-1", "SHOULD-1"))
    findings = (found("MUST-1", WAIVED), found("SHOULD-1", DIFFERS), because, found("IMG-1", SKIPPED))
    assert waived_with_their_cause(findings) == findings
