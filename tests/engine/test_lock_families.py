"""Locks with the real apt, apk and dnf, on repositories of which everything is known: what stays, what is renewed, what
is built of it, and what does not go together. The rpm root is a stand-in, its dnf is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine import local_repositories as local
from engine.images import CATALOG, run
from lambda_image import rootfs
from lambda_image.catalog import Distro
from lambda_image.engine import Engine
from lambda_image.lock import Lock, parse
from program import run as run_program

pytestmark = [pytest.mark.engine, pytest.mark.long]

STAND_IN = "lambda-image/root:rpm-stand-in"
MAKE_STAND_IN = Path(__file__).parents[1] / "rpm-stand-in/make_root.py"
IMAGE = "lambda-image/example:5-local-{}-standard-builtin"
Sources = Callable[..., str]


class Company:
    """A folder in which the program is run: an overlay, and a file of package sources."""

    def __init__(self, folder: Path, family: str, sources: Sources, key: str) -> None:
        self.folder, self.family, self._sources, self._key = folder, family, sources, key
        self.image = IMAGE.format(family)

    def offers(self, *suites: str) -> None:
        """What the repositories have from now on."""
        (self.folder / "sources").write_text(self._sources(*suites))
        settings = f'overlays = ["overlay"]\nemulator = false\n{self._key} = "sources"\n'
        (self.folder / "lambda-image.toml").write_text(settings)

    def says(self, *words: str, status: int = 0) -> str:
        """What the program writes."""
        done = run_program(self.folder, *words)
        assert done.status == status, done.err
        return done.out if status == 0 else done.out + done.err

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
        script = "cd /usr/share/example && grep . example-[hot]* example-library"
        ended = run(self.image, "-c", script, options=("--entrypoint=/bin/sh", "--network=none"))
        return dict(line.split(":") for line in ended.out.splitlines())


def _root(distro: Distro, engine: Engine) -> str:
    return rootfs.root_of(distro, "linux/amd64", engine, catalog=CATALOG).reference


@pytest.fixture(scope="module", params=["debian", "apk", "rpm"])
def company(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    family, folder = request.param, tmp_path_factory.mktemp("lock")
    root = f"lambda-image/test:local-{family}"
    if family == "debian":
        distro = local.debian_root(engine, _root(CATALOG.distros["debian-13"], engine), folder / "root", root)
        made = Company(folder, family, local.debian_sources, "apt_sources")
    elif family == "apk":
        distro = local.apk_root(engine, _root(CATALOG.distros["alpine-3.23"], engine), folder / "root", root)
        made = Company(folder, family, local.apk_sources, "apk_repositories")
    else:
        if not engine.has_image(STAND_IN):
            subprocess.run([sys.executable, MAKE_STAND_IN], check=True)
        distro = local.rpm_root(engine, STAND_IN, folder / "root", root)
        made = Company(folder, family, local.rpm_sources, "rpm_repos")
    local.overlay(folder / "overlay", family, distro)
    made.offers("old")
    made.says("lock", "example", "--distro", f"local-{family}")
    made.offers("old", "new")
    yield made
    for image in (made.image, "lambda-image/example:5", root):
        if engine.has_image(image):
            engine.remove_image(image)


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
