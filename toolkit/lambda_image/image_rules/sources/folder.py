"""An OCI layout in a folder: blobs are found by their digests, which are checked before they become a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambda_image.errors import ChecksFailed, UsageError
from lambda_image.image_rules.layer import Allowance, read_layer
from lambda_image.image_rules.model import (
    LARGEST_DOCUMENT,
    Content,
    Descriptor,
    DocumentError,
    View,
    descriptor,
    objects,
    parse_json,
)
from lambda_image.image_rules.sources.archive import DIGEST, choose, split_path
from lambda_image.image_rules.sources.assembly import of_descriptors


class Folder:
    """The blobs of a layout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._allowance = Allowance()

    def _blob(self, digest: str) -> Path | None:
        if not DIGEST.fullmatch(digest):
            return None
        path = self._folder / "blobs" / digest.replace(":", "/", 1)
        return path if path.is_file() else None

    def document(self, asked: Descriptor, largest: int) -> bytes | None:
        """By digest."""
        path = self._blob(asked.digest)
        return _bounded(path, largest) if path else None

    def layer(self, asked: Descriptor) -> Content | None:
        """By digest."""
        path = self._blob(asked.digest)
        return read_layer(_pieces(path), self._allowance) if path else None


def _bounded(path: Path, largest: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise DocumentError(f"{path.name} is larger than {largest:,} bytes")
    return content


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def from_folder(reference: str, name: str, *, platform: str = "") -> View:
    """A layout's image, `DIR` or `DIR:NAME-OF-THE-IMAGE`."""
    folder, wanted = split_path(reference, name)
    try:
        layout = parse_json(_bounded(folder / "index.json", LARGEST_DOCUMENT))
        entries = tuple(descriptor(one) for one in objects(layout.get("manifests")))
        return of_descriptors(reference, Folder(folder), choose(reference, entries, wanted), platform=platform)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{reference}: {folder} is no OCI layout, it has no index.json") from None
    except OSError as error:
        raise UsageError(f"{reference}: cannot be read: {error.strerror}") from None
    except DocumentError as problem:
        raise ChecksFailed(f"{reference} is no image: {problem}") from None
