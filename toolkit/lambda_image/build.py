"""A plan becomes an image: root, context, engine. The same context is not built twice."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, TypedDict

from lambda_image import catalog as catalogs
from lambda_image import oci_archive as archives
from lambda_image import render as rendering
from lambda_image import resources, secrets
from lambda_image.at_hand import NOTHING, AtHand
from lambda_image.catalog import PLATFORMS, Catalog
from lambda_image.downloads import Downloads
from lambda_image.engine import Engine, Image
from lambda_image.errors import BuildFailed, ConfigurationError, ImageNotFound, MachineError
from lambda_image.installs import Wanted
from lambda_image.mirrors import Mirrors
from lambda_image.offline_folder import OfflineFolder
from lambda_image.plan import ImagePlan, ended
from lambda_image.progress import Progress, Silent
from lambda_image.render import BuildContext, render
from lambda_image.rootfs import Mode, ensure_root, root_of
from lambda_image.runtime_source import bundle, with_reachable_runtime
from lambda_image.settings import Settings, certificates_in


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """An image in the engine. Sizes in bytes; `size` is of the uncompressed layers, which Lambda counts."""

    reference: str
    tags: tuple[str, ...]
    config_digest: str
    platform: str
    size: int
    compressed: int
    plan_id: str
    context_digest: str
    origin: Literal["image", "bootstrap"]
    seconds: float
    reused: bool
    not_exercised: str = ""
    stand_in: str = ""
    not_run: str = ""
    caution: str = ""
    source: str = ""
    provider: str = ""
    support: tuple[tuple[str, date], ...] = ()

    def ended(self, today: date) -> tuple[str, ...]:
        """Which support has ended, in words; mostly none."""
        return ended(self.support, today)


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What a lock fixes of a build: its plan on known roots, the packages of each step, the time of its files."""

    plan: ImagePlan
    steps: tuple[tuple[Wanted, ...], ...]
    epoch: int


def build(
    plan: ImagePlan,
    engine: Engine,
    settings: Settings,
    progress: Progress | None = None,
    *,
    catalog: Catalog | None = None,
    fresh: bool = False,
    no_cache: bool = False,
    fixed: Fixed | None = None,
    archive: Path | None = None,
) -> BuiltImage:
    """Build a plan's image, or find it unchanged. `fresh` also renews its root; what is `fixed` is taken as it is.

    `archive` is an OCI archive that is written, too: the same bytes for the same context, where the engine can.
    """
    started = time.monotonic()
    progress = progress or Silent()
    if settings.ca_bundle is not None:  # a wrong name is an error even where nothing is left to build
        certificates_in(settings.ca_bundle, "ca_bundle")
    catalog = catalog or catalogs.load(settings.roots)
    if archive is not None:
        archives.check(archive, engine)
    if fixed is None:
        plan = placed(plan, engine, settings, progress, catalog, fresh=fresh)
        plan = fetching_here(plan, engine, settings, progress, catalog)
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    else:
        plan, epoch = fixed.plan, str(fixed.epoch)
    locked, label = fixed.steps if fixed else None, created_label(epoch)
    context = render(plan, catalog, created=label, locked=locked)
    distro = catalog.distros[plan.distro]
    fetching = catalog.fetching(distro)
    found = secrets.find(settings, distro, fetching=fetching if fetching != distro else None)
    if epoch:
        found = replace(found, arguments={**found.arguments, "SOURCE_DATE_EPOCH": epoch})
    image = None if fresh or no_cache else _unchanged(plan, context, engine)
    reused = image is not None
    network = "none" if settings.offline else None
    if image is None or archive is not None:
        there = at_hand(plan, settings, progress, catalog)
        if there != NOTHING:
            context = render(plan, catalog, created=label, locked=locked, at_hand=there)
    if image is None:
        try:
            image = _build(plan, context, engine, found, progress, no_cache=no_cache, network=network)
        except BuildFailed as error:
            raise _explained(error, plan, context, settings) from error
    if archive is not None:
        day = epoch or str(int(datetime.combine(distro.released, datetime.min.time(), UTC).timestamp()))
        archives.write(plan, context, engine, found, progress, target=archive, epoch=day, network=network)
    return BuiltImage(
        reference=plan.tags[0],
        tags=plan.tags,
        config_digest=image.config_digest,
        platform=image.platform,
        size=image.size,
        compressed=image.size_compressed,
        plan_id=plan.id,
        context_digest=context.digest,
        origin=plan.root.origin,
        seconds=time.monotonic() - started,
        reused=reused,
        not_exercised=plan.not_exercised,
        stand_in=plan.stand_in,
        not_run=plan.not_run,
        caution=plan.caution,
        source=plan.source,
        provider=plan.provider,
        support=plan.support,
    )


