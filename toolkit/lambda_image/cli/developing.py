"""`dev`: for those who work on the toolkit itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from lambda_image.cli.options import Selected

app = typer.Typer(no_args_is_help=True, help="For those who work on the toolkit itself.")


@app.command("check-suite")
def check_suite(
    mutants: Annotated[Path, typer.Option("--mutants", help="Folder of mutants.")] = Path("tests/mutants"),
    handlers: Annotated[
        Path | None, typer.Option("--handlers", help="Handlers of the reference; Python's by default.")
    ] = None,
    matrix: Annotated[
        Path | None, typer.Option("--matrix", help="Judge every mutant by every case; resumable; writes this JSON.")
    ] = None,
) -> None:
    """List requirements without case or mutant, cases without requirement, handlers that a language lacks."""
    from lambda_image import resources
    from lambda_image.conformance import matrix as matrices
    from lambda_image.conformance.completeness import problems
    from lambda_image.errors import ConfigurationError

    if not mutants.is_dir():
        raise ConfigurationError(f"no folder of mutants {mutants}", hint="run this in a checkout, or give --mutants")
    reference = handlers or resources.LANGUAGES / "python" / "handlers"
    found = dict.fromkeys([*problems(), *matrices.check(mutants, reference)])
    for line in found:
        typer.echo(line)
    if not found:
        typer.echo("every requirement has a case and a mutant, every case a requirement, every language its handlers")
    if matrix is not None:
        typer.echo(_matrix(mutants, reference, matrix))
    if found:
        raise typer.Exit(1)


def _matrix(mutants: Path, handlers: Path, result: Path) -> str:
    from lambda_image import settings as all_settings
    from lambda_image.build import build as build_plan
    from lambda_image.conformance import matrix as matrices
    from lambda_image.engine import Engine
    from lambda_image.progress import make as make_progress

    settings = all_settings.load()
    selected = Selected(languages=["python"], variants=["standard"], clients=["official"])
    catalog, (plan_, *_) = selected.plans(settings)
    with Engine.connect() as engine:
        base = build_plan(plan_, engine, settings, make_progress(), catalog=catalog).reference
        done = matrices.run(engine, mutants, handlers, base, result, lambda line: typer.echo(line, err=True))
    return f"{done['score']} written to {result}"
