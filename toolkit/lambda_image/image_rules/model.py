"""What is known of an image, as frozen values that rules look at; who fetched it, and from where, is not among them.

Whatever comes from an image is hostile until it is parsed here: JSON is bounded in size and depth, and every
field is taken by a function that says which type it wants.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
MANIFESTS = (DOCKER_MANIFEST, OCI_MANIFEST)
INDEXES = (DOCKER_LIST, OCI_INDEX)

# What registries promise to keep of a manifest (distribution-spec: at least 4 MiB), and twice that for a config.
LARGEST_MANIFEST = 4 << 20
LARGEST_DOCUMENT = 8 << 20

Kind = Literal["file", "directory", "link", "hard link", "device", "other"]
Compression = Literal["none", "gzip", "zstd"]


class DocumentError(ValueError):
    """A manifest, index or config that is not what it has to be."""


def parse_json(content: bytes, *, largest: int = LARGEST_DOCUMENT) -> Mapping[str, object]:
    """A JSON object; DocumentError where it is too large, too deep or no object."""
    if len(content) > largest:
        raise DocumentError(f"larger than {largest:,} bytes")
    try:
        value = json.loads(content)
    except RecursionError:
        raise DocumentError("nested too deeply") from None
    except ValueError as error:
        raise DocumentError(f"no JSON: {error}") from None
    if not isinstance(value, dict):
        raise DocumentError("no JSON object")
    return value


def text(value: object) -> str:
    """A string, or "" for anything else."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    """A whole number, or -1."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def mapping(value: object) -> Mapping[str, object]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> tuple[Mapping[str, object], ...]:
    """The objects of a list; what is none becomes an empty one, so that counts stay true."""
    return tuple(mapping(item) for item in value) if isinstance(value, list) else ()


def sha256(content: bytes) -> str:
    """As registries write it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """What points to a manifest, a config or a layer."""

    media_type: str = ""
    digest: str = ""
    size: int = -1
    platform: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()

    @property
    def is_index(self) -> bool:
        """Whether it points to a list of manifests."""
        return self.media_type in INDEXES

    @property
    def is_attestation(self) -> bool:
        """BuildKit's mark for provenance and SBOM."""
        return "attestation" in self.annotations.get("vnd.docker.reference.type", "")


def descriptor(value: Mapping[str, object]) -> Descriptor:
    """From JSON."""
    platform = mapping(value.get("platform"))
    parts = [text(platform.get(name)) for name in ("os", "architecture", "variant")]
    urls = value.get("urls")
    return Descriptor(
        media_type=text(value.get("mediaType")),
        digest=text(value.get("digest")),
        size=number(value.get("size")),
        platform="/".join(part for part in parts if part),
        annotations={name: text(words) for name, words in mapping(value.get("annotations")).items()},
        urls=tuple(text(url) for url in urls) if isinstance(urls, list) else (),
    )


@dataclass(frozen=True, kw_only=True)
class Index:
    """A list of manifests that stands where a function wants one manifest."""

    media_type: str
    digest: str
    entries: tuple[Descriptor, ...]
    chosen: str = ""  # digest of the entry that the rest of the view is about


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One image's manifest: `digest` is what it was asked for by, `real_digest` what its bytes have."""

    media_type: str
    stated_media_type: str = ""
    digest: str = ""
    real_digest: str = ""
    config: Descriptor
    layers: tuple[Descriptor, ...]


