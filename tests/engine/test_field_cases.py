"""What users of AWS's clients met and reported, in every language: docs/field-cases.md says which test holds what.

The functions are in `field_cases/`. Most events go to one process a language, which has to live through all of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from engine.functions import LANGUAGES, Bench, Running, bench_of
from engine.images import run
from lambda_image import route as routes
from lambda_image.runtime_api import (
    RESPONSE_LIMIT,
    Act,
    Answer,
    CloseSilently,
    Event,
    Exchange,
    Fault,
    Hold,
    ResetWhileReading,
    Route,
)
from lambda_image.sandbox import FileEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambda_image.engine import Engine

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).with_name("field_cases")
HANDLERS = {
    "python": "app.handler",
    "nodejs": "app.handler",
    "java": "cases.App::handle",
    "dotnet": "App::Cases.App::Handle",
    "go": "function",
    "ruby": "app.handler",
}
TYPED = {"java": "cases.App::typed", "dotnet": "App::Cases.App::Typed", "go": "typed"}
BEYOND_ASCII = "é漢😀"
every_language = pytest.mark.parametrize("language", LANGUAGES)


class Case(Running):
    """A function of `field_cases/`."""

    def answer(self, do: str, *, event: dict[str, Any] | None = None, **given: object) -> Exchange:
        """What was posted, once and legally, for an event; the process then waits for the next."""
        found = self.posted(Event(payload=json.dumps({"do": do, **given}).encode(), **(event or {})))
        assert self.api.wait_waiting(timeout=5), self.sandbox.log.tail(20)
        return found

    def value(self, do: str, **given: Any) -> Any:
        found = self.answer(do, **given)
        assert found.route is Route.RESPONSE, found.body
        return found.json()

    def error(self, do: str, **given: Any) -> dict[str, Any]:
        found = self.answer(do, **given)
        assert found.route is Route.ERROR, found.body
        told = found.json()
        assert isinstance(told, dict)
        return told

    @property
    def started(self) -> str:
        """Tells one process from another."""
        return str(self.value("alive"))


Cases = Bench[Case]


@pytest.fixture(scope="module")
def bench(engine: Engine, built: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    with bench_of(Case, HANDLERS, FOLDER, tmp_path_factory.mktemp("field-cases"), engine, built) as made:
        yield made


@dataclass(frozen=True)
class Proxied:
    """A function whose environment names a proxy, which records what comes."""

    running: Case
    proxy: routes.Endpoint


@pytest.fixture
def proxied(bench: Cases, language: str) -> Proxied:
    """The process that most tests share."""
    proxies: dict[str, routes.Endpoint] = bench.__dict__.setdefault("proxies", {})

    def start() -> Case:
        proxy = proxies[language] = bench.endpoint()
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        variables = dict.fromkeys(names, f"http://{proxy.api}")
        if language == "java":
            variables["JAVA_TOOL_OPTIONS"] = f"-Dhttp.proxyHost={proxy.host} -Dhttp.proxyPort={proxy.port}"
        return bench.start(language, AWS_EXECUTION_ENV="AWS_Lambda_python3.12", **variables)

    running = bench.kept(language, "proxied", start)
    return Proxied(running, proxies[language])


@pytest.fixture
def running(proxied: Proxied) -> Case:
    return proxied.running


@pytest.fixture
def bare(bench: Cases, language: str) -> Case:
    """Where the environment says that there is nothing but ASCII, and names neither the function's folder nor, to
    the bootstrap, the runtime."""
    without = ("/usr/bin/env", "-u", "LAMBDA_TASK_ROOT", "-u", "LANG", "/lambda-entrypoint.sh")
    return bench.kept(language, "bare", lambda: bench.start(language, entrypoint=without, LC_ALL="POSIX"))


@every_language
@pytest.mark.parametrize("environment", ["running", "bare"])
def test_text_goes_out_as_utf_8_whatever_the_environment_says(
    language: str, environment: str, request: pytest.FixtureRequest
) -> None:
    """With the name of another runtime in AWS_EXECUTION_ENV, and without one in a POSIX locale."""
    found: Case = request.getfixturevalue(environment)
    assert found.answer("text").body == f'"{BEYOND_ASCII}"'.encode()


MESSAGES = ("• 漢字", "two\r\nlines\nX-Injected: yes", "quotes \"' \\ and \u0001", "nul \0 del \x7f", "x" * 100_000)


@every_language
def test_messages_of_errors_arrive_as_they_are_and_their_headers_are_ascii(language: str, running: Case) -> None:
    started = running.started
    for message in MESSAGES:
        found = running.answer("fail", message=message)
        told = found.json()
        assert isinstance(told, dict)
        assert told["errorMessage"] == message
        for name, value in found.headers:
            assert all(" " <= letter <= "~" for letter in value), (name, value)
            assert len(value) < 64 << 10, name
            assert name != "X-Injected"
    assert running.started == started


@every_language
def test_where_output_is_ascii_an_error_and_a_line_beyond_it_are_told(language: str, bare: Case) -> None:
    started = bare.started
    assert bare.error("fail", message="漢字")["errorMessage"] == "漢字"
    bare.value("print", text="line 漢字 end")
    assert bare.started == started
    assert bare.sandbox.log.wait_for(lambda text: re.search(r"line .+ end", text) is not None, 5), bare.sandbox.log.text


@every_language
def test_an_error_with_a_cause_is_json_that_names_the_outer_one(language: str, running: Case) -> None:
    told = running.error("chain")
    assert told["errorMessage"] == "outer"
    assert re.split(r"[.$]", told["errorType"])[-1].lower() == "unfit"
    assert isinstance(told["stackTrace"], list)
    if language in ("java", "dotnet"):
        assert told["cause"]["errorMessage"] == "inner"


SOURCES = {
    "python": "app.py",
    "nodejs": "app.js",
    "java": "App.java",
    "dotnet": "Cases.App",
    "go": "main.go",
    "ruby": "app.rb",
}


@every_language
def test_the_log_of_an_error_has_its_id_message_and_stack_once(language: str, running: Case) -> None:
    message = "told once"
    request_id = running.answer("fail", message=message).request_id
    assert request_id
    assert running.started

    def record(log: str) -> str:
        """From the line of the id to the next event's, which is none of it: nothing else is logged."""
        return log.partition(request_id)[2]

    assert running.sandbox.log.wait_for(lambda log: SOURCES[language] in record(log), 5), running.sandbox.log.tail(20)
    assert message in record(running.sandbox.log.text)
    assert running.sandbox.log.text.count(request_id) == 1


