"""The engine's public face: images in and out, builds, and the doors to containers and image files."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self, cast

from lambda_image import resources
from lambda_image.engine import address as addresses
from lambda_image.engine import api as apis
from lambda_image.engine import archive as archives
from lambda_image.engine import build as builds
from lambda_image.engine import leftovers
from lambda_image.engine import root as roots
from lambda_image.engine.containers import Containers, Networks, Volumes
from lambda_image.engine.files import ImageFiles
from lambda_image.engine.image import Archive, Image, config_from
from lambda_image.errors import EngineError, ImageNotFound, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from lambda_image.engine.address import Address
    from lambda_image.engine.api import Api
    from lambda_image.engine.build import Buildx
    from lambda_image.engine.progress import BuildEvent

_OLDEST = (20, 10)


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """What kind of engine this is."""

    version: str
    api: str
    store: Literal["containerd", "classic"]
    os: str
    architecture: str
    buildkit: bool
    buildx: str | None
    name: str
    root: str
    kernel: str

    @property
    def platform(self) -> str:
        """The engine's own, as in `linux/amd64`."""
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True, kw_only=True)
class BuildOutcome:
    """A build that went well."""

    config_digest: str
    tags: tuple[str, ...]
    seconds: float
    steps: int
    cached_steps: int


