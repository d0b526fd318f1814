"""Images of a container engine, of either store: by its archive for all rules, by its API for the suite's few.

A lint reads the stream of `docker save` once. The suite has hundreds of images a run and looks at a few files of
each: there the engine's own answers make the view, and no layer is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_image.errors import EngineError
from lambda_image.image_rules.model import (
    INDEXES,
    MANIFESTS,
    Config,
    Descriptor,
    File,
    Index,
    Kind,
    Layer,
    Manifest,
    View,
)
from lambda_image.image_rules.sources.archive import NO_MANIFEST, from_pieces

if TYPE_CHECKING:
    from lambda_image.engine import Image, ImageFiles

PUSHED_LATER = (
    "the engine keeps no manifest for this image (classic store): media types are made when it pushes, "
    "and are not judged here"
)


def from_engine(reference: str, name: str, *, platform: str = "") -> View:
    """The image of that name, by its archive."""
    from lambda_image.engine import Engine

    with Engine.connect() as engine:
        engine.image(name)  # says what to do where there is none
        view = from_pieces(reference, engine.save(name), platform=platform, error=EngineError)
        return _without_archive_facts(view) if engine.store == "classic" else view


def _without_archive_facts(view: View) -> View:
    """The classic store makes a manifest up for its archive; a push makes another one."""
    layers = tuple(replace(layer, descriptor=Descriptor()) for layer in view.layers)
    unknown = (*(line for line in view.unknown if line != NO_MANIFEST), PUSHED_LATER)
    return replace(view, index=None, manifest=None, layers=layers, unknown=unknown)


def of_image(image: Image, files: ImageFiles | None = None) -> View:
    """The suite's view: config and, where they are given, files; nothing of the archive."""
    document = {"os": image.os, "architecture": image.architecture, "config": dict(image.config.raw)}
    return View(
        reference=image.reference, config=Config(document=document), files_source=_EngineFiles(files) if files else None
    )


def of_archive(image: Image) -> View:
    """The suite's view of manifest and layers, from the archive's facts that the engine remembers."""
    archive = image.archive
    listed = tuple(
        Descriptor(
            media_type=one.media_type,
            digest=one.digest,
            platform=one.platform,
            annotations={"vnd.docker.reference.type": "attestation-manifest"} if one.attestation else {},
        )
        for one in archive.manifests
    )
    images = [one for one in listed if not one.is_attestation and one.media_type not in INDEXES]
    layers = tuple(
        Layer(
            number=number,
            descriptor=Descriptor(media_type=layer.media_type, digest=layer.digest, size=layer.size_compressed),
            diff_id=layer.diff_id,
            known_size=layer.size,
        )
        for number, layer in enumerate(archive.layers, 1)
    )
    return replace(of_image(image), index=_index(listed, images), manifest=_manifest(images, layers), layers=layers)


def _index(listed: tuple[Descriptor, ...], images: list[Descriptor]) -> Index | None:
    """One is there where the archive lists an index, or more than one manifest."""
    top = next((one for one in listed if one.media_type in INDEXES), None)
    entries = tuple(one for one in listed if one is not top)
    if top is None and len(listed) <= 1:
        return None
    chosen = images[0].digest if images else ""
    return Index(
        media_type=top.media_type if top else "an index",
        digest=top.digest if top else "",
        entries=entries,
        chosen=chosen,
    )


def _manifest(images: list[Descriptor], layers: tuple[Layer, ...]) -> Manifest | None:
    if not images:
        return None
    kind = images[0].media_type
    config = {
        MANIFESTS[0]: "application/vnd.docker.container.image.v1+json",
        MANIFESTS[1]: "application/vnd.oci.image.config.v1+json",
    }
    return Manifest(
        media_type=kind,
        digest=images[0].digest,
        config=Descriptor(media_type=config.get(kind, "")),
        layers=tuple(layer.descriptor for layer in layers),
    )


class _EngineFiles:
    """The engine's stat, read and walk in the words of rules."""

    def __init__(self, files: ImageFiles) -> None:
        self._files = files
        self._heads: dict[str, bytes] = {}

    def lookup(self, path: str) -> File | None:
        """What is there; links in all parts but the last are followed."""
        found = self._files.stat(path)
        if found is None:
            return None
        return File(path=path, kind=_kind(found.kind), mode=found.mode, link_target=found.link_target)

    def head(self, path: str) -> bytes:
        """The first bytes; what is no file has none."""
        if path not in self._heads:
            try:
                self._heads[path] = self._files.read(path)[:1024]
            except (EngineError, FileNotFoundError):
                self._heads[path] = b""
        return self._heads[path]

    def below(self, folder: str) -> Iterator[File]:
        """The folder and all in it."""
        found = self._files.stat(folder)
        if found is None or found.kind != "directory":
            return
        for entry in self._files.walk(folder):
            yield File(path=entry.path, kind=_kind(entry.kind), mode=entry.mode, link_target=entry.link_target)


_KINDS: Mapping[str, Kind] = {"file": "file", "directory": "directory", "link": "link"}


def _kind(word: str) -> Kind:
    return _KINDS.get(word, "other")