@every_language
def test_a_circle_is_an_error_of_its_event(language: str, running: Case) -> None:
    started = running.started
    assert running.error("circle")["errorType"] == "Runtime.MarshalError"
    assert running.started == started


TIMES = {"nodejs": "1970-01-01T00:00:00.000Z", "ruby": "1970-01-01 00:00:00 UTC"}


@every_language
def test_a_time_is_text_or_an_error_that_names_its_type(language: str, running: Case) -> None:
    if language == "python":
        told = running.error("time")
        assert told["errorType"] == "Runtime.MarshalError"
        assert "datetime" in told["errorMessage"]
    else:
        assert running.value("time") == {"t": TIMES.get(language, "1970-01-01T00:00:00Z")}
    assert running.started


@pytest.mark.parametrize("language", ["ruby"])
def test_a_time_is_what_the_library_that_the_function_loads_makes_of_it(language: str, bare: Case) -> None:
    assert bare.value("time-with-additions") == {"t": {"json_class": "Time", "s": 0, "n": 0}}
    assert bare.started


@every_language
def test_a_result_that_is_too_large_is_logged_with_size_and_limit_and_posted_once(language: str, running: Case) -> None:
    """The API answers 413, and would answer 403 to a second post."""
    started = running.started
    length = RESPONSE_LIMIT + 1
    found = running.answer("large", length=length - 2)
    assert (found.route, found.status) == (Route.RESPONSE, 413)
    posts = [one for one in running.api.exchanges if one.request_id == found.request_id and one.method == "POST"]
    assert len(posts) == 1
    assert running.started == started

    def told(text: str) -> bool:
        return any("413" in line and str(length) in line and "6291556" in line for line in text.splitlines())

    assert running.sandbox.log.wait_for(told, 5), running.sandbox.log.tail(5)


