"""HND: finding the handler."""

from __future__ import annotations

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect_equal
from lambda_image.conformance.lab import Lab


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
