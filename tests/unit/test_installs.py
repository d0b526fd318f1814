"""The installing steps of a context, as its templates tell them."""

from __future__ import annotations

from lambda_image import catalog as catalogs
from lambda_image.installs import InstallStep, Recording
from lambda_image.plan import Selection, plans
from lambda_image.render import install_steps

CATALOG = catalogs.load()
DEBIAN, ALPINE = CATALOG.distros["debian-13"], CATALOG.distros["alpine-3.23"]


def steps(language: str, **words: str) -> tuple[InstallStep, ...]:
    selection = {f"{name}s": (value,) for name, value in words.items()}
    (plan,) = plans(CATALOG, Selection(languages=(language,), **selection, platforms=("linux/amd64",)))
    return install_steps(plan, CATALOG)


def dockerfile(recording: Recording, *stages: tuple[str, str, list[tuple[str, ...]]]) -> str:
    lines = []
    for base, name, installed in stages:
        lines.append(f"FROM {base} AS {name}")
        for packages in installed:
            (mark,) = recording.of(DEBIAN, packages)
            lines += ["RUN install \\", f"      {mark.name}"]
    return "\n".join(lines)


def test_a_stage_has_what_the_stage_has_that_it_stands_on() -> None:
    recording = Recording()
    text = dockerfile(
        recording,
        ("root:1", "fetch", [("curl",)]),
        ("root:1", "base", [("python3",), ("pip",)]),
        ("base", "client", [("gcc",)]),
    )
    assert [(step.packages, step.onto) for step in recording.steps(text)] == [
        (("curl",), ()),
        (("python3",), ()),
        (("pip",), ("python3",)),
        (("gcc",), ("pip", "python3")),
    ]


def test_what_comes_into_the_image_is_told_from_what_builds_it() -> None:
    recording = Recording()
    text = dockerfile(
        recording,
        ("root:1", "fetch", [("curl",)]),
        ("root:1", "base", [("python3",)]),
        ("base", "client", [("gcc",)]),
        ("base", "image", [("pip",)]),
    )
    assert [step.is_shipped for step in recording.steps(text)] == [False, True, False, True]


def test_what_is_taken_away_in_its_own_step_is_no_ground_for_later_ones() -> None:
    found = {step.packages: step for step in steps("nodejs", client="official", variant="standard")}
    locale = found["locales",]
    assert "ca-certificates" in locale.onto
    assert not locale.is_shipped
    assert not any("locales" in step.onto for step in found.values())


def test_a_minimal_image_ships_what_its_base_installs() -> None:
    assert [step.packages[-1] for step in steps("python", variant="slim", client="builtin") if step.is_shipped] == [
        "tzdata"
    ]


def test_stages_that_fetch_install_on_the_distribution_that_they_stand_on() -> None:
    assert {step.distro for step in steps("python", distro="alpine-3.23", version="3.12", variant="standard")} == {
        "alpine-3.23",
        "debian-13",
    }
