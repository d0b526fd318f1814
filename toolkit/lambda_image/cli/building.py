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
    locked: Annotated[
        bool, typer.Option("--locked", help="Build what lambda-image.lock says, or say what differs from it.")
    ] = False,
    archive: Annotated[
        str | None,
        typer.Option("--output", metavar="oci-archive:FILE", help="Also write the image as an OCI archive."),
    ] = None,
    offline: Annotated[
        Path | None,
        typer.Option("--offline", metavar="FOLDER", help="Take all from a folder that `fetch` filled; no network."),
    ] = None,
    depth: Annotated[Depth, typer.Option("--depth", help="Of --test: quick shortens holds.")] = "quick",
    reports: ReportOption = None,
    output: Format = "text",
) -> None:
    """Build images; with --test, judge them too."""
    from lambda_image import settings as all_settings
    from lambda_image.cli.judging import judge
    from lambda_image.engine import Engine
    from lambda_image.errors import UsageError
    from lambda_image.listing import built_json, built_line
    from lambda_image.lock.building import Options, build_helper, build_one, holder_of, needed
    from lambda_image.offline_folder import OfflineFolder
    from lambda_image.plan import builders
    from lambda_image.progress import make as make_progress

    options = {"ca_bundle": ca_bundle, "emulator": emulator, "root": root, "offline": offline}
    settings = all_settings.load(options={**options, "runtime_from": selected.runtime_from})
    catalog, plans = selected.plans(settings)
    target = _archive(archive, len(plans))
    if settings.offline is not None:
        OfflineFolder(settings.offline).checked()
    if settings.offline is not None and fresh_root:
        raise UsageError("--fresh-root asks a network, and --offline has none", hint="leave one of them out")
    if locked and fresh_root:
        raise UsageError("--fresh-root takes another root than the locked one", hint="`lambda-image lock` renews roots")
    lock = needed() if locked else None
    built: list[BuiltImage] = []
    with Engine.connect() as engine:
        holder = holder_of(lock, engine, settings, catalog) if lock is not None else None
        for one in plans:
            how = Options(fresh=fresh_root, no_cache=no_cache, archive=target)
            image = build_one(one, engine, settings, make_progress(), catalog, how, holder)
            built.append(image)
            if output == "text":
                typer.echo(built_line(image))
        for one in builders(catalog, plans) if test else ():
            build_helper(one, engine, settings, make_progress(), catalog, holder)
    if output == "json":
        typer.echo(built_json(built))
    if test:
        judge([image.reference for image in built], catalog, depth=depth, fresh=fresh, reports=reports)


def _archive(word: str | None, images: int) -> Path | None:
    """The file of `oci-archive:FILE`."""
    from lambda_image.errors import UsageError

    if word is None:
        return None
    kind, _, name = word.partition(":")
    if kind != "oci-archive" or not name:
        raise UsageError(f"--output {word!r} is no output of an image", hint="it is oci-archive:FILE")
    if images > 1:
        raise UsageError(f"the selection means {images} images, and an archive holds one", hint="select one")
    return Path(name)
