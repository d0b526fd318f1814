"""The project's own images before the suite: the built-in clients pass everything they claim and nothing is waived;
AWS's clients fall short just where the catalog says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lambda_image import catalog as catalogs
from lambda_image import judgement
from lambda_image.conformance.finding import Outcome
from lambda_image.conformance.lab import Depth
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_image.conformance.report import ImageReport
    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

CATALOG = catalogs.load()


def _languages(client: str) -> list[str]:
    """Those whose client of that name can be had here at all."""
    found = {name: language.find_client(client) for name, language in CATALOG.languages.items()}
    return [name for name, one in found.items() if one is not None and not one.not_exercised]


def _built(built: Callable[..., str], language: str, client: str) -> str:
    """The standard image; where handlers are compiled, the image that compiles them, too."""
    if CATALOG.languages[language].client_delivery != "copied":
        built(language, variant="build", client=client)
    return built(language, variant="standard", client=client)


def _judged(engine: Engine, reference: str, profiles: tuple[str, ...] = ()) -> ImageReport:
    options = SuiteOptions(images=(reference,), depth=Depth.QUICK, profiles=profiles)
    report, _ = judgement.judge(options, engine, CATALOG, fresh=True, say=lambda _: None)
    return report.images[0]


def _not_met(report: ImageReport) -> list[str]:
    return [
        f"{one.outcome} {one.requirement}: sent {one.sent}; expected {one.expected}; got {one.got} {one.reason}"
        for one in report.findings
        if one.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    ]


@pytest.mark.parametrize("language", _languages("builtin"))
def test_the_built_in_client_passes_every_profile(engine: Engine, built: Callable[..., str], language: str) -> None:
    """All eight profiles, MUST and SHOULD, PASS or NOT_APPLICABLE; nothing waived."""
    report = _judged(engine, _built(built, language, "builtin"))
    assert not _not_met(report)
    assert {one.verdict for one in report.verdicts} == {Verdict.PASS}


def test_a_log_that_comes_late_changes_no_verdict(
    engine: Engine, built: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a container writes reaches the suite a second after its results do."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "late_logs"))
    report = _judged(engine, _built(built, "python", "builtin"))
    assert not _not_met(report)


@pytest.mark.parametrize("language", _languages("official"))
def test_aws_s_client_falls_short_just_where_the_catalog_says(
    engine: Engine, built: Callable[..., str], language: str
) -> None:
    """The shortfalls that the catalog states are seen, and no others."""
    client = CATALOG.languages[language].find_client("official")
    assert client is not None
    report = _judged(engine, _built(built, language, "official"), profiles=("core",))
    rows = {one.requirement for one in report.findings}
    stated = {one.requirement for one in client.known_shortfalls} & rows
    seen = {one.requirement for one in report.findings if one.outcome is Outcome.WAIVED}
    others = [line for line in _not_met(report) if not line.startswith("WAIVED")]
    assert not others
    assert seen == stated
