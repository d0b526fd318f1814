"""Rules about what points to what: index, manifest, config, and layers as the manifest names them."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_image.image_rules.model import (
    DOCKER_MANIFEST,
    MANIFESTS,
    OCI_MANIFEST,
    Descriptor,
    Layer,
    View,
    mapping,
    objects,
    text,
)

LIMIT_BYTES = 10_000_000_000
ARCHITECTURES = ("amd64", "arm64")

_DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
_OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIGS = {
    DOCKER_MANIFEST: "application/vnd.docker.container.image.v1+json",
    OCI_MANIFEST: "application/vnd.oci.image.config.v1+json",
}
# What Lambda takes, by the kind of manifest that defines it.
_LAYERS = {DOCKER_MANIFEST: (f"{_DOCKER_LAYER}.gzip",), OCI_MANIFEST: (_OCI_LAYER, f"{_OCI_LAYER}+gzip")}
_TAKEN = tuple(kind for kinds in _LAYERS.values() for kind in kinds)
_FOREIGN = ("foreign", "nondistributable")


def index(view: View) -> Iterator[str]:
    """One line for the index, then one for each manifest in it."""
    if view.index is None:
        return
    yield f"{view.index.media_type} {view.index.digest}".strip()
    for entry in view.index.entries:
        yield _member(entry, view.index.chosen)


def _member(entry: Descriptor, chosen: str) -> str:
    if entry.is_attestation:
        what = "an attestation (provenance or SBOM)"
    elif entry.is_index:
        what = "an index in the index"
    else:
        what = f"the manifest for {entry.platform or 'no platform'}"
    fits = "; this one would do" if entry.digest and entry.digest == chosen else ""
    return f"{what}, {entry.digest}{fits}"


def manifest_media_type(view: View) -> Iterator[str]:
    """What the registry says, and what the document says of itself."""
    found = view.manifest
    if found is None:
        return
    if found.media_type not in MANIFESTS:
        yield found.media_type or "a manifest without media type"
    elif found.stated_media_type not in ("", found.media_type):
        yield f"served as {found.media_type}, but says {found.stated_media_type} of itself"


def manifest_digest(view: View) -> Iterator[str]:
    """Of the manifest that is judged."""
    found = view.manifest
    if found and found.digest and found.real_digest and found.digest != found.real_digest:
        yield f"{found.digest} is {found.real_digest}"


def config_media_type(view: View) -> Iterator[str]:
    """Of the manifest's own kind."""
    found = view.manifest
    if found and found.media_type in _CONFIGS and found.config.media_type != _CONFIGS[found.media_type]:
        yield f"{found.config.media_type or 'none'} under {found.media_type}"


def config_document(view: View) -> Iterator[str]:
    """One that can be read at all."""
    if view.config and view.config.problem:
        yield f"the config is {view.config.problem}"


def config_digest(view: View) -> Iterator[str]:
    """Digest and size."""
    if view.manifest and view.config and view.config.real_digest:
        stated = view.manifest.config
        if stated.digest != view.config.real_digest:
            yield f"{stated.digest or 'no digest'} is {view.config.real_digest}"
        if stated.size not in (-1, view.config.real_size):
            yield f"the manifest says {stated.size:,} bytes, it has {view.config.real_size:,}"


def operating_system(view: View) -> Iterator[str]:
    """Missing is wrong too."""
    if view.config and not view.config.problem and (found := text(view.config.document.get("os"))) != "linux":
        yield f"os is {found!r}" if found else "the config says no os"


def architecture(view: View) -> Iterator[str]:
    """Missing is wrong too."""
    if view.config and not view.config.problem:
        found = text(view.config.document.get("architecture"))
        if found not in ARCHITECTURES:
            yield f"architecture is {found!r}" if found else "the config says no architecture"


def history(view: View) -> Iterator[str]:
    """History is optional as a whole."""
    if view.config is None or not view.layers:
        return
    entries = objects(view.config.document.get("history"))
    filled = sum(1 for entry in entries if entry.get("empty_layer") is not True)
    if entries and filled != len(view.layers):
        yield f"{filled} history entries that are not empty, {len(view.layers)} layers"


