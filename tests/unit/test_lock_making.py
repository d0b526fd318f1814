"""What a new lock keeps of the one before, what it renews, and how differences are told. Nothing is asked here: what
repositories say is written down."""

from __future__ import annotations

import pytest
from lambda_image import catalog as catalogs
from lambda_image.errors import ChecksFailed, UsageError
from lambda_image.installs import InstallStep, Wanted
from lambda_image.lock import Entry, Lock, steps
from lambda_image.lock.asking import Answer, understood
from lambda_image.lock.changes import changes, short
from lambda_image.lock.gathering import Gathered, entries_of, needs, package_sets
from lambda_image.lock.making import check_patterns, dated, image_entry, matches, merged
from lambda_image.lock.pinned_facts import pinned_facts
from lambda_image.plan import ImagePlan, Root, Selection, plans
from lambda_image.render import look_up

CATALOG = catalogs.load()
SITE = ("debian-13", "linux/amd64")


def step(*packages: str, onto: tuple[str, ...] = (), shipped: bool = True) -> InstallStep:
    return InstallStep(distro="debian-13", enabled=(), packages=packages, onto=onto, is_shipped=shipped)


def package(name: str, version: str) -> Entry:
    return Entry("package", ("debian-13", "amd64", name), (version,))


def install(asked: str, *along: str) -> Entry:
    return Entry("install", ("debian-13", "amd64", asked), along)


def answer(*lines: str, sets: int = 1) -> Answer:
    return understood(lines, sets)


def gathered(said: Answer, *entries: Entry) -> Gathered:
    return Gathered(entries=entries, roots={}, answers={SITE: said})


class TestAnswers:
    def test_a_step_brings_along_what_its_set_has_and_the_one_before_had_not(self) -> None:
        those = (step("python3"), step("gcc", onto=("python3",)))
        sets = package_sets(those)
        said = answer(
            "before libc6 2.41-1",
            "set 0 python3 3.13",
            "set 0 libexpat1 2.7",
            "set 1 python3 3.13",
            "set 1 libexpat1 2.7",
            "set 1 gcc 14",
            "set 1 cpp 14",
            sets=len(sets),
        )
        found = Lock.of(entries_of(those, sets, said, "amd64"))
        assert found.find("install", "debian-13", "amd64", "python3") == install("python3", "libexpat1")
        assert found.find("install", "debian-13", "amd64", "python3/gcc") == install("python3/gcc", "cpp")
        assert package("libexpat1", "2.7") in found

    def test_a_package_that_the_root_has_is_locked_at_that_version(self) -> None:
        those = (step("ca-certificates"),)
        found = Lock.of(entries_of(those, package_sets(those), answer("before ca-certificates 2025"), "amd64"))
        assert list(found) == [install("ca-certificates"), package("ca-certificates", "2025")]

    def test_a_package_of_the_root_that_comes_newer_is_marked(self) -> None:
        """It is in the root already, so the package manager must not take it for something that may go again."""
        those = (step("python3"),)
        said = answer("before libc6 1", "set 0 python3 3", "set 0 libc6 2")
        found = Lock.of(entries_of(those, package_sets(those), said, "amd64"))
        assert install("python3", "^libc6") in found
        assert package("libc6", "2") in found

    def test_what_rpm_lists_of_the_root_again_is_no_change(self) -> None:
        said = answer(
            "before glibc 2-1.x86_64", "set 0 glibc 2-1.x86_64", "set 0 ruby 3-1.x86_64", "set 0 gpg-pubkey 1-1"
        )
        assert said.sets == ({"ruby": "3-1.x86_64"},)

    def test_a_name_that_is_no_package_is_locked_with_the_one_that_comes_instead(self) -> None:
        those = (step("default-mta"),)
        said = answer(
            "before libgcc-s1 14",
            "set 0 exim4-daemon-light 4",
            "set 0 exim4-base 4",
            "provided 0 default-mta exim4-daemon-light",
        )
        found = Lock.of(entries_of(those, package_sets(those), said, "amd64"))
        assert list(found) == [
            install("default-mta", "exim4-base"),
            package("exim4-base", "4"),
            package("exim4-daemon-light", "4"),
            Entry("virtual", ("debian-13", "amd64", "default-mta"), ("exim4-daemon-light",)),
        ]
        assert steps.wanted(those[0], "amd64", found) == (
            Wanted(name="exim4-base", version="4", is_dependency=True),
            Wanted(name="exim4-daemon-light", version="4"),
        )
        assert ("virtual", ("debian-13", "amd64", "default-mta")) in steps.keys(those[0], "amd64", found)

    def test_a_name_of_which_no_version_is_told_is_refused(self) -> None:
        plan = a_plan(language="go", client="builtin", variant="slim")
        needed = needs([plan], CATALOG)
        said = {site: understood((), len(package_sets(those))) for site, those in needed.steps.items()}
        entries = tuple(
            one
            for site, those in needed.steps.items()
            for one in entries_of(those, package_sets(those), said[site], "amd64")
        )
        roots = {site: Root(reference="root:1", origin="bootstrap") for site in needed.steps}
        gathered = Gathered(entries=entries, roots=roots, answers=said)
        with pytest.raises(ChecksFailed) as caught:
            image_entry(plan, Lock.of(entries), gathered, CATALOG)
        assert "debian-13's package manager tells no version of" in caught.value.message
        assert "netbase" in caught.value.message


