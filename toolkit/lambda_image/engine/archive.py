"""Reads the stream of `docker save` without writing it to a disk: digests, layers and their true sizes.

Three layouts occur: Docker 20.10's (`<id>/layer.tar`, `<hex>.json`), Docker 25's classic store (both that
and an OCI layout), and the containerd store's OCI layout. `manifest.json` names config and layers in all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import threading
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from lambda_image.engine.image import Archive, Layer, Manifest
from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK = 1 << 20
_LARGEST_JSON = 8 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class ChunkReader(io.RawIOBase):
    """A file face for an iterator of byte strings, as tarfile wants it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fills as much as one chunk gives."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        target = memoryview(buffer)  # type: ignore[arg-type]
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def open_tar(chunks: Iterator[bytes]) -> tarfile.TarFile:
    """A tar that is read once, front to back."""
    return tarfile.open(fileobj=io.BufferedReader(ChunkReader(chunks), _CHUNK), mode="r|", bufsize=_CHUNK)


@dataclass(frozen=True)
class _Member:
    stored: int
    size: int
    content: bytes | None


def read_archive(chunks: Iterator[bytes]) -> Archive:
    """The facts of the first image in a `docker save` stream."""
    members: dict[str, _Member] = {}
    links: dict[str, str] = {}
    try:
        with open_tar(chunks) as tar:
            for entry in tar:
                if entry.isfile():
                    file = cast("IO[bytes]", tar.extractfile(entry))
                    members[entry.name] = _measure(file, entry.size)
                elif entry.issym() or entry.islnk():
                    links[entry.name] = _resolved(entry)
    except (tarfile.TarError, zlib.error) as error:
        raise EngineError(f"the engine's image archive cannot be read: {error}") from error
    for name, target in links.items():
        if target in members:
            members[name] = members[target]
    return _archive_from(members)


def _resolved(entry: tarfile.TarInfo) -> str:
    """Docker 20.10 writes a repeated layer as a link `../<id>/layer.tar`."""
    return entry.linkname.removeprefix("../")


def _measure(file: IO[bytes], stored: int) -> _Member:
    head = file.read(min(_CHUNK, stored))
    if head[:2] == _GZIP:
        return _Member(stored, _count_gzip(head, file), None)
    if head[:4] == _ZSTD:
        return _Member(stored, _count_zstd(head, file), None)
    keep = head.lstrip()[:1] in (b"{", b"[") and stored <= _LARGEST_JSON
    content = head + file.read() if keep else None
    return _Member(stored, stored, content)


def _chunks(head: bytes, file: IO[bytes]) -> Iterator[bytes]:
    while head:
        yield head
        head = file.read(_CHUNK)


def _count_gzip(head: bytes, file: IO[bytes]) -> int:
    total = 0
    decoder = zlib.decompressobj(wbits=31)
    for chunk in _chunks(head, file):
        data = chunk
        while data:
            total += len(decoder.decompress(data))
            data = decoder.unused_data
            if decoder.eof:
                decoder = zlib.decompressobj(wbits=31)  # a gzip file may have several members
            else:
                break
    return total


def _count_zstd(head: bytes, file: IO[bytes]) -> int:
    """Python reads zstd from 3.14 on; until then the zstd program does."""
    program = shutil.which("zstd")
    if program is None:
        raise EngineError(
            "a layer of this image is compressed with zstd, and no program here can read it",
            hint="Install zstd.",
        )
    with subprocess.Popen([program, "-dcq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        feed, result = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
        counter = _Counter(result)
        counter.start()
        for chunk in _chunks(head, file):
            feed.write(chunk)
        feed.close()
        counter.join()
    if child.returncode:
        raise EngineError(f"zstd could not read a layer (status {child.returncode})")
    return counter.total


class _Counter(threading.Thread):
    """Counts what a program writes, while another thread feeds it."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._source = source
        self.total = 0

    def run(self) -> None:
        """To the end of the source."""
        while chunk := self._source.read(_CHUNK):
            self.total += len(chunk)


def _archive_from(members: Mapping[str, _Member]) -> Archive:
    listed = _json(members, "manifest.json")
    if not isinstance(listed, list) or not listed:
        raise EngineError("the engine's image archive has no manifest.json")
    config_name = str(listed[0]["Config"])
    config = members[config_name].content or b"{}"
    document = cast("dict[str, object]", json.loads(config))
    manifests = _manifests(members)
    media_types = _layer_media_types(members)
    diff_ids = cast("dict[str, list[str]]", document.get("rootfs", {})).get("diff_ids", [])
    layers = tuple(
        _layer(name, members[name], diff_id, media_types)
        for name, diff_id in zip(listed[0]["Layers"] or [], diff_ids, strict=True)
    )
    return Archive(
        config_digest="sha256:" + hashlib.sha256(config).hexdigest(),
        document=document,
        layers=layers,
        manifest_media_type=manifests[0].media_type if manifests else "",
        manifests=manifests,
    )


def _json(members: Mapping[str, _Member], name: str) -> object:
    member = members.get(name)
    return json.loads(member.content) if member and member.content else None


def _layer(name: str, member: _Member, diff_id: str, media_types: Mapping[str, str]) -> Layer:
    in_blobs = name.startswith("blobs/")
    digest = "sha256:" + name.rpartition("/")[2] if in_blobs else diff_id
    kind = media_types.get(digest, "application/vnd.docker.image.rootfs.diff.tar")
    return Layer(diff_id=diff_id, digest=digest, media_type=kind, size_compressed=member.stored, size=member.size)


def _manifests(members: Mapping[str, _Member]) -> tuple[Manifest, ...]:
    """The archive's index, and what an image index inside it lists: attestations show only there."""
    found: list[Manifest] = []
    waiting = _descriptors(_json(members, "index.json"))
    while waiting:
        descriptor = waiting.pop(0)
        manifest = _manifest(descriptor)
        found.append(manifest)
        if "index" in manifest.media_type or "manifest.list" in manifest.media_type:
            waiting += _descriptors(_blob(members, manifest.digest))
    return tuple(found)


def _descriptors(document: object) -> list[dict[str, object]]:
    return list(document.get("manifests") or []) if isinstance(document, dict) else []


def _blob(members: Mapping[str, _Member], digest: str) -> object:
    return _json(members, "blobs/" + digest.replace(":", "/"))


def _manifest(descriptor: Mapping[str, object]) -> Manifest:
    platform = cast("dict[str, str]", descriptor.get("platform") or {})
    annotations = cast("dict[str, str]", descriptor.get("annotations") or {})
    return Manifest(
        media_type=str(descriptor.get("mediaType", "")),
        digest=str(descriptor.get("digest", "")),
        platform=f"{platform['os']}/{platform['architecture']}" if "os" in platform else "",
        attestation="attestation" in annotations.get("vnd.docker.reference.type", ""),
    )


def _layer_media_types(members: Mapping[str, _Member]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for member in members.values():
        if not member.content or b'"layers"' not in member.content:
            continue
        document = json.loads(member.content)
        if isinstance(document, dict) and isinstance(document.get("layers"), list):
            kinds |= {str(layer["digest"]): str(layer["mediaType"]) for layer in document["layers"]}
    return kinds


def to_json(archive: Archive) -> str:
    """For the cache."""
    return json.dumps(dataclasses.asdict(archive))


def from_json(text: str) -> Archive:
    """From the cache; anything unexpected raises ValueError, KeyError or TypeError."""
    data = json.loads(text)
    data["layers"] = tuple(Layer(**layer) for layer in data["layers"])
    data["manifests"] = tuple(Manifest(**manifest) for manifest in data["manifests"])
    return Archive(**data)
