"""Runtimes and handlers of strangers: correct ones pass, broken ones fail in the rows that say so, and the tutorial's
language is built from an overlay and fails exactly where its page says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import settings
from lambda_image.build import build as build_plan
from lambda_image.engine import Engine
from lambda_image.plan import Selection, plans
from strangers import broken
from strangers.root import root

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial"
PERL = ROOT / "tests" / "strangers" / "perl"
# What is tested here is the way, so rows that hold for long or count far are left out.
ROWS = ("CTX-00[1-46]", "ENV-*", "HND-*", "LOG-*", "SIG-*", "IMG-01[1-5]", "RAPI-ERR-00*")
MORE_ROWS = (
    "RAPI-INIT-00[1-7]",
    "RAPI-NEXT-00[145789]",
    "RAPI-NEXT-01[034]",
    "RAPI-RESP-00[1-57]",
    "RAPI-RESP-01[0-3]",
)
WIRE_ROWS = ("RAPI-HTTP-00[1-4789]",)
Make = Callable[..., str]
Findings = dict[str, broken.Finding]


def judge(image: str, *options: str, folder: Path = ROOT) -> Findings:
    return {str(one["requirement"]): one for one in broken.judge(image, *options, folder=folder)}


def only(*rows: str) -> list[str]:
    return [f"--only={row}" for row in rows]


def unmet(findings: Findings) -> set[str]:
    return {name for name, one in findings.items() if one["outcome"] in broken.BAD}


@pytest.fixture(scope="module")
def perl(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """The Perl runtime, as it is or with a mistake."""
    base = root(engine)
    made: list[str] = []

    def image(mistake: broken.Broken | None = None) -> str:
        name = mistake.name if mistake else "perl"
        folder = tmp_path_factory.mktemp(name)
        if mistake:
            mistake.write(folder)
        else:
            shutil.copytree(PERL, folder, dirs_exist_ok=True)
        made.append(broken.build(folder, f"lambda-image-test/third-party:{name}", base))
        return made[-1]

    yield image
    for tag in set(made):
        engine.remove_image(tag)


@pytest.mark.long
def test_a_correct_runtime_in_perl_passes(perl: Make) -> None:
    """Its author read the Runtime API's documentation and the page about handlers, and nothing of ours."""
    findings = judge(perl(), f"--handlers={PERL / 'handlers'}", *only(*ROWS, *MORE_ROWS, *WIRE_ROWS))
    assert not unmet(findings), [findings[name] for name in unmet(findings)]
    assert not [one for one in findings.values() if one["outcome"] == "SKIPPED"]


MISTAKES = ("headers-by-their-case", "chunks-not-read", "length-in-characters")


@pytest.mark.long
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_fails_its_rows_and_no_other(perl: Make, name: str) -> None:
    mistake = broken.load()[name]
    rows = (*mistake.fails, *mistake.also, "RAPI-NEXT-004", "LOG-001", "RAPI-INIT-001", "RAPI-RESP-013")
    failed = unmet(judge(perl(mistake), f"--handlers={PERL / 'handlers'}", *only(*rows)))
    assert set(mistake.fails) <= failed
    assert not mistake.strays(failed)


def test_every_mistake_fits_its_source(tmp_path: Path) -> None:
    """What it replaces stands there exactly once."""
    for name, mistake in broken.load().items():
        mistake.write(tmp_path / name)


def test_without_handlers_an_image_is_not_blamed(perl: Make) -> None:
    """It has no CMD: there is nothing that it could run. The reason says what to give."""
    findings = judge(perl(), *only("RAPI-NEXT-001"))
    assert findings["RAPI-NEXT-001"]["outcome"] == "SKIPPED"
    assert "--handlers" in str(findings["RAPI-NEXT-001"]["reason"])


@pytest.fixture(scope="module")
def shell(engine: Engine) -> str:
    """The tutorial's image, by its overlay."""
    given = settings.load(TUTORIAL)
    catalog = catalogs.load(given.roots)
    (plan,) = plans(catalog, Selection(languages=("shell",)))
    return build_plan(plan, engine, given, catalog=catalog).reference


def expected() -> set[str]:
    """The rows of core that the tutorial's page says are not met."""
    page = (TUTORIAL / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"^(?:FAIL|DIFFERS) ([A-Z-]+-\d{3}) ", page, re.MULTILINE))


@pytest.mark.long
def test_the_tutorial_fails_where_its_page_says(shell: str) -> None:
    """Without --handlers: the overlay's language has its own."""
    rows = (*ROWS, *MORE_ROWS, *WIRE_ROWS, "RAPI-ERR-011")
    findings = judge(shell, *only(*rows), folder=TUTORIAL)
    assert len(findings) > 45
    assert unmet(findings) == expected(), [findings[name] for name in unmet(findings) ^ expected() if name in findings]
