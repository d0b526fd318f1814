"""The Java images as users meet them: functions compiled in one, run in the others, with a company's certificate."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
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

SOURCES = Path(__file__).parent / "java"
FINAL = ("standard", "slim")
PROBE = "field.Probe"
# As in the guide: the first stage has the compiler and the jars that functions are compiled against.
DOCKERFILE = """\
FROM {build} AS build
COPY *.java /src/
RUN javac -cp '/usr/local/share/java/lambda/*' -d /out /src/*.java
FROM {final}
{own}COPY --from=build /out/ ./
COPY --from=build /usr/local/share/java/lambda/ ./lib/
CMD ["field.Probe"]
"""
# A standard image takes a certificate as any Debian does.
OWN = {
    "standard": "COPY company.crt /usr/local/share/ca-certificates/\nRUN PATH=$PATH:/usr/sbin update-ca-certificates\n",
    "slim": "",
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("company"), "company")


@pytest.fixture(scope="module")
def images(engine: Engine, built: Callable[..., str], company: Authority) -> Iterator[dict[str, str]]:
    """The slim one has the company's certificate by the toolkit."""
    (plan,) = plans(CATALOG, Selection(languages=("java",), variants=("slim",), clients=("builtin",)))
    certificates = (Certificate(name="company", pem=company.certificate),)
    trusting = replace(plan, tags=("lambda-image/test:java-company",), certificates=certificates)
    found = {variant: built("java", variant=variant, client="builtin") for variant in ("standard", "build")}
    yield {**found, "slim": build(trusting, engine, settings.Settings(), catalog=CATALOG).reference}
    engine.remove_image(trusting.tags[0])


@pytest.fixture(scope="module")
def functions(
    engine: Engine,
    built: Callable[..., str],
    images: dict[str, str],
    company: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """Images of a function, which trust the company; and one with AWS's client."""
    folder = tmp_path_factory.mktemp("function")
    for source in SOURCES.iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    (folder / "company.crt").write_bytes(company.certificate)
    tags = {}
    for variant in FINAL:
        text = DOCKERFILE.format(build=images["build"], final=images[variant], own=OWN[variant])
        (folder / "Dockerfile").write_text(text)
        tags[variant] = f"lambda-image/test:java-function-{variant}"
        command = ["docker", "buildx", "build", "--load", "--provenance=false", f"--tag={tags[variant]}", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    base = built("java", variant="standard", client="official")
    text = f"FROM {tags['standard']} AS function\nFROM {base}\nCOPY --from=function /var/task/ ./\n"
    (folder / "Dockerfile").write_text(text)
    tags["official"] = "lambda-image/test:java-function-official"
    engine.build(folder, tags=[tags["official"]], on_event=lambda event: None)
    yield tags
    for tag in tags.values():
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
        host = self.sandboxes.hosts.get(endpoint.host, endpoint.host)  # an address, as in Lambda: no lookup of a name
        there = {**environment, "AWS_LAMBDA_RUNTIME_API": f"{host}:{endpoint.port}"}
        with self.sandboxes.create(SandboxSpec(image=image, command=(handler,), environment=there)) as sandbox:
            sandbox.start()
            yield endpoint.environment, sandbox
        endpoint.environment.close()


@pytest.fixture(scope="module")
def bench(engine: Engine) -> Iterator[Bench]:
    with Server() as server, Sandboxes(engine) as sandboxes:
        way = routes.choose(sandboxes)
        yield Bench(server, sandboxes, way)
        way.close()


def result(environment: Environment, event: object) -> Exchange:
    found = environment.invoke(Event(payload=json.dumps(event).encode())).result(60)
    assert found is not None, event
    return found


@pytest.mark.parametrize("variant", FINAL)
def test_function_trusts_the_company_beside_the_public_ones_and_finds_its_surroundings(
    variant: str, functions: dict[str, str], bench: Bench, company: Authority, tmp_path: Path
) -> None:
    """One process, of Lambda's user, on a read-only root."""
    stranger = Authority(tmp_path, "stranger")
    address = bench.sandboxes.network.gateway
    with (
        bench.started(functions[variant], PROBE, AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512") as (environment, _),
        company.serving(address) as trusted,
        stranger.serving(address) as untrusted,
    ):

        def told(what: str, name: str = "") -> object:
            return result(environment, {"what": what, "name": name}).json()

        assert told("fetch", trusted) == GREETING.decode()
        assert told("fetch", untrusted) == "SSLHandshakeException"
        roots = told("roots")
        assert isinstance(roots, int)
        assert roots > 100
        assert told("zone", "America/New_York") == -5 * 3600
        assert told("home") is True
        heap = told("memory")
        assert isinstance(heap, int)
        assert 400 < heap <= 436
        failed = result(environment, {"what": "fail"})
        assert failed.route is Route.ERROR
        body = json.loads(failed.body)
        assert (body["errorType"], body["errorMessage"]) == ("java.lang.IllegalArgumentException", "outer")
        assert (body["cause"]["errorType"], body["cause"]["errorMessage"]) == (
            "java.lang.IllegalStateException",
            "inner",
        )
        assert any("field.Probe.handleRequest" in line for line in body["stackTrace"])


def test_exit_is_reported_with_its_status_and_while_the_function_is_loaded_never_as_a_success(
    functions: dict[str, str], bench: Bench
) -> None:
    with bench.started(functions["slim"], PROBE) as (environment, sandbox):
        ended = result(environment, {"what": "exit", "name": "42"})
        assert ended.route is Route.ERROR
        assert json.loads(ended.body)["errorType"] == "Runtime.ExitError"
        assert sandbox.wait(20) == 42
    with bench.started(functions["slim"], PROBE, EXIT_AT_INIT="yes") as (environment, sandbox):
        reported = environment.wait_for(Route.INIT_ERROR, timeout=60)
        assert reported is not None
        assert json.loads(reported.body)["errorType"] == "Runtime.ExitError"
        assert sandbox.wait(20) == 1


S3 = {
    "Records": [
        {
            "eventTime": "2026-01-02T03:04:05.678Z",
            "s3": {"bucket": {"name": "b"}, "object": {"key": "a+b%2F%C3%A9", "size": 5_000_000_000}},
        }
    ]
}
SQS = {
    "Records": [
        {"messageId": n, "body": body, "messageAttributes": {"colour": {"stringValue": "red", "dataType": "String"}}}
        for n, body in (("1", "red"), ("2", "blue"))
    ]
}
HTTP = {
    "version": "2.0",
    "rawPath": "/a",
    "headers": {"x-a": "1"},
    "isBase64Encoded": True,
    "requestContext": {"http": {"method": "GET"}},
}
AUTHORIZER = {"authorizationToken": "me", "methodArn": "arn:aws:execute-api:a"}
ALLOWED = {
    "principalId": "me",
    "policyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ["arn:aws:execute-api:a"]}],
    },
}
# Events whose members are called otherwise than the fields of their classes: each comes out as it went in.
HANDED_ON = {
    "notified": {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "1", "Type": "Notification"}}]},
    "changed": {
        "Records": [
            {
                "eventSourceARN": "arn",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1428537600,
                    "NewImage": {"B": {"B": "YWJj"}, "L": {"L": [{"NULL": True}, {"N": "1"}]}},
                },
            }
        ]
    },
    "streamed": {"Records": [{"kinesis": {"data": "YWJj", "approximateArrivalTimestamp": 1545084650.987}}]},
    "topics": {"records": {"t-0": [{"partition": 0, "offset": 1, "timestamp": 2, "headers": [{"h": [104, 105]}]}]}},
    "delivered": {"records": [{"recordId": "1", "approximateArrivalTimestamp": 1510772160000, "data": "YWJj"}]},
    "scheduled": {"detail-type": "Scheduled Event", "detail": {"a": [1]}},
    "stored": {"Records": [{"responseElements": {"x-amz-request-id": "1", "x-amz-id-2": "2"}}]},
}
CAME_OUT = {
    **HANDED_ON,
    # Bytes are Base64, however they came.
    "topics": {"records": {"t-0": [{"partition": 0, "offset": 1, "timestamp": 2, "headers": [{"h": "aGk="}]}]}},
}
ANSWERS = {
    "field.Probe::allow": (AUTHORIZER, ALLOWED),
    "field.Probe$Overloaded": ({"amount": 3}, 3),
    "field.Probe$Nothing": ({"a": [1]}, None),
    **{f"field.Probe::{name}": (event, CAME_OUT[name]) for name, event in HANDED_ON.items()},
    "field.Probe::s3": (S3, "2026 b a b/é 5000000000"),
    "field.Probe::sqs": (SQS, {"batchItemFailures": [{"itemIdentifier": "2"}]}),
    "field.Probe::http": (
        HTTP,
        {
            "statusCode": 201,
            "headers": {"x-b": "c"},
            "cookies": ["d=e"],
            "body": "GET /a 1 true",
            "isBase64Encoded": False,
        },
    ),
    "field.Probe$Upper": ({"a": "b"}, {"A": "B"}),
}


@pytest.mark.parametrize("handler", ANSWERS)
def test_aws_s_event_classes_and_handlers_of_bytes_run(handler: str, functions: dict[str, str], bench: Bench) -> None:
    """Compiled against Amazon's own jars; proxies of the virtual machine's are of no concern to the client."""
    event, expected = ANSWERS[handler]
    proxies = "-DsocksProxyHost=127.0.0.1 -DsocksProxyPort=1 -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=1"
    with bench.started(functions["slim"], handler, JAVA_TOOL_OPTIONS=proxies) as (environment, _):
        assert result(environment, event).json() == expected


def test_event_that_does_not_fit_is_told_and_the_next_one_is_served(functions: dict[str, str], bench: Bench) -> None:
    with bench.started(functions["slim"], "field.Probe::order") as (environment, _):
        for wrong in ({"amount": "x"}, [1], {"amount": 10**30}):
            answer = result(environment, wrong)
            assert answer.route is Route.ERROR
            assert json.loads(answer.body)["errorType"] == "Runtime.UnmarshalError"
        assert result(environment, {"amount": 3}).json() == {"amount": 3}


def test_slim_is_small_and_has_a_shell_and_no_other_program(engine: Engine, images: dict[str, str]) -> None:
    assert engine.image(images["slim"]).size <= 110_000_000
    with engine.image_files(images["slim"]) as files:
        names = {entry.path.rsplit("/", 1)[-1] for folder in ("/usr/bin", "/usr/sbin") for entry in files.walk(folder)}
        assert names <= {"bin", "sbin", "sh", "dash"}


@pytest.mark.parametrize("variant", FINAL)
def test_client_s_classes_come_from_the_archive(variant: str, images: dict[str, str]) -> None:
    """With the very options that the bootstrap gives, and no Runtime API: it ends before it asks for anything.

    The archive fits a jar of one time; that one is older than what an export of the image dates anew."""
    script = "[ /var/runtime/lambda-image-client.jar -ot /etc/debian_version ] && echo older than the release; "
    script += ". /var/runtime/runtime.sh; exec $interpreter -Xlog:class+load -Xshare:on $arguments $program"
    ended = run(images[variant], "-c", script, options=("--entrypoint=/bin/sh",))
    assert "lambdaimage.Main source: shared objects file" in ended.out
    assert ended.out.startswith("older than the release\n")
    assert "AWS_LAMBDA_RUNTIME_API" in ended.err
    assert "emulator" in ended.err


@pytest.mark.parametrize("variant", FINAL)
def test_beside_the_archive_a_start_loads_nothing_but_the_function_and_what_it_brings(
    variant: str, functions: dict[str, str], bench: Bench
) -> None:
    """A class that the training did not see is read from the JDK, and reflection makes classes: a millisecond each."""
    options = {"JAVA_TOOL_OPTIONS": "-Xlog:class+load"}
    with bench.started(functions[variant], "field.Probe$Upper", **options) as (environment, sandbox):
        assert environment.wait_for(Route.NEXT, timeout=60) is not None
        sandbox.kill()  # then all of its log is here
        lines = sandbox.log.text.splitlines()
    sources = [line.split(" source: ", 1) for line in lines if " source: " in line]
    assert len(sources) > 500
    read = [name.rsplit(" ", 1)[-1] for name, source in sources if source.startswith("jrt:")]
    assert not read
    made = [name for name, source in sources if source.startswith("__JVM_Lookup")]
    assert len(made) <= 2, made  # one for the launcher, which opens packages, and one for the JDK's sockets


UNLOCKED = "-XX:+UnlockDiagnosticVMOptions "
# What a function's owner says, and the flag's value that has to come of it.
OWN_OPTIONS = {
    "-XX:StringTableSize=2048": ("StringTableSize", "2048"),
    UNLOCKED + "-XX:ArchiveRelocationMode=1": ("ArchiveRelocationMode", "1"),
    "-XX:+UseParallelGC": ("UseParallelGC", "true"),
    "-XX:TieredStopAtLevel=4": ("TieredStopAtLevel", "4"),
    "-Xms20m": ("InitialHeapSize", str(20 << 20)),
    "-Xmx300m": ("MaxHeapSize", str(300 << 20)),
    "-XX:SharedArchiveFile=/tmp/own.jsa": ("SharedArchiveFile", "/tmp/own.jsa"),
    "": ("ArchiveRelocationMode", "0"),
}


@pytest.mark.parametrize("options", OWN_OPTIONS)
def test_what_java_tool_options_says_goes_before_the_image_s_own(options: str, images: dict[str, str]) -> None:
    script = ". /var/runtime/runtime.sh; exec $interpreter ${arguments% -jar} -XX:+UnlockDiagnosticVMOptions"
    words = ("-c", f"{script} -XX:+PrintFlagsFinal -version")
    given = ("--entrypoint=/bin/sh", "--env=AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", f"--env=JAVA_TOOL_OPTIONS={options}")
    ended = run(images["slim"], *words, options=given)
    assert ended.status == 0, ended.err
    name, value = OWN_OPTIONS[options]
    assert re.search(rf"^ *\S+ {name} += {re.escape(value)} ", ended.out, re.MULTILINE), ended.out


def test_slim_s_bootstrap_wants_one_handler_and_a_wrapper_that_can_be_started(images: dict[str, str]) -> None:
    for arguments in ((), ("a", "b"), ("",)):
        ended = run(images["slim"], *arguments)
        assert ended.status == 142
        assert "CMD" in ended.err
    for wrapper, status in (("/opt/none", 127), ("/etc/passwd", 126)):
        ended = run(images["slim"], "a.B", options=(f"--env=AWS_LAMBDA_EXEC_WRAPPER={wrapper}",))
        assert ended.status == status
        assert wrapper in ended.err


def test_a_hook_that_another_hook_registered_runs_after_the_restore(functions: dict[str, str], bench: Bench) -> None:
    """As with AWS's client; the resources are those of the public org.crac."""
    started = bench.started(functions["slim"], "field.Hooks::told", AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    with started as (environment, _):
        assert result(environment, None).json() == ["before 2", "before 1", "after 1", "after 2", "after late"]


def test_aws_s_client_runs_the_hooks_of_org_crac(functions: dict[str, str], bench: Bench) -> None:
    """The function's org.crac, which finds what AWS's client implements."""
    started = bench.started(functions["official"], "field.Hooks::told", AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    with started as (environment, _):
        assert result(environment, None).json() == ["before 2", "before 1", "after 1", "after 2", "after late"]


ERRORS, WARNINGS, INFOS = ["SEVERE"], ["SEVERE", "WARNING"], ["SEVERE", "WARNING", "INFO"]
DEBUGS = [*INFOS, "CONFIG", "FINE"]
RECORDS = {
    None: INFOS,
    "": INFOS,
    "verbose": INFOS,  # no level of Lambda's
    "FATAL": [],
    "ERROR": ERRORS,
    "WARN": WARNINGS,
    "INFO": INFOS,
    "DEBUG": DEBUGS,
    "TRACE": [*DEBUGS, "FINER", "FINEST"],
}


@pytest.mark.parametrize("form", ["Text", "JSON"])
@pytest.mark.parametrize("level", RECORDS)
def test_java_util_logging_s_level_is_lambda_s(
    level: str | None, form: str, functions: dict[str, str], bench: Bench
) -> None:
    asked = {} if level is None else {"AWS_LAMBDA_LOG_LEVEL": level}
    variables = {"AWS_LAMBDA_LOG_FORMAT": form, **asked}
    with bench.started(functions["slim"], "field.Records::written", **variables) as (environment, sandbox):
        assert result(environment, None).json() == "written"
        assert result(environment, None).json() == "written"  # what the first had to say has come
        expected = RECORDS[level] * 2
        assert sandbox.log.wait_for(lambda text: text.count("record of ") >= len(expected), 5)
        assert re.findall("record of ([A-Z]+)", sandbox.log.text) == expected