def placed(
    plan: ImagePlan, engine: Engine, settings: Settings, progress: Progress, catalog: Catalog, *, fresh: bool = False
) -> ImagePlan:
    """The plan with a runtime and on roots that can be had from here."""
    plan = with_reachable_runtime(plan, settings, progress, catalog=catalog)
    distro = catalog.distros[plan.distro]
    fetching = catalog.fetching(distro)
    if settings.offline is not None:
        return _on_kept_roots(plan, OfflineFolder(settings.offline), engine, progress, fetching.name)
    where: Where = {"catalog": catalog, "mode": settings.root, "mirrors": settings.mirror}
    root = ensure_root(plan, engine, progress, fresh=fresh, **where)
    if fetching == distro:
        return plan.on(root)
    return plan.on(root, root_of(fetching, plan.platform, engine, progress, **where))


def fetching_here(
    plan: ImagePlan, engine: Engine, settings: Settings, progress: Progress, catalog: Catalog
) -> ImagePlan:
    """The plan with stages that only fetch on the engine's own platform, where their root can be had for that.

    Without a network its root is one of those that were kept; a lock, which names packages by architecture, has the
    image's own: there such stages are emulated like all others.
    """
    own = next((one for one in PLATFORMS if one == engine.facts.platform), plan.platform)
    if own == plan.platform or settings.offline is not None:
        return plan
    fetching = catalog.fetching(catalog.distros[plan.distro])
    where: Where = {"catalog": catalog, "mode": settings.root, "mirrors": settings.mirror}
    try:
        return plan.fetching_on(own, root_of(fetching, own, engine, progress, **where))
    except MachineError:
        return plan


class Where(TypedDict):
    """What roots are found by."""

    catalog: Catalog
    mode: Mode
    mirrors: Mirrors


def _on_kept_roots(
    plan: ImagePlan, folder: OfflineFolder, engine: Engine, progress: Progress, fetching: str
) -> ImagePlan:
    """On the roots that a folder has, which are put into the engine where it has them not."""
    kept = folder.kept(plan.id)
    for root in kept.roots.values():
        there = engine.has_image(root.reference)
        if not there or engine.image(root.reference).config_digest != root.config_digest:
            with progress.step(f"load {root.reference}"):
                engine.load(folder.image(root))
    return plan.on(kept.roots[plan.distro].root, kept.roots[fetching].root)


def at_hand(plan: ImagePlan, settings: Settings, progress: Progress, catalog: Catalog) -> AtHand:
    """What the build does not fetch itself: all, where there is no network; else the files that a mirror has."""
    if settings.offline is not None:
        folder = OfflineFolder(settings.offline)
        with progress.step(f"check what {folder} has"):
            return folder.at_hand(folder.kept(plan.id))
    if not settings.mirror:
        return NOTHING
    mirrored = [one for one in rendering.downloads(plan, catalog) if settings.mirror.of(one.url)]
    source = downloads_for(settings)
    return AtHand(downloads={one.checksum: source.get(one, progress) for one in mirrored})


def _explained(error: BuildFailed, plan: ImagePlan, context: BuildContext, settings: Settings) -> BuildFailed:
    """Where a folder was filled for something else than is built from it now, that may be why."""
    if settings.offline is None or OfflineFolder(settings.offline).kept(plan.id).context == context.digest:
        return error
    return BuildFailed(
        error.message,
        hint=f"{settings.offline} was filled with other settings, pins or templates than these: "
        "run `lambda-image fetch` with these where there is a network",
        log=error.log,
    )


def downloads_for(settings: Settings) -> Downloads:
    """By this machine's settings."""
    folder = resources.cache_folder("downloads")
    return Downloads(mirrors=settings.mirror, ca_bundle=bundle(settings), cache=folder)


def created_label(epoch: str) -> str:
    """The date that SOURCE_DATE_EPOCH names, as an image's label has it; nothing if it names none."""
    if not epoch:
        return ""
    if not epoch.isdecimal():
        raise ConfigurationError(f"SOURCE_DATE_EPOCH is no number of seconds: {epoch!r}")
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unchanged(plan: ImagePlan, context: BuildContext, engine: Engine) -> Image | None:
    """The image of the first tag, if it was built from this very context; other tags are set right."""
    try:
        image = engine.image(plan.tags[0])
    except ImageNotFound:
        return None
    if image.config.labels.get("lambda-image.context") != context.digest:
        return None
    for tag in plan.tags[1:]:
        engine.tag(plan.tags[0], tag)
    return image


def _build(
    plan: ImagePlan,
    context: BuildContext,
    engine: Engine,
    found: secrets.BuildSecrets,
    progress: Progress,
    *,
    no_cache: bool,
    network: str | None,
) -> Image:
    with (
        progress.step(f"build {plan.id}"),
        tempfile.TemporaryDirectory(prefix="lambda-image-context-") as folder,
        found.files() as files,
    ):
        context.write(Path(folder))
        engine.build(
            Path(folder),
            tags=plan.tags,
            platform=plan.platform,
            secrets=files,
            build_args=found.arguments,
            no_cache=no_cache,
            network=network,
            on_event=progress.event,
        )
    image = engine.image(plan.tags[0])
    if not image.platform.startswith(plan.platform):
        for tag in plan.tags:
            engine.remove_image(tag)
        raise BuildFailed(
            f"{plan.id}: the image came out for {image.platform}, not {plan.platform}",
            hint=f"its root {plan.root.reference} is of another architecture: remove it and build again",
        )
    with progress.step("read the image's facts"):
        _ = image.archive
    return image
