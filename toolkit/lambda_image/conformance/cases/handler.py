"""HND: finding the handler."""

from __future__ import annotations

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, expect, expect_equal
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import text
from lambda_image.runtime_api import Route


@case("HND-001", handlers=("echo", "elsewhere"))
def the_handler_is_looked_up_under_the_task_root(lab: Lab) -> None:
    """A handler in /var/task, and one in the folder that LAMBDA_TASK_ROOT names."""
    with lab.shared() as running:
        expect_equal(running.call("x"), "x", sent="a handler in /var/task")
    root = "/var/task/elsewhere"
    with lab.fresh("elsewhere", environment={"LAMBDA_TASK_ROOT": root}, ready=False) as running:
        sent = f"LAMBDA_TASK_ROOT={root} and a handler that only lies there"
        running.wait_ready(sent=sent)
        expect_equal(running.call({}), "elsewhere", sent=sent)


@case("HND-004", handlers=("async-echo", "async-raise"))
def asynchronous_handlers_behave_like_synchronous_ones(lab: Lab) -> None:
    """An asynchronous handler that returns its event, and one that fails."""
    with lab.shared("async-echo") as running:
        for value in ({"a": 1}, "text", None):
            expect_equal(running.call(value), value, sent=f"the event {value!r} to an asynchronous echo")
    with lab.shared("async-raise") as running:
        error = running.invoke({"message": "from async"}).error
        expect_equal(error.get("errorMessage"), "from async", sent="an asynchronous handler that fails")


@case("HND-006")
def a_handler_file_that_cannot_be_read_is_named(lab: Lab) -> None:
    """The function's files have the mode 0600 and belong to root; the container runs as user 993."""
    files = {path: (content, 0o600) for path, content in (lab.handlers.files or {}).items()}
    if not files:
        raise NotJudged("the handlers are the image's own, and their modes stay as they are")
    sent = "the function's files belong to root and have the mode 0600 (user 993)"
    with lab.fresh(ready=False, task=files) as running:
        report = running.wait_request(Route.INIT_ERROR, sent=sent)
        status = running.wait_exit(timeout=5, sent=sent + ", and the init error was accepted")
        expect(status != 0, sent=sent, expected="an exit status other than 0", got="status 0")
        said = f"{text(report.body)}\n{running.box.log.text}"
        names = {path.rsplit("/", 1)[-1] for path in files}
        expect(
            any(name in said for name in names) or any(word in said.lower() for word in ("permission", "eacces")),
            sent=sent,
            expected="the report or the log names the file, or the permission that is missing",
            got=text(report.body),
        )
