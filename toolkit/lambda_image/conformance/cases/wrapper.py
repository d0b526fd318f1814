"""WRAP: AWS_LAMBDA_EXEC_WRAPPER. The wrappers are programs of the suite's own, so that no shell is needed."""

from __future__ import annotations

import re

from lambda_image.conformance import machine
from lambda_image.conformance.case import case
from lambda_image.conformance.cases.parity_image import NO_API, emulated
from lambda_image.conformance.finding import expect, expect_equal
from lambda_image.conformance.lab import Lab

NAME = "AWS_LAMBDA_EXEC_WRAPPER"
WRAPPER = "/opt/conformance/wrapper"
MARK = "CONFORMANCE_WRAPPED"
_ARGUMENT = re.compile(r"^wrapper's argument: (.*)\n", re.MULTILINE)


def _opt(program: bytes, mode: int = 0o755) -> dict[str, tuple[bytes, int]]:
    return {WRAPPER.removeprefix("/opt/"): (program, mode)}


@case("WRAP-001")
def the_wrapper_gets_the_interpreter_and_all_arguments(lab: Lab) -> None:
    """A wrapper that prints its arguments and becomes what they say."""
    program = machine.launch(lab.image.architecture, prefix="wrapper's argument: ")
    with lab.fresh(ready=False, opt=_opt(program), environment={NAME: WRAPPER}) as running:
        sent = f"{NAME}={WRAPPER}, a program that prints its arguments and becomes what they say"
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)
        running.logs(lambda log: bool(_ARGUMENT.search(log)))
        arguments = _ARGUMENT.findall(running.box.log.text)
        expect(arguments, sent=sent, expected="the wrapper is started", got=running.box.log.tail(5) or "an empty log")
        with lab.engine.image_files(lab.image.reference) as files:
            found = files.stat(arguments[0])
        expect(
            arguments[0].startswith("/") and found is not None and found.kind in ("file", "link"),
            sent=sent,
            expected="the interpreter's path as its first argument",
            got=arguments,
        )


def _changing(lab: Lab) -> dict[str, tuple[bytes, int]]:
    """A wrapper that exports a variable, and adds a flag of the interpreter's."""
    flag = lab.handlers.facts.interpreter_flag
    return _opt(machine.launch(lab.image.architecture, variable=f"{MARK}=yes", argument=flag))


def _sent(lab: Lab) -> str:
    flag = lab.handlers.facts.interpreter_flag
    added = f" and adds the argument {flag} after the interpreter" if flag else ""
    return f"{NAME}={WRAPPER}, a program that exports {MARK}=yes{added}"


@case("WRAP-002", handlers=("env",))
def what_the_wrapper_changes_holds(lab: Lab) -> None:
    """A wrapper that exports a variable and adds a flag of the interpreter's; a handler reads the variable."""
    with lab.fresh("env", ready=False, opt=_changing(lab), environment={NAME: WRAPPER}) as running:
        running.wait_ready(sent=_sent(lab))
        got = running.call_object({"names": [MARK]}).get(MARK)
        expect_equal(got, "yes", sent=_sent(lab), what=MARK)


@case("WRAP-002", handlers=("env",))
def the_wrapper_works_under_the_emulator(lab: Lab) -> None:
    """The same without AWS_LAMBDA_RUNTIME_API, by the emulator's port."""
    with lab.fresh("env", ready=False, opt=_changing(lab), environment={**NO_API, NAME: WRAPPER}) as running:
        sent = f"{_sent(lab)}, under the emulator"
        expect_equal(emulated(lab, running, {"names": [MARK]}, sent), (200, {MARK: "yes"}), sent=sent)


@case("WRAP-003", handlers=("echo",))
def a_wrapper_that_cannot_be_started_is_named(lab: Lab) -> None:
    """A wrapper that does not exist, then one that is not executable."""
    program = machine.launch(lab.image.architecture)
    for what, opt, expected in (
        ("does not exist", None, 127),
        ("is not executable", _opt(program, 0o644), 126),
    ):
        with lab.fresh(ready=False, opt=opt, environment={NAME: WRAPPER}) as running:
            sent = f"{NAME}={WRAPPER}, which {what}"
            status = running.wait_exit(timeout=10, sent=sent)
            expect_equal(status, expected, sent=sent, what="the exit status")
            said = running.box.log.text
            expect(WRAPPER in said, sent=sent, expected=f"a line that names {WRAPPER}", got=said or "an empty log")
