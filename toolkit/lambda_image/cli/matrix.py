"""`matrix`: all images that can be built here, judged, in one table."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer
from lambda_image.cli.options import Depth, Selected, selecting


@selecting
def matrix(
    selected: Selected,
    depth: Annotated[Depth, typer.Option("--depth", help="quick shortens holds to a few seconds.")] = "quick",
    strict: Annotated[bool, typer.Option("--strict", help="A SHOULD that is not met fails.")] = False,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Judge the images, or only build them.")] = True,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Images that are built at the same time.")] = 2,
    result: Annotated[
        Path | None, typer.Option("--result", help="JSON that keeps the rows; the next run goes on with it.")
    ] = None,
    sizes: Annotated[
        bool, typer.Option("--sizes", help="Also tell what a registry stores, with and without sharing.")
    ] = False,
) -> None:
    """Build and judge every image that can be, and end with a table; a run that was stopped goes on where it was.

    Without a selection: all languages, clients and variants, each at its default version and distribution.
    """
    from lambda_image import settings as all_settings
    from lambda_image.conformance.lab import Depth as Depths
    from lambda_image.conformance.report.write import check_writable
    from lambda_image.engine import Engine
    from lambda_image.matrix.run import Work, run
    from lambda_image.matrix.table import sizes as stored
    from lambda_image.matrix.table import table

    if result is not None:
        check_writable(result)
    settings = all_settings.load()
    catalog, plans = _all(selected).plans(settings)
    with Engine.connect() as engine:
        work = Work(
            engine=engine,
            catalog=catalog,
            settings=settings,
            say=lambda line: typer.echo(line, err=True),
            depth=Depths(depth),
            strict=strict,
            judged=test,
            jobs=jobs,
            result=result,
        )
        rows = run(work, plans)
    typer.echo(table(rows))
    if sizes:
        typer.echo(stored(rows))
    if not all(row.well for row in rows):
        raise typer.Exit(1)


def _all(selected: Selected) -> Selected:
    """Where nothing is said of languages, clients or variants, all are meant."""
    given = {field.name: getattr(selected, field.name) for field in fields(selected)}
    languages = given["languages"] or (None if given["more_languages"] else ["*"])
    return replace(
        selected,
        languages=languages,
        clients=given["clients"] or ["*"],
        variants=given["variants"] or ["*"],
    )
