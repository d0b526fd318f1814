"""The program: words become values, a capability is called, its result is printed. Nothing else.

A module a group of commands. Every command imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer
from lambda_image import __version__
from lambda_image.cli import (
    benches,
    building,
    choosing,
    developing,
    examining,
    fetching,
    judging,
    locking,
    matrix,
    serving,
)
from lambda_image.errors import BuildFailed, Interrupted, LambdaImageError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Build, verify and publish custom AWS Lambda base images.",
)
app.command("list")(choosing.list_)
app.command("plan")(choosing.plan)
app.command("render")(choosing.render)
app.command("schema")(choosing.schema)
app.command("build")(building.build)
app.command("fetch")(fetching.fetch)
app.command("lock")(locking.lock)
app.command("stale")(locking.stale)
app.command("matrix")(matrix.matrix)
app.command("test")(judging.judge_images)
app.command("lint")(examining.lint)
app.command("test-server")(serving.serve_runtime_api)
app.command("doctor")(examining.doctor)
app.add_typer(benches.app, name="bench")
app.add_typer(developing.app, name="dev")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lambda-image {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    _version_option: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the program; foreseen errors end it with their exit code and no traceback."""
    try:
        app(standalone_mode=True)
    except BuildFailed as error:
        if error.log:
            typer.echo(error.log.rstrip(), err=True)
        _end(error)
    except LambdaImageError as error:
        _end(error)
    except KeyboardInterrupt:
        _end(Interrupted("interrupted"))
    except Exception:  # noqa: BLE001 - a bug: all of it is shown, under a code that is no verdict
        traceback.print_exc()
        sys.exit(3)


def _end(error: LambdaImageError) -> None:
    typer.echo(f"lambda-image: {error.message}", err=True)
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
    sys.exit(error.exit_code)
