"""Where a runtime that is an upstream's comes from: its host if that answers, else what stands in for it.

What stands in is said by the catalog, as a version of its own or as other bytes of the same version: labels and verdict
line say so, too.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeGuard

from lambda_image import downloads, host_pip, secrets
from lambda_image.catalog import Catalog, Distro, Download, Runtime, Unfit, Version, candidates
from lambda_image.errors import BuildFailed, MachineError
from lambda_image.offline_folder import OfflineFolder
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Progress
from lambda_image.render import Facts, look_up
from lambda_image.runtime_choice import provider, standing_in
from lambda_image.settings import Settings

# A host that has not answered by then does not count.
_PATIENCE = 10.0


def with_reachable_runtime(plan: ImagePlan, settings: Settings, progress: Progress, *, catalog: Catalog) -> ImagePlan:
    """The plan, or the one with the version that stands in for its own where that cannot be fetched from here."""
    facts = look_up(plan, catalog)
    if not facts.runtime.downloads:
        return _with_reachable_upstream(plan, facts, settings, progress)
    file = download(facts)
    url = file.url
    fallback = _fallback(facts, facts.distro)
    if settings.runtime_from != "stand-in":
        why = _lacks(file, settings)
        if not why:
            return plan
        if settings.runtime_from == "archive" or fallback is None:
            raise MachineError(
                f"the archive of {facts.language.title} {plan.version} cannot be fetched: {url}: {why}",
                hint=_hint(facts),
            )
        progress.note(f"        {url} cannot be reached ({why})")
    if fallback is None:
        raise MachineError(
            f"nothing stands in for {facts.language.title} {plan.version} on {plan.distro}, {plan.platform}",
            hint=_hint(facts),
        )
    instead = _standing_in(plan, fallback.name, catalog)
    progress.note(f"        STAND-IN: version {instead.version} instead of {plan.version}: {instead.stand_in}")
    return instead


def _with_reachable_upstream(plan: ImagePlan, facts: Facts, settings: Settings, progress: Progress) -> ImagePlan:
    """The plan, or the same with the bytes that the catalog lets stand in where the upstream's host is unreachable."""
    upstream = facts.runtime.upstream
    file = upstream.files.get(plan.platform) if upstream is not None else None
    if file is None or not (why := _lacks(file, settings)):
        return plan
    others = candidates(facts.catalog, facts.language, facts.version, facts.distro)
    instead = next((one for one in others if _stands_in(one, plan)), None)
    if instead is None or instead.upstream is None:
        raise MachineError(
            f"{plan.provider} cannot be fetched: {file.url}: {why}",
            hint="nothing stands in for it; render writes the build's context, which builds where the host is reached",
        )
    progress.note(f"        {file.url} cannot be reached ({why})")
    progress.note(f"        STAND-IN: {instead.upstream.stand_in}")
    return replace(plan, provider=provider(instead), stand_in=instead.upstream.stand_in, caution="", not_run="")


def _stands_in(one: Runtime | Unfit, plan: ImagePlan) -> TypeGuard[Runtime]:
    return (
        isinstance(one, Runtime)
        and one.source == plan.source
        and one.upstream is not None
        and bool(one.upstream.stand_in)
    )


def download(facts: Facts) -> Download:
    """The file that the variant's image is made of; without a known checksum there is none."""
    for variant in facts.catalog.extended(facts.variant.name):
        if found := facts.runtime.downloads.get(variant, {}).get(facts.platform):
            return found
    raise BuildFailed(
        f"no checksum is known of the archive of {facts.language.title} {facts.version.name} for {facts.platform}",
        hint="add url and sha512 to its downloads in the catalog: nothing is fetched without a checksum",
    )


def _fallback(facts: Facts, distro: Distro) -> Version | None:
    return standing_in(facts.catalog, facts.language, facts.runtime, distro, facts.platform)


def _hint(facts: Facts) -> str:
    where = [one.name for one in facts.catalog.distros.values() if _fallback(facts, one)]
    if facts.distro.name in where:
        return "let --runtime-from stand-in take what stands in for it"
    return f"version {facts.runtime.fallback} stands in for it on {' and '.join(where)}" if where else ""


def _standing_in(plan: ImagePlan, version: str, catalog: Catalog) -> ImagePlan:
    selection = Selection(
        languages=(plan.language,),
        versions=(version,),
        distros=(plan.distro,),
        variants=(plan.variant,),
        clients=(plan.client,),
        platforms=(plan.platform,),
        emulator=None if plan.emulator else False,
    )
    (instead,) = plans(catalog, selection, certificates=plan.certificates, additions=plan.additions)
    return instead


def _lacks(file: Download, settings: Settings) -> str:
    """Why a file cannot be had: from the folder of a build without a network, from its mirror, from its own host."""
    if settings.offline is not None:
        there = OfflineFolder(settings.offline).checked().has_download(file.checksum)
        return "" if there else f"it is not in {settings.offline}"
    address = settings.mirror.of(file.url)
    if address.startswith("file://"):
        why = downloads.missing(downloads.in_folder(address))
    else:
        why = unreachable(address or file.url, bundle(settings))
    return f"its mirror {address}: {why}" if why and address else why


def bundle(settings: Settings) -> Path | None:
    """The certificates that this machine's own requests trust."""
    found = secrets.ca_bundle(settings, os.environ, host_pip.configuration().cert)
    return found.path if found else None


@cache
def unreachable(url: str, ca_bundle: Path | None) -> str:
    """Why a file cannot be had from here; empty if it can. Nothing of it is fetched."""
    try:
        context = downloads.context(ca_bundle)
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 # the catalog takes https only
        with urllib.request.urlopen(request, timeout=_PATIENCE, context=context):  # noqa: S310
            return ""
    except (OSError, ValueError) as error:
        # A server that does not answer this kind of request answers all the same.
        if isinstance(error, urllib.error.HTTPError) and error.code in (405, 501):
            return ""
        reason = getattr(error, "reason", None) or error
        return f"HTTP status {error.code}" if isinstance(error, urllib.error.HTTPError) else str(reason)