class Engine:
    """One container engine that answers. A context manager; safe to use from several threads."""

    def __init__(self, api: Api) -> None:
        self.api = api

    @classmethod
    def connect(cls, host: str | None = None) -> Engine:
        """The engine of DOCKER_HOST or the docker context (or at `host`), after it has answered once."""
        address = addresses.Address(host=host, said_by="given by the caller") if host else addresses.find()
        return cls(apis.connect(address))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; containers stay as they are."""
        self.api.close()

    @property
    def address(self) -> Address:
        """Where the engine is, and who said so."""
        return self.api.address

    @cached_property
    def facts(self) -> EngineFacts:
        """Asked once."""
        version, info = self.api.get("/version"), self._info
        number = str(version["Version"])
        return EngineFacts(
            version=number,
            api=str(version["ApiVersion"]),
            store=self.store,
            os=str(version["Os"]),
            architecture=str(version["Arch"]),
            buildkit=_at_least(number, _OLDEST),
            buildx=self.buildx.version if self.buildx else None,
            name=str(info.get("Name", "")),
            root=str(info.get("DockerRootDir", "")),
            kernel=str(info.get("KernelVersion", "")),
        )

    @cached_property
    def _info(self) -> dict[str, object]:
        return self.api.get("/info")

    @cached_property
    def store(self) -> Literal["containerd", "classic"]:
        """Which of Docker's two image stores this engine uses."""
        status = cast("list[list[str]]", self._info.get("DriverStatus") or [])
        return "containerd" if any("containerd.snapshotter" in value for _, value in status) else "classic"

    @cached_property
    def buildx(self) -> Buildx | None:
        """The build program, or None."""
        program = shutil.which("docker")
        if program is None:
            return None
        # The docker driver's own builder has its context's name: a builder that the user chose with
        # `docker buildx use` would keep the image to itself.
        builder = self.address.context or "default"
        return builds.find_buildx((program, *self.address.program_options), builder)

    # Images

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
            return self.api.get(f"/images/{reference}/json")
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

    @contextmanager
    def image_files(self, reference: str) -> Iterator[ImageFiles]:
        """The image's files, read through a container that is created and never started."""
        config = {"Image": reference, "Entrypoint": [], "Cmd": ["/none"], "NetworkDisabled": True}
        container = self.containers.create({**config, "Labels": self.owner_label})
        try:
            yield ImageFiles(self.api, container)
        finally:
            self.containers.remove(container)

    # Containers

    @cached_property
    def owner_label(self) -> dict[str, str]:
        """Says of a container, network or volume that this process made it."""
        return {leftovers.LABEL: leftovers.owner()}

    def sweep(self) -> int:
        """Removes what programs that are dead left behind; says how many things."""
        return leftovers.sweep(self)

    @cached_property
    def containers(self) -> Containers:
        """Its containers."""
        return Containers(self.api)

    @cached_property
    def networks(self) -> Networks:
        """Its networks."""
        return Networks(self.api)

    @cached_property
    def volumes(self) -> Volumes:
        """Its volumes."""
        return Volumes(self.api)

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
            aux = message.get("aux")
            if isinstance(aux, dict):
                digest = str(aux.get("Digest") or digest)
        if not digest:
            raise RegistryError(f"the registry of {reference} told no digest for what was pushed")
        return digest

    def _registry(
        self, method: str, path: str, repository: str, params: Mapping[str, str]
    ) -> list[dict[str, object]]:
        from docker.auth import get_config_header, resolve_repository_name

        registry, _ = resolve_repository_name(repository)
        header = get_config_header(self.api.client, registry) or b"e30="
        sent = {"X-Registry-Auth": header.decode()}
        try:
            return list(self.api.progress(method, path, params=params, headers=sent))
        except EngineError as error:
            raise RegistryError(f"{repository}: {error.message}", hint=error.hint) from error

    # Making images

    def import_root(
        self,
        tar: Path,
        reference: str,
        *,
        platform: str,
        labels: Mapping[str, str],
        created: int = 0,
    ) -> Image:
        """A root's tar as an image of one layer; the same tar and labels give the same config digest."""
        self.load(roots.archive(tar, reference, platform=platform, labels=labels, created=created))
        return self.image(reference)

    def build(
        self,
        context: Path,
        *,
        tags: Iterable[str] = (),
        platform: str = "linux/amd64",
        secrets: Mapping[str, Path] | None = None,
        build_args: Mapping[str, str] | None = None,
        target: str | None = None,
        no_cache: bool = False,
        network: str | None = None,
        output: str | None = None,
        on_event: Callable[[BuildEvent], None] = lambda _: None,
    ) -> BuildOutcome:
        """Builds a context with BuildKit; BuildFailed names the failing step; no tag is left then."""
        if self.buildx is None:
            raise EngineError(
                "images are built with `docker buildx`, which is not here",
                hint="Install the buildx plugin (Debian: docker-buildx, else docker-buildx-plugin).",
            )
        request = builds.BuildRequest(
            context=context,
            tags=tuple(tags),
            platform=platform,
            secrets=secrets or {},
            build_args=build_args or {},
            target=target,
            no_cache=no_cache,
            network=network,
            output=output,
        )
        with self._tags_as_before(request.tags):
            result = builds.run(self.buildx, request, on_event)
        return BuildOutcome(
            config_digest=self._config_digest(result, request),
            tags=request.tags,
            seconds=result.seconds,
            steps=result.steps,
            cached_steps=result.cached_steps,
        )

    @contextmanager
    def _tags_as_before(self, tags: tuple[str, ...]) -> Iterator[None]:
        """An export that breaks after naming (a full disk while unpacking) must not leave the name behind."""
        before = {tag: self._id(tag) for tag in tags}
        try:
            yield
        except BaseException:
            for tag, engine_id in before.items():
                if self._id(tag) == engine_id:
                    continue
                if engine_id is None:
                    self.remove_image(tag)
                else:
                    self.tag(engine_id, tag)
            raise

    def _id(self, reference: str) -> str | None:
        try:
            return str(self._inspect(reference)["Id"])
        except ImageNotFound:
            return None

    def _config_digest(self, result: builds.Result, request: builds.BuildRequest) -> str:
        """Newer engines write it down; 20.10's `containerimage.digest` is its id, the same thing."""
        if digest := result.metadata.get("containerimage.config.digest"):
            return str(digest)
        if request.tags and not request.output:
            return self.image(request.tags[0]).config_digest
        return str(result.metadata.get("containerimage.digest", ""))


def _split(reference: str) -> tuple[str, str]:
    """Repository and tag; a digest takes the tag's place, as the engine's API wants it."""
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    name = reference.rpartition("/")[2]
    if ":" not in name:
        return reference, "latest"
    repository, _, tag = reference.rpartition(":")
    return repository, tag


def _at_least(version: str, oldest: tuple[int, int]) -> bool:
    numbers = version.replace("+", ".").replace("-", ".").split(".")
    try:
        return (int(numbers[0]), int(numbers[1])) >= oldest
    except (ValueError, IndexError):
        return True
