"""`lock` and `stale`: what images are made of, written down, and whether it has become old."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from lambda_image.cli.options import Format, Selected, selecting

if TYPE_CHECKING:
    from lambda_image.catalog import Catalog
    from lambda_image.engine import Engine
    from lambda_image.lock import Entry, Lock
    from lambda_image.lock.asking import Asker
    from lambda_image.lock.roots import Roots
    from lambda_image.plan import ImagePlan
    from lambda_image.settings import Settings

LockFile = Annotated[Path, typer.Option("--file", help="The lock.")]
_FILE = Path("lambda-image.lock")


@selecting
def lock(
    selected: Selected,
    upgrade: Annotated[
        list[str] | None,
        typer.Option("--upgrade", metavar="NAME", help="Renew a package, distribution, client …; globs; repeatable."),
    ] = None,
    file: LockFile = _FILE,
) -> None:
    """Write down what images are made of: roots, package versions, archives, clients, each with its digest.

    What the lock has and still can be had stays, but for what --upgrade names; what is missing is added. Without a
    selection: the images of the lock, or those of every language where there is none.
    """
    import os
    import time

    from lambda_image import lock as locks
    from lambda_image import settings as all_settings
    from lambda_image.engine import Engine
    from lambda_image.lock import changes, making, points

    settings = all_settings.load(options={"runtime_from": selected.runtime_from})
    _check_network(settings)
    before = locks.read(file) or locks.Lock()
    making.check_patterns(upgrade or (), before)
    catalog, chosen, gone = _images(selected, settings, before)
    with Engine.connect() as engine:
        asker, roots = _tools(engine, settings, catalog)
        fixed = points.unique(making.reachable(chosen, before, asker))
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        now = int(epoch) if epoch.isdecimal() else int(time.time())
        after = making.make(fixed, before, tuple(upgrade or ()), asker, roots, now=now)
    locks.write(after, file)
    for entry in gone:
        typer.echo(f"{entry.name}: the catalog has no such image any more", err=True)
    found = changes.changes(before, after)
    if before:
        typer.echo("\n".join(map(str, found)) if found else "nothing has changed")
    images = len(list(after.of_kind("image")))
    typer.echo(f"{file}: {images} image{'s' * (images != 1)}, {len(after.entries)} facts", err=True)


@selecting
def stale(selected: Selected, file: LockFile = _FILE, output: Format = "text") -> None:
    """Say which locked images need a rebuild, and why: packages, roots, pins, files. Status 1 if any does.

    Without a selection: all images of the lock.
    """
    from lambda_image import settings as all_settings
    from lambda_image.engine import Engine
    from lambda_image.lock import making
    from lambda_image.lock import stale as ageing
    from lambda_image.lock.building import needed

    settings = all_settings.load(options={"runtime_from": selected.runtime_from})
    _check_network(settings)
    locked = needed(file)
    catalog, chosen, _ = _images(selected, settings, locked, adding=False)
    with Engine.connect() as engine:
        asker, roots = _tools(engine, settings, catalog)
        found = ageing.examine(making.as_locked(chosen, locked, catalog), locked, asker, roots)
    typer.echo(ageing.to_json(found) if output == "json" else ageing.text(found))
    if any(one.reasons for one in found):
        raise typer.Exit(1)


def _check_network(settings: Settings) -> None:
    from lambda_image.errors import UsageError

    if settings.offline is not None:
        raise UsageError(
            "a lock is compared with repositories, and `offline` says that there is none",
            hint="leave `offline` out here; `build --locked --offline FOLDER` needs no network",
        )


def _tools(engine: Engine, settings: Settings, catalog: Catalog) -> tuple[Asker, Roots]:
    from lambda_image.lock.asking import Asker
    from lambda_image.lock.roots import Roots
    from lambda_image.progress import make as make_progress

    progress = make_progress()
    return (
        Asker(engine=engine, settings=settings, catalog=catalog, progress=progress),
        Roots(engine=engine, settings=settings, catalog=catalog, progress=progress),
    )


def _images(
    selected: Selected, settings: Settings, lock: Lock, *, adding: bool = True
) -> tuple[Catalog, tuple[ImagePlan, ...], tuple[Entry, ...]]:
    """The images of the lock and the selected ones; for a question, the selected ones alone."""
    from lambda_image import catalog as catalogs
    from lambda_image.lock import points

    is_selected = any(getattr(selected, field.name) for field in fields(selected))
    catalog = catalogs.load(settings.roots)
    known, gone = points.locked_plans(
        lock,
        catalog,
        emulator=settings.emulator,
        certificates=settings.image_certificates(),
        additions=settings.image_additions(),
    )
    if not is_selected and lock:
        return catalog, known, gone
    _, chosen = selected.plans(settings)
    return catalog, points.unique((*known, *chosen)) if adding else chosen, gone
