"""Words that name an image: a transport and what it takes, as skopeo and podman write them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from lambda_image.errors import UsageError


class Transport(StrEnum):
    """Where an image is."""

    DOCKER = "docker"
    REGISTRY = "registry"
    OCI_ARCHIVE = "oci-archive"
    OCI_DIR = "oci-dir"
    DOCKER_ARCHIVE = "docker-archive"


# containers/image's own words for the same; its `docker:` without slashes is the one that means something else.
_ALIASES = {"docker-daemon": Transport.DOCKER, "oci": Transport.OCI_DIR}
_DOCKER_REGISTRY = "docker://"


@dataclass(frozen=True)
class Reference:
    """A transport and the rest of the words."""

    transport: Transport
    name: str


def parse(words: str) -> Reference:
    """`IMAGE` alone is an image of the engine."""
    if words.startswith(_DOCKER_REGISTRY):
        return _made(Transport.REGISTRY, words.removeprefix(_DOCKER_REGISTRY), words)
    prefix, separator, rest = words.partition(":")
    if not separator or "/" in prefix or "." in prefix:
        return _made(Transport.DOCKER, words, words)
    if prefix in _ALIASES:
        return _made(_ALIASES[prefix], rest, words)
    if prefix == Transport.REGISTRY and "/" not in rest:
        return _made(Transport.DOCKER if rest else Transport.REGISTRY, words if rest else "", words)  # `registry:2`
    if prefix in set(Transport):
        return _made(Transport(prefix), rest.removeprefix("//"), words)
    if "-" in prefix and (close := get_close_matches(prefix, [*Transport, *_ALIASES], 1, 0.8)):
        raise UsageError(
            f"{words}: there is no transport {prefix!r}",
            hint=f"Did you mean {close[0]}? An image of that name is docker:{words}",
        )
    return _made(Transport.DOCKER, words, words)


def _made(transport: Transport, name: str, words: str) -> Reference:
    if not name.strip():
        raise UsageError(
            f"{words!r} names no image", hint="Write IMAGE, registry:HOST/REPOSITORY:TAG, oci-archive:FILE, …"
        )
    return Reference(transport, name)
