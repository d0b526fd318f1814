"""What README and guides say is so: links lead somewhere, commands and options exist, data in them is read."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from lambda_image.conformance import contract, requirement, verdict
from lambda_image.settings import load as load_settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return [body for kind, body in _BLOCK.findall(page(name)) if kind == language]


def every(language: str) -> list[object]:
    return [
        pytest.param(body, id=f"{name}-{number}")
        for name in PAGES
        for number, body in enumerate(blocks(name, language), 1)
    ]


@cache
def help_of(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", *command, "--help"],
        cwd=ROOT,
        env={"COLUMNS": "200", "NO_COLOR": "1", "PATH": ""},
        capture_output=True,
        text=True,
    )
    return done.stdout if done.returncode == 0 else ""


def commands(text: str) -> list[list[str]]:
    """The calls of the program in code, inline or in a block, as words."""
    code = [body for _, body in _BLOCK.findall(text)] + re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))
    lines = [line.strip().removeprefix("- run:").lstrip("- $").strip() for part in code for line in part.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("lambda-image ")]


def test_a_newcomer_has_an_image_before_the_first_heading_ends() -> None:
    first = page("README.md").split("\n## ")[0]
    assert "```console\nmake image LANG=python\nmake test\n```" in first
    assert "docker run" in first
    assert "curl" in first


def test_the_ci_job_is_ten_lines_for_each_of_the_two() -> None:
    jobs = [body for body in blocks("README.md", "yaml") if "lambda-image test" in body]
    assert len(jobs) == 2
    for job in jobs:
        assert len(job.splitlines()) <= 12
        assert "--report junit=" in job
        assert "\t" not in job


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page(name))
    missing = [one for one in targets if "://" not in one and not (ROOT / name).parent.joinpath(one).exists()]
    assert not missing


@pytest.mark.parametrize("name", PAGES)
def test_files_that_are_named_exist(name: str) -> None:
    named = re.findall(r"`((?:base-images|templates|toolkit|tests|tools|docs)/[\w./*-]+)`", page(name))
    # A word in capitals stands for a name: base-images/languages/LANGUAGE/client.
    patterns = {path: re.sub(r"(?<=/)[A-Z]{3,}(?=/|$)", "*", path.rstrip("/")) for path in named}
    assert not [path for path, pattern in patterns.items() if not list(ROOT.glob(pattern))]


@pytest.mark.parametrize("name", PAGES)
def test_commands_and_options_exist(name: str) -> None:
    for words in commands(page(name)):
        names = [word for word in words[1:3] if re.fullmatch(r"[a-z]+(-[a-z]+)?", word)]
        command = (
            tuple(names) if len(names) > 1 and help_of(*names) != "" and names[0] in {"bench", "dev"} else names[:1]
        )
        shown = help_of(*command)
        assert shown, f"there is no command {' '.join(words)}"
        for option in (word.split("=")[0] for word in words if re.match(r"--\w", word)):
            assert re.search(rf"{option}\b", shown), f"{' '.join(words)}: {option} is no option"


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", page("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", page(name), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("name", PAGES)
def test_requirements_that_are_named_exist(name: str) -> None:
    named = set(re.findall(r"\b(?:RAPI-)?[A-Z]{3,6}-\d{3}\b", page(name)))
    assert named <= set(requirement.load())


@pytest.mark.parametrize("body", every("toml"))
def test_toml_is_what_its_reader_takes(body: str, tmp_path: Path) -> None:
    values = tomllib.loads(body)
    if "waiver" in values:
        path = tmp_path / "waivers.toml"
        path.write_text(body)
        assert verdict.read_waivers(path, requirement.load())
    elif "capabilities" in values:
        assert contract.parse(body, origin="a guide", files={}).language == values["language"]
    else:
        (tmp_path / "lambda-image.toml").write_text(body)
        assert load_settings(tmp_path, environ={}).model_fields_set == set(values)


@pytest.mark.parametrize("body", every("python"))
def test_python_is_python(body: str) -> None:
    ast.parse(body)


@pytest.mark.parametrize("tool", ["requirements-page", "mutation-page", "field-cases-page"])
def test_a_generated_page_is_the_one_that_the_data_gives(tool: str) -> None:
    command = [sys.executable, str(ROOT / "tools" / tool), "--check"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


def test_every_row_of_the_page_is_a_requirement_and_the_other_way_round() -> None:
    rows = re.findall(r"^\| ([A-Z]+-[A-Z0-9-]*\d{3})\b", page("docs/requirements.md"), re.MULTILINE)
    assert sorted(rows) == sorted(requirement.load())
