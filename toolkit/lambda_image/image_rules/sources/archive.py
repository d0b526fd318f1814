"""Archives, read in one pass: `docker save` of every generation, and OCI layouts in a tar.

Nothing is known of a blob when it passes, so it is judged by its first bytes: what looks like JSON and is small
is kept, everything else is read as a layer. Which of them make the image is found out at the end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lambda_image.errors import ChecksFailed, LambdaImageError, UsageError
from lambda_image.image_rules.compression import BrokenLayer
from lambda_image.image_rules.layer import Allowance, read_layer
from lambda_image.image_rules.model import (
    LARGEST_DOCUMENT,
    LARGEST_MANIFEST,
    Content,
    Descriptor,
    DocumentError,
    Layer,
    View,
    descriptor,
    objects,
    parse_json,
    text,
)
from lambda_image.image_rules.sources.assembly import config_from, of_descriptors
from lambda_image.image_rules.tar import BLOCK, Pieces, TarReader

_MOST_DOCUMENTS = 64 << 20
_MOST_MEMBERS = 100_000
_NAME = "org.opencontainers.image.ref.name"
_CONTAINERD_NAME = "io.containerd.image.name"
DIGEST = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")
NO_MANIFEST = "this archive has no manifest: media types are made when the engine pushes, and are not judged here"

Error = Callable[[str], LambdaImageError]


class Passed:
    """Members of an archive by name: documents as bytes, layers as what was read of them."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.layers: dict[str, Content] = {}
        self.links: dict[str, str] = {}

    def document(self, asked: Descriptor, largest: int) -> bytes | None:
        """By digest."""
        content = self.documents.get(_blob_name(asked.digest))
        return content if content is None or len(content) <= largest else None

    def layer(self, asked: Descriptor) -> Content | None:
        """By digest; a layer that looks like a document is read now."""
        return self.named_layer(_blob_name(asked.digest))

    def named_layer(self, name: str) -> Content | None:
        """By its name in the archive, where docker 20.10 has links for repeated layers."""
        name = self.links.get(name, name)
        if name in self.documents:
            return read_layer([self.documents[name]])
        return self.layers.get(name)


def _blob_name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/", 1)


def from_file(reference: str, name: str, *, platform: str = "") -> View:
    """An archive in a file, `FILE` or `FILE:NAME-OF-THE-IMAGE` where it holds several."""
    path, wanted = split_path(reference, name)
    try:
        return from_pieces(reference, _pieces(path), wanted=wanted, platform=platform)
    except OSError as error:
        raise UsageError(f"{reference}: cannot be read: {error.strerror}") from None


def split_path(reference: str, name: str) -> tuple[Path, str]:
    """A path and the image's name behind it; both may hold colons, and only the path is on the disk."""
    parts = name.split(":")
    for count in range(len(parts), 0, -1):
        path = Path(":".join(parts[:count]))
        if path.name and path.exists():
            return path, ":".join(parts[count:])
    raise UsageError(f"{reference}: there is no file or folder {name}")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def from_pieces(
    reference: str, pieces: Iterable[bytes], *, wanted: str = "", platform: str = "", error: Error = ChecksFailed
) -> View:
    """An archive's stream; what cannot be made sense of is an error of the given class."""
    try:
        passed = pass_through(pieces)
        return _view(reference, passed, wanted, platform)
    except (BrokenLayer, DocumentError) as problem:
        raise error(f"{reference} is no archive of an image: {problem}") from None


