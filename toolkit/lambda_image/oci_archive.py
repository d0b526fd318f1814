"""A context's image as an OCI archive, byte for byte the same from one build to the next.

BuildKit sets the times of all files while it writes one; the engine's own store cannot do that, so an archive is a
build of its own, out of the cache.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from lambda_image.engine import Engine
from lambda_image.errors import MachineError, UsageError
from lambda_image.plan import ImagePlan
from lambda_image.progress import Progress
from lambda_image.render import BuildContext
from lambda_image.secrets import BuildSecrets


def check(target: Path, engine: Engine) -> None:
    """Before anything is built: whether the engine can, and the file may be written."""
    if engine.store != "containerd":
        raise MachineError(
            "this engine's image store writes no OCI archives",
            hint='the containerd store does: "features": {"containerd-snapshotter": true} in the engine\'s daemon.json',
        )
    if not target.parent.is_dir() or target.is_dir():
        raise UsageError(
            f"cannot write {target}", hint="--output oci-archive:FILE names a file in a folder that exists"
        )


def write(
    plan: ImagePlan,
    context: BuildContext,
    engine: Engine,
    found: BuildSecrets,
    progress: Progress,
    *,
    target: Path,
    epoch: str,
    no_cache: bool = False,
    network: str | None = None,
) -> None:
    """The archive; `epoch` is the time of its files."""
    with (
        progress.step(f"write {target}"),
        tempfile.TemporaryDirectory(prefix="lambda-image-context-") as folder,
        found.files() as files,
    ):
        context.write(Path(folder))
        engine.build(
            Path(folder),
            platform=plan.platform,
            secrets=files,
            build_args={**found.arguments, "SOURCE_DATE_EPOCH": epoch},
            no_cache=no_cache,
            network=network,
            output=f"type=oci,rewrite-timestamp=true,name={plan.tags[0]},dest={target}",
            on_event=progress.event,
        )
