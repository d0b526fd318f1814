"""`test`: images before the conformance suite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from lambda_image.cli.options import Depths, Format, Fresh, ReportOption

if TYPE_CHECKING:
    from lambda_image.catalog import Catalog


def judge_images(
    images: Annotated[list[str], typer.Argument(help="Images of the engine, by reference.", metavar="IMAGE…")],
    handlers: Annotated[
        Path | None,
        typer.Option("--handlers", help="Folder with the handler contract in the image's language."),
    ] = None,
    profiles: Annotated[
        list[str] | None, typer.Option("--profile", help="Instead of the profiles that the image claims.")
    ] = None,
    depth: Depths = "full",
    quick: Annotated[bool, typer.Option("--quick", help="The same as --depth quick.")] = False,
    long: Annotated[bool, typer.Option("--long", help="The same as --depth long.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="Requirements or cases; globs are allowed.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A SHOULD that is not met fails.")] = False,
    waivers: Annotated[Path | None, typer.Option("--waivers", help="TOML: requirement, reason, expires.")] = None,
    requirements: Annotated[str | None, typer.Option("--requirements", help="A released set, e.g. 2026.12.")] = None,
    reports: ReportOption = None,
    fresh: Fresh = False,
    output: Format = "text",
) -> None:
    """Judge images by the conformance suite."""
    from lambda_image import catalog as catalogs
    from lambda_image import settings

    judge(
        images,
        catalogs.load(settings.load().roots),
        depth="quick" if quick else "long" if long else depth,
        fresh=fresh,
        reports=reports,
        handlers=handlers,
        profiles=profiles,
        only=only,
        strict=strict,
        waivers=waivers,
        requirements=requirements,
        output=output,
    )


def judge(
    images: list[str],
    catalog: Catalog,
    *,
    depth: str,
    fresh: bool,
    reports: list[str] | None = None,
    handlers: Path | None = None,
    profiles: list[str] | None = None,
    only: list[str] | None = None,
    strict: bool = False,
    waivers: Path | None = None,
    requirements: str | None = None,
    output: str = "text",
) -> None:
    """Judges, writes reports, prints; a verdict that is not PASS becomes the exit code."""
    from lambda_image import judgement
    from lambda_image.conformance.lab import Depth
    from lambda_image.conformance.options import SuiteOptions
    from lambda_image.conformance.report import write
    from lambda_image.conformance.report.text import text, verdict_line
    from lambda_image.conformance.report.write import check_writable, parse
    from lambda_image.conformance.requirement import CURRENT_SET
    from lambda_image.engine import Engine
    from lambda_image.progress import judging

    wanted = [parse(words) for words in reports or ()]
    for _, path in wanted:
        check_writable(path)
    options = SuiteOptions(
        images=tuple(images),
        handlers=handlers,
        profiles=tuple(profiles or ()),
        depth=Depth(depth),
        strict=strict,
        waivers=waivers,
        requirements=requirements or CURRENT_SET,
        only=tuple(only or ()),
    )
    with Engine.connect() as engine:
        report, remembered = judgement.judge(options, engine, catalog, fresh=fresh, say=judging())
    for kind, path in wanted:
        write(report, kind, path)
    typer.echo(report.to_json() if output == "json" else text(report), nl=output == "json")
    for image in report.images:
        note = " (remembered; --fresh judges anew)" if remembered else ""
        typer.echo(f"{image.reference}: {verdict_line(report, image)}{note}", err=output == "json")
    code = judgement.exit_code(report)
    if code:
        raise typer.Exit(code)