def pass_through(pieces: Iterable[bytes]) -> Passed:
    """All members of an archive, which may be compressed itself."""
    from lambda_image.image_rules.compression import compression_of, uncompressed

    source = iter(pieces)
    start = next(source, b"")
    plain = uncompressed(itertools.chain([start], source), compression_of(start))
    passed, allowance, room = Passed(), Allowance(), _MOST_DOCUMENTS
    reader = TarReader(Pieces(plain))
    for number, header in enumerate(reader):
        if number > _MOST_MEMBERS:
            raise BrokenLayer(f"more than {_MOST_MEMBERS:,} members")
        name = header.name.decode("utf-8", "replace").removeprefix("./")
        if header.kind in ("link", "hard link"):
            passed.links[name] = header.link.decode("utf-8", "replace").removeprefix("../")
        if header.kind != "file":
            continue
        head = reader.head(BLOCK)
        if head.lstrip()[:1] in (b"{", b"[") and header.size <= min(LARGEST_DOCUMENT, room):
            content = b"".join([head, *reader.content()])
            room -= len(content)
            passed.documents[name] = content
        else:
            passed.layers[name] = read_layer(itertools.chain([head], reader.content()), allowance)
    return passed


def _view(reference: str, passed: Passed, wanted: str, platform: str) -> View:
    layout = passed.documents.get("index.json")
    if layout is not None:
        entries = tuple(descriptor(one) for one in objects(parse_json(layout).get("manifests")))
        return of_descriptors(reference, passed, choose(reference, entries, wanted), platform=platform)
    if "manifest.json" in passed.documents:
        return _old(reference, passed, wanted)
    raise DocumentError("it has neither index.json nor manifest.json")


def choose(reference: str, entries: tuple[Descriptor, ...], wanted: str) -> tuple[Descriptor, ...]:
    """The entries of the image that is meant: all of them, unless they are several images with names."""
    if not entries:
        raise DocumentError("its index.json names no image")
    names = {_name(entry) for entry in entries} - {""}
    if wanted:
        chosen = tuple(
            entry for entry in entries if wanted in (_name(entry), entry.annotations.get(_NAME), entry.digest)
        )
        if not chosen:
            raise UsageError(f"{reference}: there is no image {wanted!r} in it", hint=f"It has {_listed(names)}.")
        return chosen
    if len(names) > 1 and len({entry.digest for entry in entries}) > 1:
        raise UsageError(f"{reference}: it holds several images", hint=f"Say which: FILE:NAME with {_listed(names)}.")
    unique = {entry.digest: entry for entry in entries}
    return tuple(unique.values())


def _name(entry: Descriptor) -> str:
    return entry.annotations.get(_CONTAINERD_NAME) or entry.annotations.get(_NAME, "")


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "no names"


def _old(reference: str, passed: Passed, wanted: str) -> View:
    """manifest.json alone, as Docker wrote it up to 24 and others do: config and layers by their names."""
    listed = objects(_list(passed.documents["manifest.json"]))
    tags = {tag: one for one in listed for tag in _texts(one.get("RepoTags"))}
    if not listed:
        raise DocumentError("its manifest.json names no image")
    if wanted and wanted not in tags:
        raise UsageError(f"{reference}: there is no image {wanted!r} in it", hint=f"It has {_listed(set(tags))}.")
    if not wanted and len(listed) > 1:
        raise UsageError(
            f"{reference}: it holds several images", hint=f"Say which: FILE:NAME with {_listed(set(tags))}."
        )
    image = tags[wanted] if wanted else listed[0]
    content = passed.documents.get(text(image.get("Config")))
    if content is None:
        raise DocumentError("the config that its manifest.json names is missing")
    config = config_from(content)
    diff_ids = config.diff_ids
    layers = []
    for number, name in enumerate(_texts(image.get("Layers")), 1):
        found = passed.named_layer(name)
        missing = Content(digest="", stored=0, compression="none", broken="it is missing")
        diff_id = diff_ids[number - 1] if number <= len(diff_ids) else ""
        layers.append(Layer(number=number, descriptor=Descriptor(), diff_id=diff_id, content=found or missing))
    return View(reference=reference, config=config, layers=tuple(layers), unknown=(NO_MANIFEST,))


def _list(content: bytes) -> object:
    """A JSON list, in the bounds of an object."""
    if len(content) > LARGEST_MANIFEST:
        raise DocumentError("manifest.json is too large")
    return parse_json(b'{"list":' + content + b"}", largest=LARGEST_DOCUMENT).get("list")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text(one) for one in value) if isinstance(value, list) else ()