def _typed(view: View) -> Iterator[tuple[str, Layer]]:
    """Layers with a media type, under a manifest of a known kind."""
    if view.manifest and view.manifest.media_type in MANIFESTS:
        for layer in view.layers:
            yield view.manifest.media_type, layer


def _is_foreign(kind: str) -> bool:
    return any(word in kind for word in _FOREIGN)


def layer_foreign(view: View) -> Iterator[str]:
    """By media type, or by URLs beside it."""
    for _, layer in _typed(view):
        found = layer.descriptor
        if _is_foreign(found.media_type) or found.urls:
            where = f", from {found.urls[0]}" if found.urls else ""
            yield f"{layer.name}: {found.media_type}{where}"


def layer_uncompressed(view: View) -> Iterator[str]:
    """Docker's specification does not define the plain tar that tools write."""
    for _, layer in _typed(view):
        if layer.descriptor.media_type == _DOCKER_LAYER:
            yield f"{layer.name}: {layer.descriptor.media_type}"


def layer_zstd(view: View) -> Iterator[str]:
    """Under either manifest."""
    for _, layer in _typed(view):
        if layer.descriptor.media_type.endswith(("zstd", "zstd:chunked")):
            yield f"{layer.name}: {layer.descriptor.media_type}"


def layer_media_type(view: View) -> Iterator[str]:
    """What none of the other rules names."""
    for _, layer in _typed(view):
        kind = layer.descriptor.media_type
        other = _is_foreign(kind) or kind == _DOCKER_LAYER or kind.endswith(("zstd", "zstd:chunked"))
        if kind not in _TAKEN and not other:
            yield f"{layer.name}: {kind or 'no media type'}"


def layer_mixed(view: View) -> Iterator[str]:
    """Each is known, but not of the manifest's kind."""
    for manifest, layer in _typed(view):
        kind = layer.descriptor.media_type
        if kind in _TAKEN and kind not in _LAYERS[manifest]:
            yield f"{layer.name}: {kind} under {manifest}"


def layer_compression(view: View) -> Iterator[str]:
    """Only where the media type says anything."""
    for _, layer in _typed(view):
        kind = layer.descriptor.media_type
        if layer.content is None or not kind.startswith((_DOCKER_LAYER, _OCI_LAYER)):
            continue
        said = next((name for name in ("gzip", "zstd") if name in kind), "none")
        if layer.content.stored and said != layer.content.compression:
            yield f"{layer.name}: {kind}, compression found: {layer.content.compression}"


def layer_digest(view: View) -> Iterator[str]:
    """Digest and size of the bytes as they are stored."""
    for layer in view.layers:
        stated, found = layer.descriptor, layer.content
        if found is None:
            continue
        if stated.digest and stated.digest != found.digest:
            yield f"{layer.name} is {found.digest}"
        if stated.size not in (-1, found.stored):
            yield f"{layer.name}: the manifest says {stated.size:,} bytes, it has {found.stored:,}"


def diff_ids(view: View) -> Iterator[str]:
    """Their number, then each."""
    if view.config is None or view.config.problem:
        return
    stated = view.config.diff_ids
    if mapping(view.config.document.get("rootfs")) and len(stated) != len(view.layers):
        yield f"{len(stated)} diff ids, {len(view.layers)} layers"
        return
    for layer in view.layers:
        found = layer.content.diff_id if layer.content else ""
        if found and layer.diff_id != found:
            yield f"{layer.name}: the config says {layer.diff_id or 'no diff id'}, its tar is {found}"


def size(view: View) -> Iterator[str]:
    """The sum, and what makes it."""
    if view.size > LIMIT_BYTES:
        largest = max(view.layers, key=lambda layer: layer.size)
        yield f"{view.size / 1e9:.2f} GB in {len(view.layers)} layers; {largest.name} has {largest.size / 1e9:.2f} GB"
