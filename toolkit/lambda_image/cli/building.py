"""`build`: images, and with `--test` the verdict on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from lambda_image.cli.options import Depth, Format, Fresh, ReportOption, Selected, selecting

if TYPE_CHECKING:
    from lambda_image.build import BuiltImage


@selecting
def build(
    selected: Selected,
    ca_bundle: Annotated[
        Path | None,
        typer.Option("--ca-bundle", help="PEM file that the build trusts; it leaves no trace in the image."),
    ] = None,
    emulator: Annotated[
        bool | None, typer.Option("--emulator/--no-emulator", help="Embed AWS's emulator, or leave it out.")
    ] = None,
    root: Annotated[
        Literal["auto", "image", "bootstrap"] | None,
        typer.Option("--root", help="Where the root comes from: registry, made here, or what answers."),
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Judge each image afterwards, quickly.")] = False,
    fresh: Fresh = False,
    fresh_root: Annotated[bool, typer.Option("--fresh-root", help="Ask the registry, or make the root, anew.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build every step anew.")] = False,
    depth: Annotated[Depth, typer.Option("--depth", help="Of --test: quick shortens holds.")] = "quick",
    reports: ReportOption = None,
    output: Format = "text",
) -> None:
    """Build images; with --test, judge them too."""
    from lambda_image import settings as all_settings
    from lambda_image.build import build as build_plan
    from lambda_image.cli.judging import judge
    from lambda_image.engine import Engine
    from lambda_image.listing import built_json, built_line
    from lambda_image.plan import builders
    from lambda_image.progress import make as make_progress

    settings = all_settings.load(
        options={"ca_bundle": ca_bundle, "emulator": emulator, "root": root, "runtime_from": selected.runtime_from}
    )
    catalog, plans = selected.plans(settings)
    built: list[BuiltImage] = []
    with Engine.connect() as engine:
        for one in plans:
            image = build_plan(
                one, engine, settings, make_progress(), catalog=catalog, fresh=fresh_root, no_cache=no_cache
            )
            built.append(image)
            if output == "text":
                typer.echo(built_line(image))
        for one in builders(catalog, plans) if test else ():
            build_plan(one, engine, settings, make_progress(), catalog=catalog)
    if output == "json":
        typer.echo(built_json(built))
    if test:
        judge([image.reference for image in built], catalog, depth=depth, fresh=fresh, reports=reports)
