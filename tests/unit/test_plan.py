"""Selections become plans, or one clear reason each."""

from __future__ import annotations

import pytest
from lambda_image import catalog as catalogs
from lambda_image.errors import NothingSelected
from lambda_image.plan import Certificate, ImagePlan, Impossible, Selection, builders, machine_platform, plans, resolve

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
    assert plan.platform == machine_platform()
    assert plan.tags == ("lambda-image/python:3.13-debian-13-standard-builtin", "lambda-image/python:3.13")


def test_only_the_default_gets_the_short_name() -> None:
    assert only(variants=("slim",)).tags == ("lambda-image/python:3.13-debian-13-slim-builtin",)


def test_other_architecture_is_in_the_name() -> None:
    other = ({"linux/amd64", "linux/arm64"} - {machine_platform()}).pop()
    plan = only(platforms=(other,))
    assert all(tag.endswith("-" + other.removeprefix("linux/")) for tag in plan.tags)


def test_id_is_printed() -> None:
    assert only(platforms=("linux/amd64",)).id == "python-3.13-debian-13-standard-builtin-amd64"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"languages": ("pyhton",)}, "language 'pyhton': there is no such; nearest: 'python'"),
        ({"versions": ("3.7",)}, "python version '3.7': there is no such; nearest: '3.13'"),
        ({"distros": ("foo",)}, "distro 'foo': there is no such; nearest: 'debian-13'"),
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
    assert len(everything) == 4
    assert len({plan.id for plan in everything}) == 4


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
    assert [plan.certificates for plan in chosen] == [(company,), (company,)]


def test_languages_that_compile_need_their_build_image() -> None:
    go = plans(CATALOG, Selection(languages=("go",), clients=("official",), platforms=("linux/arm64",)))
    (builder,) = builders(CATALOG, (*go, *go))
    assert builder.id == "go-1.26-debian-13-build-official-arm64"
    assert builders(CATALOG, (builder,)) == ()
    assert builders(CATALOG, plans(CATALOG, Selection(languages=("python",)))) == ()
