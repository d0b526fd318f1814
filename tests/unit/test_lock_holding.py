"""A build that is held to a lock, and what has become old: each kind of difference, by its name. A stand-in takes the
place of repositories and engine: what they say is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest
from lambda_image import catalog as catalogs
from lambda_image import settings
from lambda_image.catalog import Distro, Platform
from lambda_image.engine import Engine
from lambda_image.errors import ChecksFailed, ConfigurationError
from lambda_image.installs import InstallSet
from lambda_image.lock import Entry, Lock, parse, stale, text
from lambda_image.lock.asking import Answer, Asker
from lambda_image.lock.holding import Holder
from lambda_image.lock.making import make
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan, Root, Selection, plans
from lambda_image.progress import Silent

CATALOG = catalogs.load()
NO_ENGINE = cast("Engine", None)
ROOT = Root(reference="lambda-image/root:stand-in", origin="bootstrap")


@dataclass(frozen=True, kw_only=True)
class StandInAsker(Asker):
    """All packages have one version, but for those of `newer`."""

    newer: tuple[str, ...] = ()
    of_root: tuple[str, ...] = ()

    def ask(self, distro: Distro, platform: Platform, root: str, sets: Sequence[InstallSet]) -> Answer:
        def versions(one: InstallSet) -> dict[str, str]:
            names = [*(wanted.name for wanted in one.wanted), "example-library"]
            return {name: "2" if name in self.newer else "1" for name in names}

        found = tuple(map(versions, sets))
        return Answer(
            before={"libc6": "1"},
            sets=found,
            provided=tuple({} for _ in sets),
            have={name: frozenset({version}) for one in found for name, version in one.items()},
            newer=dict.fromkeys(self.of_root, "2"),
        )


@dataclass(frozen=True, kw_only=True)
class StandInRoots(Roots):
    """One root, whose config's digest says which it is."""

    config: str = "sha256:1"
    registry: str = ""

    def today(self, distro: Distro, platform: Platform, *, fresh: bool = False) -> tuple[Root, Entry]:
        key = (distro.name, platform.removeprefix("linux/"))
        return ROOT, Entry("root", key, ("made", ROOT.reference, self.config, "recipe:1"))

    def locked(self, distro: Distro, platform: Platform, lock: Lock) -> Root | None:
        entry = lock.find("root", distro.name, platform.removeprefix("linux/"))
        return ROOT if entry is not None and entry.value[2] == self.config else None

    def newer(self, distro: Distro, platform: Platform, locked: Entry) -> str:
        return self.registry


def asker(*newer: str, of_root: tuple[str, ...] = ()) -> StandInAsker:
    return StandInAsker(
        engine=NO_ENGINE,
        settings=settings.Settings(),
        catalog=CATALOG,
        progress=Silent(),
        newer=newer,
        of_root=of_root,
    )


def roots(config: str = "sha256:1", registry: str = "") -> StandInRoots:
    return StandInRoots(
        engine=NO_ENGINE,
        settings=settings.Settings(),
        catalog=CATALOG,
        progress=Silent(),
        config=config,
        registry=registry,
    )


def plan(variant: str = "standard", client: str = "official") -> ImagePlan:
    words = Selection(languages=("python",), variants=(variant,), clients=(client,), platforms=("linux/amd64",))
    (found,) = plans(CATALOG, words)
    return found


@pytest.fixture(scope="module")
def lock() -> Lock:
    return make([plan()], Lock(), (), asker(), roots(), now=5)


def changed(lock: Lock, kind: str, name: str, *value: str) -> Lock:
    (entry,) = (one for one in lock.of_kind(kind) if name in one.key)
    return Lock.of([*lock, replace(entry, value=value)])


def refused(lock: Lock, wanted: ImagePlan | None = None, held_roots: StandInRoots | None = None) -> ChecksFailed:
    with pytest.raises(ChecksFailed) as caught:
        Holder(lock=lock, asker=asker(), roots=held_roots or roots()).hold(wanted or plan())
    return caught.value


