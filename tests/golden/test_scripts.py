"""Scripts that run in an image are plain files, so shellcheck reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from lambda_image import resources

SHELLCHECK = Path(sys.executable).parent / "shellcheck"
SCRIPTS = sorted([*resources.BASE_IMAGES.glob("build/*.sh"), *resources.ROOTFS.iterdir()])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    sources = ("--external-sources", "--source-path=SCRIPTDIR")
    done = subprocess.run([SHELLCHECK, "--shell=sh", *sources, script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_runs_in_the_smallest_shell(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n# ")
