"""Images made byte by byte, sound ones and ones with a single fault, in every form that an image has on a disk."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIGS = {
    DOCKER: "application/vnd.docker.container.image.v1+json",
    OCI: "application/vnd.oci.image.config.v1+json",
}
LOADER = b"/lib64/ld.so"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def elf(machine: int = 62, loader: bytes = b"", bits: int = 2) -> bytes:
    """The start of a program: header, one program header, the loader's name."""
    ident = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, int(bool(loader)), 0, 0, 0)
    name = loader + b"\0"
    program = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1)
    return header + (program + name if loader else b"") + bytes(500)


@dataclass
class Member:
    """An entry of a layer as it is written, however odd."""

    name: bytes
    content: bytes = b""
    mode: int = 0o644
    kind: bytes = b"0"
    link: bytes = b""
    device: tuple[int, int] = (0, 0)

    def written(self) -> bytes:
        long = b""
        if len(self.name) > 100:
            long = Member(b"././@LongLink", self.name + b"\0", kind=b"L").written()
        block = bytearray(512)
        block[0:100] = self.name[:100].ljust(100, b"\0")
        block[100:108] = b"%07o\0" % self.mode
        block[108:116] = block[116:124] = b"%07o\0" % 0
        block[124:136] = b"%011o\0" % len(self.content)
        block[136:148] = b"%011o\0" % 0
        block[156:157] = self.kind
        block[157:257] = self.link.ljust(100, b"\0")
        block[257:265] = b"ustar\x0000"
        block[329:337], block[337:345] = b"%07o\0" % self.device[0], b"%07o\0" % self.device[1]
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        return long + bytes(block) + self.content + bytes(-len(self.content) % 512)


def folder(name: str, mode: int = 0o755) -> Member:
    return Member(name.encode() + b"/", mode=mode, kind=b"5")


def program(name: str, content: bytes) -> Member:
    return Member(name.encode(), content, mode=0o755)


def tar(members: list[Member]) -> bytes:
    return b"".join(member.written() for member in members) + bytes(1024)


def base() -> list[Member]:
    return [
        folder("usr"),
        folder("usr/bin"),
        program("usr/bin/sh", elf(loader=LOADER)),
        folder("lib64"),
        program("lib64/ld.so", elf()),
        folder("var"),
        folder("var/lang"),
        folder("var/lang/bin"),
        Member(b"var/lang/bin/python3", mode=0o777, kind=b"2", link=b"../../../usr/bin/sh"),
        folder("var/runtime"),
        program("var/runtime/bootstrap", b"#!/usr/bin/sh\nexec sh\n"),
        Member(b"usr/bin/dash", mode=0o755, kind=b"1", link=b"usr/bin/sh"),
    ]


def function() -> list[Member]:
    return [
        program("entrypoint.sh", b"#!/usr/bin/sh -e\nexec /var/runtime/bootstrap\n"),
        folder("var"),
        folder("var/task"),
        Member(b"var/task/app.py", b"def handler(event, context): return event\n"),
        Member(b"var/task/lib.so", elf()),
        folder("opt"),
    ]


@dataclass
class Image:
    """A sound image, until a test changes a part of it; what depends on that part follows unless it is changed too."""

    kind: str = OCI
    layers: list[list[Member]] = field(default_factory=lambda: [base(), function()])
    config: dict[str, object] = field(default_factory=dict)
    blobs: dict[int, bytes] = field(default_factory=dict)  # by the layer's place, instead of its gzip
    layer_kinds: dict[int, str] = field(default_factory=dict)
    change_config: Callable[[dict[str, object]], object] = lambda config: None
    change_config_bytes: Callable[[bytes], bytes] = lambda content: content
    change_manifest: Callable[[dict[str, object]], object] = lambda manifest: None
    index: Callable[[dict[str, object]], dict[str, object]] | None = None
    files: dict[str, bytes] = field(default_factory=dict)

    def tars(self) -> list[bytes]:
        return [tar(members) for members in self.layers]

    def _config(self) -> bytes:
        config: dict[str, object] = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": ["/entrypoint.sh"], "Cmd": ["app.handler"]},
            "history": [{"created_by": "x"} for _ in self.layers] + [{"created_by": "CMD", "empty_layer": True}],
            "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in self.tars()]},
        }
        config |= self.config
        self.change_config(config)
        return self.change_config_bytes(json.dumps(config).encode())

    def _add(self, content: bytes) -> str:
        name = digest(content)
        self.files["blobs/" + name.replace(":", "/")] = content
        return name

    def layout(self) -> dict[str, bytes]:
        """The files of an OCI layout, manifest.json of `docker save` beside it."""
        self.files = {}
        stored = [self.blobs.get(number, gzip.compress(one, 1)) for number, one in enumerate(self.tars())]
        suffix = f"{DOCKER_LAYER}.gzip" if self.kind == DOCKER else f"{OCI_LAYER}+gzip"
        config = self._config()
        manifest: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": self.kind,
            "config": {"mediaType": CONFIGS.get(self.kind, ""), "digest": self._add(config), "size": len(config)},
            "layers": [
                {"mediaType": self.layer_kinds.get(number, suffix), "digest": self._add(blob), "size": len(blob)}
                for number, blob in enumerate(stored)
            ],
        }
        self.change_manifest(manifest)
        content = json.dumps(manifest).encode()
        top: dict[str, object] = {"mediaType": self.kind, "digest": self._add(content), "size": len(content)}
        if self.index:
            index = json.dumps(self.index(top)).encode()
            top = {"mediaType": OCI_INDEX, "digest": self._add(index), "size": len(index)}
        top["annotations"] = {"org.opencontainers.image.ref.name": "1"}
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()
        self.files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
        return self.files

    def docker_20(self) -> dict[str, bytes]:
        """As Docker 20.10 saves it: no manifest, layers as plain tars."""
        config = self._config()
        name = digest(config)[7:] + ".json"
        layers = {f"{number}/layer.tar": one for number, one in enumerate(self.tars())}
        listed = [{"Config": name, "RepoTags": ["f:1"], "Layers": list(layers)}]
        return {**layers, name: config, "manifest.json": json.dumps(listed).encode()}


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def write_archive(path: Path, files: dict[str, bytes]) -> str:
    path.write_bytes(archive(files))
    return str(path)


def write_folder(path: Path, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return str(path)
