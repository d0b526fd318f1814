"""The engine's images: what is there, in and out of it as archives, and to and from registries."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import quote

from lambda_image import resources
from lambda_image.engine import api as apis
from lambda_image.engine import archive as archives
from lambda_image.engine.image import Archive, Image, config_from
from lambda_image.errors import EngineError, ImageNotFound, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lambda_image.engine.api import Api

_PUSHED = re.compile(r"\bdigest: (sha256:[0-9a-f]{64}) size: \d+$")


class ImageStore:
    """The half of an engine that knows images."""

    def __init__(self, api: Api) -> None:
        self.api = api

    @cached_property
    def _info(self) -> dict[str, object]:
        return self.api.get("/info")

    @cached_property
    def store(self) -> Literal["containerd", "classic"]:
        """Which of Docker's two image stores this engine uses."""
        status = cast("list[list[str]]", self._info.get("DriverStatus") or [])
        return "containerd" if any("containerd.snapshotter" in value for _, value in status) else "classic"

    def image(self, reference: str) -> Image:
        """The local image of that name or id; ImageNotFound if there is none."""
        found = self._inspect(reference)
        engine_id = str(found["Id"])
        return Image(
            reference=reference,
            engine_id=engine_id,
            config=config_from(cast("Mapping[str, object]", found.get("Config") or {})),
            os=str(found.get("Os", "")),
            architecture=str(found.get("Architecture", "")),
            created=str(found.get("Created", "")),
            tags=tuple(cast("list[str]", found.get("RepoTags") or [])),
            read_archive=lambda: self._archive(reference, engine_id),
            known_config_digest=engine_id if self.store == "classic" else None,
        )

    def _inspect(self, reference: str) -> dict[str, object]:
        try:
            return self.api.get(f"/images/{quote(reference, safe='/:@') or '%20'}/json")
        except apis.RefusedError as error:
            if error.status not in (400, 404):
                raise
            raise ImageNotFound(
                f"the engine has no image '{reference}'",
                hint="`docker images` lists what it has; `docker pull` fetches one from a registry.",
            ) from error

    def has_image(self, reference: str) -> bool:
        """Whether the engine has it now."""
        try:
            self._inspect(reference)
        except ImageNotFound:
            return False
        return True

    def images(self, label: str | None = None) -> tuple[str, ...]:
        """Tags of the images with this label (`name` or `name=value`)."""
        filters = f'{{"label": ["{label}"]}}' if label else "{}"
        listed = self.api.get_list("/images/json", filters=filters)
        return tuple(tag for image in listed for tag in cast("list[str]", image.get("RepoTags") or []))

    def tag(self, reference: str, new: str) -> None:
        """One more name for an image."""
        repository, _, tag = new.rpartition(":") if ":" in new.rpartition("/")[2] else (new, "", "latest")
        self.api.call("POST", f"/images/{reference}/tag", params={"repo": repository, "tag": tag})

    def remove_image(self, reference: str, *, force: bool = False) -> None:
        """Takes the name away, and the image with its last name; fine if there is none."""
        try:
            self.api.call("DELETE", f"/images/{reference}", params={"force": int(force)})
        except apis.RefusedError as error:
            if error.status != 404:
                raise

    def save(self, reference: str) -> Iterator[bytes]:
        """The image's archive, as `docker save` writes it."""
        with self.api.call("GET", f"/images/{reference}/get", stream=True, timeout=None) as response:
            yield from response.iter_content(1 << 20)

    def load(self, chunks: Iterable[bytes]) -> None:
        """Takes an archive that `save` gave."""
        for _ in self.api.progress("POST", "/images/load", params={"quiet": 1}, data=iter(chunks)):
            pass

    def _archive(self, reference: str, engine_id: str) -> Archive:
        name = f"{self.store}-{engine_id.replace(':', '-')}.v1.json"
        cached = resources.cache_folder("images") / name
        try:
            return archives.from_json(cached.read_text())
        except (OSError, ValueError, KeyError, TypeError):
            pass
        archive = archives.read_archive(self.save(reference))
        partial = cached.with_suffix(f".{id(archive)}.partial")
        partial.write_text(archives.to_json(archive))
        partial.replace(cached)
        return archive

    def id_of(self, reference: str) -> str | None:
        """The engine's id of it, or None."""
        try:
            return str(self._inspect(reference)["Id"])
        except ImageNotFound:
            return None

    def with_digest(self, reference: str) -> str:
        """The name of a registry's image with the digest that the registry gave it; as it is where none did."""
        if "@" in reference:
            return reference
        repository, _ = _split(reference)
        digests = cast("list[str]", self._inspect(reference).get("RepoDigests") or [])
        found = next((one.partition("@")[2] for one in digests if one.partition("@")[0] == repository), "")
        return f"{reference}@{found}" if found else reference

    # Registries

    def pull(self, reference: str, *, platform: str | None = None) -> Image:
        """Fetches it with the credentials that the docker program would use."""
        repository, tag = _split(reference)
        params = {"fromImage": repository, "tag": tag} | ({"platform": platform} if platform else {})
        self._registry("POST", "/images/create", repository, params)
        return self.image(reference)

    def push(self, reference: str) -> str:
        """Sends it, and returns the digest of the pushed manifest."""
        repository, tag = _split(reference)
        digest = ""
        for message in self._registry("POST", f"/images/{repository}/push", repository, {"tag": tag}):
            # Both stores end with a sentence; only the classic one says it as data, too.
            told = _PUSHED.search(str(message.get("status", "")))
            digest = told[1] if told else digest
        if not digest:
            raise RegistryError(f"the registry of {reference} told no digest for what was pushed")
        return digest

    def _registry(self, method: str, path: str, repository: str, params: Mapping[str, str]) -> list[dict[str, object]]:
        from docker.auth import get_config_header, resolve_repository_name

        registry, _ = resolve_repository_name(repository)
        header = get_config_header(self.api.client, registry) or b"e30="
        sent = {"X-Registry-Auth": header.decode()}
        try:
            return list(self.api.progress(method, path, params=params, headers=sent))
        except EngineError as error:
            raise RegistryError(f"{repository}: {error.message}", hint=error.hint) from error


def _split(reference: str) -> tuple[str, str]:
    """Repository and tag; a digest takes the tag's place, as the engine's API wants it."""
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return _split(repository)[0], digest
    name = reference.rpartition("/")[2]
    if ":" not in name:
        return reference, "latest"
    repository, _, tag = reference.rpartition(":")
    return repository, tag
