"""Reports: JSON there and back, JUnit that CI reads, text in which a failure shows all that is known of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lambda_image.conformance import requirement
from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.report import FORMATS, ImageReport, Report, write
from lambda_image.conformance.report.junit import junit
from lambda_image.conformance.report.text import text, verdict_line
from lambda_image.conformance.report.write import check_writable, parse
from lambda_image.conformance.requirement import Profile
from lambda_image.conformance.verdict import verdicts
from lambda_image.errors import ConfigurationError

MUST, SHOULD, MAY_BE_SKIPPED, OTHER, IMAGE = "RAPI-NEXT-001", "CTX-006", "RAPI-NEXT-003", "RAPI-RESP-001", "IMG-001"

FAILURE = Finding(
    requirement=MUST,
    case="it_asks_first",
    outcome=Outcome.FAIL,
    sent="the container was started",
    expected="GET …/next within 10 s",
    got="it exited with status 3",
    log="first line\nboom \x1b[31m\x00 <&>",
    wire=("GET /2018-06-01/runtime/invocation/nxt → 404",),
    seconds=1.5,
)
FINDINGS = (
    FAILURE,
    Finding(requirement=SHOULD, case="c", outcome=Outcome.DIFFERS, sent="s", expected="0", got="9999999"),
    Finding(requirement=MAY_BE_SKIPPED, case="c", outcome=Outcome.SKIPPED, reason="the handlers lack nan"),
    Finding(requirement=OTHER, case="c", outcome=Outcome.WAIVED, reason="because, until 2027-01-01"),
    Finding(requirement="RAPI-RESP-002", case="c", outcome=Outcome.NOT_APPLICABLE, reason="perl has not stack"),
    Finding(requirement="ENV-001", case="c", outcome=Outcome.ERROR, reason="the engine went away"),
    Finding(requirement=IMAGE, case="c", outcome=Outcome.PASS, shortened="held 5 s instead of 60"),
)


def report(*findings: Finding) -> Report:
    rows = requirement.load()
    image = ImageReport(
        reference="my/base:1",
        config_digest="sha256:" + "ab" * 32,
        size=123_456_789,
        language="perl",
        capabilities=("errors", "lookup"),
        labels={"a": "b"},
        verdicts=verdicts(findings, rows, claimed=frozenset({Profile.CORE, Profile.CONTAINER})),
        findings=findings,
        seconds=12.5,
    )
    return Report(
        tool="lambda-image 0",
        requirements=rows.name,
        depth="quick",
        route="gateway",
        begun="2026-12-01T10:00:00+00:00",
        seconds=13.0,
        images=(image,),
    )


@pytest.fixture
def full() -> Report:
    return report(*FINDINGS)


class TestJson:
    def test_it_comes_back_as_it_was(self, full: Report) -> None:
        assert Report.from_json(full.to_json()) == full

    def test_it_says_its_schema_its_set_and_which_image_it_was(self, full: Report) -> None:
        plain = json.loads(full.to_json())
        assert plain["schema_version"] == 1
        assert plain["requirements"] == "2026.12"
        assert plain["images"][0]["config_digest"].startswith("sha256:")

    def test_another_schema_is_not_read(self, full: Report) -> None:
        other = full.to_json().replace('"schema_version": 1', '"schema_version": 2')
        with pytest.raises(ValueError, match="schema version 2"):
            Report.from_json(other)


class TestJunit:
    def suite(self, full: Report) -> ET.Element:
        (suite,) = ET.fromstring(junit(full))
        return suite

    def test_its_counts_are_those_of_its_cases(self, full: Report) -> None:
        suite = self.suite(full)
        cases = suite.findall("testcase")
        assert suite.get("name") == "my/base:1"
        assert int(suite.get("tests", "")) == len(cases) == len(FINDINGS)
        for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == len([case for case in cases if case.find(element) is not None])
        assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["1", "1", "4"]

    def test_a_case_is_named_by_requirement_and_case(self, full: Report) -> None:
        (case,) = (one for one in self.suite(full).findall("testcase") if one.find("failure") is not None)
        assert case.get("name") == f"{MUST}/it_asks_first"
        assert case.get("classname") == f"core.{MUST}"
        assert float(case.get("time", "")) == 1.5

    def test_a_failure_holds_all_that_is_known(self, full: Report) -> None:
        failure = self.suite(full).find(".//failure")
        assert failure is not None
        row = requirement.load()[MUST]
        for words in (row.requires, row.source, FAILURE.sent, FAILURE.expected, FAILURE.got, FAILURE.wire[0], "boom"):
            assert words in (failure.text or "")

    def test_what_is_no_pass_and_no_failure_says_which_outcome_it_is(self, full: Report) -> None:
        messages = [one.get("message", "") for one in self.suite(full).iter("skipped")]
        assert [message.split(":")[0] for message in messages] == ["DIFFERS", "SKIPPED", "WAIVED", "NOT_APPLICABLE"]

    def test_verdicts_are_properties(self, full: Report) -> None:
        properties = {one.get("name"): one.get("value") for one in self.suite(full).iter("property")}
        assert properties["verdict.core"] == "FAIL"
        assert properties["verdict.container"] == "PASS"
        assert properties["verdict.parity"] == "NOT_CLAIMED"


class TestText:
    def test_a_failure_shows_requirement_source_sent_expected_got_requests_and_log(self, full: Report) -> None:
        row = requirement.load()[MUST]
        block = text(full).split(f"FAIL {MUST}")[1].split("\n\n")[0]
        assert row.requires in block
        for label, words in (
            ("source", row.source),
            ("sent", FAILURE.sent),
            ("expected", FAILURE.expected),
            ("got", FAILURE.got),
        ):
            assert any(line.split()[:1] == [label] and words in line for line in block.splitlines()), label
        assert FAILURE.wire[0] in block
        assert "first line" in block
        assert "boom" in block

    def test_an_empty_log_is_said_to_be_empty(self) -> None:
        assert "log       empty" in text(report(replace(FAILURE, log="")))

    def test_profiles_stand_first_with_all_their_counts(self, full: Report) -> None:
        line = next(line for line in text(full).splitlines() if line.startswith("  core"))
        assert line.split()[1] == "FAIL"
        for words in ("1 FAIL", "1 DIFFERS", "1 SKIPPED", "1 WAIVED", "1 NOT_APPLICABLE", "1 ERROR"):
            assert words in line

    def test_reasons_are_shown_once_for_all_that_share_them(self) -> None:
        skipped = [
            Finding(requirement=name, case="c", outcome=Outcome.SKIPPED, reason="no handlers") for name in (MUST, OTHER)
        ]
        shown = text(report(*skipped))
        assert f"SKIPPED {MUST}, {OTHER}\n  no handlers" in shown
        assert shown.count("no handlers") == 1

    def test_an_error_of_the_suite_shows_its_reason(self, full: Report) -> None:
        assert "the engine went away" in text(full)

    def test_the_line_says_depth_and_what_does_not_count_as_a_pass(self) -> None:
        findings = [
            Finding(requirement=MUST, case="c", outcome=Outcome.WAIVED, reason="x"),
            Finding(requirement=OTHER, case="c", outcome=Outcome.PASS, shortened="held"),
        ]
        found = report(*findings)
        line = verdict_line(found, found.images[0])
        assert line.startswith("core PASS with 1 WAIVED")
        assert line.endswith("(quick: 1 holds shortened)")

    def test_the_line_says_that_the_image_stands_in_for_a_release(self) -> None:
        found = report(Finding(requirement=MUST, case="c", outcome=Outcome.PASS))
        image = replace(found.images[0], labels={"lambda-image.stand-in": "old, from elsewhere"})
        assert verdict_line(found, image).endswith("  STAND-IN: old, from elsewhere")

    def test_the_line_says_which_support_has_ended_and_that_nobody_ran_the_distribution(self) -> None:
        found = report(Finding(requirement=MUST, case="c", outcome=Outcome.PASS))
        labels = {
            "lambda-image.support": "2026-04-30 Node.js 20's support; 9999-12-31 A distribution's support",
            "lambda-image.not-run": "no registry has it",
        }
        line = verdict_line(found, replace(found.images[0], labels=labels))
        assert "  SUPPORT ENDED: Node.js 20's support on 2026-04-30  NOT RUN BY ITS PROJECT: no registry has it" in line
        assert "A distribution" not in line


class TestFiles:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_each_form_is_written_also_into_a_folder_that_is_not_there(
        self, tmp_path: Path, full: Report, kind: str
    ) -> None:
        path = tmp_path / "new" / f"report.{kind}"
        write(full, kind, path)
        assert path.read_text(encoding="utf-8") == FORMATS[kind](full)

    def test_a_path_that_cannot_be_written_is_said_before_and_after(self, tmp_path: Path, full: Report) -> None:
        (tmp_path / "file").touch()
        for action in (lambda path: check_writable(path), lambda path: write(full, "json", path)):
            with pytest.raises(ConfigurationError, match="cannot write the report"):
                action(tmp_path / "file" / "report.json")

    def test_checking_leaves_an_earlier_report_alone(self, tmp_path: Path) -> None:
        (tmp_path / "old.json").write_text("old")
        check_writable(tmp_path / "old.json")
        assert (tmp_path / "old.json").read_text() == "old"

    @pytest.mark.parametrize("words", ["json", "=x", "json=", "jsn=x"])
    def test_what_is_no_format_and_path_is_told(self, words: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            parse(words)
        assert "FORMAT=PATH" in caught.value.hint
        assert "json" in caught.value.hint

    def test_a_path_may_hold_an_equals_sign(self) -> None:
        assert parse("junit=a=b.xml") == ("junit", Path("a=b.xml"))
