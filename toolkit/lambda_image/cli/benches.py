"""`bench`: measurements, side by side in one run."""

from __future__ import annotations

from pathlib import Path
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


@app.command("client")
def bench_client(
    images: Annotated[list[str], typer.Argument(help="Images of the engine, by reference.", metavar="IMAGE…")],
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="What the others are compared with; else the first image.")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1)] = 5,
    starts: Annotated[int, typer.Option("--starts", min=1, help="Cold starts of each image in a round.")] = 5,
    sizes: Annotated[
        list[int] | None, typer.Option("--size", min=27, max=6_291_456, help="Bytes of an event; repeatable.")
    ] = None,
    handlers: Annotated[
        Path | None, typer.Option("--handlers", help="Folder with the handler contract in the images' language.")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write a chart of the ratios there.")] = None,
    output: Format = "text",
) -> None:
    """The Runtime API clients of images: start, CPU and wall an invocation, throughput, memory, bytes; interleaved."""
    from lambda_image import catalog as catalogs
    from lambda_image import settings
    from lambda_image.bench.client import report
    from lambda_image.bench.client.figures import SIZES
    from lambda_image.bench.client.run import Effort, run
    from lambda_image.conformance.report.write import check_writable
    from lambda_image.engine import Engine
    from lambda_image.errors import UsageError

    compared = [*images, baseline] if baseline is not None and baseline not in images else images
    if svg is not None:
        check_writable(svg)
        if len(compared) == 1:
            raise UsageError("a chart shows ratios, and one image alone has none", hint="name a second image")
    roots = settings.load().roots
    effort = Effort(rounds=rounds, starts=starts, sizes=tuple(sorted(set(sizes or SIZES))))
    with Engine.connect() as engine:
        samples = run(
            engine,
            compared,
            catalogs.load(roots),
            effort=effort,
            say=lambda line: typer.echo(line, err=True),
            handlers=handlers,
            roots=roots,
        )
    found = report.result(compared, baseline or compared[0], effort.sizes, samples)
    if svg is not None:
        svg.write_text(report.chart(found), encoding="utf-8")
    typer.echo(report.to_json(found) if output == "json" else report.text(found))
