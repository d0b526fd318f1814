"""Selections become plans, or one clear reason each."""

from __future__ import annotations

from datetime import date

import pytest
from lambda_image import catalog as catalogs
from lambda_image.architectures import own_platform
from lambda_image.catalog import Source
from lambda_image.catalog.models import Packaged
from lambda_image.errors import NothingSelected
from lambda_image.plan import Certificate, ImagePlan, Impossible, Selection, builders, plans, resolve

CATALOG = catalogs.load()


def only(**words: tuple[str, ...]) -> ImagePlan:
    (plan,) = plans(CATALOG, Selection(languages=("python",), **words))  # type: ignore[arg-type]
    return plan


def why_not(**words: tuple[str, ...]) -> str:
    (answer,) = resolve(CATALOG, Selection(**{"languages": ("python",), **words}))  # type: ignore[arg-type]
    assert isinstance(answer, Impossible)
    return str(answer)


def test_default_is_the_newest_standard_image_for_this_machine() -> None:
    plan = only()
    assert (plan.version, plan.distro, plan.variant, plan.client) == ("3.13", "debian-13", "standard", "builtin")
    assert plan.platform == own_platform()
    assert plan.tags == ("lambda-image/python:3.13-debian-13-standard-builtin", "lambda-image/python:3.13")


def test_only_the_default_gets_the_short_name() -> None:
    assert only(variants=("slim",)).tags == ("lambda-image/python:3.13-debian-13-slim-builtin",)


def test_other_architecture_is_in_the_name() -> None:
    other = ({"linux/amd64", "linux/arm64"} - {own_platform()}).pop()
    plan = only(platforms=(other,))
    assert all(tag.endswith("-" + other.removeprefix("linux/")) for tag in plan.tags)


def test_id_is_printed() -> None:
    assert only(platforms=("linux/amd64",)).id == "python-3.13-debian-13-standard-builtin-amd64"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"languages": ("pyhton",)}, "language 'pyhton': there is no such; nearest: 'python'"),
        ({"versions": ("3.7",)}, "python version '3.7': there is no such; nearest: '3.8'"),
        ({"distros": ("foo",)}, "distro 'foo': there is no such; nearest: 'al2'"),
        ({"distros": ("debian-31",)}, "distro 'debian-31': there is no such; nearest: 'debian-11'"),
        ({"variants": ("tiny",)}, "variant 'tiny': there is no such; nearest: 'build' or 'slim' or 'standard'"),
        ({"clients": ("oficial",)}, "python client 'oficial': there is no such; nearest: 'official'"),
        ({"platforms": ("linux/amd46",)}, "platform 'linux/amd46': there is no such; nearest: 'linux/amd64'"),
    ],
)
def test_wrong_word_gets_one_message_with_the_nearest(words: dict[str, tuple[str, ...]], expected: str) -> None:
    assert why_not(**words).startswith(expected)


def test_impossible_is_an_error_with_a_hint() -> None:
    with pytest.raises(NothingSelected) as caught:
        plans(CATALOG, Selection(languages=("pyhton",)))
    assert caught.value.message == "language 'pyhton': there is no such"
    assert "python" in caught.value.hint
    assert caught.value.exit_code == 2


def test_globs_take_all_that_there_is() -> None:
    everything = plans(CATALOG, Selection(languages=("python",), variants=("*",), platforms=("*",)))
    assert len(everything) == 6
    assert len({plan.id for plan in everything}) == 6


def test_what_only_globs_name_is_left_out_in_silence() -> None:
    everything = Selection(languages=("python",), versions=("*",), distros=("*",), variants=("*",), clients=("*",))
    assert all(isinstance(answer, ImagePlan) for answer in resolve(CATALOG, everything))


def test_leaving_the_emulator_out_takes_parity_away() -> None:
    assert "parity" in only().claims
    (plan,) = plans(CATALOG, Selection(languages=("python",), clients=("official",), emulator=False))
    assert not plan.emulator
    assert plan.claims == ("core", "container", "runtime")


def test_slim_claims_no_parity_and_has_no_emulator() -> None:
    plan = only(variants=("slim",))
    assert not plan.emulator
    assert "parity" not in plan.claims