@every_language
def test_without_a_deadline_the_remaining_time_is_a_finite_number(language: str, running: Case) -> None:
    event = {"omit": frozenset({"Lambda-Runtime-Deadline-Ms"})}
    assert 890_000 < running.value("remaining", event=event) <= 900_000
    assert 0 < running.value("remaining", event={"timeout_ms": 3000}) <= 3000


@every_language
def test_an_event_with_an_id_and_a_deadline_alone_is_served(language: str, running: Case) -> None:
    assert running.value("text", event={"arn": None, "content_type": None}) == BEYOND_ASCII


@every_language
def test_an_event_of_five_hundred_levels_is_read(language: str, running: Case) -> None:
    """Libraries stop at 64 or at 100."""
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    assert running.value("text", deep=deep) == BEYOND_ASCII


@every_language
def test_what_is_written_to_descriptor_1_is_never_the_result(language: str, running: Case) -> None:
    """Bytes that are no text, past the language's own output, and a child's."""
    assert running.value("write") == "untouched"
    assert running.sandbox.log.wait_for(lambda text: '{"not": "the result"}' in text, 5)
    assert b"\xff\0\n" in running.sandbox.log.data()


@every_language
def test_text_without_a_line_end_is_out_before_the_result(language: str, running: Case) -> None:
    """The process is frozen as soon as its result is here, and the API has not answered yet."""
    held = running.api.inject(Fault(on=Route.RESPONSE, act=Hold()))
    text = f"no line end after this {id(held)}"
    invocation = running.api.invoke(Event(payload=json.dumps({"do": "unfinished", "text": text}).encode()))
    assert running.api.wait(lambda: invocation.results or None, 10)
    with running.sandbox.frozen():
        out = running.sandbox.log.wait_for(lambda log: text in log, 5)
    held.release()
    assert out, running.sandbox.log.tail(3)
    assert running.api.wait_waiting(timeout=5)


@every_language
def test_a_proxy_is_for_the_function_s_own_calls_alone(language: str, proxied: Proxied) -> None:
    """A proxy at an address that is no loopback, in every variable; Node.js's own HTTP knows none of them."""
    running, proxy = proxied.running, proxied.proxy
    names = ["http_proxy", "HTTP_PROXY", "ALL_PROXY"]
    assert running.value("environment", names=names) == dict.fromkeys(names, f"http://{proxy.api}")
    assert proxy.environment.exchanges == ()
    if language != "nodejs":
        running.value("fetch", url="http://elsewhere.invalid/own")
        assert [one.target for one in proxy.environment.exchanges] == ["http://elsewhere.invalid/own"]


@every_language
def test_the_invocation_id_comes_back_on_the_client_s_own_errors(language: str, running: Case) -> None:
    for payload in (b'{"do": "circle"}', b'{"do": '):
        found = running.posted(Event(payload=payload, invocation_id="attempt-1"))
        assert (found.route, found.header("Lambda-Runtime-Invocation-Id")) == (Route.ERROR, "attempt-1"), payload
        found = running.posted(Event(payload=payload))
        assert found.header("Lambda-Runtime-Invocation-Id") is None, payload
        assert running.started


@every_language
@pytest.mark.parametrize("line_end", ["\r", "\n"])
def test_an_invocation_id_with_a_line_end_is_not_sent_back(language: str, line_end: str, running: Case) -> None:
    found = running.posted(Event(payload=b'{"do": "text"}', invocation_id=f"a{line_end}X-Injected: yes"))
    assert found.header("X-Injected") is None
    assert found.header("Lambda-Runtime-Invocation-Id") in (None, "a")
    assert running.started


@every_language
def test_a_connection_that_is_reset_between_calls_costs_no_invocation(language: str, running: Case) -> None:
    for route in (Route.NEXT, Route.RESPONSE):
        running.api.inject(Fault(on=route, act=CloseSilently(when="after-answer", reset=True), times=2))
        for _ in range(3):
            assert running.value("text") == BEYOND_ASCII


