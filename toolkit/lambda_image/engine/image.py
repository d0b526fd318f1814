"""An image as frozen values: the cheap facts from the engine, the exact ones from its archive, read once.

The engine's own Size and Id mean different things in its two image stores; what is exact here (config
digest, layers, size) comes from the stream of `docker save`, and is the same on both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """The settings of an image; `raw` is the engine's own object with all that is not named here."""

    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    environment: tuple[str, ...]
    working_dir: str
    labels: Mapping[str, str]
    user: str
    exposed: tuple[str, ...]
    volumes: tuple[str, ...]
    raw: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer: `size` is its uncompressed tar, which is what Lambda counts."""

    diff_id: str
    digest: str
    media_type: str
    size_compressed: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One entry of the archive's index: an image's manifest, a nested index, or an attestation."""

    media_type: str
    digest: str
    platform: str
    attestation: bool


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What the stream of `docker save` says of an image."""

    config_digest: str
    document: Mapping[str, object] = field(repr=False)
    layers: tuple[Layer, ...]
    manifest_media_type: str
    manifests: tuple[Manifest, ...]

    @property
    def size(self) -> int:
        """Sum of the uncompressed layers, in bytes."""
        return sum(layer.size for layer in self.layers)

    @property
    def size_compressed(self) -> int:
        """Sum of the layers as the archive holds them."""
        return sum(layer.size_compressed for layer in self.layers)


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image of the engine. Layers, size and config digest cost a read of its archive, once per id."""

    reference: str
    engine_id: str
    config: ImageConfig
    os: str
    architecture: str
    created: str
    tags: tuple[str, ...]
    read_archive: Callable[[], Archive] = field(repr=False, compare=False)
    # The classic store's id is the config digest; the other store's is the manifest's.
    known_config_digest: str | None = None

    @property
    def platform(self) -> str:
        """As in `linux/amd64`."""
        return f"{self.os}/{self.architecture}"

    @cached_property
    def archive(self) -> Archive:
        """The exact facts; costs one read of the whole image the first time."""
        return self.read_archive()

    @property
    def config_digest(self) -> str:
        """What identifies an image in both stores."""
        return self.known_config_digest or self.archive.config_digest

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the base up."""
        return self.archive.layers

    @property
    def size(self) -> int:
        """Sum of the uncompressed layers, in bytes."""
        return self.archive.size

    @property
    def size_compressed(self) -> int:
        """Sum of the layers as the archive holds them (uncompressed ones on the classic store)."""
        return self.archive.size_compressed

    @property
    def manifest_media_type(self) -> str:
        """Media type of what the tag points to, or "" where the archive does not say (old classic stores)."""
        return self.archive.manifest_media_type

    @property
    def history(self) -> tuple[Mapping[str, object], ...]:
        """The config's own history entries."""
        entries = self.archive.document.get("history")
        return tuple(entries) if isinstance(entries, list) else ()


def config_from(raw: Mapping[str, object]) -> ImageConfig:
    """Values from the engine's `Config` object, whose fields may be null or missing."""

    def words(name: str) -> tuple[str, ...]:
        value = raw.get(name)
        if isinstance(value, dict):
            return tuple(sorted(value))
        return tuple(str(word) for word in value) if isinstance(value, list) else ()

    labels = raw.get("Labels")
    return ImageConfig(
        entrypoint=words("Entrypoint"),
        cmd=words("Cmd"),
        environment=words("Env"),
        working_dir=str(raw.get("WorkingDir") or ""),
        labels=dict(labels) if isinstance(labels, dict) else {},
        user=str(raw.get("User") or ""),
        exposed=words("ExposedPorts"),
        volumes=words("Volumes"),
        raw=raw,
    )
