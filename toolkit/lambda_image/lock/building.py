"""Building with or without a lock, as the command does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_image.build import BuiltImage, build, placed
from lambda_image.catalog import Catalog
from lambda_image.engine import Engine
from lambda_image.errors import BuildFailed, ConfigurationError
from lambda_image.lock.asking import Asker
from lambda_image.lock.file import FILE, Lock, read
from lambda_image.lock.holding import Holder, refusal
from lambda_image.lock.roots import Roots
from lambda_image.plan import ImagePlan
from lambda_image.progress import Progress, Silent
from lambda_image.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an image is built."""

    fresh: bool = False
    no_cache: bool = False
    archive: Path | None = None


def needed(file: Path = Path(FILE)) -> Lock:
    """The lock, which has to be there."""
    found = read(file)
    if found is None:
        raise ConfigurationError(f"there is no {file}", hint="`lambda-image lock LANGUAGE` writes one")
    return found


def holder_of(lock: Lock, engine: Engine, settings: Settings, catalog: Catalog) -> Holder:
    """What holds builds to a lock."""
    silent = Silent()
    return Holder(
        lock=lock,
        asker=Asker(engine=engine, settings=settings, catalog=catalog, progress=silent),
        roots=Roots(engine=engine, settings=settings, catalog=catalog, progress=silent),
    )


def build_one(
    plan: ImagePlan,
    engine: Engine,
    settings: Settings,
    progress: Progress,
    catalog: Catalog,
    options: Options,
    holder: Holder | None,
) -> BuiltImage:
    """An image; one that is held to a lock and fails says which locked versions are gone, where any are."""
    if holder and settings.offline is not None:
        # The roots, among others: a lock finds them in the engine.
        placed(plan, engine, settings, progress, catalog)
    fixed = holder.hold(plan) if holder else None
    try:
        return build(
            plan,
            engine,
            settings,
            progress,
            catalog=catalog,
            fresh=options.fresh,
            no_cache=options.no_cache,
            fixed=fixed,
            archive=options.archive,
        )
    except BuildFailed as error:
        if holder and fixed and settings.offline is None and (gone := holder.explain(fixed)):
            raise refusal(fixed.plan, gone) from error
        raise


def build_helper(
    plan: ImagePlan,
    engine: Engine,
    settings: Settings,
    progress: Progress,
    catalog: Catalog,
    holder: Holder | None,
) -> BuiltImage:
    """An image in which functions are compiled for judging: as locked where the lock has it, else that is said."""
    if holder is not None and not holder.knows(plan):
        progress.note(
            f"{plan.id} compiles the functions that judge, and is not in the lock: built of today's packages; "
            f"`lambda-image lock {plan.language} --version {plan.version} --distro {plan.distro} "
            f"--variant {plan.variant} --client {plan.client}` adds it"
        )
        holder = None
    return build_one(plan, engine, settings, progress, catalog, Options(), holder)
