"""The root file system that an image begins with: the registry's image if it answers, else one made here.

A root made here is a local image named by its content's digest, with its recipe as a label: the same recipe
finds it again. Its time stamps are the release's, so the same packages give the same digest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Literal

from lambda_image import host_apt, root_disk
from lambda_image.catalog import Bootstrap, Catalog, Distro, Platform
from lambda_image.engine import Engine
from lambda_image.errors import DiskFull, ImageNotFound, LambdaImageError, MachineError
from lambda_image.mirrors import Mirrors
from lambda_image.plan import ImagePlan, Root
from lambda_image.progress import Progress, Silent

Mode = Literal["auto", "image", "bootstrap"]

# An image registry that has not answered by then does not count: making a root takes as long.
_REGISTRY_PATIENCE = 10.0
# How a root is put into the engine; another word here makes all roots anew.
_FORM = "compressed"
# What Debian's own small images leave out, too; licences stay.
_EXCLUDED = (
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
    "/usr/share/lintian/*",
)
_KEPT = ("/usr/share/doc/*/copyright", "/usr/share/doc/apt/examples/*", "/usr/share/locale/locale.alias")

_MAKING = threading.Lock()


def ensure_root(
    plan: ImagePlan,
    engine: Engine,
    progress: Progress | None = None,
    *,
    catalog: Catalog,
    mode: Mode = "auto",
    mirrors: Mirrors | None = None,
    fresh: bool = False,
) -> Root:
    """The root of a plan, in the engine. `fresh` asks the registry again, or makes it anew."""
    distro = catalog.distros[plan.distro]
    return root_of(distro, plan.platform, engine, progress, catalog=catalog, mode=mode, mirrors=mirrors, fresh=fresh)


def root_of(
    distro: Distro,
    platform: Platform,
    engine: Engine,
    progress: Progress | None = None,
    *,
    catalog: Catalog,
    mode: Mode = "auto",
    mirrors: Mirrors | None = None,
    fresh: bool = False,
) -> Root:
    """The root of a distribution, in the engine; where it is made here, packages come through the mirrors."""
    progress = progress or Silent()
    if mode != "bootstrap" and distro.image is not None:
        root = _from_registry(distro.image, platform, engine, progress, wanted=mode == "image" or fresh)
        if root is not None:
            return root
        if mode == "image":
            raise MachineError(
                f"no registry gives {distro.image} for {platform}",
                hint='pull it from where you can, or let the root be made here: root = "bootstrap"',
            )
    if distro.bootstrap is None:
        raise MachineError(
            f"{distro.image} is not in the engine and its registry does not answer",
            hint=f"{distro.title} cannot be made without it: pull it, or choose one that has a [bootstrap]",
        )
    if not fresh and (reference := _made_before(distro, platform, catalog, engine)):
        return Root(reference=reference, origin="bootstrap")
    if mode == "auto" and distro.image is not None and not fresh and _answers(distro.image, engine):
        engine.pull(distro.image, platform=platform)
        return Root(reference=distro.image, origin="image")
    with _MAKING:  # images that are built side by side wait for the root that they share
        reference = None if fresh else _made_before(distro, platform, catalog, engine)
        reference = reference or _make(distro, platform, catalog, engine, progress, mirrors or Mirrors())
    return Root(reference=reference, origin="bootstrap")


def _from_registry(image: str, platform: Platform, engine: Engine, progress: Progress, *, wanted: bool) -> Root | None:
    """The engine's copy; where that is not enough, the registry's."""
    if not wanted:
        return Root(reference=image, origin="image") if _has(engine, image, platform) else None
    if _answers(image, engine):
        with progress.step(f"pull {image}"):
            engine.pull(image, platform=platform)
        return Root(reference=image, origin="image")
    return Root(reference=image, origin="image") if _has(engine, image, platform) else None


def _has(engine: Engine, reference: str, platform: Platform) -> bool:
    try:
        return engine.image(reference).platform.startswith(platform)
    except ImageNotFound:
        return False


def _answers(image: str, engine: Engine) -> bool:
    return bool(registry_digest(image, engine))


def registry_digest(image: str, engine: Engine) -> str:
    """The digest of the image in its registry, if the engine can get at it, quickly; else empty."""
    try:
        with engine.api.call("GET", f"/distribution/{image}/json", timeout=_REGISTRY_PATIENCE) as answer:
            return str(answer.json()["Descriptor"]["digest"])
    except (LambdaImageError, ValueError, KeyError, TypeError):
        return ""


def recipe(distro: Distro, platform: Platform, catalog: Catalog) -> str:
    """The digest of all that decides how a root is made, other than the packages of the day."""
    assert distro.bootstrap is not None
    words = [_FORM, distro.name, platform, distro.bootstrap.model_dump_json(), *_EXCLUDED, *_KEPT]
    hook = _hook(distro, catalog).read_bytes()
    return hashlib.sha256("\0".join(words).encode() + hook).hexdigest()


def _made_before(distro: Distro, platform: Platform, catalog: Catalog, engine: Engine) -> str | None:
    """The newest root of the same recipe: its recipe's own tag points at it."""
    try:
        image = engine.image(_recipe_tag(distro, platform, recipe(distro, platform, catalog)))
    except ImageNotFound:
        return None
    return image.config.labels.get("lambda-image.root-name")