class TestMerging:
    BEFORE = Lock.of([install("a", "b"), package("a", "1"), package("b", "1")])

    def test_what_can_still_be_had_stays(self) -> None:
        said = answer("have a 1", "have a 2", "have b 1", "have b 2", "set 0 a 2", "set 0 b 2")
        now = gathered(said, install("a", "b", "c"), package("a", "2"), package("b", "2"), package("c", "2"))
        kept = merged(self.BEFORE, now, ())
        assert {package("a", "1"), package("b", "1"), install("a", "b")} <= set(kept)

    def test_what_cannot_be_had_any_more_is_renewed_with_what_comes_along(self) -> None:
        said = answer("have a 2", "have b 1", "have c 2", "set 0 a 2")
        now = gathered(said, install("a", "b", "c"), package("a", "2"), package("b", "1"), package("c", "2"))
        assert set(merged(self.BEFORE, now, ())) == {
            install("a", "b", "c"),
            package("a", "2"),
            package("b", "1"),
            package("c", "2"),
        }

    def test_only_what_is_named_is_renewed(self) -> None:
        said = answer("have a 1", "have a 2", "have b 1", "have b 3", "set 0 a 2", "set 0 b 3")
        now = gathered(said, install("a", "b"), package("a", "2"), package("b", "3"))
        assert package("a", "2") in merged(self.BEFORE, now, ("a",))
        assert package("b", "1") in merged(self.BEFORE, now, ("a",))
        assert {package("a", "2"), package("b", "3")} <= set(merged(self.BEFORE, now, ("debian-13",)))

    def test_packages_of_one_source_are_renewed_together(self) -> None:
        """They have one version before and one after, and need each other at just that one."""
        said = answer("have a 1", "have a 2", "have b 1", "have b 2", "set 0 a 2", "set 0 b 2")
        now = gathered(said, install("a", "b"), package("a", "2"), package("b", "2"))
        assert package("b", "2") in merged(self.BEFORE, now, ("a",))

    def test_a_manager_that_cannot_tell_keeps_what_is_locked(self) -> None:
        now = gathered(answer("set 0 a 2", "set 0 b 2"), install("a", "b"), package("a", "2"), package("b", "2"))
        assert set(merged(self.BEFORE, now, ())) == set(self.BEFORE)

    def test_another_package_in_a_name_s_place_brings_its_own_along(self) -> None:
        def virtual(package: str) -> Entry:
            return Entry("virtual", ("debian-13", "amd64", "a"), (package,))

        before = Lock.of([install("a", "b"), virtual("old"), package("old", "1"), package("b", "1")])
        said = answer("have new 1", "have c 1", "have b 1", "set 0 new 1", "set 0 c 1", "provided 0 a new")
        now = gathered(said, install("a", "c"), virtual("new"), package("new", "1"), package("c", "1"))
        assert set(merged(before, now, ())) == {
            install("a", "c"),
            virtual("new"),
            package("new", "1"),
            package("c", "1"),
        }

    def test_a_newer_package_in_a_name_s_place_brings_its_own_along(self) -> None:
        """The same package comes for the name, in another version, which needs something else."""
        virtual = Entry("virtual", ("debian-13", "amd64", "a"), ("real",))
        before = Lock.of([install("a", "b"), virtual, package("real", "1"), package("b", "1")])
        said = answer("have real 2", "have b 1", "have c 1", "set 0 real 2", "set 0 c 1")
        now = gathered(said, install("a", "c"), virtual, package("real", "2"), package("c", "1"))
        assert set(merged(before, now, ())) == {install("a", "c"), virtual, package("real", "2"), package("c", "1")}

    def test_pins_are_the_catalog_s(self) -> None:
        old = Entry("client", ("python", "3.13", "amd64", "official", "awslambdaric"), ("4.2.1", "sha256:1"))
        new = Entry(old.kind, old.key, ("4.2.2", "sha256:2"))
        assert new in merged(Lock.of([old]), gathered(answer(), new), ())