@every_language
def test_a_result_whose_connection_is_reset_is_sent_once_more_as_a_whole(language: str, running: Case) -> None:
    """In the middle of its body, before any byte of an answer."""
    started = running.started
    running.api.inject(Fault(on=Route.RESPONSE, act=ResetWhileReading(after=1 << 20)))
    invocation = running.api.invoke(Event(payload=b'{"do": "large", "length": 3000000}'))
    assert running.api.wait(lambda: len(invocation.results) > 1 or None, 10), running.sandbox.log.tail(3)
    assert running.api.wait_waiting(timeout=5)
    assert [(one.status, one.size) for one in invocation.results[1:]] == [(202, 3_000_002)]
    assert running.started == started


@every_language
def test_an_event_that_is_no_json_fails_alone(language: str, running: Case) -> None:
    started = running.started
    for payload in (b"[1,2", b'""', b""):
        running.posted(Event(payload=payload))
        assert running.started == started, payload


@pytest.mark.parametrize("language", TYPED)
def test_an_event_that_does_not_fit_the_handler_s_type_fails_alone(language: str, bench: Cases) -> None:
    running = bench.start(language, TYPED[language])
    for payload in (b"[1,2", b'""', b'{"n": "x"}', b"[]"):
        found = running.posted(Event(payload=payload))
        told = found.json()
        assert isinstance(told, dict), payload
        assert (found.route, told["errorType"]) == (Route.ERROR, "Runtime.UnmarshalError"), payload
    running.posted(Event(payload=b""))
    assert running.posted(Event(payload=b'{"n": 7}')).body == b"7"


@every_language
def test_the_function_s_home_can_be_written(language: str, running: Case) -> None:
    """The root is read-only, and the user is in no passwd file."""
    assert running.value("cache") == "kept"
    assert running.value("environment", names=["HOME"]) == {"HOME": "/tmp"}


EXITS = {"nodejs": None, "go": None}


@every_language
@pytest.mark.parametrize("status", [0, 42])
def test_an_exit_in_the_handler_ends_the_container_with_its_status(language: str, status: int, bench: Cases) -> None:
    """Reported before, where the language lets the client see it."""
    running = bench.start(language)
    assert running.api.wait_waiting(timeout=20), running.sandbox.log.tail(20)
    invocation = running.api.invoke(Event(payload=json.dumps({"do": "exit", "status": status}).encode()))
    assert running.sandbox.wait(10) == status
    types = [one.json()["errorType"] for one in invocation.results]  # type: ignore[index]
    assert types == ([] if language in EXITS else ["Runtime.ExitError"])


@every_language
@pytest.mark.parametrize(
    "act", [Answer(204, b""), CloseSilently(when="before-answer")], ids=["no content", "closed connection"]
)
def test_a_next_that_gives_nothing_ends_the_process_with_a_line(language: str, act: Act, bench: Cases) -> None:
    running = bench.start(language, fault=Fault(on=Route.NEXT, act=act, times=None))
    status = running.sandbox.wait(20)
    assert status
    assert running.sandbox.log.wait_end(5)
    said = running.sandbox.log.data("stderr").decode().strip().splitlines()
    assert len(said) == 1, said
    assert {one.route for one in running.api.exchanges} == {Route.NEXT}
    assert len(running.api.exchanges) <= 6


WRAPPER = b'#!/bin/sh\nexport AWS_LAMBDA_RUNTIME_API="$OTHER_API" SEEN="$AWS_EXECUTION_ENV"\nexec "$@"\n'


@every_language
def test_a_wrapper_may_change_the_address_of_the_runtime_api(language: str, bench: Cases) -> None:
    other = bench.endpoint()
    first = bench.start(
        language,
        opt={"wrapper": FileEntry(WRAPPER, 0o755)},
        AWS_LAMBDA_EXEC_WRAPPER="/opt/wrapper",
        OTHER_API=other.api,
    )
    running = Case(other.environment, first.sandbox)
    seen = running.value("environment", names=["AWS_EXECUTION_ENV", "SEEN"])
    assert seen["SEEN"] == seen["AWS_EXECUTION_ENV"]
    assert seen["SEEN"].startswith("AWS_Lambda_")
    assert first.api.exchanges == ()


