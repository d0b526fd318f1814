"""SIG: being stopped."""

from __future__ import annotations

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect
from lambda_image.conformance.lab import Lab

ENDS = "the container ends within 2 s (the kernel keeps from process 1 what it does not catch: it has to, and to exit)"


@case("SIG-001", handlers=("signal",))
def sigterm_reaches_the_language_process(lab: Lab) -> None:
    """A function with a hook for SIGTERM, while it waits in GET …/next."""
    with lab.fresh("signal") as running:
        running.call("x")
        running.wait_ready()
        running.box.signal("TERM")
        expect(
            running.logs(lambda log: "sigterm hook ran" in log),
            sent="SIGTERM to a function with a hook for it, waiting in GET …/next",
            expected="the hook's line in the log",
            got=f"{running.what_happened()}; the log: {running.box.log.text or 'empty'}",
        )


@case("SIG-002", handlers=("echo", "sleep"), seconds=3)
def without_a_hook_sigterm_ends_the_container(lab: Lab) -> None:
    """SIGTERM to a container that is idle, and to one in the middle of a handler."""
    with lab.fresh() as running:
        running.box.signal("TERM")
        running.wait_exit(timeout=2.5, sent="SIGTERM while idle", expected=ENDS)
    with lab.fresh("sleep") as running:
        call = running.queue({"ms": 20_000})
        running.api.wait(lambda: call.invocation.dispatched, 5)
        running.box.signal("TERM")
        running.wait_exit(timeout=2.5, sent="SIGTERM in the middle of a handler", expected=ENDS)
