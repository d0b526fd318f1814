"""Requirements as data, the selection of cases, options, and how a judge deals with what cannot be judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from lambda_image.conformance import contract, requirement
from lambda_image.conformance.case import Case, all_cases
from lambda_image.conformance.contract import Handlers
from lambda_image.conformance.finding import Finding, NotJudged, Outcome, Violation, expect, expect_equal
from lambda_image.conformance.judge import Judge
from lambda_image.conformance.lab import Depth, Laboratory
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.requirement import Level, Profile, Requirement, Requirements
from lambda_image.conformance.selection import select
from lambda_image.conformance.subject import profiles
from lambda_image.conformance.verdict import Waiver
from lambda_image.errors import ConfigurationError, EngineError, NothingSelected

CORE = frozenset({Profile.CORE})


class TestRequirements:
    def test_every_row_says_what_it_asks_for_where_that_is_from_and_how_it_is_seen(self) -> None:
        for row in requirement.load().values():
            assert row.requires.endswith("."), row.id
            assert row.source, row.id
            assert row.seen, row.id

    def test_no_profile_is_empty(self) -> None:
        assert {row.profile for row in requirement.load().values()} == set(Profile)

    def test_a_set_that_was_never_released_is_told_with_those_that_were(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            requirement.load("2020.1")
        assert "2026.12" in caught.value.hint

    def test_an_unknown_row_is_told_with_the_nearest(self) -> None:
        with pytest.raises(ConfigurationError, match="RAPI-NEXT-1") as caught:
            requirement.load()["RAPI-NEXT-1"]
        assert "RAPI-NEXT-001" in caught.value.hint


class TestSelection:
    def test_a_profile_has_its_own_cases_and_no_others(self) -> None:
        rows = requirement.load()
        for profile in Profile:
            for case in select("my:image", frozenset({profile}), rows):
                assert profile in {rows[row].profile for row in case.requirements}

    @pytest.mark.parametrize("pattern", ["RAPI-NEXT-004", "rapi-next-004", "any_json_value_*", "RAPI-NEXT-004/*"])
    def test_a_requirement_a_case_or_a_glob_selects_whatever_its_case(self, pattern: str) -> None:
        chosen = select("my:image", CORE, requirement.load(), [pattern])
        assert [case.name for case in chosen if not case.gate] == ["any_json_value_reaches_the_handler"]

    def test_gates_come_with_every_selection(self) -> None:
        chosen = select("my:image", CORE, requirement.load(), ["RAPI-NEXT-004"])
        assert [case for case in all_cases() if case.gate and case in chosen]

    @pytest.mark.parametrize("pattern", ["nothing", "RAPI-NOSUCH-*", "RAPI-NEXT-999"])
    def test_nothing_selected_is_an_error_of_its_own(self, pattern: str) -> None:
        with pytest.raises(NothingSelected, match="my:image"):
            select("my:image", CORE, requirement.load(), ["RAPI-NEXT-004", pattern])

    def test_what_is_of_another_profile_is_told_with_that_profile(self) -> None:
        with pytest.raises(NothingSelected, match="of the profile streaming") as caught:
            select("my:image", CORE, requirement.load(), ["RAPI-STREAM-001"])
        assert "--profile streaming" in caught.value.hint

    def test_a_profile_that_does_not_exist_is_told_with_the_nearest(self) -> None:
        with pytest.raises(ConfigurationError, match="'cor'") as caught:
            profiles(["cor"])
        assert "'core'" in caught.value.hint


def test_options_reach_another_process_as_they_are() -> None:
    options = SuiteOptions(
        images=("a", "b"),
        handlers=Path("h"),
        profiles=("core",),
        depth=Depth.FULL,
        strict=True,
        waivers=Path("w.toml"),
        only=("RAPI-*",),
        workers=3,
        reports=(("json", Path("r.json")),),
        known={"a": (Waiver(requirement="RAPI-NEXT-001", reason="x", source="y"),)},
    )
    assert SuiteOptions.from_json(options.as_json()) == options
    assert SuiteOptions.from_json(SuiteOptions(images=("a",)).as_json()) == SuiteOptions(images=("a",))


@dataclass
class Room:
    """What a judge asks of a laboratory where no case needs a container."""

    handlers: Handlers
    depth: Depth = Depth.QUICK
    emulated = False
    abandoned: list[bool] = field(default_factory=list)

    def abandon(self) -> None:
        self.abandoned.append(True)


def row(name: str, level: Level = Level.MUST, **more: object) -> Requirement:
    return Requirement(
        id=name,
        level=level,
        profile=Profile.CORE,
        requires="It does.",
        seen="It is seen.",
        source="here",
        since="2026.12",
        **more,  # type: ignore[arg-type]
    )


ROWS = Requirements(
    [
        row("A-001"),
        row("A-002", depends=("A-001",)),
        row("A-003", Level.SHOULD),
        row("A-004", needs=("layers-java",)),
        row("A-005", Level.MAY),
    ]
)
HANDLERS = contract.parse(
    'language = "perl"\nhandler = "h.{name}"\ncapabilities = ["errors"]\nlacks = ["nan"]', origin="here", files={}
)


def passes(_lab: object) -> None:
    """An event is sent."""


def fails(_lab: object) -> None:
    """An event is sent."""
    expect(False, sent="one event", expected="an answer", got="nothing")


def case(function: Callable[..., None], *rows: str, handlers: tuple[str, ...] = ("echo",), gate: bool = False) -> Case:
    return Case(
        name=f"{function.__name__}_{'_'.join(rows)}",
        requirements=rows,
        function=function,
        handlers=handlers,
        seconds=(1, 1),
        gate=gate,
    )


def judge(*cases: Case) -> Judge:
    return Judge(cast("Laboratory", Room(HANDLERS)), ROWS, cases)


def judged(function: Callable[..., None], *rows: str, **more: object) -> list[Finding]:
    return list(judge().carry_out(case(function, *rows, **more)))  # type: ignore[arg-type]


class TestJudge:
    def test_a_case_has_a_finding_for_each_of_its_requirements(self) -> None:
        assert [(one.requirement, one.outcome) for one in judged(passes, "A-001", "A-003")] == [
            ("A-001", Outcome.PASS),
            ("A-003", Outcome.PASS),
        ]

    def test_what_a_must_does_not_meet_fails_and_what_a_should_or_may_does_not_differs(self) -> None:
        outcomes = {one.requirement: one.outcome for one in judged(fails, "A-001", "A-003", "A-005")}
        assert outcomes == {"A-001": Outcome.FAIL, "A-003": Outcome.DIFFERS, "A-005": Outcome.DIFFERS}

    def test_a_failure_says_what_was_sent_expected_and_got(self) -> None:
        (finding,) = judged(fails, "A-001")
        assert (finding.sent, finding.expected, finding.got) == ("one event", "an answer", "nothing")

    def test_a_language_without_the_capability_is_not_judged(self) -> None:
        (finding,) = judged(fails, "A-004")
        assert finding.outcome is Outcome.NOT_APPLICABLE
        assert "layers-java" in finding.reason

    def test_a_handler_that_is_lacking_skips_with_the_reason(self) -> None:
        (finding,) = judged(fails, "A-001", handlers=("nan",))
        assert finding.outcome is Outcome.SKIPPED
        assert "nan" in finding.reason

    def test_what_depends_on_a_failure_is_skipped_and_names_it(self) -> None:
        gate, other = case(fails, "A-001", gate=True), case(passes, "A-002")
        run = judge(other, gate)
        try:
            assert run.findings(gate)[0].outcome is Outcome.FAIL
            (finding,) = run.findings(other)
        finally:
            run.stop()
        assert finding.outcome is Outcome.SKIPPED
        assert "A-001" in finding.reason

    def test_what_others_depend_on_is_found_before_them_though_it_is_no_gate(self) -> None:
        def fails_late(_lab: object) -> None:
            """An event is sent."""
            time.sleep(0.2)
            expect(False, sent="one event", expected="an answer", got="nothing")

        founds = case(fails_late, "A-001")
        run = judge(*[case(passes, "A-002", handlers=(f"h{n}",)) for n in range(10)], founds)
        run.cases = [replace(one, name=f"{one.name}_{n}") for n, one in enumerate(run.cases)]
        try:
            found = [run.findings(one)[0].outcome for one in run.cases]
        finally:
            run.stop()
        assert found == [Outcome.SKIPPED] * 10 + [Outcome.FAIL]

    def test_what_the_case_cannot_do_here_is_skipped(self) -> None:
        def cannot(_lab: object) -> None:
            raise NotJudged("no second disk")

        (finding,) = judged(cannot, "A-001")
        assert (finding.outcome, finding.reason) == (Outcome.SKIPPED, "no second disk")

    def test_an_engine_that_breaks_is_no_verdict_on_the_image(self) -> None:
        def breaks(_lab: object) -> None:
            raise EngineError("it went away", hint="start it")

        (finding,) = judged(breaks, "A-001")
        assert finding.outcome is Outcome.ERROR
        assert finding.reason == "it went away\nstart it"

    def test_a_bug_of_the_suite_is_no_verdict_on_the_image_and_shows_where(self) -> None:
        def is_wrong(_lab: object) -> None:
            raise ZeroDivisionError

        (finding,) = judged(is_wrong, "A-003")
        assert finding.outcome is Outcome.ERROR
        assert "is_wrong" in finding.reason

    def test_after_a_stop_nothing_is_judged(self) -> None:
        run = judge()
        run.stop()
        assert run.carry_out(case(passes, "A-001"))[0].outcome is Outcome.SKIPPED


class TestExpectations:
    @pytest.mark.parametrize(("got", "wanted"), [(True, 1), (1, True), ("1", 1), (None, False), ({"a": 1}, {"a": 2})])
    def test_values_of_another_kind_are_not_equal(self, got: object, wanted: object) -> None:
        with pytest.raises(Exception, match="expected"):
            expect_equal(got, wanted, sent="x")

    def test_where_long_values_part_is_shown(self) -> None:
        with pytest.raises(Violation) as caught:
            expect_equal("é" * 500 + "\ufffd" + "é" * 499, "é" * 1000, sent="x")
        assert "they part at character 501: " in caught.value.got
        assert "\ufffd" in caught.value.got
        with pytest.raises(Violation) as caught:
            expect_equal("b", "a", sent="x")
        assert caught.value.got == "'b'"

    def test_long_values_are_shown_by_both_ends_and_their_length(self) -> None:
        with pytest.raises(Exception, match=r"100,000 characters") as caught:
            expect(False, sent="x", expected="little", got="a" * 50_000 + "b" * 50_000)
        assert len(str(caught.value)) < 500