@every_language
def test_the_descriptor_of_frames_is_no_child_s(language: str, bench: Cases) -> None:
    """What the function starts neither has it open nor knows of it; the client writes to it."""
    shell = ("/bin/sh", "-c", 'exec /lambda-entrypoint.sh "$0" 9>&2')
    running = bench.start(language, entrypoint=shell, _LAMBDA_TELEMETRY_LOG_FD="9")
    assert "9" not in running.value("descriptors").split()
    assert running.value("environment", names=["_LAMBDA_TELEMETRY_LOG_FD"]) == {"_LAMBDA_TELEMETRY_LOG_FD": None}
    running.error("fail", message="framed\nin one")
    assert running.sandbox.log.wait_for(lambda text: "framed" in text, 5)
    running.sandbox.kill()  # then all of the frame is here
    told = running.sandbox.log.data("stderr")
    assert told.startswith(b"\xa5\x5a\x00"), told
    assert int.from_bytes(told[4:8], "big") == len(told) - 16, told


@pytest.mark.parametrize("language", ["go"])
@pytest.mark.parametrize(("mode", "status"), [(None, 127), (0o644, 126)], ids=["missing", "no program"])
def test_a_wrapper_that_cannot_be_started_is_named(language: str, mode: int | None, status: int, bench: Cases) -> None:
    """The suite asks this of the other languages."""
    opt = {"wrapper": FileEntry(WRAPPER, mode)} if mode is not None else None
    running = bench.start(language, opt=opt, AWS_LAMBDA_EXEC_WRAPPER="/opt/wrapper")
    assert running.sandbox.wait(10) == status
    assert running.sandbox.log.wait_end(5)
    assert "/opt/wrapper" in running.sandbox.log.text


@every_language
def test_what_is_left_to_the_function_is_not_logged_and_sigterm_ends_it_without_a_word(
    language: str, bench: Cases
) -> None:
    running = bench.start(language, LAMBDA_IMAGE_LOG_ERRORS="off")
    assert running.error("fail", message="quiet")["errorMessage"] == "quiet"
    running.sandbox.signal("TERM")
    # Go's own status where nobody asked for the signal, and the signal's for all others.
    assert running.sandbox.wait(5) == (2 if language == "go" else 143)
    assert running.sandbox.log.wait_end(5)
    assert running.sandbox.log.text == ""


@every_language
def test_without_a_runtime_api_a_line_names_the_variable_and_the_emulator(language: str, bench: Cases) -> None:
    running = bench.start(language, entrypoint=("/var/runtime/bootstrap",), network=False, _HANDLER=HANDLERS[language])
    assert running.sandbox.wait(10)
    assert running.sandbox.log.wait_end(5)
    assert re.search(r"AWS_LAMBDA_RUNTIME_API.*emulator", running.sandbox.log.text), running.sandbox.log.text
    assert len(running.sandbox.log.text.splitlines()) == 1


@every_language
def test_an_empty_handler_is_told_before_anything_is_asked_for(language: str, bench: Cases) -> None:
    running = bench.start(language, "")
    assert running.sandbox.wait(10)
    assert running.sandbox.log.wait_end(5)
    assert not any(one.route is Route.NEXT for one in running.api.exchanges)
    assert "handler" in running.sandbox.log.text.lower(), running.sandbox.log.text


# A Go function is a program, and its handler's name is nobody's.
NOT_FOUND = {
    "python": {"lib/app.handler": "Runtime.ImportModuleError"},
    "ruby": {
        "nofile.handler": "Runtime.ImportModuleError",
        "lib/app.handler": "Runtime.ImportModuleError",
        "app.nothere": "Runtime.HandlerNotFound",
        ".handler": "Runtime.MalformedHandlerName",
        "app.": "Runtime.MalformedHandlerName",
    },
    "java": {
        "cases.Nothing::handle": "Runtime.ImportModuleError",
        "cases.App::nothere": "Runtime.HandlerNotFound",
        "::handle": "Runtime.MalformedHandlerName",
        "cases.App::": "Runtime.MalformedHandlerName",
    },
    "dotnet": {
        "Nothing::Cases.App::Handle": "Runtime.ImportModuleError",
        "App::Cases.App::Nothere": "Runtime.HandlerNotFound",
        "::Cases.App::Handle": "Runtime.MalformedHandlerName",
        "App::Cases.App::": "Runtime.MalformedHandlerName",
    },
}


