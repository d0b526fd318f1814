"""`make image LANG=python`: LANG names a language only where it was given to make itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest


def make(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "LC_", "MAKE"))}
    return subprocess.run(
        ["make", *words], cwd=root, env={**kept, **variables}, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("target", ["image", "conformance"])
@pytest.mark.parametrize(
    "environment",
    [{}, {"LANG": "python"}, {"LANG": "de_DE.UTF-8"}, {"LANGUAGE": "python"}, {"language": "python"}],
    ids=lambda variables: " ".join(f"{name}={value}" for name, value in variables.items()) or "nothing",
)
def test_without_a_language_it_says_what_to_type(root: Path, target: str, environment: dict[str, str]) -> None:
    done = make(root, target, **environment)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == f"make: name the language, for example: make {target} LANG=python"
    assert done.stdout == ""


def test_the_language_reaches_the_program(root: Path) -> None:
    shown = make(root, "-n", "image", "LANG=python", LANG="de_DE.UTF-8").stdout
    assert ".venv/bin/lambda-image build python --test" in shown


def test_children_get_a_sane_locale(root: Path, tmp_path: Path) -> None:
    """Whatever the shell's locale is, and although LANG=python was said."""
    more = tmp_path / "more.mk"
    more.write_text("show:\n\t@env\n")
    shown = make(root, "-f", "Makefile", "-f", str(more), "show", "LANG=python", LANG="de_DE", LANGUAGE="de").stdout
    locale = {line for line in shown.splitlines() if re.match(r"(LANG|LC_\w+|LANGUAGE)=", line)}
    assert locale == {"LANG=C.UTF-8", "LC_ALL=C.UTF-8"}


def test_help_lists_every_target_and_comes_first(root: Path) -> None:
    text = (root / "Makefile").read_text()
    # `language` is the guard and `ready` what it guards; a path is no target for people.
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.MULTILINE)) - {"language", "ready"}
    assert make(root).stdout == (shown := make(root, "help").stdout)
    assert set(re.findall(r"^  make ([a-z-]+) ", shown, re.MULTILINE)) == targets
    assert "LANG=python" in shown


def test_no_target_is_mistaken_for_a_file(root: Path) -> None:
    text = (root / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.MULTILINE))
    assert targets == set(re.findall(r"^\.PHONY: ([a-z-]+)$", text, re.MULTILINE))
