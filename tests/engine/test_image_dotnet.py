"""The .NET images as users meet them: functions compiled in one, run in the others, with a company's certificate."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from engine.functions import DOTNET_CORE
from engine.images import CATALOG, run
from engine.tls import GREETING, Authority
from lambda_image import route as routes
from lambda_image import settings
from lambda_image.build import build
from lambda_image.engine import Engine
from lambda_image.plan import Certificate, Selection, plans
from lambda_image.route import Route as Way
from lambda_image.runtime_api import Environment, Event, Exchange, Route, Server
from lambda_image.sandbox import Sandbox, Sandboxes, SandboxSpec

pytestmark = [pytest.mark.engine, pytest.mark.long]

SOURCES = Path(__file__).parent / "dotnet"
PROBE = "Probe::Field.Probe::Handle"
STORE = {"DOTNET_SHARED_STORE": "/opt/dotnetcore/store"}
BOOTSTRAP = ("--entrypoint=/var/runtime/bootstrap", "--env=_HANDLER=A::B::C")
FINAL = ("standard", "slim")
DOCKERFILE = """\
FROM {build} AS build
WORKDIR /src
COPY . .
RUN sh publish.sh /out
FROM {final}
{own}COPY --from=build /out/task/ /var/task/
COPY --from=build /out/opt/ /opt/
CMD ["{handler}"]
"""
# A standard image takes a certificate as any Debian does.
OWN = {
    "standard": "COPY company.crt /usr/local/share/ca-certificates/\nRUN /usr/sbin/update-ca-certificates\n",
    "slim": "",
}


@pytest.fixture(scope="module")
def images(built: Callable[..., str]) -> dict[str, str]:
    return {variant: built("dotnet", variant=variant, client="builtin") for variant in (*FINAL, "build")}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("company"), "company")


@pytest.fixture(scope="module")
def functions(
    engine: Engine, images: dict[str, str], company: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Images of a function, which trust the company: slim by the toolkit, standard by its own Dockerfile."""
    (plan,) = plans(CATALOG, Selection(languages=("dotnet",), versions=("8-stand-in",), variants=("slim",)))
    certificates = (Certificate(name="company", pem=company.certificate),)
    trusting = replace(plan, tags=("lambda-image/test:dotnet-company",), certificates=certificates)
    bases = {
        "standard": images["standard"],
        "slim": build(trusting, engine, settings.Settings(), catalog=CATALOG).reference,
    }
    folder = tmp_path_factory.mktemp("function")
    for source in (*SOURCES.iterdir(), DOTNET_CORE):
        (folder / source.name).write_bytes(source.read_bytes())
    (folder / "company.crt").write_bytes(company.certificate)
    tags = {}
    for variant, base in bases.items():
        (folder / "Dockerfile").write_text(
            DOCKERFILE.format(build=images["build"], final=base, handler=PROBE, own=OWN[variant])
        )
        tags[variant] = f"lambda-image/test:dotnet-function-{variant}"
        command = ["docker", "buildx", "build", "--load", "--provenance=false", f"--tag={tags[variant]}", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    yield tags
    for tag in (*tags.values(), *trusting.tags):
        engine.remove_image(tag)


class Bench:
    """A server of Runtime APIs, and sandboxes that are given one each."""

    def __init__(self, server: Server, sandboxes: Sandboxes, way: Way) -> None:
        self.server = server
        self.sandboxes = sandboxes
        self.way = way

    @contextmanager
    def started(self, image: str, handler: str, **environment: str) -> Iterator[tuple[Environment, Sandbox]]:
        endpoint = self.way.open(self.server, snapstart="AWS_LAMBDA_INITIALIZATION_TYPE" in environment)
        there = {**STORE, **environment, "AWS_LAMBDA_RUNTIME_API": f"{endpoint.host}:{endpoint.port}"}
        spec = SandboxSpec(image=image, command=(handler,), environment=there)
        with self.sandboxes.create(spec) as sandbox:
            sandbox.start()
            yield endpoint.environment, sandbox
        endpoint.environment.close()


@pytest.fixture(scope="module")
def bench(engine: Engine) -> Iterator[Bench]:
    with Server() as server, Sandboxes(engine) as sandboxes:
        way = routes.choose(sandboxes)
        yield Bench(server, sandboxes, way)
        way.close()


def result(environment: Environment, what: str, name: str = "") -> Exchange:
    found = environment.invoke(Event(payload=json.dumps({"what": what, "name": name}).encode())).result(60)
    assert found is not None, what
    return found


@pytest.mark.parametrize("variant", FINAL)
def test_function_finds_what_it_was_published_with_and_what_it_trusts(
    variant: str, functions: dict[str, str], bench: Bench, company: Authority, tmp_path: Path
) -> None:
    """One process, of Lambda's user, on a read-only root: settings, dependencies, layers, zones, certificates."""
    stranger = Authority(tmp_path, "stranger")
    address = bench.sandboxes.network.gateway
    with (
        bench.started(functions[variant], PROBE) as (environment, _),
        company.serving(address) as trusted,
        stranger.serving(address) as untrusted,
    ):

        def told(what: str, name: str = "") -> object:
            return result(environment, what, name).json()

        assert told("setting", "Field.Setting") == "Probe's own"
        assert told("beside") == "beside the function"
        assert told("assembly", "Stored") == "in the layer's store"
        assert told("assembly", "Layered") == "in the layer"
        assert told("zone", "America/New_York") == -5
        assert told("upper", "grün") == "GRÜN"
        assert str(told("native", "x")).startswith("xLX")
        assert told("environment", "AWS_EXECUTION_ENV") == "AWS_Lambda_dotnet8"
        assert told("environment", "DOTNET_ROOT") == "/var/lang/bin"
        assert told("home") == "/tmp/x"
        assert told("fetch", trusted) == GREETING.decode()
        assert told("fetch", untrusted) == "AuthenticationException"
        roots = told("roots")
        assert isinstance(roots, int)
        assert roots > 100
        if variant == "standard":
            assert told("month", "de") == "Januar"
        missing = result(environment, "missing")
        assert missing.route is Route.ERROR
        assert b"Forgotten" in missing.body
        assert told("beside") == "beside the function"


def test_program_with_a_client_of_its_own_stand_in_is_started_with_its_settings(
    functions: dict[str, str], bench: Bench
) -> None:
    """An executable assembly is named without a method."""
    with bench.started(functions["standard"], "Program") as (environment, _):
        for number in (1, 2):
            answer = environment.invoke(Event(payload=b'"%d"' % number)).result(60)
            assert answer is not None
            assert answer.json() == [str(number), "Program", "Program's own", 0]


def test_exception_on_a_thread_of_the_function_s_own_is_reported_before_the_process_ends(
    functions: dict[str, str], bench: Bench
) -> None:
    with bench.started(functions["slim"], PROBE) as (environment, sandbox):
        reported = result(environment, "thread", "• 漢字")
        assert reported.route is Route.ERROR
        body = reported.json()
        assert isinstance(body, dict)
        assert (body["errorType"], body["errorMessage"]) == ("InvalidOperationException", "• 漢字")
        assert sandbox.wait(30) not in (0, None)
        assert len([one for one in environment.exchanges if one.route is Route.ERROR]) == 1


def test_exit_while_the_function_is_loaded_is_reported_and_is_no_success(
    functions: dict[str, str], bench: Bench
) -> None:
    with bench.started(functions["slim"], "Probe::Field.Ends::Handle") as (environment, sandbox):
        reported = environment.wait_for(Route.INIT_ERROR, timeout=60)
        assert reported is not None
        assert sandbox.wait(30) == 1
        assert not [one for one in environment.exchanges if one.route is Route.NEXT]


def test_images_are_said_to_stand_in_and_are_no_larger_than_they_should_be(
    engine: Engine, images: dict[str, str]
) -> None:
    for reference in images.values():
        assert "not to be published" in engine.image(reference).config.labels["lambda-image.stand-in"]
    assert engine.image(images["slim"]).size <= 100_000_000


def test_slim_has_a_shell_and_the_runtime_and_no_other_program(engine: Engine, images: dict[str, str]) -> None:
    with engine.image_files(images["slim"]) as files:
        names = {entry.path.rsplit("/", 1)[-1] for folder in ("/usr/bin", "/usr/sbin") for entry in files.walk(folder)}
        assert names <= {"bin", "sbin", "dash", "sh"}
        status = files.read("/var/lib/dpkg/status").decode()
    packages = {line.removeprefix("Package: ") for line in status.splitlines() if line.startswith("Package: ")}
    assert {"libssl3t64", "ca-certificates", "tzdata", "libc6"} <= packages
    assert not packages & {"bash", "apt", "dpkg", "perl-base", "coreutils", "openssl", "libicu76", "nodejs"}
    for variant in FINAL:
        with engine.image_files(images[variant]) as files:
            assert files.stat("/usr/local/share/csharp") is None
            assert files.stat("/var/lang/bin/csc") is None


def test_bootstrap_says_what_is_missing(images: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.dll"
    broken.write_text("no assembly")
    tmp_path.chmod(0o755)
    client = f"--volume={broken}:/var/runtime/client/LambdaImage.Client.dll:ro"
    for variant in FINAL:
        without = run(images[variant], options=BOOTSTRAP)
        assert without.status == 1
        assert "AWS_LAMBDA_RUNTIME_API" in without.err
        assert "emulator" in without.err
        nobody = run(images[variant], options=(*BOOTSTRAP, "--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9", client))
        assert nobody.status not in (0, None)
        assert "/var/runtime/client/LambdaImage.Client.dll" in nobody.err + nobody.out


def test_slim_s_bootstrap_wants_one_handler_and_a_wrapper_that_can_be_started(images: dict[str, str]) -> None:
    for arguments in ((), ("a", "b"), ("",)):
        ended = run(images["slim"], *arguments)
        assert ended.status == 142
        assert "CMD" in ended.err
    for wrapper, status in (("/opt/none", 127), ("/etc/passwd", 126), ("/opt", 127)):
        ended = run(images["slim"], options=(*BOOTSTRAP, f"--env=AWS_LAMBDA_EXEC_WRAPPER={wrapper}"))
        assert ended.status == status
        assert wrapper in ended.err


def test_hooks_that_are_registered_before_the_snapshot_run_after_it(functions: dict[str, str], bench: Bench) -> None:
    """Whoever registered them; those for the snapshot itself, and for a restore that has begun, come too late."""
    started = bench.started(functions["slim"], "Hooks::Field.Hooks::Told", AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    with started as (environment, _):
        assert result(environment, "").json() == ["before 2", "before 1", "after 1", "after 2", "after late"]


@pytest.mark.parametrize(("end", "error"), [("exit", "Runtime.ExitError"), ("crash", "InvalidOperationException")])
@pytest.mark.parametrize(
    ("hook", "route", "kind"),
    [
        ("before", Route.INIT_ERROR, "Runtime.BeforeSnapshotError"),
        ("after", Route.RESTORE_ERROR, "Runtime.AfterRestoreError"),
    ],
)
def test_a_hook_that_ends_the_process_is_reported_and_is_no_success(
    hook: str, route: Route, kind: str, end: str, error: str, functions: dict[str, str], bench: Bench
) -> None:
    variables = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "HOOK": f"{hook} {end}"}
    with bench.started(functions["slim"], "Hooks::Field.Ending::Handle", **variables) as (environment, sandbox):
        reported = environment.wait_for(route, timeout=60)
        assert reported is not None, sandbox.log.tail(20)
        body = reported.json()
        assert isinstance(body, dict)
        assert body["errorType"] == error
        assert reported.header("Lambda-Runtime-Function-Error-Type") == kind
        assert sandbox.wait(30) not in (0, None)
        assert not [one for one in environment.exchanges if one.route is Route.NEXT]
