"""The matrix on a real engine: one image that cannot be built does not keep the others back, and a second run finds
what the first one left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lambda_image import catalog as catalogs
from lambda_image import settings
from lambda_image.matrix.row import read
from lambda_image.matrix.run import Work, run
from lambda_image.plan import Selection, plans

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine


def test_a_failed_image_is_a_row_and_the_next_run_goes_on(engine: Engine, python_image: str, tmp_path: Path) -> None:
    """The image is built already; beside it, one under a tag that no engine takes."""
    catalog = catalogs.load()
    good, slim = plans(catalog, Selection(languages=("python",), clients=("official",), variants=("standard", "slim")))
    bad = replace(slim, tags=("lambda-image/NO SUCH:tag",))
    result = tmp_path / "results" / "matrix.json"
    result.parent.mkdir()
    said: list[str] = []
    work = Work(engine=engine, catalog=catalog, settings=settings.load(), say=said.append, judged=False, result=result)
    failed, built = run(work, [bad, good])
    assert failed.problem
    assert not failed.well
    assert built.well
    assert built.image == python_image
    assert built.size > built.compressed > 0
    assert sum(layer.size for layer in built.layers) == built.compressed
    assert read(result) == {row.plan: row for row in (failed, built)}
    assert said[-1] == f"2/2 {python_image}: built"
    (again,) = run(work, [good])
    assert again.config_digest == built.config_digest
    assert again.build_seconds == built.build_seconds
    assert set(read(result)) == {failed.plan, built.plan}


def test_what_stands_in_is_the_image_of_the_row(engine: Engine) -> None:
    """Of .NET, whose own archive may or may not be reached: the row names the image that there is."""
    catalog = catalogs.load()
    (plan,) = plans(catalog, Selection(languages=("dotnet",)))
    work = Work(engine=engine, catalog=catalog, settings=settings.load(), say=lambda _: None, judged=False)
    (row,) = run(work, [plan])
    labels = engine.image(row.image).config.labels
    assert labels.get("lambda-image.stand-in", "") == row.stand_in
    assert row.plan == plan.id
