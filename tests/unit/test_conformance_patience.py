"""How much longer is waited on a machine that is busy with other things."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest
from lambda_image.conformance.lab import Depth, Laboratory
from lambda_image.conformance.patience import EMULATED, patience
from lambda_image.conformance.running import Running


@pytest.mark.parametrize(("load", "cores", "factor"), [(0.1, 2, 1), (6, 2, 1), (12, 2, 2), (12, 8, 1), (400, 2, 5)])
def test_a_busy_machine_is_given_time_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, load: float, cores: int, factor: float
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert patience() == factor


def test_a_machine_that_does_not_tell_its_load_is_taken_for_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> tuple[float, float, float]:
        raise OSError

    monkeypatch.setattr(os, "getloadavg", unknown)
    assert patience() == 1


@pytest.mark.parametrize(("platform", "times"), [("linux/amd64", 1), ("linux/arm64", EMULATED)])
def test_a_container_that_is_emulated_is_given_more(
    monkeypatch: pytest.MonkeyPatch, platform: str, times: float
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))
    known: dict[str, Any] = {
        "image": SimpleNamespace(platform=platform),
        "engine": SimpleNamespace(facts=SimpleNamespace(platform="linux/amd64")),
    }
    nothing: Any = SimpleNamespace(files=None, builder="")
    laboratory = Laboratory(
        handlers=nothing, server=nothing, sandboxes=nothing, route=nothing, depth=Depth.QUICK, **known
    )
    running = Running(nothing, nothing, handler="app.handler", emulated=laboratory.emulated)
    assert running.patience == times