@pytest.mark.parametrize(("language", "handler"), [(one, handler) for one in NOT_FOUND for handler in NOT_FOUND[one]])
def test_a_handler_that_cannot_be_found_is_one_init_error(language: str, handler: str, bench: Cases) -> None:
    running = bench.start(language, handler)
    assert running.sandbox.wait(10), (running.api.exchanges, running.sandbox.log.text)
    (report,) = running.api.exchanges
    told = report.json()
    assert isinstance(told, dict)
    assert (report.route, told["errorType"]) == (Route.INIT_ERROR, NOT_FOUND[language][handler])


@pytest.mark.parametrize("language", ["nodejs"])
def test_a_handler_that_is_found_elsewhere_is_told(language: str, bench: Cases) -> None:
    """By NODE_PATH, as AWS's client finds it, which functions may rely on."""
    running = bench.start(language, "lib/app.handler")
    assert running.value("text") == BEYOND_ASCII
    told = "there is no /var/task/lib/app: /var/task/app.js is taken"
    assert running.sandbox.log.wait_for(lambda text: told in text, 5)


BESIDE = {
    "python": ("my-mod.py", b"def handler(event, context):\n    return 'file'\n"),
    "nodejs": ("my-mod.js", b"exports.handler = async () => 'file';\n"),
    "ruby": ("my-mod.rb", b"def handler(event:, context:)\n  'file'\nend\n"),
}


@pytest.mark.parametrize("language", BESIDE)
def test_a_file_with_a_dash_is_found_beside_a_folder_of_its_name(language: str, bench: Cases) -> None:
    name, source = BESIDE[language]
    running = bench.start(language, "my-mod.handler", task={name: FileEntry(source), "my-mod/index": FileEntry(b"")})
    assert running.posted(Event()).body == b'"file"'


UNREADABLE = {"java": "lib/app.jar", "dotnet": "App.dll", "go": "bootstrap"}


@pytest.mark.parametrize("language", UNREADABLE)
def test_a_program_that_only_root_may_read_is_named(language: str, bench: Cases) -> None:
    path = UNREADABLE[language]
    running = bench.start(language, task={path: FileEntry(b"", 0o700)})
    assert running.sandbox.wait(10)
    assert running.sandbox.log.wait_end(5)
    said = running.sandbox.log.text + "".join(one.body.decode() for one in running.api.exchanges)
    assert path.rsplit("/", 1)[-1] in said
    assert re.search("permission|denied|may not", said, re.IGNORECASE), said


CLIENTS = {
    "python": ("--tmpfs=/var/runtime/lambda_image_client", "lambda_image_client"),
    "nodejs": ("--tmpfs=/var/runtime/client", "/var/runtime/client/main.js"),
    "ruby": ("--tmpfs=/var/runtime/client", "/var/runtime/client/main.rb"),
    "java": ("--volume=/dev/null:/var/runtime/lambda-image-client.jar:ro", "lambda-image-client.jar"),
    "dotnet": ("--tmpfs=/var/runtime/client", "/var/runtime/client/LambdaImage.Client.dll"),
}


@pytest.mark.parametrize("language", CLIENTS)
def test_a_client_that_is_not_whole_is_named(language: str, built: Callable[..., str]) -> None:
    option, name = CLIENTS[language]
    options = (option, "--network=none", "--entrypoint=/var/runtime/bootstrap", "--env=_HANDLER=a.b")
    image = built(language, variant="standard", client="builtin")
    ended = run(image, options=(*options, "--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9"))
    assert ended.status
    assert name in ended.err + ended.out


@every_language
def test_the_distribution_s_programs_load_the_distribution_s_libraries(
    language: str, built: Callable[..., str], tmp_path: Path
) -> None:
    """Whatever a layer brings: its own libssl is not one for the distribution's programs."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libssl.so.3").write_bytes(b"not a library")
    image = built(language, variant="standard", client="builtin")
    options = ("--entrypoint=openssl", f"--volume={tmp_path}:/opt:ro")
    assert run(image, "version", options=options).status == 0
