"""Images of a registry, by the distribution-spec's API: one manifest, one config, and layers as they stream in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lambda_image.errors import ChecksFailed, ImageNotFound, RegistryError, UsageError
from lambda_image.image_rules.layer import Allowance, read_layer
from lambda_image.image_rules.model import (
    INDEXES,
    LARGEST_MANIFEST,
    MANIFESTS,
    Content,
    Descriptor,
    DocumentError,
    View,
)
from lambda_image.image_rules.sources.archive import DIGEST
from lambda_image.image_rules.sources.assembly import assemble
from lambda_image.image_rules.sources.session import Answer, Session

_HUB, _HUB_HOST = "docker.io", "registry-1.docker.io"
_ACCEPT = ", ".join((*MANIFESTS, *INDEXES, "*/*;q=0.1"))
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Place:
    """An image's name in a registry; `at` is a tag or a digest."""

    registry: str
    repository: str
    at: str

    @property
    def host(self) -> str:
        """Where the API of that registry is."""
        return _HUB_HOST if self.registry == _HUB else self.registry


def parse_place(name: str) -> Place:
    """HOST/REPOSITORY:TAG, HOST/REPOSITORY@DIGEST; without a host Docker Hub, without a tag `latest`."""
    rest, _, digest = name.partition("@")
    first, slash, remaining = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, path = first, remaining
    else:
        registry, path = _HUB, rest
    repository, _, tag = path.partition(":")
    if registry == _HUB and "/" not in repository:
        repository = f"library/{repository}"
    at = digest or tag or "latest"
    well = _HOST.fullmatch(registry) and _REPOSITORY.fullmatch(repository)
    if not well or not (DIGEST if digest else _TAG).fullmatch(at):
        raise UsageError(
            f"registry:{name} is no name of an image", hint="Write registry:HOST/REPOSITORY:TAG or …@sha256:…"
        )
    return Place(registry, repository, at)


def from_registry(reference: str, name: str, *, platform: str = "") -> View:
    """The image there."""
    place = parse_place(name)
    with Session(place.registry, place.host, place.repository) as session:
        store = Registry(session, place)
        try:
            return assemble(reference, store, store.top(), platform=platform)
        except DocumentError as problem:
            raise ChecksFailed(f"{reference} is no image: {problem}") from None


class Registry:
    """The blobs of one repository."""

    def __init__(self, session: Session, place: Place) -> None:
        self._session = session
        self._place = place
        self._allowance = Allowance()
        self._manifests: dict[str, bytes] = {}

    def top(self) -> Descriptor:
        """What the reference points to, under the digest that it was asked by or that the registry says."""
        with self._manifest(self._place.at) as answer:
            kind = answer.header("Content-Type").partition(";")[0].strip()
            stated = answer.header("Docker-Content-Digest")
            content = answer.bounded(LARGEST_MANIFEST)
        digest = self._place.at if ":" in self._place.at else stated
        top = Descriptor(media_type=kind, digest=digest, size=len(content))
        self._manifests[digest] = content
        return top

    def _manifest(self, at: str) -> Answer:
        answer = self._session.get(f"manifests/{at}", accept=_ACCEPT)
        if answer.status == 404:
            answer.close()
            where = f"{self._place.registry}/{self._place.repository}"
            raise ImageNotFound(f"{where} has no image {at}", hint="Look at the name and the tag; has it been pushed?")
        return answer

    def document(self, asked: Descriptor, largest: int) -> bytes | None:
        """Manifests and configs are fetched at different places."""
        if asked.digest in self._manifests:
            return self._manifests[asked.digest]
        if not DIGEST.fullmatch(asked.digest):
            return None
        path = "manifests" if asked.media_type in (*MANIFESTS, *INDEXES) else "blobs"
        with self._session.get(f"{path}/{asked.digest}", accept=_ACCEPT if path == "manifests" else "*/*") as answer:
            if answer.status == 404:
                return None
            return answer.bounded(largest)

    def layer(self, asked: Descriptor) -> Content | None:
        """Streamed; more bytes than the manifest says are not read."""
        if not DIGEST.fullmatch(asked.digest):
            return None
        with self._session.get(f"blobs/{asked.digest}") as answer:
            if answer.status == 404:
                return None
            return read_layer(_at_most(answer.pieces(), asked.size), self._allowance)


def _at_most(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """One byte more than stated is enough to tell that there are more."""
    left = size + 1 if size >= 0 else None
    for piece in pieces:
        if left is None:
            yield piece
            continue
        yield piece[:left]
        left -= len(piece[:left])
        if left <= 0:
            return


__all__ = ["Place", "Registry", "RegistryError", "from_registry", "parse_place"]
