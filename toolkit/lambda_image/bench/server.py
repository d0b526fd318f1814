"""`lambda-image bench server`: our server against AWS's emulator, each in front of one awslambdaric process.

Both are called the same way in the same run: a process of its own sends one event after another over a kept
connection to each Invoke API, some to one, then some to the other, so that whatever else the machine does
meets both. The figure is the median of the rounds' ratios.

What is measured is handed in (`measure` takes two contenders); `command` makes them from an image.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from lambda_image.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from lambda_image.runtime_api import Server
    from lambda_image.sandbox import Sandbox, Sandboxes

    Address = tuple[str, int]
    Contender = Callable[[], AbstractContextManager[Address]]
    """Starts it; while the context lasts, its Invoke API answers at the address."""

TARGET: Final = 1.5
SCHEMA_VERSION: Final = 1
DEFAULT_IMAGE: Final = "lambda-image/python:3.13-debian-13-standard-official"
_PATH: Final = "/2015-03-31/functions/function/invocations"
_EVENT: Final = b'{"key1":"value1","key2":"value2","list":[1,2,3,4,5],"text":"about one hundred bytes in all"}'
_WARM_UP: Final = 200
_BLOCK: Final = 100
_START_SECONDS: Final = 20.0
_EMULATOR: Final = "/usr/local/bin/aws-lambda-rie"
_EMULATOR_PORT: Final = 8080
_HANDLER: Final = b"def handler(event, context):\n    return event\n"

Name = Literal["ours", "emulator"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One caller's run: sequential invocations by one connection."""

    contender: Name
    round: int
    invocations: int
    per_second: float
    p50_us: float
    p99_us: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """All rounds, and what they come to."""

    schema_version: int
    samples: tuple[Sample, ...]
    ours_per_second: float
    emulator_per_second: float
    ratio: float
    ratio_lowest: float
    ratio_highest: float
    target: float
    reached: bool
    load: float
    """Mean number of processes that wanted a processor in the last minute, at the end of the run."""
    processors: int

    def json(self) -> str:
        """For programs."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    def text(self) -> str:
        """For people: a row a contender, the median of its rounds and their span."""
        rows = [f"{'':22}{'invocations/s':>24}{'p50 µs':>22}{'p99 µs':>22}"]
        for name, title in (("ours", "lambda-image"), ("emulator", "AWS's emulator")):
            samples = [sample for sample in self.samples if sample.contender == name]
            columns = (
                [sample.per_second for sample in samples],
                [sample.p50_us for sample in samples],
                [sample.p99_us for sample in samples],
            )
            cells = [_cell(values) for values in columns]
            rows.append(f"{title:22}{cells[0]:>24}{cells[1]:>22}{cells[2]:>22}")
        verdict = "reached" if self.reached else "not reached"
        rows.append("")
        rows.append(
            f"ratio {self.ratio:.2f} [{self.ratio_lowest:.2f}-{self.ratio_highest:.2f}] "
            f"(at least {self.target} is the aim: {verdict})"
        )
        if self.load > self.processors:
            rows.append(
                f"The machine was busy (load {self.load:.1f} on {self.processors} processors): "
                "waiting for a processor is in every figure. Measure again when it is quiet."
            )
        return "\n".join(rows)


def measure(ours: Contender, emulator: Contender, *, rounds: int, invocations: int) -> Result:
    """Start both; in each round one caller's process calls them in turn, a block of invocations at a time."""
    samples: list[Sample] = []
    with ours() as our_address, emulator() as emulator_address:
        contenders: list[tuple[Name, Address]] = [("ours", our_address), ("emulator", emulator_address)]
        for number in range(rounds):
            order = contenders if number % 2 == 0 else contenders[::-1]
            samples += call(dict(order), number, invocations)
    return summarise(samples)


def summarise(samples: Sequence[Sample]) -> Result:
    """Medians, and the ratio of each round."""
    rates: dict[Name, dict[int, float]] = {"ours": {}, "emulator": {}}
    for sample in samples:
        rates[sample.contender][sample.round] = sample.per_second
    ratios = [rate / rates["emulator"][number] for number, rate in rates["ours"].items()]
    ratio = statistics.median(ratios)
    return Result(
        schema_version=SCHEMA_VERSION,
        samples=tuple(samples),
        ours_per_second=statistics.median(rates["ours"].values()),
        emulator_per_second=statistics.median(rates["emulator"].values()),
        ratio=ratio,
        ratio_lowest=min(ratios),
        ratio_highest=max(ratios),
        target=TARGET,
        reached=ratio >= TARGET,
        load=os.getloadavg()[0],
        processors=os.cpu_count() or 1,
    )


def _cell(values: Sequence[float]) -> str:
    return f"{statistics.median(values):,.0f} [{min(values):,.0f}-{max(values):,.0f}]"


# the caller, a process of its own


def call(addresses: Mapping[Name, Address], number: int, invocations: int) -> list[Sample]:
    """Run a caller's process and read its figures."""
    where = [f"{name}={host}:{port}" for name, (host, port) in addresses.items()]
    command = [sys.executable, "-m", "lambda_image.bench.server", str(invocations), *where]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise MachineError(f"calling {' and '.join(where)} in turn failed", hint=ran.stderr.strip().rpartition("\n")[2])
    figures: dict[Name, dict[str, float]] = json.loads(ran.stdout)
    return [Sample(contender=name, round=number, invocations=invocations, **found) for name, found in figures.items()]