def test_certificates_go_into_every_plan() -> None:
    company = Certificate(name="company", pem=b"x")
    chosen = plans(CATALOG, Selection(languages=("python",), variants=("*",)), certificates=(company,))
    assert {plan.certificates for plan in chosen} == {(company,)}


def test_languages_that_compile_need_their_build_image() -> None:
    go = plans(CATALOG, Selection(languages=("go",), clients=("official",), platforms=("linux/arm64",)))
    (builder,) = builders(CATALOG, (*go, *go))
    assert builder.id == "go-1.26-debian-13-build-official-arm64"
    assert builders(CATALOG, (builder,)) == ()
    assert builders(CATALOG, plans(CATALOG, Selection(languages=("python",)))) == ()


@pytest.mark.parametrize(
    ("language", "version", "distro", "source", "provider"),
    [
        ("python", "3.13", "debian-13", "packages", ""),
        ("python", "3.12", "debian-13", "archive", "python-build-standalone 3.12.14"),
        ("python", "3.8", "al2", "packages", ""),
        ("python", "3.14", "al2", "archive", "python-build-standalone 3.14.7"),
        ("nodejs", "12", "al2", "archive", "nodejs.org 12.22.12"),
        ("nodejs", "22", "al2023", "packages", ""),
        ("nodejs", "22", "debian-12", "archive", "nodejs.org 22.23.3"),
        ("ruby", "3.4", "al2", "source", "ruby-lang.org 3.4.11"),
        ("go", "1.26", "al2023", "archive", "go.dev 1.26.7"),
        ("go", "1.26", "debian-12", "archive", "golang.org/toolchain 1.26.8"),
    ],
)
def test_policy_takes_packages_then_binaries_then_sources(
    language: str, version: str, distro: str, source: str, provider: str
) -> None:
    selection = Selection(languages=(language,), versions=(version,), distros=(distro,), platforms=("linux/amd64",))
    (plan,) = plans(CATALOG, selection)
    assert (plan.source, plan.provider) == (source, provider)
    assert plan.source_reason


@pytest.mark.parametrize("source", ["packages", "archive", "source"])
def test_python_38_on_amazon_linux_2_comes_from_wherever_it_is_asked_for(source: Source) -> None:
    selection = Selection(languages=("python",), versions=("3.8",), distros=("al2",), source=source)
    (plan,) = plans(CATALOG, selection)
    assert (plan.source, plan.source_reason) == (source, "asked for")
    # In the name where it is not what the policy takes.
    assert plan.tags[0].endswith(f":3.8-al2{'' if source == 'packages' else '-' + source}-standard-builtin")


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
def test_every_python_is_to_be_had_on_amazon_linux_2(version: str, platform: str) -> None:
    selection = Selection(languages=("python",), versions=(version,), distros=("al2",), platforms=(platform,))
    assert plans(CATALOG, selection)


def test_too_old_a_c_library_is_said_with_both_versions_and_what_works() -> None:
    message = why_not(languages=("nodejs",), versions=("18",), distros=("al2",))
    assert "no such package" in message
    assert "nodejs.org 18.20.8: needs glibc 2.28, Amazon Linux 2 has 2.26" in message
    assert "glibc-217 18.20.8: an unofficial build, whose checksum the catalog has not got" in message
    assert "nodejs 18 on" in message
    assert "nodejs 16 or 14 or 12 on al2" in message


def test_another_c_library_is_said() -> None:
    (answer,) = resolve(
        CATALOG,
        Selection(languages=("nodejs",), versions=("16",), distros=("alpine-3.23",), platforms=("linux/amd64",)),
    )
    assert isinstance(answer, Impossible)
    assert "built for glibc, Alpine 3.23 has musl" in answer.why


def test_an_architecture_that_is_not_served_is_said() -> None:
    selection = {"languages": ("nodejs",), "versions": ("22",), "distros": ("alpine-3.23",)}
    assert "nodejs.org 22.23.3 is not to be had for linux/arm64" in why_not(**selection, platforms=("linux/arm64",))


