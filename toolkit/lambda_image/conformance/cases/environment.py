"""ENV: variables."""

from __future__ import annotations

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal
from lambda_image.conformance.lab import Lab

UNUSUAL = {
    "PLAIN": "value",
    "EQUALS": "a=b=c",
    "SPACES": "  two  spaces  ",
    "LINES": "one\ntwo\n",
    "UNICODE": "é漢😀",
    "QUOTES": "'single' \"double\" `back` $HOME ${X} \\ *",
    "EMPTY": "",
    "lower_case": "kept",
    "NUMBER_1": "1",
}


@case("ENV-001", handlers=("env",))
def every_variable_reaches_the_handler_unchanged(lab: Lab) -> None:
    """Values with equals signs, spaces, newlines, quotes and Unicode, and an empty one."""
    with lab.fresh("env", environment=dict(UNUSUAL)) as running:
        got = running.call_object({"names": list(UNUSUAL)})
        for name, value in UNUSUAL.items():
            expect_equal(got.get(name), value, sent=f"{name}={value!r}", what=name)


@case("ENV-007")
def few_variables_are_enough(lab: Lab) -> None:
    """No log names, memory size, region, HOME or credentials: only the API's address and the handler."""
    with lab.fresh(bare_environment=True, ready=False) as running:
        sent = (
            "only AWS_LAMBDA_RUNTIME_API, _HANDLER, LAMBDA_TASK_ROOT and LAMBDA_RUNTIME_DIR are set beside the image's "
            "own variables"
        )
        running.wait_ready(sent=sent)
        expect_equal(running.call("x", sent=sent), "x", sent=sent)
        expect(running.box.exit_status is None, sent=sent, expected="it lives", got=running.what_happened())