class TestHolding:
    def test_what_is_as_locked_is_built_with_every_version(self, lock: Lock) -> None:
        fixed = Holder(lock=lock, asker=asker(), roots=roots()).hold(plan())
        assert fixed.epoch == 5
        assert fixed.plan.root == ROOT
        assert fixed.steps
        assert all(one.version == "1" for step in fixed.steps for one in step)
        assert any(one.is_dependency for step in fixed.steps for one in step)

    def test_an_image_that_is_not_locked(self, lock: Lock) -> None:
        error = refused(lock, plan("slim"))
        assert "python-3.13-debian-13-slim-official-amd64 is not in the lock" in error.message
        assert "lambda-image lock python --version 3.13" in error.hint

    def test_which_images_are_in_the_lock(self, lock: Lock) -> None:
        """What compiles functions for judging is built as locked where it is, too."""
        holder = Holder(lock=lock, asker=asker(), roots=roots())
        assert holder.knows(plan())
        assert not holder.knows(plan("slim"))

    def test_another_client(self, lock: Lock) -> None:
        error = refused(changed(lock, "client", "awslambdaric", "4.0.0", "sha256:" + "0" * 64))
        assert "client python 3.13 amd64 official awslambdaric: 4.0.0 sha256:000000000000… → 4." in error.message
        assert "`lambda-image lock`" in error.hint

    def test_another_root(self, lock: Lock) -> None:
        error = refused(lock, held_roots=roots("sha256:2"))
        assert "root debian-13 amd64: made lambda-image/root:stand-in sha256:1" in error.message
        assert "sha256:2" in error.message
        assert "lambda-image lock --upgrade debian-13" in error.hint

    def test_a_step_that_the_lock_does_not_know(self, lock: Lock) -> None:
        error = refused(Lock.of(entry for entry in lock if entry.kind != "install"))
        assert "install debian-13 amd64 " in error.message
        assert "not in the lock" in error.message

    def test_a_lock_without_a_date(self, lock: Lock) -> None:
        undated = Lock.of(entry for entry in lock if entry.kind != "created")
        with pytest.raises(ConfigurationError) as caught:
            Holder(lock=undated, asker=asker(), roots=roots()).hold(plan())
        assert "has no line `created`" in caught.value.message

    def test_other_templates(self, lock: Lock) -> None:
        error = refused(changed(lock, "image", "official", "sha256:" + "0" * 64))
        assert "templates, scripts or settings" in error.message


class TestAge:
    def reasons(self, lock: Lock, of: StandInAsker, at: StandInRoots | None = None) -> list[tuple[str, str, str]]:
        (found,) = stale.examine([plan()], lock, of, at or roots())
        return [(one.name, one.locked, one.found) for one in found.reasons]

    def test_a_lock_of_today_is_not_old(self, lock: Lock) -> None:
        assert self.reasons(lock, asker()) == []

    def test_a_newer_package(self, lock: Lock) -> None:
        assert self.reasons(lock, asker("tzdata")) == [("tzdata", "1", "2")]

    def test_a_newer_package_that_comes_along(self, lock: Lock) -> None:
        assert self.reasons(lock, asker("example-library")) == [("example-library", "1", "2")]

    def test_a_newer_package_in_the_root(self, lock: Lock) -> None:
        assert self.reasons(lock, asker(of_root=("libc6",))) == [("libc6 (in the root)", "1", "2")]

    def test_what_only_builds_the_image_is_no_reason(self, lock: Lock) -> None:
        (found,) = stale.examine([plan()], lock, asker("python3-pip", "locales"), roots())
        assert not found.reasons
        assert {"python3-pip"} <= {one.name for one in found.tools}

    def test_another_root(self, lock: Lock) -> None:
        assert [name for name, *_ in self.reasons(lock, asker(), roots("sha256:2"))] == ["root debian-13 amd64"]
        newer = f"debian:x@sha256:{'3' * 64}"
        assert [found for _, _, found in self.reasons(lock, asker(), roots(registry=newer))] == [newer]

    def test_another_client_and_other_templates(self, lock: Lock) -> None:
        old = changed(lock, "client", "awslambdaric", "4.0.0", "sha256:" + "0" * 64)
        assert "client python 3.13 amd64 official awslambdaric" in [name for name, *_ in self.reasons(old, asker())]
        other = changed(lock, "image", "official", "sha256:" + "0" * 64)
        assert [name.split(",")[0] for name, *_ in self.reasons(other, asker())] == ["templates"]

    def test_lines_say_what_was_and_what_is(self, lock: Lock) -> None:
        found = stale.examine([plan()], lock, asker("tzdata"), roots())
        assert stale.text(found).splitlines() == [
            "python-3.13-debian-13-standard-official-amd64  needs a rebuild",
            "  tzdata: 1 → 2",
        ]
        assert '"stale": true' in stale.to_json(found)


class TestRenewal:
    def test_a_lock_of_what_has_not_changed_is_the_same_file(self, lock: Lock) -> None:
        assert text(make([plan()], parse(text(lock)), (), asker(), roots(), now=9)) == text(lock)

    def test_a_renewed_package_takes_no_other_along_but_its_own(self, lock: Lock) -> None:
        """Here nothing older can be had, so all that is newer is renewed."""
        after = make([plan()], lock, ("tzdata",), asker("tzdata"), roots(), now=9)
        assert [entry.said for entry in after.of_kind("package") if entry.key[2] == "tzdata"] == ["2"]
        assert after.created == 9

    def test_images_that_are_not_wanted_any_more_leave_nothing_behind(self, lock: Lock) -> None:
        both = make([plan(), plan("slim", "builtin")], lock, (), asker(), roots(), now=9)
        assert len(list(both.of_kind("image"))) == 2
        assert set(make([plan()], both, (), asker(), roots(), now=9)) - set(lock) == {Entry("created", (), ("9",))}