def caller(invocations: int, *where: str) -> dict[str, dict[str, float]]:
    """What the caller's process does: blocks to each contender in turn, until each had all its invocations.

    Blocks are short (a tenth of a second or less) so that whatever else the machine does meets all alike.
    """
    lines = [_Line(*one.partition("=")[::2]) for one in where]
    try:
        for line in lines:
            line.invoke(_WARM_UP)
            line.times.clear()
        for done in range(0, invocations, _BLOCK):
            for line in lines:
                line.invoke(min(_BLOCK, invocations - done))
    finally:
        for line in lines:
            line.sock.close()
    return {line.name: line.figures() for line in lines}


class _Line:
    """A kept connection to one contender, and the time of each invocation by it."""

    def __init__(self, name: str, address: str) -> None:
        host, _, port = address.rpartition(":")
        head = f"POST {_PATH} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(_EVENT)}\r\n\r\n"
        self.name = name
        self.times: list[float] = []
        self._request = head.encode() + _EVENT
        self._expected = json.loads(_EVENT)
        self._known = b""
        self.sock = socket.create_connection((host, int(port)), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def invoke(self, count: int) -> None:
        """Invoke one after another; every answer must be the event itself."""
        clock, sock, times = time.perf_counter, self.sock, self.times
        for _ in range(count):
            start = clock()
            sock.sendall(self._request)
            body = _answer(sock)
            times.append(clock() - start)
            if body != self._known:
                if json.loads(body) != self._expected:
                    raise ValueError(f"{self.name}: not the event came back, but {body[:200]!r}")
                self._known = body

    def figures(self) -> dict[str, float]:
        """Rate and percentiles."""
        times = sorted(self.times)
        return {
            "per_second": len(times) / sum(times),
            "p50_us": times[len(times) // 2] * 1e6,
            "p99_us": times[min(len(times) - 1, int(len(times) * 0.99))] * 1e6,
        }


def _answer(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"answer {head.splitlines()[0]!r}")
    size = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
    while len(body) < size:
        body += _more(sock)
    return body


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError("the connection was closed")
    return data


# contenders from an image


def command(
    image: str | None, *, rounds: int = 5, invocations: int = 2000, output: Literal["text", "json"] = "text"
) -> str:
    """What the program prints."""
    from lambda_image import route
    from lambda_image.engine import Engine
    from lambda_image.runtime_api import Server
    from lambda_image.sandbox import FileEntry, Sandboxes

    reference = image or DEFAULT_IMAGE
    with ExitStack() as stack:
        engine = Engine.connect()
        stack.callback(engine.close)
        _check(engine.image(reference).config.labels, reference)
        sandboxes = stack.enter_context(Sandboxes(engine))
        server = stack.enter_context(Server())
        way = route.choose(sandboxes)
        stack.callback(way.close)
        task = sandboxes.volume({"app.py": FileEntry(_HANDLER, 0o644)}, key="bench-server")
        result = measure(
            lambda: our_server(sandboxes, server, way, reference, task),
            lambda: aws_emulator(sandboxes, reference, task),
            rounds=rounds,
            invocations=invocations,
        )
    return result.json() if output == "json" else result.text()


def _check(labels: object, reference: str) -> None:
    found = cast("dict[str, str]", labels) or {}
    language, client = found.get("lambda-image.language"), found.get("lambda-image.client")
    if language not in (None, "python") or client not in (None, "official"):
        raise UsageError(
            f"'{reference}' is a {language} image with the {client} client",
            hint="Name a python image with AWS's own client and the emulator: `lambda-image build python` makes one.",
        )


@contextmanager
def our_server(sandboxes: Sandboxes, server: Server, way: object, image: str, task: str) -> Iterator[Address]:
    """Our Invoke API, its runtime in a sandbox."""
    from lambda_image.route import Route
    from lambda_image.sandbox import SandboxSpec

    endpoint = cast("Route", way).open(server, record=False)
    frontend = server.frontend(endpoint.environment)
    variables = {"AWS_LAMBDA_RUNTIME_API": endpoint.api, **_function("app.handler")}
    spec = SandboxSpec(image=image, task=task, command=("app.handler",), environment=variables)
    with sandboxes.create(spec) as sandbox:
        sandbox.start()
        if not endpoint.environment.wait_waiting(timeout=_START_SECONDS):
            raise _silent("the runtime", sandbox)
        try:
            yield frontend.address
        finally:
            frontend.close()


@contextmanager
def aws_emulator(sandboxes: Sandboxes, image: str, task: str) -> Iterator[Address]:
    """The emulator in a sandbox, its runtime beside it."""
    from lambda_image.sandbox import SandboxSpec

    spec = SandboxSpec(
        image=image,
        task=task,
        entrypoint=(_EMULATOR, "--log-level", "error"),
        command=("/var/runtime/bootstrap",),
        environment=_function("app.handler"),
    )
    with sandboxes.create(spec) as sandbox:
        sandbox.start()
        address = (_address(sandboxes, sandbox), _EMULATOR_PORT)
        if not _reachable(address, _START_SECONDS):
            raise _silent("the emulator", sandbox)
        yield address


def _function(handler: str) -> dict[str, str]:
    return {
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    }


def _address(sandboxes: Sandboxes, sandbox: Sandbox) -> str:
    facts = sandboxes.engine.containers.inspect(sandbox.id)
    settings = cast("dict[str, dict[str, dict[str, str]]]", facts["NetworkSettings"])
    return settings["Networks"][sandboxes.network.name]["IPAddress"]


def _reachable(address: Address, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return True
        time.sleep(0.05)
    return False


def _silent(what: str, sandbox: Sandbox) -> MachineError:
    return MachineError(
        f"{what} of '{sandbox.spec.image}' did not answer within {_START_SECONDS:g} s",
        hint=sandbox.log.tail(10) or "It wrote nothing. `lambda-image doctor` checks how a sandbox is reached.",
    )


if __name__ == "__main__":
    print(json.dumps(caller(int(sys.argv[1]), *sys.argv[2:])))