def test_no_such_package_names_the_source_that_works() -> None:
    (answer,) = resolve(
        CATALOG, Selection(languages=("python",), versions=("3.12",), source="packages", distros=("al2",))
    )
    assert isinstance(answer, Impossible)
    assert "no such package" in answer.why
    assert "Python 3.12 on al2 from archive" in answer.nearest


def test_support_is_that_of_who_ships_the_bytes_and_of_the_distribution() -> None:
    def ended(version: str, distro: str, language: str = "nodejs") -> tuple[str, ...]:
        (plan,) = plans(CATALOG, Selection(languages=(language,), versions=(version,), distros=(distro,)))
        return plan.ended(date(2026, 11, 25))

    # Upstream's ended in April; Debian mends its package until 2030.
    assert ended("20", "debian-13") == ()
    # Upstream's counts for what is upstream's.
    assert ended("20", "debian-12") == ("Node.js 20's support by its makers ended on 2026-04-30",)
    # Amazon ends a Node.js of AL2023 with upstream's.
    assert ended("20", "al2023") == ("Amazon Linux 2023's support of Node.js 20 ended on 2026-04-30",)
    assert ended("3.14", "al2", "python") == ("Amazon Linux 2's support ended on 2026-06-30",)


def test_what_was_not_run_here_and_what_nobody_checked_is_in_the_plan() -> None:
    (plan,) = plans(CATALOG, Selection(languages=("python",), versions=("3.14",), distros=("al2",), source="source"))
    assert "no image on it has been built or judged" in plan.not_run
    assert "copied by hand" in plan.caution
    assert only().not_run == ""
    assert "host cannot be reached" in only(versions=("3.12",), distros=("debian-13",)).not_run
    assert only().caution == ""


def test_a_version_alone_is_built_where_the_distribution_has_packages_of_it() -> None:
    assert only(versions=("3.11",)).distro == "debian-12"
    assert only(versions=("3.13",)).distro == "debian-13"


def test_what_stands_in_is_taken_only_where_it_is_asked_for_or_alone() -> None:
    (plan,) = plans(CATALOG, Selection(languages=("python",), source="source"))
    assert (plan.provider, plan.stand_in) == ("python.org 3.13.15", "")
    (plan,) = plans(CATALOG, Selection(languages=("python",), stand_in=True))
    assert "Debian's source package" in plan.stand_in


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"languages": ("nodejs",), "versions": ("22",), "variants": ("build",)}, "/usr/bin/npx-22, nodejs22-devel"),
        ({"languages": ("nodejs",), "versions": ("22",), "variants": ("standard",)}, "/usr/bin/npx-22;"),
        ({"languages": ("python",), "versions": ("3.12",), "variants": ("standard",)}, ""),
    ],
)
def test_names_that_are_known_by_heart_are_told_of_the_images_that_have_them(
    words: dict[str, tuple[str, ...]], said: str
) -> None:
    (plan,) = plans(CATALOG, Selection(distros=("al2023",), **words))  # type: ignore[arg-type]
    assert ("known by heart only" in plan.caution) == bool(said)
    assert said in plan.caution


def test_a_release_of_the_emulator_that_nobody_has_fetched_is_told_where_it_is_taken() -> None:
    words = {"languages": ("python",), "versions": ("3.12",), "distros": ("al2023",)}
    (with_it,) = plans(CATALOG, Selection(**words))
    (without,) = plans(CATALOG, Selection(**words, emulator=False))
    assert CATALOG.emulator.release_caution in with_it.caution
    assert without.caution == ""


def test_what_is_unsure_of_a_distribution_is_told_of_all_its_images() -> None:
    (plan,) = plans(CATALOG, Selection(languages=("python",), versions=("3.12",), distros=("rocky-9",), emulator=False))
    assert plan.caution == CATALOG.distros["rocky-9"].caution


def test_only_names_that_a_table_has_may_be_known_by_heart() -> None:
    row = CATALOG.distros["al2023"].runtime[0].model_dump() | {"recalled": ("python3.14-dev",)}
    with pytest.raises(ValueError, match=r"python3\.14-dev, which it has not"):
        Packaged.model_validate(row)
