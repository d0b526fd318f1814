"""What `dev check-suite` reports is right, and of the project's own suite there is nothing to report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lambda_image import resources
from lambda_image.conformance import completeness, requirement
from lambda_image.conformance.case import Case
from lambda_image.conformance.completeness import problems
from lambda_image.conformance.requirement import Level, Profile, Requirement, Requirements

Feed = Callable[..., list[str]]


def row(name: str, **more: object) -> Requirement:
    return Requirement(
        id=name,
        level=Level.MUST,
        profile=Profile.CORE,
        requires="It does.",
        seen="It is seen.",
        source="here",
        since="2026.12",
        **more,  # type: ignore[arg-type]
    )


def documented(_lab: object) -> None:
    """An event is sent."""


def silent(_lab: object) -> None:
    pass


def case(*rows: str, name: str = "it_does", handlers: tuple[str, ...] = ("echo",), says: bool = True) -> Case:
    function = documented if says else silent
    return Case(name=name, requirements=rows, function=function, handlers=handlers, seconds=(1, 1), gate=False)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Feed:
    """Gives the checker rows and cases instead of the project's, and no language."""

    def reported(rows: list[Requirement], cases: list[Case]) -> list[str]:
        monkeypatch.setattr(requirement, "load", lambda: Requirements(rows))
        monkeypatch.setattr(completeness, "all_cases", lambda: tuple(cases))
        monkeypatch.setattr(resources, "LANGUAGES", tmp_path)
        return problems()

    return reported


def test_the_project_s_own_suite_is_whole() -> None:
    assert problems() == []


def test_of_a_suite_that_is_whole_nothing_is_reported(feed: Feed) -> None:
    assert feed([row("A-001"), row("A-002", needs=("errors",), depends=("A-001",))], [case("A-001", "A-002")]) == []


def test_a_requirement_without_a_case(feed: Feed) -> None:
    assert feed([row("A-001"), row("A-002")], [case("A-001")]) == ["A-002 has no case"]


def test_a_case_of_a_requirement_that_does_not_exist(feed: Feed) -> None:
    (line,) = feed([row("A-001")], [case("A-001", "A-009")])
    assert "it_does" in line
    assert "A-009" in line


def test_a_need_that_is_no_capability(feed: Feed) -> None:
    (line,) = feed([row("A-001", needs=("eror",))], [case("A-001")])
    assert "A-001" in line
    assert "'eror'" in line


def test_a_dependence_on_what_does_not_exist(feed: Feed) -> None:
    (line,) = feed([row("A-001", depends=("A-009",))], [case("A-001")])
    assert "A-009" in line


def test_a_case_that_does_not_say_what_it_sends(feed: Feed) -> None:
    (line,) = feed([row("A-001")], [case("A-001", says=False)])
    assert "it_does" in line
    assert "sends" in line


def test_a_handler_that_is_not_in_the_contract(feed: Feed) -> None:
    (line,) = feed([row("A-001")], [case("A-001", handlers=("ecko",))])
    assert "ecko" in line
