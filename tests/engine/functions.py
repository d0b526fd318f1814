"""Functions of tests in every language, in the project's images: compiled by the build image, or mounted as a file.

`Functions` makes them, a `Bench` starts them, each with a Runtime API of its own: what is `Running`.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from lambda_image import resources
from lambda_image import route as routes
from lambda_image.runtime_api import Environment, Event, Exchange, Fault, Server
from lambda_image.sandbox import FileEntry, Sandbox, Sandboxes, SandboxSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from lambda_image.engine import Engine

LANGUAGES = ("python", "nodejs", "java", "dotnet", "go", "ruby")
# The interfaces, and SnapStart's hooks.
JAVA_JARS = "/usr/local/share/java/lambda/aws-lambda-java-core-*.jar /usr/local/share/java/lambda/crac-*.jar"
DOTNET_CORE = resources.LANGUAGES / "dotnet/handlers/core/AmazonLambdaCore.cs"
# How the build image alone makes a function of its source.
COMPILED = {
    "go": "go mod init function && go mod tidy && go build -o /out/bootstrap .",
    # In an archive, where names of classes may be of any language whatever the locale.
    "java": f"mkdir -p /out/lib classes && cp {JAVA_JARS} /out/lib && javac -cp '/out/lib/*' -d classes App.java"
    " && jar -cf /out/lib/app.jar -C classes .",
    "dotnet": "mkdir /out && csc -target:library -out:/out/Amazon.Lambda.Core.dll AmazonLambdaCore.cs"
    " && csc -target:library -reference:/out/Amazon.Lambda.Core.dll -out:/out/App.dll App.cs",
}


class Function(NamedTuple):
    """The image that runs it, and the volume of its files where the image does not hold them."""

    image: str
    task: str | None


class Functions:
    """The functions of a folder, one a language; what is compiled is compiled when it is first asked for."""

    def __init__(self, folder: Path, work: Path, engine: Engine, built: Callable[..., str]) -> None:
        self._folder, self._work, self.engine, self._built = folder, work, engine, built
        self._tags: dict[str, str] = {}

    def of(self, language: str, sandboxes: Sandboxes) -> Function:
        """The function in that language."""
        if language in COMPILED:
            if language not in self._tags:
                self._tags[language] = self._compile(language)
            return Function(self._tags[language], None)
        (path,) = (self._folder / language).glob("app.*")
        content = path.read_bytes()
        task = sandboxes.volume({path.name: FileEntry(content)}, f"{language}-{zlib.crc32(content):x}")
        return Function(self._built(language, variant="standard", client="builtin"), task)

    def _compile(self, language: str) -> str:
        folder = self._work / language
        folder.mkdir()
        sources = [*(self._folder / language).iterdir(), *([DOTNET_CORE] if language == "dotnet" else [])]
        for source in sources:
            (folder / source.name).write_bytes(source.read_bytes())
        lines = (
            f"FROM {self._built(language, variant='build', client='builtin')} AS build",
            "WORKDIR /src",
            f"COPY {' '.join(source.name for source in sources)} ./",
            f"RUN --network=none {COMPILED[language]}",
            f"FROM {self._built(language, variant='standard', client='builtin')}",
            "COPY --from=build /out/ /var/task/",
        )
        (folder / "Dockerfile").write_text("\n".join(lines))
        tag = f"lambda-image-test/{self._folder.name.replace('_', '-')}:{language}"
        self.engine.build(folder, tags=[tag], on_event=lambda event: None)
        return tag

    def close(self) -> None:
        """Removes what was compiled."""
        for tag in self._tags.values():
            self.engine.remove_image(tag)


@dataclass(frozen=True)
class Running:
    """A function in a container, and its Runtime API."""

    api: Environment
    sandbox: Sandbox

    def posted(self, event: Event, *, seconds: float = 20) -> Exchange:
        """What was posted for an event, once and legally."""
        invocation = self.api.invoke(event)
        found = invocation.result(seconds)
        assert found is not None, f"{event.payload!r}: {self.sandbox.log.tail(20)}"
        self.api.wait(lambda: invocation.results[0].status, 5)
        assert len(invocation.results) == 1, event
        assert not found.violations, found.violations
        return found


R = TypeVar("R", bound=Running)


class Bench(Generic[R]):
    """Starts functions of one folder, each by its language's handler if no other is named; all end with it."""

    def __init__(
        self,
        running: Callable[[Environment, Sandbox], R],
        handlers: Mapping[str, str],
        functions: Functions,
        stack: ExitStack,
    ) -> None:
        self._running, self._handlers, self._functions, self._stack = running, handlers, functions, stack
        self._sandboxes = stack.enter_context(Sandboxes(functions.engine))
        self._server = stack.enter_context(Server())
        self._route = routes.choose(self._sandboxes)
        stack.callback(self._route.close)
        self._kept: dict[tuple[str, str], R] = {}

    def endpoint(self, *, concurrency: int = 1, snapstart: bool = False) -> routes.Endpoint:
        """A Runtime API more."""
        return self._route.open(self._server, concurrency=concurrency, snapstart=snapstart)

    def start(
        self,
        language: str,
        handler: str | None = None,
        *,
        fault: Fault | None = None,
        task: dict[str, FileEntry] | None = None,
        opt: dict[str, FileEntry] | None = None,
        entrypoint: tuple[str, ...] | None = None,
        network: bool = True,
        memory_mb: int = 512,
        **variables: str,
    ) -> R:
        """Starts a function, with a Runtime API that is as its variables say."""
        image, volume = self._functions.of(language, self._sandboxes)
        endpoint = self.endpoint(
            concurrency=int(asked) if (asked := variables.get("AWS_LAMBDA_MAX_CONCURRENCY", "")).isdecimal() else 1,
            snapstart="AWS_LAMBDA_INITIALIZATION_TYPE" in variables,
        )
        if fault is not None:
            endpoint.environment.inject(fault)
        if network:
            variables["AWS_LAMBDA_RUNTIME_API"] = endpoint.api
        spec = SandboxSpec(
            image=image,
            command=(self._handlers[language] if handler is None else handler,),
            entrypoint=entrypoint,
            task=self._volume(task) if task else volume,
            opt=self._volume(opt) if opt else None,
            environment=variables,
            network=network,
            memory_mb=memory_mb,
        )
        sandbox = self._stack.enter_context(self._sandboxes.create(spec))
        sandbox.start()
        return self._running(endpoint.environment, sandbox)

    def _volume(self, files: dict[str, FileEntry]) -> str:
        return self._sandboxes.volume(files, hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())

    def kept(self, language: str, kind: str, start: Callable[[], R]) -> R:
        """One that several tests share; a new one where a test that failed has ended it."""
        found = self._kept.get((language, kind))
        if found is None or found.sandbox.exit_status is not None:
            found = self._kept[language, kind] = start()
        return found


@contextmanager
def bench_of(
    running: Callable[[Environment, Sandbox], R],
    handlers: Mapping[str, str],
    folder: Path,
    work: Path,
    engine: Engine,
    built: Callable[..., str],
) -> Iterator[Bench[R]]:
    """A bench for the functions of a folder."""
    with closing(Functions(folder, work, engine, built)) as functions, ExitStack() as stack:
        yield Bench(running, handlers, functions, stack)
