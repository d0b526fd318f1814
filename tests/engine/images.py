"""Python images for the tests of this folder: built once, found unchanged afterwards."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from lambda_image import catalog as catalogs
from lambda_image import secrets, settings
from lambda_image.build import BuiltImage, build
from lambda_image.engine import Engine
from lambda_image.plan import ImagePlan, Selection, plans

CATALOG = catalogs.load()


def plan(variant: str, client: str = "official") -> ImagePlan:
    (found,) = plans(CATALOG, Selection(languages=("python",), variants=(variant,), clients=(client,)))
    return found


def image(engine: Engine, variant: str) -> BuiltImage:
    return build(plan(variant), engine, settings.Settings(), catalog=CATALOG)


def build_function(engine: Engine, folder: Path, tag: str) -> str:
    """The image of a user's Dockerfile on Debian 13, which gets packages from wherever this machine does."""
    found = secrets.find(settings.load(), CATALOG.distros["debian-13"])
    with found.files() as files:
        engine.build(folder, tags=[tag], secrets=files, build_args=found.arguments, on_event=lambda event: None)
    return tag


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


def run(reference: str, *command: str, options: tuple[str, ...] = (), seconds: float = 120) -> Ended:
    """A container of the image, to its end, which comes within that time."""
    words = ["docker", "run", "--rm", *options, reference, *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds)
    return Ended(done.returncode, done.stdout, done.stderr)
