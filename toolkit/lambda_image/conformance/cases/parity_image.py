"""IMG: what AWS's own base images do beyond Lambda's demands: entrypoint, working directory, emulator."""

from __future__ import annotations

import http.client
import json
import socket
import time

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, expect, expect_equal, violated
from lambda_image.conformance.lab import OWN, Lab
from lambda_image.conformance.running import Running, body

ENTRYPOINT = "/lambda-entrypoint.sh"
BOOTSTRAP = "/var/runtime/bootstrap"
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


def emulator_address(lab: Lab, running: Running, sent: str) -> str:
    """Where the container's emulator answers; a violation where port 8080 stays closed."""
    if not lab.reaches_containers:
        raise NotJudged("the engine is not on this machine, and the emulator's port cannot be dialled from here")
    address = lab.address(running)
    deadline = time.monotonic() + 10
    while not _listens(address):
        if time.monotonic() > deadline or running.box.exit_status is not None:
            violated(
                sent=sent,
                expected="an emulator that listens on port 8080",
                got=f"{running.what_happened()}; the log: {running.box.log.tail(5) or 'empty'}",
            )
        time.sleep(0.05)  # nothing tells when a port opens
    return address


def _listens(address: str) -> bool:
    try:
        with socket.create_connection((address, 8080), timeout=2):
            return True
    except OSError:
        return False


def emulated(address: str, value: object, sent: str) -> tuple[int, object]:
    """Status and JSON body of an invocation through the emulator."""
    connection = http.client.HTTPConnection(address, 8080, timeout=15)
    try:
        connection.request("POST", INVOCATIONS, body(value))
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content)
    except (OSError, http.client.HTTPException) as error:
        violated(sent=sent, expected=f"an answer to POST {INVOCATIONS} on port 8080", got=repr(error))
    except ValueError:
        violated(sent=sent, expected="a body of JSON", got=content[:300])
    finally:
        connection.close()


@case("IMG-010", handlers=("sleep",), seconds=2)
def without_an_api_it_serves_invocations_itself(lab: Lab) -> None:
    """No AWS_LAMBDA_RUNTIME_API; two events by HTTP on port 8080, then one that fails."""
    started = "the container was started without AWS_LAMBDA_RUNTIME_API"
    with lab.fresh("sleep", ready=False, environment=NO_API) as running:
        address = emulator_address(lab, running, started)
        for number in (1, 2):
            event = {"ms": 0, "number": number, "text": "é漢😀"}
            sent = f"{started}; POST {INVOCATIONS} with {event}"
            expect_equal(emulated(address, event, sent), (200, event), sent=sent, what="status and body:")
        sent = f"{started}; POST {INVOCATIONS} to a handler that fails with 'boom'"
        status, error = emulated(address, {"ms": 0, "fail": "boom"}, sent)
        expect(
            isinstance(error, dict) and error.get("errorMessage") == "boom" and error.get("errorType"),
            sent=sent,
            expected="the error's JSON as the body",
            got=(status, error),
        )
