"""Image archives of three generations of Docker, and what is asked of them: true sizes and one digest."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from lambda_image.engine.archive import from_json, read_archive, to_json
from lambda_image.engine.root import archive as root_archive
from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYERS = [b"layer one" * 1000, b"layer two" * 50]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


CONFIG = json.dumps(
    {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest(layer)}" for layer in LAYERS]}}
).encode()


def chunks(files: dict[str, bytes], links: dict[str, str] | None = None, size: int = 700) -> Iterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    data = buffer.getvalue()
    return (data[start : start + size] for start in range(0, len(data), size))


def oci(*, compressed: bool, attested: bool = False) -> dict[str, bytes]:
    blobs = [gzip.compress(layer) if compressed else layer for layer in LAYERS]
    kind = "application/vnd.oci.image.layer.v1.tar" + ("+gzip" if compressed else "")
    manifest = json.dumps({"layers": [{"digest": f"sha256:{digest(b)}", "mediaType": kind} for b in blobs]}).encode()
    top = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": f"sha256:{digest(manifest)}"}
    files = {f"blobs/sha256/{digest(blob)}": blob for blob in (*blobs, CONFIG, manifest)}
    if attested:
        note = {"vnd.docker.reference.type": "attestation-manifest"}
        index = json.dumps({"manifests": [top, {**top, "annotations": note}]}).encode()
        files[f"blobs/sha256/{digest(index)}"] = index
        top = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": f"sha256:{digest(index)}"}
    files["index.json"] = json.dumps({"manifests": [top]}).encode()
    listed = [f"blobs/sha256/{digest(blob)}" for blob in blobs]
    files["manifest.json"] = json.dumps([{"Config": f"blobs/sha256/{digest(CONFIG)}", "Layers": listed}]).encode()
    return files


def old() -> dict[str, bytes]:
    files = {f"{number}/layer.tar": layer for number, layer in enumerate(LAYERS)}
    files["config.json"] = CONFIG
    files["manifest.json"] = json.dumps([{"Config": "config.json", "Layers": list(files)[:2]}]).encode()
    return files


@pytest.mark.parametrize("files", [old(), oci(compressed=False), oci(compressed=True)])
def test_every_layout_gives_the_same_digest_and_size(files: dict[str, bytes]) -> None:
    found = read_archive(chunks(files))
    assert found.config_digest == f"sha256:{digest(CONFIG)}"
    assert [layer.size for layer in found.layers] == [len(layer) for layer in LAYERS]
    assert [layer.diff_id for layer in found.layers] == [f"sha256:{digest(layer)}" for layer in LAYERS]
    assert found.size == sum(map(len, LAYERS))


def test_compressed_sizes_and_media_types_are_the_archives_own() -> None:
    found = read_archive(chunks(oci(compressed=True)))
    assert found.size_compressed == sum(len(gzip.compress(layer)) for layer in LAYERS)
    assert {layer.media_type for layer in found.layers} == {"application/vnd.oci.image.layer.v1.tar+gzip"}
    assert found.manifest_media_type == "application/vnd.oci.image.manifest.v1+json"


def test_an_index_with_an_attestation_is_seen_through() -> None:
    found = read_archive(chunks(oci(compressed=True, attested=True)))
    assert found.manifest_media_type == "application/vnd.oci.image.index.v1+json"
    assert [manifest.attestation for manifest in found.manifests] == [False, False, True]


def test_a_layer_may_be_a_link_to_another() -> None:
    """Docker 20.10 writes a repeated layer once."""
    config = json.dumps({"rootfs": {"diff_ids": ["sha256:a", "sha256:a"]}}).encode()
    manifest = json.dumps([{"Config": "c.json", "Layers": ["0/layer.tar", "1/layer.tar"]}]).encode()
    files = {"0/layer.tar": b"x" * 100, "c.json": config, "manifest.json": manifest}
    found = read_archive(chunks(files, {"1/layer.tar": "../0/layer.tar"}))
    assert [layer.size for layer in found.layers] == [100, 100]


def test_a_gzip_layer_of_several_members_is_counted_whole() -> None:
    files = oci(compressed=True)
    listed = json.loads(files["manifest.json"])[0]["Layers"][0]
    files[listed] = gzip.compress(LAYERS[0][:10]) + gzip.compress(LAYERS[0][10:])
    assert read_archive(chunks(files)).layers[0].size == len(LAYERS[0])


def test_an_archive_comes_back_from_the_cache_as_it_was() -> None:
    found = read_archive(chunks(oci(compressed=True)))
    assert from_json(to_json(found)) == found


@pytest.mark.parametrize("data", [b"", b"no tar at all" * 100])
def test_what_is_no_archive_is_the_engines_fault(data: bytes) -> None:
    with pytest.raises(EngineError, match="archive"):
        read_archive(iter([data]))


def test_a_roots_archive_is_one_that_can_be_read(tmp_path: Path) -> None:
    tar = tmp_path / "root.tar"
    with tarfile.open(tar, "w") as file:
        file.addfile(tarfile.TarInfo("etc"))
    made = list(root_archive(tar, "x", platform="linux/arm64/v8", labels={"a": "b"}, created=0))
    found = read_archive(iter(made))
    assert found.size == tar.stat().st_size
    assert found.document["architecture"] == "arm64"
    assert found.document["variant"] == "v8"
    assert found.document["created"] == "1970-01-01T00:00:00Z"


def test_a_compressed_root_is_refused(tmp_path: Path) -> None:
    tar = tmp_path / "root.tar.gz"
    tar.write_bytes(gzip.compress(b"x"))
    with pytest.raises(EngineError, match="compressed"):
        list(root_archive(tar, "x", platform="linux/amd64", labels={}, created=0))
