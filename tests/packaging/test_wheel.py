"""The wheel carries the package with its data and templates, and works without the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it and its dependencies beside it; its folder of programs."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install"]
    command += ["--quiet", "--no-deps", "--no-index", str(wheel)]
    installed = subprocess.run(command, capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    return folder / "bin"


def run(program: Path, *words: str, folder: Path) -> str:
    # The dependencies are those of the project's own environment; its .pth files, and so the checkout, are not read.
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    done = subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_the_package_the_data_and_the_templates_and_nothing_else(wheel: Path, files: tuple[Path, ...]) -> None:
    expected = set()
    for path in files:
        if path.parts[:2] == ("toolkit", "lambda_image"):
            expected.add(path.relative_to("toolkit").as_posix())
        elif path.parts[0] in {"base-images", "templates"}:
            expected.add(f"lambda_image/data/{path.as_posix()}")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert held == expected


def test_it_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: >=3.11" in metadata
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    (points,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/entry_points.txt"))
    assert "lambda-image = lambda_image.cli:main" in points
    assert "lambda_image = lambda_image.pytest_plugin" in points


def test_files_keep_their_modes(wheel: Path, root: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    for info in archive.infolist():
        source = root / info.filename.removeprefix("lambda_image/data/")
        if info.filename.startswith("lambda_image/data/") and source.stat().st_mode & 0o100:
            assert info.external_attr >> 16 & 0o100, info.filename


def test_the_program_finds_its_data_there(elsewhere: Path, tmp_path: Path) -> None:
    listed = run(elsewhere / "lambda-image", "list", folder=tmp_path)
    assert str(elsewhere.parent) in listed
    assert "python" in listed


def test_it_renders_the_same_as_the_checkout(elsewhere: Path, root: Path, tmp_path: Path) -> None:
    rendered = run(elsewhere / "lambda-image", "render", "python", folder=tmp_path)
    here = subprocess.run(
        [sys.executable, "-m", "toolkit", "render", "python"], cwd=root, capture_output=True, text=True, check=True
    )
    assert rendered == here.stdout


def test_pytest_knows_its_options_there(elsewhere: Path, tmp_path: Path) -> None:
    assert "--lambda-image=IMAGE" in run(elsewhere / "python", "-m", "pytest", "--help", folder=tmp_path)
