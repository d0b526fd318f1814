"""The guide's distribution: one file, and what comes out of it is a Dockerfile that a linter takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources, settings
from lambda_image.plan import ImagePlan, Selection, plans, resolve
from lambda_image.render import render
from program import run

GUIDE = Path(__file__).parents[2] / "docs/add-a-distribution"
HADOLINT = Path(sys.executable).parent / "hadolint"
CATALOG = catalogs.load(settings.load(GUIDE, environ={}).roots)


def rendered(language: str, version: str, catalog: catalogs.Catalog = CATALOG, distro: str = "oracle-9") -> str:
    selection = Selection(languages=(language,), versions=(version,), distros=(distro,), platforms=("linux/amd64",))
    (plan,) = plans(catalog, selection)
    return render(plan, catalog).files["Dockerfile"].content.decode()


@pytest.mark.parametrize(
    ("language", "version"), [("python", "3.12"), ("python", "3.14"), ("nodejs", "24"), ("go", "1.26")]
)
def test_what_the_guide_adds_is_rendered_and_tidy(language: str, version: str) -> None:
    text = rendered(language, version)
    words = [word for rule in ("DL3007", "DL3041") for word in ("--ignore", rule)]
    done = subprocess.run([HADOLINT, "--no-color", *words, "-"], input=text.encode(), capture_output=True, check=False)
    assert (done.stdout.decode(), done.returncode) == ("", 0)
    assert "FROM oraclelinux:9-slim AS base" in text


def test_its_packages_come_before_upstreams_binaries() -> None:
    every = Selection(languages=("python",), versions=("*",), distros=("oracle-9",), platforms=("linux/amd64",))
    found = {plan.version: plan.source for plan in resolve(CATALOG, every) if isinstance(plan, ImagePlan)}
    assert found.pop("3.12") == "packages"
    assert set(found.values()) == {"archive"}
    assert {"3.8", "3.14"} <= found.keys()


def test_it_is_listed_as_rendered_and_not_run_with_its_file() -> None:
    done = run(GUIDE, "list")
    (line,) = [line for line in done.out.splitlines() if line.startswith("  oracle-9")]
    assert "RENDERED, NOT RUN HERE: an example of the guide" in line
    assert line.endswith("overlay/distros/oracle-9.toml]")


def test_the_derivative_of_the_guide_has_its_model_s_languages(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (GUIDE / "README.md").read_text(), re.DOTALL)
    (tmp_path / "distros").mkdir()
    (tmp_path / "distros/company-1.toml").write_text(text)
    catalog = catalogs.load((resources.BASE_IMAGES, tmp_path))
    for language, version in (("python", "3.13"), ("nodejs", "20"), ("ruby", "3.3"), ("go", "1.26"), ("java", "21")):
        assert "FROM registry.company.example/linux:1 AS base" in rendered(language, version, catalog, "company-1")


def test_what_the_guide_says_is_refused_is_refused_so() -> None:
    done = run(GUIDE, "plan", "nodejs", "--version", "18", "--distro", "al2", "--platform", "linux/amd64")
    assert done.status == 2
    assert "needs glibc 2.28, Amazon Linux 2 has 2.26" in done.err
    assert "nodejs 16 or 14 or 12 on al2" in done.err
