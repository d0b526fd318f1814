"""Where a runtime that is an upstream's archive comes from: its host if that answers, else what stands in for it.

What stands in is a version of its own in the catalog: so are the image's name, labels and verdict line.
"""

from __future__ import annotations

import os
import ssl
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

from lambda_image import host_pip, secrets
from lambda_image.catalog import Catalog, Language
from lambda_image.errors import BuildFailed, MachineError
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Progress
from lambda_image.render import Facts, look_up
from lambda_image.settings import Settings

# A host that has not answered by then does not count.
_PATIENCE = 10.0


def with_reachable_runtime(plan: ImagePlan, settings: Settings, progress: Progress, *, catalog: Catalog) -> ImagePlan:
    """The plan, or the one with the version that stands in for its own where that cannot be fetched from here."""
    facts = look_up(plan, catalog)
    if not facts.runtime.downloads:
        return plan
    url = download_url(facts)
    if settings.runtime_from != "stand-in":
        why = unreachable(url, _bundle(settings))
        if not why:
            return plan
        if settings.runtime_from == "archive" or not facts.runtime.fallback:
            raise MachineError(
                f"the archive of {facts.language.title} {plan.version} cannot be fetched: {url}: {why}",
                hint="let --runtime-from stand-in take what stands in for it" if facts.runtime.fallback else "",
            )
        progress.note(f"        {url} cannot be reached ({why})")
    instead = _standing_in(plan, facts.language, facts.runtime.fallback, catalog)
    progress.note(f"        STAND-IN: version {instead.version} instead of {plan.version}: {instead.stand_in}")
    return instead


def download_url(facts: Facts) -> str:
    """The file that the variant's image is made of; without a known checksum there is none."""
    for variant in facts.catalog.extended(facts.variant.name):
        if found := facts.runtime.downloads.get(variant, {}).get(facts.platform):
            return found.url
    raise BuildFailed(
        f"no checksum is known of the archive of {facts.language.title} {facts.version.name} for {facts.platform}",
        hint="add url and sha512 to its downloads in the catalog: nothing is fetched without a checksum",
    )


def _standing_in(plan: ImagePlan, language: Language, version: str, catalog: Catalog) -> ImagePlan:
    if not version:
        raise MachineError(f"nothing stands in for {language.title} {plan.version}")
    selection = Selection(
        languages=(plan.language,),
        versions=(version,),
        distros=(plan.distro,),
        variants=(plan.variant,),
        clients=(plan.client,),
        platforms=(plan.platform,),
        emulator=None if plan.emulator else False,
    )
    (instead,) = plans(catalog, selection, certificates=plan.certificates)
    return instead


def _bundle(settings: Settings) -> Path | None:
    found = secrets.ca_bundle(settings, os.environ, host_pip.configuration().cert)
    return found.path if found else None


@cache
def unreachable(url: str, ca_bundle: Path | None) -> str:
    """Why a file cannot be had from here; empty if it can. Nothing of it is fetched."""
    try:
        context = ssl.create_default_context(cafile=ca_bundle)
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 # the catalog takes https only
        with urllib.request.urlopen(request, timeout=_PATIENCE, context=context):  # noqa: S310
            return ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return f"HTTP status {error.code}" if isinstance(error, urllib.error.HTTPError) else str(reason)
