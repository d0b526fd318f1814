"""Where the project's data and templates lie: beside the package in a wheel, two folders up in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "data"
_CHECKOUT = _PACKAGE.parent.parent

_BASE = _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT

BASE_IMAGES = _BASE / "base-images"
TEMPLATES = _BASE / "templates"
DISTROS = BASE_IMAGES / "distros"
LANGUAGES = BASE_IMAGES / "languages"
ROOTFS = BASE_IMAGES / "rootfs"
REQUIREMENTS = _PACKAGE / "conformance" / "requirements"
HANDLER_CONTRACT = _PACKAGE / "conformance" / "handlers.toml"


def cache_folder(*parts: str) -> Path:
    """A folder below the user's cache folder (`LAMBDA_IMAGE_CACHE`, else XDG's), made if it is not there."""
    configured = os.environ.get("LAMBDA_IMAGE_CACHE")
    xdg = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    base = Path(configured) if configured else Path(xdg).expanduser() / "lambda-image"
    folder = base.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
