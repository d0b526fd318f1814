"""The folder that `lambda-image fetch` fills, and from which images are built without a network.

    blobs/sha256/HEX         every file, by its content
    oci-layout, index.json   root file systems: the folder is an OCI layout, whose layers are among the blobs
    plans/PLAN.json          what one image takes: its place in the build context → its blob

A blob is there whole or not at all, a plan only when all its blobs are.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from lambda_image.at_hand import AtHand
from lambda_image.engine.archive import open_tar
from lambda_image.errors import ChecksFailed, ConfigurationError, MachineError
from lambda_image.nearest import nearest
from lambda_image.plan import Root

SCHEMA_VERSION = 1
_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}\n'
_INDEX = "application/vnd.oci.image.index.v1+json"
_LISTS = (_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
_CHUNK = 1 << 20
# What says which image a manifest is: that of the format, and the one that engines heed.
_NAME, _ENGINE_NAME = "org.opencontainers.image.ref.name", "io.containerd.image.name"


@dataclass(frozen=True, kw_only=True)
class KeptRoot:
    """A root file system as an image in the folder."""

    reference: str
    origin: Literal["image", "bootstrap"]
    config_digest: str
    manifest: str

    @property
    def root(self) -> Root:
        """As plans have it."""
        return Root(reference=self.reference, origin=self.origin)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What one image takes from the folder."""

    plan: str
    # The digest of the build's context.
    context: str = ""
    roots: Mapping[str, KeptRoot] = field(default_factory=dict)
    # Files by the checksum that pins them, and by their place in the context: the digest of each one's blob.
    downloads: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def blobs(self) -> frozenset[str]:
        """All that must be there, beside what the roots' manifests name."""
        manifests = (root.manifest for root in self.roots.values())
        return frozenset((*self.downloads.values(), *self.files.values(), *manifests))


