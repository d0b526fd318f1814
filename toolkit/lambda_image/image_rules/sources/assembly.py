"""From what a source can fetch to a view: top descriptor, index, manifest, config, layers.

A source is a store of blobs. Where an index stands at the reference, the view goes on with the manifest in it
that would do, so that everything wrong with the image is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from lambda_image.architectures import own_platform
from lambda_image.image_rules.model import (
    INDEXES,
    LARGEST_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Config,
    Content,
    Descriptor,
    DocumentError,
    Index,
    Layer,
    Manifest,
    View,
    descriptor,
    mapping,
    objects,
    parse_json,
    sha256,
    text,
)

_DEEPEST_INDEX = 3
_MOST_LAYERS = 1000


class Store(Protocol):
    """A source's blobs; None where it has not the blob."""

    def document(self, asked: Descriptor, largest: int) -> bytes | None:
        """A manifest, an index or a config."""

    def layer(self, asked: Descriptor) -> Content | None:
        """A layer, read to its end."""


def assemble(reference: str, store: Store, top: Descriptor, *, platform: str = "", unknown: Sequence[str] = ()) -> View:
    """The view of what `top` points to."""
    content = store.document(top, LARGEST_MANIFEST)
    if content is None:
        raise DocumentError(f"the manifest {top.digest or top.media_type} is missing")
    document = parse_json(content, largest=LARGEST_MANIFEST)
    kind = top.media_type or text(document.get("mediaType")) or _guess(document)
    if kind not in INDEXES and "manifests" not in document:
        return _image(reference, store, top, kind, content, unknown=unknown)
    real = sha256(content)
    entries = tuple(_flat(store, tuple(descriptor(one) for one in objects(document.get("manifests"))), 0))
    found = _chosen(store, entries, platform or own_platform(), asked=bool(platform))
    index = Index(media_type=kind, digest=top.digest or real, entries=entries, chosen=found[0].digest if found else "")
    return of_index(reference, store, index, found, unknown=unknown)


def of_index(
    reference: str, store: Store, index: Index, found: tuple[Descriptor, bytes] | None, *, unknown: Sequence[str] = ()
) -> View:
    """The view of an index and of the manifest in it that was chosen."""
    if found is None:
        told = (*unknown, "no manifest in the index could be judged: none for linux/amd64 or linux/arm64 is there")
        return View(reference=reference, index=index, unknown=told)
    chosen, content = found
    return _image(reference, store, chosen, chosen.media_type, content, index=index, unknown=unknown)


def of_descriptors(
    reference: str, store: Store, entries: tuple[Descriptor, ...], *, platform: str = "", unknown: Sequence[str] = ()
) -> View:
    """The view of an OCI layout: one descriptor is the image, several are an index."""
    if len(entries) == 1:
        return assemble(reference, store, entries[0], platform=platform, unknown=unknown)
    found = _chosen(store, entries, platform or own_platform(), asked=bool(platform))
    index = Index(media_type=OCI_INDEX, digest="", entries=entries, chosen=found[0].digest if found else "")
    return of_index(reference, store, index, found, unknown=unknown)


def _guess(document: object) -> str:
    """OCI lets a manifest leave its media type out."""
    return OCI_INDEX if "manifests" in mapping(document) else OCI_MANIFEST


def _flat(store: Store, entries: tuple[Descriptor, ...], depth: int) -> Iterator[Descriptor]:
    """Entries, and those of indexes among them."""
    for entry in entries:
        yield entry
        if entry.is_index and depth < _DEEPEST_INDEX:
            content = store.document(entry, LARGEST_MANIFEST)
            inner = objects(parse_json(content, largest=LARGEST_MANIFEST).get("manifests")) if content else ()
            yield from _flat(store, tuple(descriptor(one) for one in inner), depth + 1)


def _chosen(
    store: Store, entries: Sequence[Descriptor], platform: str, *, asked: bool
) -> tuple[Descriptor, bytes] | None:
    """The first manifest for the platform, else for another that Lambda has; one that is not stored does not count."""
    images = [entry for entry in entries if not entry.is_attestation and not entry.is_index]
    wanted = [entry for entry in images if entry.platform.startswith(platform)]
    others = [entry for entry in images if entry.platform.startswith(("linux/amd64", "linux/arm64"))]
    plain = [entry for entry in images if not entry.platform]
    for entry in wanted if asked else [*wanted, *others, *plain]:
        content = store.document(entry, LARGEST_MANIFEST)
        if content is not None:
            return entry, content
    return None


def _image(
    reference: str,
    store: Store,
    top: Descriptor,
    kind: str,
    content: bytes,
    *,
    index: Index | None = None,
    unknown: Sequence[str] = (),
) -> View:
    document = parse_json(content, largest=LARGEST_MANIFEST)
    stated = text(document.get("mediaType"))
    layers = tuple(descriptor(one) for one in objects(document.get("layers"))[:_MOST_LAYERS])
    real = sha256(content)
    manifest = Manifest(
        media_type=kind or stated or _guess(document),
        stated_media_type=stated,
        digest=top.digest or real,
        real_digest=real,
        config=descriptor(mapping(document.get("config"))),
        layers=layers,
    )
    config = _config(store, manifest.config)
    return View(
        reference=reference,
        index=index,
        manifest=manifest,
        config=config,
        layers=tuple(_layers(store, layers, config)),
        unknown=tuple(unknown),
    )


def _config(store: Store, asked: Descriptor) -> Config:
    if not asked.digest:
        return Config(document={}, problem="not named by the manifest")
    content = store.document(asked, 2 * LARGEST_MANIFEST)
    return config_from(content) if content is not None else Config(document={}, problem="missing")


def config_from(content: bytes) -> Config:
    """A config's bytes; what is wrong with them is part of the value."""
    try:
        document, problem = parse_json(content), ""
    except DocumentError as error:
        document, problem = {}, str(error)
    return Config(document=document, real_digest=sha256(content), real_size=len(content), problem=problem)


def _layers(store: Store, layers: tuple[Descriptor, ...], config: Config) -> Iterator[Layer]:
    """Each with the diff id that the config gives it by its place."""
    diff_ids = config.diff_ids
    for number, one in enumerate(layers, 1):
        diff_id = diff_ids[number - 1] if number <= len(diff_ids) else ""
        content = None if one.urls else store.layer(one)
        if content is None and not one.urls:
            content = Content(digest=one.digest, stored=0, compression="none", broken="it is missing")
        yield Layer(number=number, descriptor=one, diff_id=diff_id, content=content)
