"""One image build: `docker buildx build` as a child process, events out, its failure as BuildFailed.

The SDK cannot drive BuildKit. Values of build arguments and secrets travel by environment and file, never
on the command line, where every user of the machine could read them.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from lambda_image.engine.api import disk_full, is_disk_full
from lambda_image.engine.progress import BuildEvent, JsonProgress, PlainProgress, Progress, failed_step
from lambda_image.errors import BuildFailed, EngineError, Interrupted, LambdaImageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# BuildKit knows these without an ARG, and leaves them out of the image and of the cache's key.
_PREDEFINED = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (upper, upper.lower())
) | {"SOURCE_DATE_EPOCH"}


class Builds:
    """Those of one engine that are running, so that whoever ends the program can end them from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def begin(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        """Starts a build and counts it in."""
        with self._lock:
            if self._ended:
                raise Interrupted("the build was not begun, as all of them were to end")
            child = start()
            self._running.add(child)
        return child

    def gone(self, child: subprocess.Popen[bytes]) -> None:
        """Counts it out."""
        with self._lock:
            self._running.discard(child)

    def end(self) -> None:
        """Every build is cancelled at the engine, and fails where it was asked for; none is begun later."""
        with self._lock:
            self._ended = True
            for child in self._running:
                child.terminate()


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """All that goes into one build."""

    context: Path
    tags: tuple[str, ...] = ()
    platform: str = "linux/amd64"
    secrets: Mapping[str, Path] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    no_cache: bool = False
    network: str | None = None
    output: str | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the builder wrote down of a build that went well."""

    metadata: Mapping[str, object]
    seconds: float
    cached_steps: int
    steps: int


@dataclass(frozen=True, kw_only=True)
class Buildx:
    """The build program: its version, and what its `build --help` offers."""

    program: tuple[str, ...]
    builder: str
    version: str
    options: str = field(repr=False)

    @property
    def has_json_progress(self) -> bool:
        """From 0.13 on, where the help of that version does not yet say so."""
        numbers = re.match(r"v?(\d+)\.(\d+)", self.version)
        if numbers and (int(numbers[1]), int(numbers[2])) >= (0, 13):
            return True
        return "rawjson" in self.options


def find_buildx(program: tuple[str, ...], builder: str) -> Buildx | None:
    """The buildx plugin of the docker program, or None where either is missing."""
    try:
        version = _output(*program, "buildx", "version")
        options = _output(*program, "buildx", "build", "--help")
    except (OSError, subprocess.SubprocessError):
        return None
    words = version.split()
    number = words[1] if len(words) > 1 else version.strip()
    return Buildx(program=program, builder=builder, version=number, options=options)


def platforms(buildx: Buildx) -> frozenset[str]:
    """Those whose programs the builder can run, its own and what it emulates; none where it does not tell."""
    try:
        said = _output(*buildx.program, "buildx", "inspect", buildx.builder)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    lines = [line.partition(":")[2] for line in said.splitlines() if line.startswith("Platforms:")]
    return frozenset(name.strip(" *") for line in lines for name in line.split(","))


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def command_line(buildx: Buildx, request: BuildRequest, metadata: Path) -> tuple[str, ...]:
    """The arguments of one build."""
    words = [*buildx.program, "buildx", "build", f"--builder={buildx.builder}"]
    words += [f"--progress={'rawjson' if buildx.has_json_progress else 'plain'}"]
    words += [f"{option}=false" for option in ("--provenance", "--sbom") if option in buildx.options]
    words += [f"--platform={request.platform}", f"--metadata-file={metadata}"]
    words += [f"--tag={tag}" for tag in request.tags]
    words += [f"--secret=id={name},src={path}" for name, path in request.secrets.items()]
    words += [f"--build-arg={name}" for name in request.build_args]
    words += [f"--target={request.target}"] if request.target else []
    words += ["--no-cache"] if request.no_cache else []
    words += [f"--network={request.network}"] if request.network else []
    words += [f"--output={request.output}"] if request.output else []
    return (*words, str(request.context))


def run(buildx: Buildx, request: BuildRequest, on_event: Callable[[BuildEvent], None], builds: Builds) -> Result:
    """Builds; raises BuildFailed with the failing step and its output, or DiskFull."""
    _check(request)
    progress: Progress = JsonProgress() if buildx.has_json_progress else PlainProgress()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lambda-image-") as folder:
        metadata = Path(folder) / "metadata.json"
        status = _run_child(command_line(buildx, request, metadata), request, progress, on_event, builds)
        if status != 0:
            raise _failure(progress, status)
        written = json.loads(metadata.read_text()) if metadata.exists() else {}
    cached = sum(1 for step in progress.steps.values() if step.cached)
    seconds = time.monotonic() - started
    return Result(metadata=written, seconds=seconds, cached_steps=cached, steps=len(progress.steps))


def _check(request: BuildRequest) -> None:
    if unknown := sorted(set(request.build_args) - _PREDEFINED):
        raise UsageError(
            f"build arguments {', '.join(unknown)} are not among the predefined ones",
            hint="A rendered context needs none; only proxies and SOURCE_DATE_EPOCH may be passed.",
        )
    for name, path in request.secrets.items():
        if not path.is_file():
            raise UsageError(f"the build secret '{name}' is to come from {path}, which is no file")


def _run_child(
    command: tuple[str, ...],
    request: BuildRequest,
    progress: Progress,
    on_event: Callable[[BuildEvent], None],
    builds: Builds,
) -> int:
    environment = {**os.environ, **request.build_args, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    try:
        child = builds.begin(
            lambda: subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        )
    except OSError as error:
        raise EngineError(f"{command[0]} cannot be started: {error}") from error
    try:
        pipe = cast("IO[bytes]", child.stdout)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while chunk := os.read(pipe.fileno(), 1 << 16):
            for event in progress.feed(decoder.decode(chunk)):
                on_event(event)
        for event in progress.feed("\n"):
            on_event(event)
        return child.wait()
    finally:
        _end(child)
        builds.gone(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leaves no builder behind, whatever happened: an interrupt lets it cancel the build at the engine."""
    if child.poll() is None:
        child.terminate()  # SIGINT is ignored at first by what was started in the background of a script
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout:
        child.stdout.close()


def _failure(progress: Progress, status: int) -> LambdaImageError:
    said = "\n".join(progress.messages[-40:])
    step = failed_step(progress)
    output = "\n".join(step.output) if step else ""
    if step and step.partial:
        output = f"{output}\n{step.partial}".lstrip("\n")
    everything = "\n".join((step.error if step else "", output, said))
    if is_disk_full(everything):
        return disk_full(next(line for line in everything.splitlines() if is_disk_full(line)))
    if step is None:
        return BuildFailed(f"the build failed (status {status}): {_last_words(said)}", log=said)
    return BuildFailed(f"the build failed at step {step.name}: {step.error}", log=output or said)


def _last_words(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["it said nothing"])[-1]
