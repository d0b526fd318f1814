"""`bench`: measurements, side by side in one run."""

from __future__ import annotations

from typing import Annotated

import typer
from lambda_image.cli.options import Format

app = typer.Typer(no_args_is_help=True, help="Measure, side by side in one run.")


@app.command("server")
def bench_server(
    image: Annotated[str | None, typer.Option("--image", help="A Python image with AWS's client and emulator.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1)] = 5,
    invocations: Annotated[int, typer.Option("--invocations", min=10)] = 2000,
    output: Format = "text",
) -> None:
    """Sequential invocations to one awslambdaric process: our server against AWS's emulator, interleaved."""
    from lambda_image.bench.server import command

    typer.echo(command(image, rounds=rounds, invocations=invocations, output=output))
