"""`bench client` on two real images: every figure is there, and each has a ratio."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engine.images import CATALOG, plan
from lambda_image import settings
from lambda_image.bench.client.contestant import Field
from lambda_image.build import build
from lambda_image.runtime_api import Server
from lambda_image.sandbox import Sandboxes
from lambda_image.sandbox.volumes import KEPT
from program import refused, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine


def test_two_clients_side_by_side(engine: Engine, tmp_path: Path) -> None:
    images = [
        build(plan("standard", client), engine, settings.Settings(), catalog=CATALOG).reference
        for client in ("official", "builtin")
    ]
    chart = tmp_path / "chart.svg"
    words = ["--rounds", "1", "--starts", "1", "--size", "100", "--size", "1048576", "--format", "json"]
    done = run(tmp_path, "bench", "client", *images, *words, "--svg", str(chart))
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["baseline"] == images[0]
    for key in found["figures"]:
        first, second = (found["images"][image][key] for image in images)
        assert first["median"] > 0
        assert second["ratio"]["median"] == pytest.approx(second["median"] / first["median"])
    assert {"image_start_ms", "client_start_cpu_ms", "cpu_us_100", "wall_us_1048576", "rss_peak_mb"} <= set(
        found["figures"]
    )
    assert ET.parse(chart).getroot().tag.endswith("svg")


def test_the_gate_is_the_run_s_own_and_goes_with_it(engine: Engine, python_image: str) -> None:
    """Its address is in it: kept for the next run, as handlers are, there would be one more with each."""
    with Sandboxes(engine) as sandboxes:
        name, own = f"lambda-image-{sandboxes.run}-gate", f"lambda-image.run={sandboxes.run}"
        with Server() as server, Field(sandboxes, server, engine.image(python_image)):
            assert name in engine.volumes.labelled(own)
            assert name not in engine.volumes.labelled(KEPT)
    assert name not in engine.volumes.labelled(own)


@pytest.mark.long
def test_linked_handlers_are_measured_as_an_echo_alone(built: Callable[..., str], tmp_path: Path) -> None:
    """A program that has all the handlers of the contract in it would be most of what is measured."""
    images = [built("go", variant="standard", client=client) for client in ("official", "builtin")]
    words = ["--rounds", "1", "--starts", "1", "--size", "100", "--format", "json"]
    done = run(tmp_path, "bench", "client", *images, *words, timeout=900)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    for image in images:
        assert 1 < found["images"][image]["rss_idle_mb"]["median"] < 10, "of a program with nothing but a client"
    assert "client_mb" not in found["figures"], "the client is in the program: /var/runtime has the launcher alone"


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "lambda-image/nosuch:1" in refused(tmp_path, "bench", "client", "lambda-image/nosuch:1")
