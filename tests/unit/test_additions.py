"""What `[[addition]]` of lambda-image.toml says, and which images get it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image.additions import Addition, Script, merged
from lambda_image.errors import ConfigurationError
from lambda_image.listing import listing
from lambda_image.plan import Selection, builders, plans
from lambda_image.render import render
from lambda_image.settings import load

COMPANY = Path(__file__).parents[2] / "docs" / "company"


def settings(folder: Path, text: str) -> tuple[Addition, ...]:
    (folder / "lambda-image.toml").write_text(text, encoding="utf-8")
    return load(folder, environ={}).image_additions()


@pytest.mark.parametrize(
    ("addition", "image", "gets"),
    [
        (Addition(), ("python", "debian-13", "slim"), True),
        (Addition(languages=("node*",)), ("nodejs", "debian-13", "slim"), True),
        (Addition(languages=("node*",)), ("python", "debian-13", "slim"), False),
        (Addition(distros=("al2",), variants=("standard",)), ("python", "al2", "standard"), True),
        (Addition(distros=("al2",), variants=("standard",)), ("python", "al2023", "standard"), False),
    ],
)
def test_an_addition_is_for_what_it_names(addition: Addition, image: tuple[str, str, str], gets: bool) -> None:
    assert addition.concerns(*image) is gets


def test_of_two_values_the_later_counts() -> None:
    both = merged(
        [Addition(packages=("a", "b"), environment=(("X", "1"),)), Addition(packages=("b",), environment=(("X", "2"),))]
    )
    assert (both.packages, both.environment) == (("a", "b"), (("X", "2"),))


def test_scripts_are_read_from_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "harden.sh").write_text("#!/bin/sh\n")
    (addition,) = settings(tmp_path, '[[addition]]\nscripts = ["harden.sh"]\n')
    assert addition.scripts == (Script(name="harden.sh", content=b"#!/bin/sh\n"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[addition]]\npackage = ["jq"]', "unknown key 'addition\\[1\\].package'"),
        ('[[addition]]\npackages = ["jq; rm"]', "addition\\[1\\].packages\\[1\\]"),
        ('[[addition]]\nenvironment = { PATH = "/x" }', "PATH is Lambda's, or the image's own"),
        ('[[addition]]\nenvironment = { AWS_LAMBDA_EXEC_WRAPPER = "/x" }', "AWS_LAMBDA_EXEC_WRAPPER"),
        ("[[addition]]\nenvironment = { X = 'a\"b' }", "addition\\[1\\].environment.X"),
        ('[[addition]]\nlabels = { "lambda-image.client" = "x" }', "labels of this program"),
        ('[[addition]]\nscripts = ["none.sh"]', "none.sh cannot be read"),
        ('[[addition]]\nscripts = ["lambda-image.toml"]', "does not say in its first line what runs it"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        settings(tmp_path, text)


def test_a_variable_cannot_hold_tables() -> None:
    with pytest.raises(ConfigurationError, match="LAMBDA_IMAGE_ADDITION"):
        load(Path("/"), environ={"LAMBDA_IMAGE_ADDITION": "x"})


def test_the_image_that_compiles_gets_its_own() -> None:
    """What is said of build images holds for one that is built because another needs it."""
    catalog = catalogs.load()
    additions = (Addition(variants=("build",), packages=("jq",)), Addition(variants=("standard",), packages=("less",)))
    chosen = plans(catalog, Selection(languages=("go",)), additions=additions)
    (builder,) = builders(catalog, chosen)
    assert [plan.added.packages for plan in (*chosen, builder)] == [("less",), ("jq",)]


def test_the_example_shows_where_everything_comes_from() -> None:
    found = load(COMPANY, environ={})
    text = listing(catalogs.load(found.roots), additions=found.image_additions())
    assert f"[{COMPANY}/overlay/distros/company-linux.toml]" in text
    assert (
        "  to any variant of any language on any distribution: variables COMPANY_STAGE; labels com.example.owner"
        in text
    )
    assert "  to standard, build of any language on any distribution: packages jq; scripts no-setuid.sh" in text


def test_an_overlay_s_template_extends_ours() -> None:
    found = load(COMPANY, environ={})
    catalog = catalogs.load(found.roots)
    (plan,) = plans(catalog, Selection(languages=("python",), distros=("company-linux",)))
    lines = render(plan, catalog).files["Dockerfile"].content.decode().splitlines()
    step = lines.index("COPY --from=registry.example.com/linux/debian:13 /etc/os-release /etc/company-base")
    assert lines[step - 1].startswith("# ---- company")
    assert lines[step + 2].startswith("# ---- entrypoint")
