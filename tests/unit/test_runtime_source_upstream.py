"""An upstream's host that cannot be reached: what stands in is taken and said, or the build ends before it begins."""

from __future__ import annotations

import pytest
from lambda_image import catalog as catalogs
from lambda_image import runtime_source
from lambda_image.errors import MachineError
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Silent
from lambda_image.settings import Settings

CATALOG = catalogs.load()


def plan(**words: object) -> ImagePlan:
    (found,) = plans(CATALOG, Selection(**{"platforms": ("linux/amd64",), **words}))  # type: ignore[arg-type]
    return found


def reachable(of: ImagePlan) -> ImagePlan:
    return runtime_source.with_reachable_runtime(of, Settings(), Silent(), catalog=CATALOG)


@pytest.fixture
def nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_source, "unreachable", lambda url, bundle: "no such host")


@pytest.mark.usefixtures("nothing_answers")
def test_sources_of_a_distribution_stand_in_for_their_makers_host() -> None:
    asked = plan(languages=("python",), source="source")
    taken = reachable(asked)
    assert taken.provider == "Debian's source package python3.13 3.13.5"
    assert "since python.org cannot be reached" in taken.stand_in
    assert (taken.source, taken.tags) == (asked.source, asked.tags)


@pytest.mark.usefixtures("nothing_answers")
def test_binaries_for_which_nothing_stands_in_end_the_build_with_the_url() -> None:
    with pytest.raises(
        MachineError, match=r"nodejs.org 16.20.2 cannot be fetched: https://nodejs.org/.*: no such host"
    ):
        reachable(plan(languages=("nodejs",), versions=("16",), distros=("debian-12",)))


@pytest.mark.usefixtures("nothing_answers")
@pytest.mark.parametrize("language", ["python", "go"])
def test_what_comes_from_a_registry_asks_no_host(language: str) -> None:
    assert reachable(plan(languages=(language,))) == plan(languages=(language,))


def test_a_host_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_source, "unreachable", lambda url, bundle: "")
    asked = plan(languages=("python",), source="source")
    assert reachable(asked) == asked
