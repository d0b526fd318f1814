"""The engine's public face: what it is, builds, and the doors to its images, their files, and containers."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from lambda_image.engine import address as addresses
from lambda_image.engine import api as apis
from lambda_image.engine import build as builds
from lambda_image.engine import leftovers
from lambda_image.engine import root as roots
from lambda_image.engine.containers import Containers, Networks, Volumes
from lambda_image.engine.files import ImageFiles
from lambda_image.engine.images import ImageStore
from lambda_image.errors import EngineError, ImageNotFound, MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from lambda_image.engine.address import Address
    from lambda_image.engine.build import Buildx
    from lambda_image.engine.image import Image
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


class Engine(ImageStore):
    """One container engine that answers. A context manager; safe to use from several threads."""

    def __init__(self, api: apis.Api) -> None:
        super().__init__(api)
        self.builds = builds.Builds()

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
    def buildx(self) -> Buildx | None:
        """The build program, or None."""
        program = shutil.which("docker")
        if program is None:
            return None
        # The docker driver's own builder has its context's name: a builder that the user chose with
        # `docker buildx use` would keep the image to itself.
        builder = self.address.context or "default"
        return builds.find_buildx((program, *self.address.program_options), builder)

    def check_runs(self, platform: str) -> None:
        """Programs of a foreign platform run by emulation, or do not run: then no step of a build would."""
        own = self.facts.platform
        if platform == own or self.buildx is None:
            return
        known = builds.platforms(self.buildx)
        if not known or platform in known:
            return
        architecture = platform.rpartition("/")[2]
        raise EngineError(
            f"programs of {platform} do not run here: the engine's machine is {own} and emulates none",
            hint=f"On Debian or Ubuntu, as root, `tools/engine {platform}` of the project's repository makes them run "
            "(it installs qemu-user-static, binfmt-support and arch-test); elsewhere: "
            f"docker run --privileged --rm tonistiigi/binfmt --install {architecture}",
        )

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
        self.load(
            roots.archive(
                tar, reference, platform=platform, labels=labels, created=created, compress=self.store == "containerd"
            )
        )
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
        self.check_runs(platform)
        request = builds.BuildRequest(
            context=context,
            tags=tuple(tags),
            platform=platform,
            secrets=secrets or {},
            build_args=build_args or {},
            target=target,
            no_cache=no_cache,
            network=network,
            output=output or self._default_output,
        )
        with self._tags_as_before(request.tags):
            result = builds.run(self.buildx, request, on_event, self.builds)
        return BuildOutcome(
            config_digest=self._config_digest(result, request),
            tags=request.tags,
            seconds=result.seconds,
            steps=result.steps,
            cached_steps=result.cached_steps,
        )

    @property
    def _default_output(self) -> str | None:
        """The containerd store keeps layers as they came, so that a base with uncompressed ones would pass them
        on, which Lambda refuses under a Docker manifest; the other store compresses on push."""
        return "type=image,compression=gzip,force-compression=true" if self.store == "containerd" else None

    @contextmanager
    def _tags_as_before(self, tags: tuple[str, ...]) -> Iterator[None]:
        """An export that breaks after naming (a full disk while unpacking) must not leave the name behind."""
        before = {tag: self.id_of(tag) for tag in tags}
        try:
            yield
        except BaseException:
            for tag, engine_id in before.items():
                if self.id_of(tag) == engine_id:
                    continue
                # What went wrong with the build is told, not that the image before it is gone meanwhile.
                with suppress(MachineError, ImageNotFound):
                    if engine_id is None:
                        self.remove_image(tag)
                    else:
                        self.tag(engine_id, tag)
            raise

    def _config_digest(self, result: builds.Result, request: builds.BuildRequest) -> str:
        """Newer engines write it down; 20.10's `containerimage.digest` is its id, the same thing."""
        if digest := result.metadata.get("containerimage.config.digest"):
            return str(digest)
        if request.tags and not request.output:
            return self.image(request.tags[0]).config_digest
        return str(result.metadata.get("containerimage.digest", ""))


def _at_least(version: str, oldest: tuple[int, int]) -> bool:
    numbers = version.replace("+", ".").replace("-", ".").split(".")
    try:
        return (int(numbers[0]), int(numbers[1])) >= oldest
    except (ValueError, IndexError):
        return True
