"""IMG: what AWS's own base images do beyond Lambda's demands: entrypoint, working directory, emulator."""

from __future__ import annotations

import http.client
import io
import json

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import OWN, Lab
from lambda_image.conformance.running import Running, body, text
from lambda_image.errors import EngineError

ENTRYPOINT = "/lambda-entrypoint.sh"
BOOTSTRAP = "/var/runtime/bootstrap"
PORT = 8080
INVOCATIONS = "/2015-03-31/functions/function/invocations"
NO_API: dict[str, str | None] = {"AWS_LAMBDA_RUNTIME_API": None}


@case("IMG-007", handlers=())
def entrypoint_and_working_directory_are_aws_s(lab: Lab) -> None:
    """ENTRYPOINT and WORKDIR of the image's config."""
    config = lab.image.config
    sent = "the image's config was read"
    expect_equal(list(config.entrypoint), [ENTRYPOINT], sent=sent, what="ENTRYPOINT")
    expect_equal(config.working_dir, "/var/task", sent=sent, what="WORKDIR")


@case("IMG-008", handlers=("env", "echo"), seconds=2)
def the_handler_is_the_argument(lab: Lab) -> None:
    """Two handlers, each as the only argument; _HANDLER is not set."""
    with lab.engine.image_files(lab.image.reference) as files:
        found = files.stat(BOOTSTRAP)
    expect(
        found is not None and found.mode & 0o111,
        sent=f"{BOOTSTRAP} was looked up",
        expected="an executable file",
        got=f"a {found.kind} with mode {found.mode:04o}" if found else "there is none",
    )
    with lab.fresh("env", ready=False, environment={"_HANDLER": None}) as running:
        sent = f"the container was started with the argument {running.handler}, _HANDLER not set"
        running.wait_ready(sent=sent)
        got = running.call_object({"names": ["_HANDLER"]})
        expect_equal(got.get("_HANDLER"), running.handler, sent=sent, what="_HANDLER")
    with lab.fresh("echo", ready=False, environment={"_HANDLER": "another.handler"}) as running:
        sent = f"the container was started with the argument {running.handler}, _HANDLER=another.handler"
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("IMG-009", handlers=())
def it_wants_exactly_one_argument(lab: Lab) -> None:
    """The entrypoint is started without arguments, then with two."""
    entrypoint = lab.image.config.entrypoint or (ENTRYPOINT,)
    for arguments in ((), ("app.handler", "another.handler")):
        sent = f"the entrypoint was started with {len(arguments)} arguments"
        with lab.fresh(
            OWN, ready=False, entrypoint=entrypoint, arguments=arguments, environment={"_HANDLER": None}
        ) as running:
            status = running.wait_exit(timeout=5, sent=sent)
            expect_equal(status, 142, sent=sent, what="the exit status")
            said = running.box.log.data("stderr").strip()
            expect(said, sent=sent, expected="a line on standard error that says what is wrong", got="nothing")
            calls = running.requests()
            expect(not calls, sent=sent, expected="no request to the API", got=running.requests_in_words())


class _Received:
    """Bytes that came, as what http.client reads a response from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object, **__: object) -> io.BytesIO:
        """What http.client asks a socket for."""
        return io.BytesIO(self._data)


def emulated(lab: Lab, running: Running, value: object, sent: str) -> tuple[int, object]:
    """Status and JSON body of an invocation through the emulator, which is given 20 s to listen."""
    content = body(value).decode()
    length = len(content.encode())
    request = (
        f"POST {INVOCATIONS} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n{content}"
    )
    try:
        received = lab.ask(running, PORT, [request])
    except EngineError:
        if running.box.wait(2 * running.patience) is None:
            raise
        received = b""  # it had ended before it could be asked
    response = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
    try:
        response.begin()
        answer = response.read()
    except http.client.HTTPException:
        violated(
            sent=sent,
            expected=f"an answer to POST {INVOCATIONS} on port {PORT}",
            got=f"{text(received) or 'none'}; {running.what_happened()}; the log: {running.box.log.tail(5) or 'empty'}",
        )
    try:
        return response.status, json.loads(answer)
    except ValueError:
        violated(sent=sent, expected="a body of JSON", got=text(answer))


@case("IMG-010", handlers=("sleep",), seconds=2)
def without_an_api_it_serves_invocations_itself(lab: Lab) -> None:
    """No AWS_LAMBDA_RUNTIME_API; two events by HTTP on port 8080, then one that fails."""
    started = "the container was started without AWS_LAMBDA_RUNTIME_API"
    with lab.fresh("sleep", ready=False, environment=NO_API) as running:
        for number in (1, 2):
            event: dict[str, object] = {"ms": 0, "number": number, "text": "é漢😀"}
            sent = f"{started}; POST {INVOCATIONS} with {event}"
            expect_equal(emulated(lab, running, event, sent), (200, event), sent=sent, what="status and body:")
        sent = f"{started}; POST {INVOCATIONS} to a handler that fails with 'boom'"
        status, error = emulated(lab, running, {"ms": 0, "fail": "boom"}, sent)
        expect(
            isinstance(error, dict) and error.get("errorMessage") == "boom" and error.get("errorType"),
            sent=sent,
            expected="the error's JSON as the body",
            got=(status, error),
        )
