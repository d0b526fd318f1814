"""What `lambda-image test` makes of a report, and what of the catalog belongs to an image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from lambda_image import catalog as catalogs
from lambda_image.catalog import Catalog
from lambda_image.conformance.report import ImageReport, Report
from lambda_image.conformance.requirement import Profile
from lambda_image.conformance.requirement import load as requirements
from lambda_image.conformance.verdict import ProfileVerdict, Verdict
from lambda_image.engine import Image
from lambda_image.engine.image import ImageConfig, config_from
from lambda_image.judgement import exit_code, from_catalog, is_settled, known_shortfalls

PASS, FAIL, ERROR, DIFFERS = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.DIFFERS
SKIPPED, NOT_CLAIMED = Verdict.SKIPPED, Verdict.NOT_CLAIMED


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalogs.load()


def judged(*verdicts: Verdict) -> ImageReport:
    return ImageReport(
        reference="my/base:1",
        config_digest="sha256:0",
        size=1,
        language="python",
        capabilities=(),
        labels={},
        verdicts=tuple(
            ProfileVerdict(profile, verdict, {}) for profile, verdict in zip(Profile, verdicts, strict=False)
        ),
        findings=(),
        seconds=0.0,
    )


def report(*images: ImageReport) -> Report:
    return Report(
        tool="t", requirements="2026.12", depth="full", route="gateway", begun="now", seconds=0.0, images=images
    )


@pytest.mark.parametrize(
    ("verdicts", "settled"),
    [([PASS], True), ([PASS, NOT_CLAIMED], True), ([PASS, DIFFERS], False), ([PASS, FAIL], False), ([ERROR], False)],
)
def test_what_was_not_met_is_judged_anew(verdicts: list[Verdict], settled: bool) -> None:
    assert is_settled(report(judged(*verdicts))) is settled
    assert is_settled(report(judged(PASS), judged(*verdicts))) is settled


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([PASS], 0),
        ([PASS, NOT_CLAIMED], 0),
        ([PASS, DIFFERS], 0),
        ([PASS, FAIL], 1),
        ([FAIL, ERROR], 1),
        ([PASS, ERROR], 3),
        ([PASS, SKIPPED], 1),
        ([NOT_CLAIMED], 1),
    ],
)
def test_the_exit_code_of_one_image(verdicts: list[Verdict], code: int) -> None:
    assert exit_code(report(judged(*verdicts))) == code


@pytest.mark.parametrize(
    ("first", "second", "code"), [(PASS, PASS, 0), (PASS, FAIL, 1), (ERROR, FAIL, 1), (ERROR, PASS, 3)]
)
def test_the_worst_image_decides(first: Verdict, second: Verdict, code: int) -> None:
    assert exit_code(report(judged(first), judged(second))) == code


def image(labels: Mapping[str, str]) -> Image:
    """Of an image only its labels are asked for here."""

    class Labelled:
        config: ImageConfig = config_from({"Labels": dict(labels)})

    return cast("Image", Labelled())


def labels_of(catalog: Catalog, **other: str) -> dict[str, str]:
    client = catalog.languages["python"].find_client("official")
    assert client is not None
    found = {"language": "python", "client": "official", "client-version": client.version, **other}
    return {f"lambda-image.{name}": value for name, value in found.items()}


def test_an_image_of_ours_has_the_shortfalls_of_its_client(catalog: Catalog) -> None:
    found = known_shortfalls(catalog, image(labels_of(catalog)))
    assert found
    assert all(one.requirement in requirements() for one in found)
    assert all(one.reason and one.expires is None for one in found)


@pytest.mark.parametrize(
    "other", [{"client-version": "0.0.1"}, {"client": "nosuch"}, {"language": "cobol"}, {"language": ""}]
)
def test_another_client_or_version_has_none(catalog: Catalog, other: dict[str, str]) -> None:
    assert known_shortfalls(catalog, image(labels_of(catalog, **other))) == ()


def test_an_image_without_labels_has_none(catalog: Catalog) -> None:
    assert known_shortfalls(catalog, image({})) == ()


def test_every_known_shortfall_is_of_a_profile_that_is_claimed(catalog: Catalog) -> None:
    for language in catalog.languages.values():
        for client in language.client:
            claimed = {profile for profiles in client.profiles.values() for profile in profiles}
            for one in client.known_shortfalls:
                assert requirements()[one.requirement].profile.value in claimed


def test_a_user_s_own_pytest_gets_roots_and_shortfalls_of_the_catalog(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    roots, shortfalls = from_catalog()
    assert roots == catalog.roots
    assert shortfalls(image(labels_of(catalog))) == known_shortfalls(catalog, image(labels_of(catalog)))