class OfflineFolder:
    """A folder of that kind, to be read or filled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    # Reading

    def checked(self) -> OfflineFolder:
        """The folder, if it is one."""
        if not (self.path / "plans").is_dir():
            raise ConfigurationError(
                f"{self.path} is no folder that `lambda-image fetch` filled",
                hint=f"where there is a network: lambda-image fetch LANGUAGE --into {self.path}",
            )
        return self

    def plans(self) -> tuple[str, ...]:
        """The images that can be built from it."""
        return tuple(sorted(path.stem for path in (self.path / "plans").glob("*.json")))

    def kept(self, plan: str) -> Kept:
        """What an image takes; an error that names what can be built where it is not there."""
        found = self._kept(plan)
        if found is None:
            there = self.plans()
            raise ConfigurationError(
                f"{self.path} has not what {plan} is built from",
                hint=f"nearest that it has: {nearest(plan, there)}" if there else "it is empty: fill it with `fetch`",
            )
        return found

    def _kept(self, plan: str) -> Kept | None:
        path = self.path / "plans" / f"{plan}.json"
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said["schema_version"] != SCHEMA_VERSION:
                raise ConfigurationError(
                    f"{path} has version {said['schema_version']}, this program reads {SCHEMA_VERSION}",
                    hint="fill the folder with the same version of lambda-image",
                )
            roots = {name: KeptRoot(**values) for name, values in said["roots"].items()}
            if outside := [place for place in said["files"] if not _is_within(place)]:
                raise ValueError(f"{outside[0]} is no place in a build context")
            return Kept(
                plan=said["plan"],
                context=said["context"],
                roots=roots,
                downloads=said["downloads"],
                files=said["files"],
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{path} is not as `lambda-image fetch` wrote it: {error}") from error

    def packages_on(self, root: Root, folder: str) -> Mapping[str, str]:
        """The files of a distribution's packages that images on a root take: names → digests, those that are there."""
        found: dict[str, str] = {}
        for plan in self.plans():
            kept = self.kept(plan)
            if root.reference in {one.reference for one in kept.roots.values()}:
                found |= {
                    Path(place).name: one for place, one in kept.files.items() if Path(place).parent == Path(folder)
                }
        return {name: digest for name, digest in found.items() if self.has(digest)}

    def has_download(self, checksum: str) -> bool:
        """Whether some image in it takes a file of that checksum."""
        return any(checksum in self.kept(plan).downloads for plan in self.plans())

    def at_hand(self, kept: Kept) -> AtHand:
        """All files of an image, each checked now."""
        return AtHand(
            downloads={checksum: self.blob(digest) for checksum, digest in kept.downloads.items()},
            others={place: self.blob(digest) for place, digest in kept.files.items()},
            offline=True,
        )

    def blob(self, digest: str) -> Path:
        """A file, checked now."""
        path = self._blob(digest)
        if not path.is_file():
            raise ChecksFailed(f"{self.path} lacks {path.relative_to(self.path)}", hint=_AGAIN)
        found = _digest(path)
        if digest != found:
            raise ChecksFailed(f"{path} has been changed: its sha256 is {found.removeprefix('sha256:')}", hint=_AGAIN)
        return path

    def _blob(self, digest: str) -> Path:
        return self.path / _place(digest)

    def image(self, root: KeptRoot) -> Iterator[bytes]:
        """A root as an archive that engines load."""
        parts = _parts(self.blob(root.manifest))
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [self._descriptor(root)]}
        # What engines before the format's own files read.
        names = [_place(part) for part in parts]
        listed = [{"Config": names[0], "RepoTags": [root.reference], "Layers": names[1:]}]
        for digest in (root.manifest, *parts):
            path = self.blob(digest)
            yield _header(_place(digest), path.stat().st_size)
            with path.open("rb") as file:
                yield from iter(lambda file=file: file.read(_CHUNK), b"")  # type: ignore[misc]
            yield _padding(path.stat().st_size)
        small = {"oci-layout": _LAYOUT, "index.json": _json(index), "manifest.json": _json(listed)}
        for name, content in small.items():
            yield _header(name, len(content)) + content + _padding(len(content))
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _descriptor(self, root: KeptRoot) -> dict[str, object]:
        path = self._blob(root.manifest)
        media = json.loads(path.read_bytes()).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
        tag = root.reference if ":" in root.reference.rpartition("/")[2] else f"{root.reference}:latest"
        return {
            "mediaType": media,
            "digest": root.manifest,
            "size": path.stat().st_size,
            "annotations": {_NAME: tag.rpartition(":")[2], _ENGINE_NAME: _whole(tag)},
        }

    # Filling

    def prepare(self) -> None:
        """The empty folders; an error where it cannot be written."""
        try:
            for name in ("plans", "blobs/sha256"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            self._write(self.path / "oci-layout", _LAYOUT)
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be written: {error.strerror}") from error

    def add(self, path: Path) -> str:
        """A file's blob: its digest. The file may be moved away."""
        digest = _digest(path)
        target = self._blob(digest)
        if not self.has(digest):
            with path.open("rb") as file:
                self._put(target, file)
        return digest

    def has(self, digest: str) -> bool:
        """Whether a blob is there, whole."""
        try:
            return self.blob(digest).is_file()
        except ChecksFailed:
            return False

    def is_whole(self, plan: str, context: str) -> bool:
        """Whether an image can be built from it, by this very context."""
        kept = self._kept(plan)
        if kept is None or kept.context != context or not all(map(self.has, kept.blobs)):
            return False
        return all(self.has(part) for root in kept.roots.values() for part in self._parts(root))

    def _parts(self, root: KeptRoot) -> tuple[str, ...]:
        return _parts(self._blob(root.manifest))

    def add_image(self, chunks: Iterator[bytes], root: Root, config_digest: str, platform: str) -> KeptRoot:
        """An engine's archive of a root, of which the platform's image is taken."""
        with tempfile.TemporaryDirectory(dir=self.path, prefix=".image-") as name:
            folder = Path(name)
            with open_tar(chunks) as tar:
                tar.extractall(folder, filter="data")
            if not (folder / "index.json").is_file():
                raise MachineError(
                    "this engine writes no OCI layout, in which roots are kept",
                    hint="Docker 25 or newer does (`docker save`)",
                )
            (first, *_) = json.loads((folder / "index.json").read_bytes())["manifests"]
            manifest = self._manifest(folder, first, platform)
            for digest in (*_parts(folder / _place(manifest)), manifest):
                self.add(folder / _place(digest))
        return KeptRoot(reference=root.reference, origin=root.origin, config_digest=config_digest, manifest=manifest)

    def _manifest(self, folder: Path, descriptor: Mapping[str, Any], platform: str) -> str:
        digest = str(descriptor["digest"])
        if descriptor["mediaType"] not in _LISTS:
            return digest
        for one in json.loads((folder / _place(digest)).read_bytes())["manifests"]:
            its = one.get("platform", {})
            if f"{its.get('os')}/{its.get('architecture')}" == platform and (folder / _place(one["digest"])).is_file():
                return str(one["digest"])
        raise MachineError(f"the engine's archive has no image for {platform}")

    def keep(self, kept: Kept) -> None:
        """What an image takes is all there: now it can be built from the folder."""
        said = {
            "schema_version": SCHEMA_VERSION,
            "plan": kept.plan,
            "context": kept.context,
            "roots": {name: root.__dict__ for name, root in sorted(kept.roots.items())},
            "downloads": dict(sorted(kept.downloads.items())),
            "files": dict(sorted(kept.files.items())),
        }
        self._write(self.path / "plans" / f"{kept.plan}.json", _json(said))
        self._write(self.path / "index.json", _json(self._index()))

    def _index(self) -> dict[str, object]:
        roots = {root.reference: root for plan in self.plans() for root in self.kept(plan).roots.values()}
        manifests = [self._descriptor(root) for _, root in sorted(roots.items())]
        return {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests}

    def _write(self, path: Path, content: bytes) -> None:
        self._put(path, io.BytesIO(content))

    def _put(self, path: Path, content: IO[bytes]) -> None:
        """Whole or not at all, and nothing else: whatever breaks it off."""
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            partial = Path(file.name)
            try:
                shutil.copyfileobj(content, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())
                partial.chmod(0o644)
                partial.replace(path)
            except BaseException:
                partial.unlink()
                raise

    def size(self, plans: Iterable[str]) -> int:
        """The bytes of what these images take, each blob counted once."""
        blobs: set[str] = set()
        for plan in plans:
            kept = self.kept(plan)
            blobs |= kept.blobs | {part for root in kept.roots.values() for part in self._parts(root)}
        return sum(self._blob(digest).stat().st_size for digest in blobs)


_AGAIN = "run the same `lambda-image fetch` again where there is a network: it fetches what is missing"


def _is_within(place: str) -> bool:
    return not place.startswith("/") and ".." not in place.split("/")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _place(digest: str) -> str:
    """Where a layout has a blob."""
    return f"blobs/{digest.replace(':', '/')}"


def _parts(manifest: Path) -> tuple[str, ...]:
    """The digests of an image's config and layers."""
    said = json.loads(manifest.read_bytes())
    return (said["config"]["digest"], *(layer["digest"] for layer in said["layers"]))


def _whole(tag: str) -> str:
    """With the registry that engines take where none is named."""
    first, slash, _ = tag.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return tag
    return f"docker.io/{tag}" if slash else f"docker.io/library/{tag}"


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
