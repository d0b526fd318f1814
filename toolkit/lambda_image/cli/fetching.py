"""`fetch`: all that builds need from outside, in a folder from which they need no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from lambda_image.cli.options import Selected, selecting

if TYPE_CHECKING:
    from lambda_image.plan import ImagePlan


@selecting
def fetch(
    selected: Selected,
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="The folder to fill; what it has stays.")],
    locked: Annotated[
        bool, typer.Option("--locked", help="The package versions and roots that lambda-image.lock says.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Fetch today's packages of images that are in the folder, too.")
    ] = False,
) -> None:
    """Fill a folder with all that building the selected images takes: roots, packages, archives, clients.

    Run again after it was stopped, it fetches what is missing. `build --offline FOLDER` builds from it.
    """
    from lambda_image import settings as all_settings
    from lambda_image.engine import Engine
    from lambda_image.errors import LambdaImageError, UsageError
    from lambda_image.fetching import Fetcher, check
    from lambda_image.lock.building import holder_of, needed
    from lambda_image.offline_folder import OfflineFolder
    from lambda_image.progress import make as make_progress

    settings = all_settings.load(options={"runtime_from": selected.runtime_from})
    if settings.offline is not None:
        raise UsageError(
            "fetch needs a network, and `offline` says that there is none", hint="leave `offline` out here"
        )
    catalog, plans = selected.plans(settings)
    folder, progress = OfflineFolder(into), make_progress()
    failed: list[LambdaImageError] = []
    done: list[str] = []

    def fails(plan: ImagePlan, error: LambdaImageError) -> None:
        """The others can be had all the same."""
        failed.append(error)
        if len(plans) > 1:
            typer.echo(f"{plan.id}: {error}", err=True)

    wanted: list[ImagePlan] = []
    for plan in plans:
        try:
            check(plan, catalog)
            wanted.append(plan)
        except LambdaImageError as error:
            fails(plan, error)
    if wanted:
        folder.prepare()
        with Engine.connect() as engine:
            holder = holder_of(needed(), engine, settings, catalog) if locked else None
            fetcher = Fetcher(engine=engine, settings=settings, catalog=catalog, progress=progress, folder=folder)
            for number, plan in enumerate(wanted, start=1):
                try:
                    kept, was_there = fetcher.fetch(plan, holder.hold(plan) if holder else None, fresh=fresh)
                except LambdaImageError as error:
                    fails(plan, error)
                    continue
                done.append(kept.plan)
                size = folder.size([kept.plan]) / 1e6
                typer.echo(f"{number}/{len(wanted)} {kept.plan}  {size:.1f} MB{'  was there' if was_there else ''}")
    if done:
        typer.echo(f"{into}: {folder.size(folder.plans()) / 1e6:.1f} MB in all", err=True)
    if len(plans) > 1 and failed:
        raise typer.Exit(failed[0].exit_code)
    if failed:
        raise failed[0]
