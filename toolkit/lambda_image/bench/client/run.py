"""The run: in each round every image has its turn at everything, in an order that changes from round to round."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from lambda_image.bench.client.contestant import Contestant, Field
from lambda_image.bench.client.figures import SIZES, Sample
from lambda_image.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lambda_image.catalog import Catalog
    from lambda_image.engine import Engine, Image

_MEGA = 1e6
_LABEL = "lambda-image."
# Invocations of a turn: enough that the counters' grain is nothing, few enough that turns are short.
_BUDGET, _FEWEST, _MOST = 20_000_000, 5, 1500
_WARM_UP = 1000
_TURNS = 3


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is measured."""

    rounds: int = 5
    starts: int = 5
    sizes: tuple[int, ...] = SIZES


def count_of(size: int) -> int:
    """How many events of a size make a turn."""
    return max(_FEWEST, min(_MOST, _BUDGET // size))


def contestants(
    engine: Engine, images: Sequence[str], catalog: Catalog, handlers: Path | None, roots: Sequence[Path]
) -> list[Contestant]:
    """The images with their handlers and sizes; the same image twice, or no echo, is an error."""
    from lambda_image.conformance.subject import find_handlers

    found: list[Contestant] = []
    for name in images:
        if name in images[: len(found)]:
            raise UsageError(f"'{name}' is named twice")
        image = engine.image(name)
        its = find_handlers(engine, image, handlers, roots)
        if reason := its.lacking(["echo"]):
            raise UsageError(f"'{name}' cannot be measured: {reason}")
        if its.build_echo:
            its = replace(its, build=its.build_echo)
        found.append(
            Contestant(
                name=name,
                image=image,
                handlers=its,
                client=client_command(image, catalog),
                image_bytes=image.size,
                client_bytes=_client_bytes(engine, image, catalog),
            )
        )
    return found


def _client_bytes(engine: Engine, image: Image, catalog: Catalog) -> int:
    """What the client takes in the image: 0 where it is linked into functions, and the image has a launcher alone."""
    language = catalog.languages.get(image.config.labels.get(f"{_LABEL}language", ""))
    if language is not None and language.client_delivery == "linked":
        return 0
    with engine.image_files(image.reference) as files:
        return sum(entry.size for entry in files.walk("/var/runtime"))


def client_command(image: Image, catalog: Catalog) -> tuple[str, ...]:
    """What starts the client of one of our own images without the shell scripts before it; empty where not known."""
    from lambda_image.catalog import PLATFORMS, Source
    from lambda_image.runtime_choice import Choice, choose_runtime

    facts = {key.removeprefix(_LABEL): value for key, value in image.config.labels.items()}
    language = catalog.languages.get(facts.get("language", ""))
    version = language.find_version(facts.get("version", "")) if language else None
    distro = catalog.distros.get(facts.get("distro", ""))
    client = language.find_client(facts.get("client", "")) if language else None
    if language is None or version is None or distro is None or client is None:
        return ()
    if language.options is not None:
        return ()  # with options, a script says what is started
    platform = next((one for one in PLATFORMS if image.platform.startswith(one)), PLATFORMS[0])
    source = next((one for one in get_args(Source) if one == facts.get("source")), None)
    choice = choose_runtime(catalog, language, version, distro, platform, source)
    if not isinstance(choice, Choice):
        return ()
    runtime = choice.runtime
    program = client.program or language.program
    if runtime.interpreter == program:
        return (program,)
    return (runtime.interpreter, *client.arguments, program)


def measure(
    field: Field, taking_part: Sequence[Contestant], effort: Effort, say: Callable[[str], None]
) -> list[Sample]:
    """All rounds."""
    samples: list[Sample] = []
    for number in range(effort.rounds):
        say(f"round {number + 1} of {effort.rounds}")
        turn = number % len(taking_part)
        order = [*taking_part[turn:], *taking_part[:turn]]
        found = [*_sizes(order), *_starts(field, order, effort), *_work(field, order, effort)]
        samples += [replace(sample, round=number) for sample in found]
    return samples


def _sample(contestant: Contestant, key: str, value: float) -> Sample:
    return Sample(image=contestant.name, round=0, key=key, value=value)


def _sizes(order: Sequence[Contestant]) -> Iterator[Sample]:
    for one in order:
        yield _sample(one, "image_mb", one.image_bytes / _MEGA)
        if one.client_bytes:
            yield _sample(one, "client_mb", one.client_bytes / _MEGA)


def _starts(field: Field, order: Sequence[Contestant], effort: Effort) -> Iterator[Sample]:
    for _ in range(effort.starts):
        for one in order:
            for kind in ("image", "client") if one.client else ("image",):
                with field.started(one, client=kind == "client") as started:
                    yield _sample(one, f"{kind}_start_ms", started.wall * 1e3)
                    yield _sample(one, f"{kind}_start_cpu_ms", started.cpu * 1e3)
                    if kind == "image":
                        yield _sample(one, "rss_idle_mb", started.idle / _MEGA)


def _work(field: Field, order: Sequence[Contestant], effort: Effort) -> Iterator[Sample]:
    """All are up at once and have short turns, so that whatever else the machine does meets all alike."""
    with ExitStack() as stack:
        up = [(one, stack.enter_context(field.started(one))) for one in order]
        for _, started in up:
            started.invoke(effort.sizes[0], _WARM_UP)
        for size in sorted(effort.sizes):
            for _, started in up:
                started.invoke(size, _FEWEST)
            for _ in range(_TURNS):
                for one, started in up:
                    block = started.invoke(size, count_of(size))
                    yield _sample(one, f"cpu_us_{size}", block.cpu * 1e6)
                    yield _sample(one, f"wall_us_{size}", block.wall * 1e6)
                    if size == min(effort.sizes):
                        yield _sample(one, "per_second", block.per_second)
        for one, started in up:
            yield _sample(one, "rss_after_mb", started.counters.resident() / _MEGA)
            yield _sample(one, "rss_peak_mb", started.counters.peak() / _MEGA)


def run(
    engine: Engine,
    images: Sequence[str],
    catalog: Catalog,
    *,
    effort: Effort,
    say: Callable[[str], None],
    handlers: Path | None = None,
    roots: Sequence[Path] = (),
) -> list[Sample]:
    """Everything, from the images' names to the samples."""
    from lambda_image import resources, route
    from lambda_image.runtime_api import Server
    from lambda_image.sandbox import Sandboxes

    taking_part = contestants(engine, images, catalog, handlers, roots or (resources.BASE_IMAGES,))
    with Sandboxes(engine) as sandboxes, Server() as server:
        way = route.choose(sandboxes)
        way.close()
        if way.kind != "gateway":
            raise MachineError(
                f"the engine is reached by the route '{way.kind}', over which no time can be measured",
                hint="run the benchmark on the engine's own machine",
            )
        with Field(sandboxes, server, taking_part[0].image) as field:
            return measure(field, taking_part, effort, say)
