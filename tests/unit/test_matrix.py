"""The matrix: what its table says, what its file keeps, and how a run goes on when an image fails."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from lambda_image import catalog as catalogs
from lambda_image.cli.matrix import _all
from lambda_image.cli.options import Selected
from lambda_image.errors import ConfigurationError, Interrupted
from lambda_image.matrix import run
from lambda_image.matrix.row import LayerSize, Row, read, write
from lambda_image.matrix.table import sizes, table
from lambda_image.plan import Selection, plans
from lambda_image.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_image.engine import Engine

GOOD = Row(
    plan="python-3.13-debian-13-standard-builtin-amd64",
    image="lambda-image/python:3.13-debian-13-standard-builtin",
    client="builtin",
    config_digest="sha256:1",
    root="bootstrap",
    size=147_300_000,
    compressed=50_000_000,
    build_seconds=41.2,
    layers=(LayerSize(digest="sha256:a", size=40_000_000), LayerSize(digest="sha256:b", size=10_000_000)),
    depth="quick",
    verdicts={"core": "PASS", "parity": "DIFFERS"},
    judge_seconds=55.0,
    commit="0123456789ab",
    date="2026-11-25",
)
OFFICIAL = replace(
    GOOD,
    plan="python-3.13-debian-13-standard-official-amd64",
    image="lambda-image/python:3.13-debian-13-standard-official",
    client="official",
    verdicts={"core": "PASS"},
    waived={"core": 3},
    layers=(LayerSize(digest="sha256:a", size=40_000_000), LayerSize(digest="sha256:c", size=12_000_000)),
)
FAILED = Row(plan="p", image="lambda-image/go:1.26-debian-13-slim-builtin", client="builtin", problem="no space left")
SKIPPED = Row(plan="s", image="lambda-image/ruby:3.3-debian-13-slim-official", client="official", skipped="no gem")


def test_table_has_a_line_an_image_and_a_column_a_profile() -> None:
    head, first, second, *_ = table([GOOD, OFFICIAL]).splitlines()
    assert head.split() == ["image", "client", "root", "MB", "built", "s", "judged", "s", "core", "parity"]
    assert first.split() == [
        "python:3.13-debian-13-standard",
        "builtin",
        "bootstrap",
        "147.3",
        "41",
        "55",
        "PASS",
        "DIFFERS",
    ]
    assert second.split() == [
        "python:3.13-debian-13-standard",
        "official",
        "bootstrap",
        "147.3",
        "41",
        "55",
        "PASS",
        "3w",
        "-",
    ]


def test_table_says_why_an_image_is_missing() -> None:
    text = table([GOOD, FAILED, SKIPPED])
    assert "lambda-image/go:1.26-debian-13-slim-builtin: no space left" in text
    assert "lambda-image/ruby:3.3-debian-13-slim-official: not exercised: no gem" in text
    assert "FAILED" in text


def test_table_marks_what_stands_in() -> None:
    assert "python:3.13-debian-13-standard (stand-in)" in table([replace(GOOD, stand_in="of .NET 10")])


def test_sizes_count_a_shared_layer_once() -> None:
    assert sizes([GOOD, OFFICIAL, FAILED]) == (
        "2 images: 102.0 MB compressed by themselves, 62.0 MB with layers shared (39 % less)"
    )


@pytest.mark.parametrize(
    ("row", "well"),
    [
        (GOOD, True),
        (SKIPPED, True),
        (FAILED, False),
        (replace(GOOD, verdicts={"core": "FAIL"}), False),
        (replace(GOOD, verdicts={"core": "SKIPPED"}), False),
    ],
)
def test_a_row_is_well_where_every_claimed_profile_passes(row: Row, well: bool) -> None:
    assert row.well is well


def test_rows_are_kept_by_plan(tmp_path: Path) -> None:
    path = tmp_path / "matrix.json"
    write(path, [OFFICIAL, GOOD, FAILED])
    assert read(path) == {row.plan: row for row in (GOOD, OFFICIAL, FAILED)}
    assert len(json.loads(path.read_text())["rows"]) == 3
    assert not list(tmp_path.glob("*.new"))


def test_no_file_is_a_first_run(tmp_path: Path) -> None:
    assert read(None) == {}
    assert read(tmp_path / "none.json") == {}


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 1}', '{"schema_version": 2, "rows": []}'])
def test_another_file_is_not_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "matrix.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"matrix\.json"):
        read(path)


def test_all_means_all_languages_clients_and_variants() -> None:
    catalog = catalogs.load()
    selected = _all(Selected())
    found = plans(
        catalog,
        Selection(
            languages=tuple(selected.languages or ()),
            clients=tuple(selected.clients or ()),
            variants=tuple(selected.variants or ()),
        ),
    )
    assert {plan.language for plan in found} == set(catalog.languages)
    assert {plan.variant for plan in found} == set(catalog.variants)
    assert {plan.client for plan in found} == {"builtin", "official"}
    assert len(found) == len(set(found))


def test_what_is_selected_stays_selected() -> None:
    selected = _all(Selected(more_languages=["go"], variants=["slim"], clients=["official"]))
    assert (selected.languages, selected.more_languages) == (None, ["go"])
    assert (selected.variants, selected.clients) == (["slim"], ["official"])


def test_an_interrupted_run_ends_with_what_it_builds_and_keeps_the_rows_of_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By SIGTERM while the first of two images is judged: the second is not begun, no row says that one failed."""
    judged: list[str] = []
    ended: list[bool] = []

    def judge(options: object, *_: object, **__: object) -> tuple[object, bool]:
        judged.append(str(options))
        raise Interrupted("the suite was interrupted")

    built = SimpleNamespace(
        reference="lambda-image/x:1", reused=True, stand_in="", config_digest="d", origin="", size=1, compressed=1
    )
    monkeypatch.setattr(run, "build", lambda *_, **__: SimpleNamespace(**vars(built), seconds=1.0))
    monkeypatch.setattr(run.judgement, "judge", judge)
    engine = SimpleNamespace(
        builds=SimpleNamespace(end=lambda: ended.append(True)), image=lambda _: SimpleNamespace(layers=())
    )
    catalog = catalogs.load()
    both = plans(catalog, Selection(languages=("python",), variants=("standard", "slim"), clients=("builtin",)))
    before = replace(GOOD, plan=both[0].id)
    write(tmp_path / "rows.json", [before])
    work = run.Work(
        engine=cast("Engine", engine),
        catalog=catalog,
        settings=Settings(),
        say=lambda _: None,
        result=tmp_path / "rows.json",
    )
    with pytest.raises(Interrupted):
        run.run(work, both)
    assert (len(judged), ended) == (1, [True])
    assert read(tmp_path / "rows.json") == {before.plan: before}


def test_sigterm_ends_a_run_while_it_waits_for_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an interrupt, which ends the builds; what the signal did before is what it does afterwards."""
    stopped = threading.Event()

    def build(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        stopped.wait(10)
        raise ConfigurationError("ended")

    monkeypatch.setattr(run, "build", build)
    catalog = catalogs.load()
    one = plans(catalog, Selection(languages=("python",), variants=("slim",), clients=("builtin",)))
    engine = SimpleNamespace(builds=SimpleNamespace(end=stopped.set))
    work = run.Work(engine=cast("Engine", engine), catalog=catalog, settings=Settings(), say=lambda _: None)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        run.run(work, one)
    assert stopped.is_set()
    assert signal.getsignal(signal.SIGTERM) is before
