"""Roots in a lock: a registry's image by its digest, one made here by its recipe. A stand-in is the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from lambda_image import catalog as catalogs
from lambda_image import rootfs, settings
from lambda_image.engine import Engine
from lambda_image.engine.images import ImageStore, _split
from lambda_image.errors import ImageNotFound, RegistryError
from lambda_image.lock import Entry, Lock
from lambda_image.lock.roots import Roots
from lambda_image.progress import Silent

CATALOG = catalogs.load()
DISTRO = CATALOG.distros["debian-13"]
DIGEST = "sha256:" + "4" * 64
IMAGE = f"{DISTRO.image}@{DIGEST}"


@dataclass
class StandInImage:
    config_digest: str
    platform: str = "linux/amd64"


@dataclass
class StandInEngine:
    images: dict[str, StandInImage]
    registry: dict[str, StandInImage] = field(default_factory=dict)

    def has_image(self, reference: str) -> bool:
        return reference in self.images

    def image(self, reference: str) -> StandInImage:
        if reference not in self.images:
            raise ImageNotFound(reference)
        return self.images[reference]

    def pull(self, reference: str, *, platform: str) -> None:
        if reference not in self.registry:
            raise RegistryError(f"no {reference} for {platform}")
        self.images[reference] = self.registry[reference]

    def with_digest(self, reference: str) -> str:
        return f"{reference}@{DIGEST}"


def roots(images: dict[str, StandInImage], registry: dict[str, StandInImage] | None = None) -> Roots:
    engine = cast("Engine", StandInEngine(images, registry or {}))
    return Roots(engine=engine, settings=settings.Settings(), catalog=CATALOG, progress=Silent())


def lock(*value: str) -> Lock:
    return Lock.of([Entry("root", ("debian-13", "amd64"), value)])


def test_a_registry_s_image_is_locked_by_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DISTRO.image is not None
    monkeypatch.setattr(rootfs, "registry_digest", lambda image, engine: DIGEST)
    root, entry = roots({DISTRO.image: StandInImage("sha256:5")}).today(DISTRO, "linux/amd64")
    assert root.reference == IMAGE
    assert entry.value == ("image", IMAGE, "sha256:5")


def test_an_image_that_no_registry_has_is_locked_by_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest of the engine's own would send a build to ask a registry for it."""
    assert DISTRO.image is not None
    monkeypatch.setattr(rootfs, "registry_digest", lambda image, engine: "")
    here = roots({DISTRO.image: StandInImage("sha256:5")})
    root, entry = here.today(DISTRO, "linux/amd64")
    assert root.reference == DISTRO.image
    assert entry.value == ("image", DISTRO.image, "sha256:5")
    assert here.newer(DISTRO, "linux/amd64", entry) == ""
    assert here.locked(DISTRO, "linux/amd64", Lock.of([entry])) == root
    other = roots({DISTRO.image: StandInImage("sha256:6")})
    assert other.locked(DISTRO, "linux/amd64", Lock.of([entry])) is None


def test_it_is_pulled_by_that_digest_where_it_is_not_there() -> None:
    found = roots({}, {IMAGE: StandInImage("sha256:5")}).locked(DISTRO, "linux/amd64", lock("image", IMAGE, "sha256:5"))
    assert found is not None
    assert (found.reference, found.origin) == (IMAGE, "image")


@pytest.mark.parametrize(
    "value",
    [
        ("image", IMAGE, "sha256:5"),
        ("made", "lambda-image/root:gone", "sha256:5", "recipe:1"),
        ("made", "lambda-image/root:other", "sha256:5", "recipe:1"),
    ],
    ids=["no registry has it", "made elsewhere", "other bytes of that name"],
)
def test_a_root_that_cannot_be_had_is_none(value: tuple[str, ...]) -> None:
    there = roots({"lambda-image/root:other": StandInImage("sha256:6")})
    assert there.locked(DISTRO, "linux/amd64", lock(*value)) is None


def test_another_recipe_makes_a_root_old() -> None:
    recipe = f"recipe:{rootfs.recipe(DISTRO, 'linux/amd64', CATALOG)}"
    same, other = (
        Entry("root", ("debian-13", "amd64"), ("made", "r:1", "sha256:5", one)) for one in (recipe, "recipe:0")
    )
    assert roots({}).newer(DISTRO, "linux/amd64", same) == ""
    assert roots({}).newer(DISTRO, "linux/amd64", other) == recipe


def test_a_digest_takes_the_tag_s_place() -> None:
    assert _split(f"debian:trixie-slim@{DIGEST}") == ("debian", DIGEST)
    assert _split(f"registry.example:5000/debian@{DIGEST}") == ("registry.example:5000/debian", DIGEST)


@pytest.mark.parametrize(
    ("told", "expected"),
    [([f"other@{DIGEST}", f"debian@{DIGEST}"], f"debian:13@{DIGEST}"), ([], "debian:13"), (None, "debian:13")],
)
def test_an_image_that_no_registry_gave_has_no_digest(
    told: list[str] | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ImageStore(cast("Any", None))
    monkeypatch.setattr(store, "_inspect", lambda reference: {"RepoDigests": told})
    assert store.with_digest("debian:13") == expected
    assert store.with_digest(f"debian@{DIGEST}") == f"debian@{DIGEST}"
