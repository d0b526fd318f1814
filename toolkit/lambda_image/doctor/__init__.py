"""What on this machine helps or hinders, as checks; never a word about an image.

Each check looks at one thing, says what it found, and what would work where that is not enough. Requests
go only where the machine's own configuration (pip's index, apt's sources) sends them.
"""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image import resources
from lambda_image.doctor.check import Check, Status, guarded
from lambda_image.doctor.registries import apt_sources, bundle, context, pip_index
from lambda_image.errors import LambdaImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.engine import Engine

_ENOUGH, _LITTLE = 20, 5  # GB free where images are kept


def examine(relay_image: str | None = None) -> Iterator[Check]:
    """All checks, each as soon as it is known; those of an engine only where one answers."""
    from lambda_image.engine import Engine

    try:
        engine = Engine.connect()
    except LambdaImageError as error:
        yield Check(name="engine", status="fail", found=error.message, advice=error.hint)
    else:
        with engine:
            yield guarded("engine", lambda: _engine(engine))
            yield guarded("image store", lambda: _store(engine))
            yield guarded("builder", lambda: _builder(engine))
            yield guarded("sandbox route", lambda: _route(engine, relay_image))
            yield guarded("engine disk", lambda: _engine_disk(engine))
    yield guarded("disk", _disk)
    yield guarded("certificates", _certificates)
    yield guarded("pip index", pip_index)
    yield from apt_sources()


# The engine


def _engine(engine: Engine) -> Check:
    facts = engine.facts
    found = f"Docker {facts.version} (API {facts.api}, {facts.platform}, kernel {facts.kernel}) at {engine.address}"
    if facts.buildkit:
        return Check(name="engine", status="ok", found=found)
    return Check(name="engine", status="fail", found=found, advice="Docker 20.10 is the oldest that works.")


def _store(engine: Engine) -> Check:
    if engine.store == "containerd":
        return Check(name="image store", status="ok", found="containerd")
    return Check(
        name="image store",
        status="warn",
        found="classic: cannot export OCI archives nor rewrite timestamps, so digests are not promised",
        advice='For reproducible digests: {"features": {"containerd-snapshotter": true}} in daemon.json.',
    )


def _builder(engine: Engine) -> Check:
    if engine.buildx is None:
        return Check(
            name="builder",
            status="fail",
            found="`docker buildx` does not answer",
            advice="Install the buildx plugin (Debian: docker-buildx, else docker-buildx-plugin).",
        )
    progress = "JSON" if engine.buildx.has_json_progress else "plain"
    return Check(name="builder", status="ok", found=f"BuildKit by buildx {engine.buildx.version}, {progress} progress")


def _route(engine: Engine, relay_image: str | None) -> Check:
    """A real network is made; a real connection needs an image, which the suite's own probe has."""
    from lambda_image import route
    from lambda_image.sandbox import Sandboxes

    with Sandboxes(engine) as sandboxes:
        chosen = route.choose(sandboxes, relay_image=relay_image)
        found = f"{chosen.kind}: {chosen.description}"
        chosen.close()
    return Check(name="sandbox route", status="ok", found=found)


def _engine_disk(engine: Engine) -> Check:
    root = Path(engine.facts.root)
    if not engine.address.host.startswith("unix:") or not root.is_dir():
        return Check(name="engine disk", status="warn", found=f"not checked: {root} is not on this machine")
    return _space("engine disk", root)


# The machine


def _disk() -> Check:
    return _space("disk", resources.cache_folder())


def _space(name: str, folder: Path) -> Check:
    free = shutil.disk_usage(folder).free / 1e9
    found = f"{free:.0f} GB free at {folder}"
    if free >= _ENOUGH:
        return Check(name=name, status="ok", found=found)
    status: Status = "warn" if free >= _LITTLE else "fail"
    return Check(name=name, status=status, found=found, advice=f"Builds of all languages want about {_ENOUGH} GB.")


def _certificates() -> Check:
    source, file = bundle()
    if file is None:
        advice = "Install ca-certificates."
        return Check(name="certificates", status="warn", found=f"no file; {source}", advice=advice)
    try:
        count = len(context(file).get_ca_certs())
    except (OSError, ssl.SSLError) as error:
        advice = f"Repair what {source} names; a build that gets it as a secret would fail as well."
        return Check(name="certificates", status="fail", found=f"{file} ({source}): {error}", advice=advice)
    return Check(name="certificates", status="ok", found=f"{count} in {file} ({source})")


__all__ = ["Check", "examine"]
