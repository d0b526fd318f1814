"""Hooks of SnapStart that end the process, where a language has hooks. .NET's, which crash too: test_image_dotnet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engine.functions import Bench, Running, bench_of
from lambda_image.runtime_api import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).with_name("ending_hooks")
HANDLERS = {"python": "app.handler", "ruby": "app.handler", "java": "hooks.App::handle"}


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, built: Callable[..., str]
) -> Iterator[Bench[Running]]:
    with bench_of(Running, HANDLERS, FOLDER, tmp_path_factory.mktemp("hooks"), engine, built) as made:
        yield made


@pytest.mark.parametrize("language", HANDLERS)
@pytest.mark.parametrize(
    ("hook", "route", "kind"),
    [
        ("before", Route.INIT_ERROR, "Runtime.BeforeSnapshotError"),
        ("after", Route.RESTORE_ERROR, "Runtime.AfterRestoreError"),
    ],
)
def test_an_exit_is_reported_where_that_hook_s_failures_are_and_is_no_success(
    hook: str, route: Route, kind: str, language: str, bench: Bench[Running]
) -> None:
    running = bench.start(language, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", HOOK=hook)
    reported = running.api.wait_for(route, timeout=20)
    assert reported is not None, running.sandbox.log.tail(20)
    assert reported.header("Lambda-Runtime-Function-Error-Type") == kind
    assert running.sandbox.wait(5) not in (0, None)
    routes = {one.route for one in running.api.exchanges}
    assert routes <= {route, Route.RESTORE_NEXT}
