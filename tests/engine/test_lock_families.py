"""Locks with the real apt, apk and dnf, on repositories of which everything is known: what stays, what is renewed, what
is built of it, and what does not go together. The rpm root is a stand-in, its dnf is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine import local_repositories as local
from lambda_image.engine import Engine
from lambda_image.lock import Lock, parse

pytestmark = [pytest.mark.engine, pytest.mark.long]


class Company(local.Company):
    """With a lock."""

    @property
    def lock(self) -> Lock:
        return parse((self.folder / "lambda-image.lock").read_text())

    @property
    def versions(self) -> dict[str, str]:
        """The lock's, without what a family adds to them."""
        found = {entry.key[-1]: entry.said for entry in self.lock.of_kind("package")}
        found.pop("example-locale", None)
        return {name: version.split("-")[0] for name, version in found.items()}

    def built(self) -> dict[str, str]:
        """What the packages in the image that is built as locked say of themselves."""
        self.says("build", "example", "--distro", f"local-{self.family}", "--locked")
        return self.installed()


@pytest.fixture(scope="module", params=["debian", "apk", "rpm"])
def company(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    made = Company(engine, tmp_path_factory.mktemp("lock"), request.param)
    made.offers("old")
    made.says("lock", "example", "--distro", f"local-{made.family}")
    made.offers("old", "new")
    yield made
    made.forget()


OLD = {"example-tool": "1.0", "example-library": "1.0", "example-other": "1.0"}
RENEWED = {"example-tool": "1.1", "example-library": "1.1", "example-helper": "1.0", "example-other": "1.0"}


def test_a_lock_stays_and_is_built_renewed_by_name_and_built_again(company: Company) -> None:
    """In this order, since each step begins where the one before ended."""
    (virtual,) = company.lock.of_kind("virtual")
    assert (virtual.key[-1], virtual.said) == ("example-virtual", "example-other")
    assert company.versions == OLD

    # What can still be had stays, and is built though there is newer.
    assert company.says("lock") == "nothing has changed\n"
    assert company.built() == OLD
    aged = company.says("stale", status=1)
    assert "example-tool: 1.0" in aged
    assert "example-helper: not in the lock → 1.0" in aged

    # One that wants the newer library does not go with the older tool: the package manager's words, and no other lock.
    before = company.lock
    refused = company.says("lock", "--upgrade", "example-other", status=1)
    assert f"local-{company.family}: what was renewed does not go together with what stays" in refused
    assert "1.1" in refused
    assert f"lambda-image lock --upgrade local-{company.family}" in refused
    assert list(company.lock) == list(before)

    # A package by its name, with those of its source and what it needs now; others stay.
    changed = company.says("lock", "--upgrade", "example-tool")
    assert f"package local-{company.family} amd64 example-tool: 1.0" in changed
    assert "example-other" not in changed
    assert company.versions == RENEWED
    assert company.built() == RENEWED

    # All of a distribution by its.
    company.says("lock", "--upgrade", f"local-{company.family}")
    assert company.versions == {**RENEWED, "example-other": "2.0"}
    assert "up to date" in company.says("stale")
