"""Another release than the default one, for real: Python 3.11 on Debian 12. The other distributions that run here are
built and judged by `make distros`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine.images import CATALOG, run
from lambda_image import judgement
from lambda_image.conformance.lab import Depth
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_image.engine import Engine

pytestmark = [pytest.mark.engine, pytest.mark.long]


@pytest.fixture(scope="module")
def python_on_debian_12(built: Callable[..., str]) -> str:
    return built("python", version="3.11", distro="debian-12", variant="standard", client="builtin")


def test_python_3_11_on_debian_12_is_judged_well(engine: Engine, python_on_debian_12: str) -> None:
    options = SuiteOptions(images=(python_on_debian_12,), depth=Depth.QUICK, profiles=("core",))
    report, _ = judgement.judge(options, engine, CATALOG, fresh=True, say=lambda _: None)
    assert {one.verdict for one in report.images[0].verdicts} == {Verdict.PASS}, report.images[0].findings


def test_its_root_packages_and_package_sources_are_its_own(python_on_debian_12: str) -> None:
    """Though its emulator was fetched on another release."""
    script = "cat /etc/os-release /etc/apt/sources.list.d/*; python3 --version; pip --version; ls /usr/local/bin"
    ended = run(python_on_debian_12, "-c", script, options=("--entrypoint=/bin/sh", "--network=none"))
    assert ended.status == 0, ended.err
    assert 'VERSION_ID="12"' in ended.out
    assert "bookworm" in ended.out
    assert "trixie" not in ended.out
    assert "Python 3.11.2" in ended.out
    assert "aws-lambda-rie" in ended.out
    assert "pip 26.3 from /usr/local/lib" in ended.out
