"""`list`, `plan`, `render`, `schema`: what there is, what a selection means, what would be built, what may be said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from lambda_image.cli.options import Format, Selected, selecting


def list_(output: Format = "text") -> None:
    """List languages, versions, distributions and clients, with their ends of support and where each entry is from."""
    from lambda_image import catalog as catalogs
    from lambda_image import settings as all_settings
    from lambda_image.listing import listing, listing_json

    settings = all_settings.load()
    catalog = catalogs.load(settings.roots)
    if output == "json":
        typer.echo(listing_json(catalog))
    else:
        typer.echo(listing(catalog, additions=settings.image_additions(), mirrors=settings.mirror))


@selecting
def plan(selected: Selected, output: Format = "text") -> None:
    """Show which images a selection means, without building anything."""
    from lambda_image import settings as all_settings
    from lambda_image.downloads import told
    from lambda_image.listing import plan_json, plan_line
    from lambda_image.render import downloads

    settings = all_settings.load()
    catalog, plans = selected.plans(settings)
    mirrored: dict[str, tuple[str, ...]] = {}
    for one in plans if settings.mirror else ():
        mirrored[one.id] = told(downloads(one, catalog), settings.mirror)
    if output == "json":
        typer.echo(plan_json(plans, mirrored))
    else:
        typer.echo("\n".join(plan_line(one, mirrored.get(one.id, ())) for one in plans))


@selecting
def render(
    selected: Selected,
    folder: Annotated[Path | None, typer.Option("--output", "-o", help="Write the build context there.")] = None,
) -> None:
    """Print the Dockerfile of an image, or write its whole build context, which a bare `docker build` builds."""
    from lambda_image import settings
    from lambda_image.errors import UsageError
    from lambda_image.render import render as render_plan

    catalog, plans = selected.plans(settings.load())
    if folder is None and len(plans) > 1:
        raise UsageError(
            f"the selection means {len(plans)} images, and standard output takes one Dockerfile",
            hint="select one, or write all with --output FOLDER",
        )
    for one in plans:
        context = render_plan(one, catalog)
        if folder is None:
            typer.echo(context.files["Dockerfile"].content.decode(), nl=False)
        else:
            target = folder / one.id if len(plans) > 1 else folder
            try:
                context.write(target)
            except OSError as error:
                raise UsageError(f"cannot write the build context to {target}: {error.strerror}") from None
            typer.echo(str(target))


def schema(
    of: Annotated[
        Literal["lambda-image.toml", "distro", "language", "variants", "emulator"],
        typer.Argument(help="The kind of file.", metavar="FILE"),
    ] = "lambda-image.toml",
) -> None:
    """Print the JSON schema of a kind of file: lambda-image.toml, distro, language, variants or emulator."""
    import json

    from lambda_image.schemas import schema as schema_of

    typer.echo(json.dumps(schema_of(of), indent=2))