@dataclass(frozen=True, kw_only=True)
class Config:
    """An image's config; `problem` says why its document is empty."""

    document: Mapping[str, object]
    real_digest: str = ""
    real_size: int = -1
    problem: str = ""

    @property
    def settings(self) -> Mapping[str, object]:
        """ENTRYPOINT, CMD, ENV and the like."""
        return mapping(self.document.get("config"))

    def words(self, name: str) -> tuple[str, ...]:
        """A setting that is a list of words; a lone string is one word."""
        value = self.settings.get(name)
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(text(word) for word in value) if isinstance(value, list) else ()

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Digests of the uncompressed layers, as the config says them."""
        value = mapping(self.document.get("rootfs")).get("diff_ids")
        return tuple(text(one) for one in value) if isinstance(value, list) else ()

    @property
    def platform(self) -> str:
        """As in `linux/amd64`."""
        return f"{text(self.document.get('os'))}/{text(self.document.get('architecture'))}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a layer's tar; `name` and `link` are its own bytes, `head` the start of a program."""

    name: bytes
    kind: Kind
    mode: int = 0o644
    link: bytes = b""
    size: int = 0
    head: bytes = b""
    device: tuple[int, int] = (0, 0)

    @property
    def path(self) -> str:
        """The name without what does not matter: `./`, doubled and trailing slashes."""
        return "/".join(
            part for part in self.name.decode("utf-8", "surrogateescape").split("/") if part not in ("", ".")
        )


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a layer turned out to be when it was read to its end; `broken` says why it could not be."""

    digest: str
    stored: int
    compression: Compression
    diff_id: str = ""
    size: int = -1
    entries: tuple[Entry, ...] = ()
    broken: str = ""
    unread: str = ""  # nothing is wrong with it, but nothing here can read it


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer, from the base up: numbered from 1 as messages name it."""

    number: int
    descriptor: Descriptor
    diff_id: str = ""
    content: Content | None = None
    known_size: int = -1

    @property
    def name(self) -> str:
        """For messages."""
        digest = self.descriptor.digest or self.diff_id or (self.content.digest if self.content else "")
        return f"layer {self.number} ({digest[:19]})" if digest else f"layer {self.number}"

    @property
    def size(self) -> int:
        """Bytes of its uncompressed tar, or -1."""
        return self.content.size if self.content and self.content.size >= 0 else self.known_size


@dataclass(frozen=True, kw_only=True)
class File:
    """What stands at a path of the image; links in its last part are not followed."""

    path: str
    kind: Kind
    mode: int
    link_target: str = ""


class Files(Protocol):
    """The image's files, all layers on top of each other."""

    def lookup(self, path: str) -> File | None:
        """What is there; links in all parts but the last are followed."""

    def head(self, path: str) -> bytes:
        """The first bytes of a program at that path, links followed; b"" where there is none."""

    def below(self, folder: str) -> Iterator[File]:
        """The folder and all in it; nothing where it is no folder."""


class NoFiles:
    """Files of an image whose layers were not read."""

    def lookup(self, path: str) -> File | None:
        """Nothing."""
        return None

    def head(self, path: str) -> bytes:
        """Nothing."""
        return b""

    def below(self, folder: str) -> Iterator[File]:
        """Nothing."""
        return iter(())


@dataclass(frozen=True, kw_only=True)
class View:
    """An image as rules see it. What a source cannot know is None or empty, and `unknown` says so in words."""

    reference: str
    index: Index | None = None
    manifest: Manifest | None = None
    config: Config | None = None
    layers: tuple[Layer, ...] = ()
    unknown: tuple[str, ...] = ()
    files_source: Files | None = None

    @cached_property
    def files(self) -> Files:
        """The image's files."""
        from lambda_image.image_rules.tree import Tree

        return self.files_source or Tree(self.layers)

    @property
    def knows_files(self) -> bool:
        """Whether something missing in `files` is missing in the image."""
        whole = all(layer.content and not (layer.content.broken or layer.content.unread) for layer in self.layers)
        return self.files_source is not None or (bool(self.layers) and whole)

    @property
    def size(self) -> int:
        """Sum of the uncompressed layers that are known."""
        return sum(max(layer.size, 0) for layer in self.layers)

    @property
    def digest(self) -> str:
        """Of what the reference points to."""
        found = self.index or self.manifest
        return found.digest if found else ""


def joined(names: Sequence[str]) -> str:
    """For messages."""
    return ", ".join(names)
