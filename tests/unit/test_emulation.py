"""Where an image of another architecture is built, stages that only fetch run on the machine's own platform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lambda_image import build
from lambda_image import catalog as catalogs
from lambda_image.catalog import Distro, Platform
from lambda_image.engine import Engine
from lambda_image.errors import MachineError
from lambda_image.plan import ImagePlan, Root, Selection, plans
from lambda_image.progress import Silent
from lambda_image.settings import Settings

CATALOG = catalogs.load()
AMD64 = Root(reference="example/root:amd64", origin="bootstrap")


@dataclass
class Roots:
    """In the place of `root_of`: a root of one platform."""

    has: Platform

    def __call__(self, distro: Distro, platform: Platform, *_: object, **__: object) -> Root:
        if platform != self.has:
            raise MachineError(f"no root of {distro.title} for {platform}")
        return AMD64


def fetched(platform: Platform, monkeypatch: pytest.MonkeyPatch, *, has: Platform, offline: Path | None) -> ImagePlan:
    (plan,) = plans(CATALOG, Selection(languages=("go",), platforms=(platform,)))
    monkeypatch.setattr(build, "root_of", Roots(has))
    engine = cast("Engine", SimpleNamespace(facts=SimpleNamespace(platform="linux/amd64")))
    return build.fetching_here(plan, engine, Settings(offline=offline), Silent(), CATALOG)


def test_what_is_fetched_for_another_architecture_is_fetched_on_the_machine_s_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = fetched("linux/arm64", monkeypatch, has="linux/amd64", offline=None)
    assert (plan.platform, plan.fetch_platform) == ("linux/arm64", "linux/amd64")
    assert plan.fetch_from == "--platform=$BUILDPLATFORM example/root:amd64"
    assert plan.root.reference == "debian:trixie-slim"


@pytest.mark.parametrize(
    ("platform", "has", "offline"),
    [
        ("linux/amd64", "linux/amd64", None),
        ("linux/arm64", "linux/arm64", None),
        ("linux/arm64", "linux/amd64", Path("folder")),
    ],
    ids=["native", "no root for the machine", "no network"],
)
def test_else_all_stages_are_of_the_image_s_own_platform(
    platform: Platform, has: Platform, offline: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = fetched(platform, monkeypatch, has=has, offline=offline)
    assert plan.built_on is None
    assert plan.fetch_from == "debian:trixie-slim"