class TestNames:
    LOCK = Lock.of(
        [
            package("libssl3", "1"),
            install("ca-certificates,python3", "libssl3"),
            Entry("client", ("python", "3.13", "amd64", "official", "awslambdaric"), ("4.2.2", "sha256:1")),
            Entry("root", ("debian-13", "amd64"), ("made", "root:1", "sha256:2")),
            Entry("emulator", ("amd64", "aws-lambda-rie"), ("x==1",)),
        ]
    )

    @pytest.mark.parametrize(
        ("name", "kinds"),
        [
            ("libssl3", {"package"}),
            ("libss*", {"package"}),
            ("python3", {"install"}),
            ("debian-13", {"install", "package", "root"}),
            ("awslambdaric", {"client"}),
            ("official", {"client"}),
            ("emulator", {"emulator"}),
            ("*", {"client", "emulator", "install", "package", "root"}),
        ],
    )
    def test_a_name_means_packages_distributions_and_clients(self, name: str, kinds: set[str]) -> None:
        assert {entry.kind for entry in self.LOCK if matches(entry, (name,))} == kinds

    def test_a_name_that_nothing_has_is_told_with_the_nearest(self) -> None:
        with pytest.raises(UsageError) as caught:
            check_patterns(["libsl3"], self.LOCK)
        assert "'libsl3'" in caught.value.message
        assert "'libssl3'" in caught.value.hint


class TestDates:
    BEFORE = Lock.of([package("a", "1"), Entry("created", (), ("5",))])

    def test_a_lock_in_which_nothing_changes_keeps_its_date(self) -> None:
        assert dated(self.BEFORE, [package("a", "1")], 9).created == 5

    def test_a_change_dates_it_anew(self) -> None:
        assert dated(self.BEFORE, [package("a", "2")], 9).created == 9


class TestWords:
    def test_a_change_says_what_was_and_what_is(self) -> None:
        before = Lock.of([package("a", "1"), package("b", "1"), Entry("created", (), ("5",))])
        after = Lock.of([package("a", "2"), package("c", "1"), Entry("created", (), ("6",))])
        assert [str(one) for one in changes(before, after)] == [
            "package debian-13 amd64 a: 1 → 2",
            "package debian-13 amd64 b: 1 → no longer there",
            "package debian-13 amd64 c: not in the lock → 1",
        ]

    def test_long_digests_are_shown_by_their_beginnings(self) -> None:
        assert short("4.2.2 sha256:" + "ab" * 32) == "4.2.2 sha256:abababababab…"


def a_plan(**words: str) -> ImagePlan:
    selection = {f"{name}s": (value,) for name, value in words.items()}
    (found,) = plans(CATALOG, Selection(**selection, platforms=("linux/amd64",)))
    return found


class TestNeeds:
    def test_images_share_what_they_share(self) -> None:
        both = [a_plan(language="python", client=client, variant="standard") for client in ("official", "builtin")]
        together, one = needs(both, CATALOG), needs(both[:1], CATALOG)
        assert set(together.steps[SITE]) == set(one.steps[SITE])

    def test_pins_are_of_clients_managers_and_the_emulator(self) -> None:
        found = needs([a_plan(language="python", client="official", variant="standard")], CATALOG).pinned
        assert {entry.kind for entry in found} == {"client", "manager", "emulator"}
        assert all(word.startswith("sha256:") for entry in found for word in entry.value[1:2])

    @pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
    @pytest.mark.parametrize("language", sorted(CATALOG.languages))
    def test_every_image_s_pins_have_checksums(self, language: str, platform: str) -> None:
        every = Selection(
            languages=(language,),
            versions=("*",),
            distros=("*",),
            variants=("*",),
            clients=("*",),
            platforms=(platform,),
        )
        for plan in plans(CATALOG, every):
            for entry in pinned_facts(look_up(plan, CATALOG)):
                own = entry.kind == "client" and entry.key[-1] == "lambda-image"
                assert own or any(word.startswith(("sha256:", "sha512", "h1:")) for word in entry.value), entry
