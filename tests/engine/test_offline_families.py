"""Folders of builds without a network with the real apt, apk and dnf: filled from repositories of which everything is
known, and built from where there is no network at all. The rpm root is a stand-in, its dnf is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine import local_repositories as local
from lambda_image.engine import Engine

pytestmark = [pytest.mark.engine, pytest.mark.long]

NEWEST = {"example-tool": "1.1", "example-library": "1.1", "example-helper": "1.0", "example-other": "2.0"}
# In a namespace of its own: there is no route to anything, the engine's socket is a file.
ALONE = ("unshare", "--net")


@pytest.fixture(scope="module", params=["debian", "apk", "rpm"])
def company(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[local.Company]:
    made = local.Company(engine, tmp_path_factory.mktemp("air"), request.param)
    yield made
    made.forget()


def test_packages_come_from_the_folder_and_from_nowhere_else(company: local.Company) -> None:
    """In this order, since each step begins where the one before ended."""
    which = ("example", "--distro", f"local-{company.family}")
    company.offers("old", "new")
    company.says("fetch", *which, "--into", "air")
    assert "was there" in company.says("fetch", *which, "--into", "air")

    # The steps see the folder in the place of the repositories; what the root has installed is not asked for again.
    company.says("build", *which, "--offline", "air", "--no-cache", before=ALONE)
    assert company.installed() == NEWEST

    # What was asked for only afterwards is fetched from nowhere.
    with (company.folder / "lambda-image.toml").open("a") as settings:
        settings.write('[[addition]]\npackages = ["example-later"]\n')
    refused = company.says("build", *which, "--offline", "air", status=4, before=ALONE)
    assert "example-later" in refused
    assert "run `lambda-image fetch` with these" in refused

    # Just the versions of a lock, though there are newer.
    company.offers("old")
    company.says("lock", *which)
    company.offers("old", "new")
    company.says("fetch", *which, "--into", "locked", "--locked")
    company.says("build", *which, "--offline", "locked", "--locked", "--no-cache", before=ALONE)
    assert company.installed() == {"example-tool": "1.0", "example-library": "1.0", "example-other": "1.0"}
