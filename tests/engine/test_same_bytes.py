"""Two exports of one image, the second out of no cache, are one file: no clock, order or chance is in any layer."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import local_repositories as local
from engine.images import CATALOG
from lambda_image import catalog as catalogs
from lambda_image import oci_archive, rootfs, secrets, settings
from lambda_image.build import Fixed
from lambda_image.catalog import Catalog
from lambda_image.engine import Engine
from lambda_image.lock import Lock
from lambda_image.lock.asking import Asker
from lambda_image.lock.holding import Holder
from lambda_image.lock.making import make
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Silent
from lambda_image.render import render
from lambda_image.resources import BASE_IMAGES
from lambda_image.runtime_source import with_reachable_runtime
from lambda_image.settings import Settings

pytestmark = pytest.mark.engine

NOW = 1764064000
ROOT = "lambda-image/test:same-bytes"


def is_the_same_twice(engine: Engine, plan: ImagePlan, catalog: Catalog, chosen: Settings, folder: Path) -> bool:
    """Of one lock, as `build --locked --output oci-archive:…` writes it."""
    parts = {"engine": engine, "settings": chosen, "catalog": catalog, "progress": Silent()}
    asker, roots = Asker(**parts), Roots(**parts)
    fixed = Holder(lock=make([plan], Lock(), (), asker, roots, now=NOW), asker=asker, roots=roots).hold(plan)
    first, second = folder / "first.tar", folder / "second.tar"
    _export(engine, fixed, catalog, chosen, first, no_cache=False)
    _export(engine, fixed, catalog, chosen, second, no_cache=True)
    return filecmp.cmp(first, second, shallow=False)


def _export(engine: Engine, fixed: Fixed, catalog: Catalog, chosen: Settings, target: Path, *, no_cache: bool) -> None:
    context = render(fixed.plan, catalog, created="2025-11-25T09:46:40Z", locked=fixed.steps)
    found = secrets.find(chosen, catalog.distros[fixed.plan.distro])
    oci_archive.write(
        fixed.plan, context, engine, found, Silent(), target=target, epoch=str(fixed.epoch), no_cache=no_cache
    )


@pytest.fixture
def company(engine: Engine, tmp_path: Path) -> Iterator[tuple[Catalog, Settings]]:
    """Repositories of two small packages, on Debian."""
    root = rootfs.root_of(CATALOG.distros["debian-13"], "linux/amd64", engine, catalog=CATALOG).reference
    distro = local.debian_root(engine, root, tmp_path / "root", ROOT)
    catalog = catalogs.load((BASE_IMAGES, local.overlay(tmp_path / "overlay", "debian", distro)))
    (tmp_path / "sources").write_text(local.debian_sources("old"))
    yield catalog, Settings(apt_sources=tmp_path / "sources")
    engine.remove_image(ROOT)


def test_a_small_image_of_a_company_s_is(engine: Engine, company: tuple[Catalog, Settings], tmp_path: Path) -> None:
    """With the locale and what apt and dpkg leave behind, as all others of Debian."""
    catalog, chosen = company
    words = Selection(languages=("example",), distros=("local-debian",), platforms=("linux/amd64",), emulator=False)
    (plan,) = plans(catalog, words)
    assert is_the_same_twice(engine, plan, catalog, chosen, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "variant"),
    [
        ("dotnet", "standard"),
        ("go", "slim"),
        ("java", "slim"),
        ("java", "standard"),
        ("nodejs", "slim"),
        ("python", "standard"),
        ("ruby", "standard"),
    ],
)
def test_the_image_of_a_language_is(engine: Engine, language: str, variant: str, tmp_path: Path) -> None:
    """Java's trust store and its archive of classes among it."""
    chosen = settings.load()
    words = Selection(languages=(language,), variants=(variant,), clients=("builtin",), platforms=("linux/amd64",))
    (plan,) = plans(CATALOG, words)
    plan = with_reachable_runtime(plan, chosen, Silent(), catalog=CATALOG)
    assert is_the_same_twice(engine, plan, CATALOG, chosen, tmp_path)
