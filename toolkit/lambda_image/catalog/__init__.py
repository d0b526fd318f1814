"""The catalog: what can go into images. TOML becomes frozen models here; nothing further in reads TOML."""

from lambda_image.catalog.load import Catalog, load
from lambda_image.catalog.models import (
    PLATFORMS,
    Archive,
    Client,
    Distro,
    Ecosystem,
    Emulator,
    Hash,
    Language,
    Pin,
    PinnedPackage,
    Platform,
    Runtime,
    Shortfall,
    Variant,
    Version,
)

__all__ = [
    "PLATFORMS",
    "Archive",
    "Catalog",
    "Client",
    "Distro",
    "Ecosystem",
    "Emulator",
    "Hash",
    "Language",
    "Pin",
    "PinnedPackage",
    "Platform",
    "Runtime",
    "Shortfall",
    "Variant",
    "Version",
    "load",
]