def _recipe_tag(distro: Distro, platform: Platform, digest: str) -> str:
    return f"{_repository(distro, platform)}-recipe-{digest[:12]}"


def _repository(distro: Distro, platform: Platform) -> str:
    return f"lambda-image/root:{distro.name}-{platform.removeprefix('linux/')}"


def _hook(distro: Distro, catalog: Catalog) -> Path:
    name = f"build/{distro.family}-root-hook.sh"
    return next(path for root in reversed(catalog.roots) if (path := root / name).is_file())


def _make(
    distro: Distro, platform: Platform, catalog: Catalog, engine: Engine, progress: Progress, mirrors: Mirrors
) -> str:
    engine.check_runs(platform)
    digest = recipe(distro, platform, catalog)
    epoch = int(datetime.combine(distro.released, time(), UTC).timestamp())
    with (
        progress.step(f"make a root of {distro.title}, as no image registry answers"),
        tempfile.TemporaryDirectory(prefix="lambda-image-root-") as folder,
    ):
        tar = Path(folder) / "root.tar"
        if isinstance(distro.bootstrap, Bootstrap):
            _mmdebstrap(distro, platform, _hook(distro, catalog), tar, epoch, mirrors)
        else:
            assert distro.bootstrap is not None
            root_disk.make(distro.bootstrap, distro.title, platform, _hook(distro, catalog), tar, epoch)
        with tar.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        reference = f"{_repository(distro, platform)}-{content[:12]}"
        labels = {
            "lambda-image.distro": distro.name,
            "lambda-image.recipe": digest,
            "lambda-image.root-name": reference,
        }
        engine.import_root(tar, reference, platform=platform, labels=labels, created=epoch)
    engine.tag(reference, _recipe_tag(distro, platform, digest))
    return reference


def _mmdebstrap(distro: Distro, platform: Platform, hook: Path, tar: Path, epoch: int, mirrors: Mirrors) -> None:
    if shutil.which("mmdebstrap") is None:
        raise MachineError(
            f"no image registry gives {distro.image}, and mmdebstrap, which would make a root, is not here",
            hint="`make engine` installs it (Debian, Ubuntu: apt-get install mmdebstrap)",
        )
    bootstrap, mirror = distro.bootstrap, host_apt.mirror()
    assert isinstance(bootstrap, Bootstrap)
    command = [
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        f"--architectures={_architecture(distro, platform)}",
    ]
    command += [f"--include={','.join(bootstrap.include)}", f"--components={','.join(bootstrap.components)}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _EXCLUDED]
    command += [f"--dpkgopt=path-include={pattern}" for pattern in _KEPT]
    command += [f'--customize-hook=sh {hook} "$1"', bootstrap.suites[0], str(tar)]
    if mirror is not None:  # else mmdebstrap's own default, security updates included
        sources = tar.with_name("sources.list")
        sources.write_text(mirror.mirrored(mirrors.passed_on).one_line(bootstrap))
        command.append(str(sources))
    _run(command, {"SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8"}, f"a root of {distro.title}")


def _architecture(distro: Distro, platform: Platform) -> str:
    return distro.platforms[platform].architecture


def _run(command: list[str], environment: dict[str, str], what: str) -> None:
    last: deque[str] = deque(maxlen=15)
    with subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        assert child.stdout is not None
        last.extend(line.rstrip() for line in child.stdout)
    if child.returncode != 0:
        raise _failure(what, list(last))


def _failure(what: str, last: list[str]) -> LambdaImageError:
    if any("No space left on device" in line for line in last):
        return DiskFull(f"no space left while {what} was made", hint="free some in the folder of TMPDIR and try again")
    return MachineError(
        f"{what} cannot be made: mmdebstrap failed\n" + "\n".join(last),
        hint="does `apt-get update` reach a mirror here? A foreign architecture needs what "
        "`tools/engine linux/arm64` installs: arch-test, binfmt-support and qemu-user-static",
    )
