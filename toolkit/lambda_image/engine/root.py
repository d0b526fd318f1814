"""A root file system's tar as an image archive, made on the fly: layer first, then its config.

`docker import` would date the image by the clock, and old engines ignore its platform. An archive whose
config is written here gives the same config digest on every engine.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
import zlib
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHUNK = 1 << 20
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5", b"\xfd7", b"BZ")
_DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def archive(
    tar: Path,
    reference: str,
    *,
    platform: str,
    labels: Mapping[str, str],
    created: int,
    compress: bool = False,
) -> Iterator[bytes]:
    """The chunks of a `docker load` archive; the tar must be plain, so that its digest is the layer's.

    The containerd store keeps and pushes a layer as it came, so there it is to come compressed.
    """
    with tempfile.TemporaryFile() as layer:
        diff_id = f"sha256:{_copy(tar, layer, compress=compress)}"
        size = layer.tell()
        layer.seek(0)
        yield _header("layer.tar", size)
        yield from iter(lambda: layer.read(_CHUNK), b"")
        yield _padding(size)
    config = json.dumps(_config(diff_id, platform, labels, created), sort_keys=True).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [_tagged(reference)], "Layers": ["layer.tar"]}]
    yield from _file(name, config)
    yield from _file("manifest.json", json.dumps(manifest).encode())
    yield bytes(2 * tarfile.BLOCKSIZE)


def _copy(tar: Path, layer: IO[bytes], *, compress: bool) -> str:
    """The layer as it shall be stored, and the digest of its plain form."""
    digest = hashlib.sha256()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    with tar.open("rb") as file:
        if file.read(2) in _COMPRESSED:
            raise EngineError(f"{tar} is compressed; a root's tar must be plain")
        file.seek(0)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            layer.write(packer.compress(chunk) if compress else chunk)
    if compress:
        layer.write(packer.flush())
    return digest.hexdigest()


def _config(diff_id: str, platform: str, labels: Mapping[str, str], created: int) -> dict[str, object]:
    os, _, machine = platform.partition("/")
    architecture, _, variant = machine.partition("/")
    at = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "architecture": architecture,
        **({"variant": variant} if variant else {}),
        "os": os,
        "created": at,
        "config": {"Env": [_DEFAULT_PATH], "Labels": dict(labels)},
        "history": [{"created": at, "created_by": "lambda-image: root file system"}],
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }


def _tagged(reference: str) -> str:
    return reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _file(name: str, content: bytes) -> Iterator[bytes]:
    yield _header(name, len(content))
    yield content
    yield _padding(len(content))
