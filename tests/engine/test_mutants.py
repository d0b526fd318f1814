"""Who judges the judge: the correct runtime passes everything it claims, and every mutant of it is caught by the
case of its own requirement while a fixed sample of other rows stays as it was."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources, settings
from lambda_image.build import build
from lambda_image.conformance import contract, mutation, requirement, trial
from lambda_image.conformance.case import all_cases
from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.requirement import Profile
from lambda_image.conformance.suite import Suite
from lambda_image.plan import Selection, plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).resolve().parent.parent / "mutants"
RUNTIME = FOLDER / "runtime"
HANDLERS = resources.LANGUAGES / "python" / "handlers"
REQUIREMENTS = requirement.load()
MUTANTS = mutation.load(FOLDER, REQUIREMENTS)
FIRST = (Profile.CORE, Profile.CONTAINER, Profile.RUNTIME)
OTHERS = tuple(profile for profile in Profile if profile not in FIRST)


@pytest.fixture(scope="session")
def reference(engine: Engine) -> str:
    """The image of the correct runtime, on the project's own standard image of Python."""
    found = settings.load()
    plan = plans(catalogs.load(found.roots), Selection(languages=("python",), clients=("official",)))[0]
    return trial.build_reference(engine, build(plan, engine, found).reference, RUNTIME)


@pytest.fixture(scope="session")
def results(engine: Engine, reference: str, request: pytest.FixtureRequest) -> Iterator[dict[str, trial.Result]]:
    """Every mutant that a selected test asks for, judged in one session of the engine."""
    assert reference
    wanted = {
        item.callspec.params["mutant"].id
        for item in request.session.items
        if "mutant" in getattr(getattr(item, "callspec", None), "params", {})
    }
    chosen = tuple(mutant for mutant in MUTANTS if mutant.id in wanted)
    done: list[str] = []

    def tell(result: trial.Result) -> None:
        done.append(result.mutant.id)
        word = "caught" if result.caught else "NOT CAUGHT"
        strays = f", strays {', '.join(result.strays)}" if result.strays else ""
        print(f"{len(done)}/{len(chosen)} {result.mutant.requirement} {result.mutant.id}: {word}{strays}", flush=True)

    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\nbuilding {len(chosen)} mutants", flush=True)
        trial.build_mutants(engine, chosen, RUNTIME)
        judged = trial.judge_mutants(chosen, rows=mutation.sample_rows, handlers=HANDLERS, on_result=tell)
    yield {result.mutant.id: result for result in judged}
    trial.remove_mutants(engine, chosen)


@pytest.fixture(scope="session")
def findings(reference: str) -> list[Finding]:
    """What all cases of all profiles say of the correct runtime."""
    with Suite(SuiteOptions(images=(reference,), handlers=HANDLERS)) as suite:
        judge = suite.judges[reference]
        return [finding for case in judge.cases for finding in judge.findings(case)]


@pytest.mark.parametrize("profile", list(Profile))
def test_reference_passes(findings: list[Finding], profile: Profile) -> None:
    """All rows of a profile that concern Python are PASS, none is skipped."""
    here = [finding for finding in findings if REQUIREMENTS[finding.requirement].profile is profile]
    assert here
    others = [
        f"{finding.outcome} {finding.requirement}: sent {finding.sent}; expected {finding.expected}; "
        f"got {finding.got} {finding.reason}\n{finding.log}"
        for finding in here
        if finding.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    ]
    assert not others, "\n".join(others)


def _params(profiles: tuple[Profile, ...]) -> list[object]:
    chosen = mutation.of_profiles(MUTANTS, REQUIREMENTS, profiles)
    return [pytest.param(mutant, id=f"{mutant.requirement}-{mutant.id}") for mutant in chosen]


def _judged(result: trial.Result) -> None:
    own = result.outcomes.get(result.mutant.requirement)
    assert result.caught, f"{result.mutant.change}: {result.mutant.requirement} says {own}"
    assert not result.strays, f"{result.mutant.change}: rows that it has nothing to do with: {result.strays}"


@pytest.mark.parametrize("mutant", _params(FIRST))
def test_mutant_is_caught(results: dict[str, trial.Result], mutant: mutation.Mutant) -> None:
    """Core, container and runtime: the own case fails, the sample does not."""
    _judged(results[mutant.id])


@pytest.mark.parametrize("mutant", _params(OTHERS))
def test_mutant_of_further_profiles_is_caught(results: dict[str, trial.Result], mutant: mutation.Mutant) -> None:
    """The same for the profiles that an image may claim beyond."""
    _judged(results[mutant.id])


def test_data_have_no_gaps() -> None:
    """Every requirement has a case and, where it concerns Python, a mutant; every case has a requirement; no
    language's handlers lack what a case uses."""
    handlers = contract.load(HANDLERS)
    found = mutation.gaps(REQUIREMENTS, all_cases(), MUTANTS, capabilities=handlers.capabilities)
    assert not found, found


def test_edits_fit_the_reference() -> None:
    """What a mutant replaces stands in the reference exactly once."""
    files = mutation.sources(RUNTIME)
    for mutant in MUTANTS:
        assert mutation.changed(mutant, files) or mutant.dockerfile or mutant.image, mutant.id
