"""RAPI-SNAP and IMG-019: SnapStart."""

from __future__ import annotations

import re

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal
from lambda_image.conformance.lab import OWN, Lab
from lambda_image.conformance.running import Running, parsed
from lambda_image.runtime_api import (
    Answer,
    CloseSilently,
    Environment,
    Exchange,
    Fault,
    Hold,
    Injected,
    Route,
)

TYPE = "AWS_LAMBDA_INITIALIZATION_TYPE"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
LABEL = "com.amazonaws.lambda.feature.snapstart"
SNAP: dict[str, str | None] = {
    TYPE: "snap-start",
    # SnapStart really lacks these two (G-SNAPMON).
    "AWS_LAMBDA_LOG_GROUP_NAME": None,
    "AWS_LAMBDA_LOG_STREAM_NAME": None,
}
STARTED = f"the container was started with {TYPE}=snap-start"


class Held:
    """Keeps GET …/restore/next open until released; given to a container before it starts."""

    def __init__(self) -> None:
        self.injected: Injected | None = None

    def __call__(self, api: Environment) -> None:
        self.injected = api.inject(Fault(on=Route.RESTORE_NEXT, act=Hold()))

    def release(self) -> None:
        """Answers the call."""
        assert self.injected is not None
        self.injected.release()


def _restored(running: Running, sent: str) -> Exchange:
    """The first GET …/restore/next."""
    return running.wait_request(Route.RESTORE_NEXT, sent=sent)


@case("RAPI-SNAP-001")
def restore_next_comes_before_the_first_event(lab: Lab) -> None:
    """A start for SnapStart; /restore/next is held 1 s, then answered 200."""
    held = Held()
    with lab.fresh(ready=False, snapstart=True, environment=SNAP, prepare=held) as running:
        _restored(running, STARTED)
        lab.pause(1)  # what does not come cannot be waited for
        early = [one.target for one in running.requests(Route.NEXT, Route.INIT_ERROR)]
        expect(not early, sent=STARTED, expected="nothing else while /restore/next is open", got=", ".join(early))
        held.release()
        sent = f"{STARTED}, and GET …/restore/next was answered 200"
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)
        expect_equal(len(running.requests(Route.RESTORE_NEXT)), 1, sent=sent, what="calls of /restore/next:")


@case("RAPI-SNAP-002", seconds=3)
def elsewhere_restore_next_is_not_called(lab: Lab) -> None:
    """Starts that are on-demand, provisioned-concurrency, lambda-managed-instances, and without the variable."""
    for value in ("on-demand", "provisioned-concurrency", "lambda-managed-instances", None):
        sent = f"{TYPE}={value}" if value else f"{TYPE} is not set"
        with lab.fresh(ready=False, snapstart=True, environment={TYPE: value}) as running:
            running.wait_ready(sent=sent)
            calls = running.requests(Route.RESTORE_NEXT)
            expect(not calls, sent=sent, expected="no GET …/restore/next", got=f"{len(calls)} of them")


def _hook_lines(running: Running) -> list[str]:
    return re.findall(r"(?:before|after) \d", running.box.log.text)


@case("RAPI-SNAP-003", handlers=("hooks",))
def hooks_run_around_the_snapshot(lab: Lab) -> None:
    """Three hooks before and three after; the container is frozen at /restore/next, and at the first /next."""
    held = Held()
    with lab.fresh("hooks", ready=False, snapstart=True, environment=SNAP, prepare=held) as running:
        _restored(running, STARTED)
        with running.box.frozen():
            running.logs(lambda _: len(_hook_lines(running)) >= 3)
            lines = sorted(_hook_lines(running))
        expect_equal(
            lines,
            ["before 1", "before 2", "before 3"],
            sent=f"{STARTED}, and frozen when it called /restore/next",
            what="the hooks that had run:",
        )
        held.release()
        sent = f"{STARTED}, and frozen when it asked for its first event"
        running.wait_ready(sent=sent)
        with running.box.frozen():
            running.logs(lambda _: len(_hook_lines(running)) >= 6)
            lines = sorted(_hook_lines(running)[3:])
        expect_equal(lines, ["after 1", "after 2", "after 3"], sent=sent, what="the hooks that had run since:")


@case("RAPI-SNAP-004", seconds=(7, 123))
def restore_next_has_no_timeout(lab: Lab) -> None:
    """/restore/next is held 120 s, the container frozen for half of that, then answered."""
    held = Held()
    seconds = lab.hold(120)
    with lab.fresh(ready=False, snapstart=True, environment=SNAP, prepare=held) as running:
        sent = f"GET …/restore/next is answered after {seconds:g} s, the container frozen for half of them"
        _restored(running, sent)
        lab.pause(seconds / 4)
        with running.box.frozen():
            lab.pause(seconds / 2)
        lab.pause(seconds / 4)
        expect(running.box.exit_status is None, sent=sent, expected="the process waits", got=running.what_happened())
        expect_equal(len(running.requests()), 1, sent=sent, what="requests so far:")
        held.release()
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("RAPI-SNAP-005", handlers=("hooks",))
def hooks_run_in_their_order(lab: Lab) -> None:
    """Three hooks before and three after, registered as 1, 2, 3."""
    with lab.fresh("hooks", snapstart=True, environment=SNAP) as running:
        running.logs(lambda _: len(_hook_lines(running)) >= 6)
        expect_equal(
            _hook_lines(running),
            ["before 3", "before 2", "before 1", "after 1", "after 2", "after 3"],
            sent="hooks registered as 1, 2, 3, before and after",
            what="the order in which they run:",
        )


def _shaped(exchange: Exchange, message: str, sent: str) -> None:
    value = parsed(exchange, sent=sent)
    shown = str(value.get("errorMessage")) if isinstance(value, dict) else ""
    expect(message in shown, sent=sent, expected=f"an errorMessage with {message!r}", got=value)


@case("RAPI-SNAP-006", handlers=("hook-before-raise",))
def a_failing_before_hook_is_an_init_error(lab: Lab) -> None:
    """A before-snapshot hook that fails with 'before hook'."""
    sent = "a before-snapshot hook that fails with 'before hook'"
    with lab.fresh("hook-before-raise", ready=False, snapstart=True, environment=SNAP) as running:
        _shaped(running.wait_request(Route.INIT_ERROR, sent=sent), "before hook", sent)
        status = running.wait_exit(timeout=5, sent=sent)
        expect(status != 0, sent=sent, expected="an exit status other than 0", got="status 0")
        calls = running.requests(Route.RESTORE_NEXT, Route.NEXT)
        expect(not calls, sent=sent, expected="no /restore/next and no /next", got=running.requests_in_words())


@case("RAPI-SNAP-007", handlers=("hook-after-raise",))
def a_failing_after_hook_is_a_restore_error(lab: Lab) -> None:
    """An after-restore hook that fails with 'after hook'."""
    sent = "an after-restore hook that fails with 'after hook'"
    with lab.fresh("hook-after-raise", ready=False, snapstart=True, environment=SNAP) as running:
        _shaped(running.wait_request(Route.RESTORE_ERROR, sent=sent), "after hook", sent)
        running.wait_exit(timeout=5, sent=sent)
        calls = running.requests(Route.NEXT)
        expect(not calls, sent=sent, expected="no GET …/next", got=f"{len(calls)} of them")


@case("RAPI-SNAP-008", handlers=("hook-before-raise", "hook-after-raise"))
def failing_hooks_carry_their_type(lab: Lab) -> None:
    """A before-snapshot hook that fails, and an after-restore hook; the error type header is read."""
    for handler, route, expected in (
        ("hook-before-raise", Route.INIT_ERROR, "Runtime.BeforeSnapshotError"),
        ("hook-after-raise", Route.RESTORE_ERROR, "Runtime.AfterRestoreError"),
    ):
        with lab.fresh(handler, ready=False, snapstart=True, environment=SNAP) as running:
            sent = f"the handler {running.handler}, whose hook fails"
            exchange = running.wait_request(route, sent=sent)
            expect_equal(exchange.header(ERROR_TYPE), expected, sent=sent, what=f"{ERROR_TYPE}:")


@case("RAPI-SNAP-009", seconds=2)
def a_refused_restore_next_is_an_init_error(lab: Lab) -> None:
    """403 and 500 to /restore/next, each to a container of its own."""
    for status in (403, 500):
        fault = Fault(on=Route.RESTORE_NEXT, act=Answer(status), times=None)
        with lab.fresh(
            ready=False, snapstart=True, environment=SNAP, prepare=lambda api, fault=fault: api.inject(fault)
        ) as running:
            sent = f"{status} to GET …/restore/next"
            running.wait_request(Route.INIT_ERROR, sent=sent)
            running.wait_exit(timeout=5, sent=sent)
            calls = running.requests(Route.NEXT)
            expect(not calls, sent=sent, expected="no GET …/next", got=f"{len(calls)} of them")


@case("RAPI-SNAP-010")
def no_connection_need_outlive_the_snapshot(lab: Lab) -> None:
    """The connection of /restore/next is closed right after the 200, unannounced; then an event."""

    def prepare(api: Environment) -> None:
        api.inject(Fault(on=Route.RESTORE_NEXT, act=CloseSilently(when="after-answer")))

    with lab.fresh(ready=False, snapstart=True, environment=SNAP, prepare=prepare) as running:
        sent = "the connection of GET …/restore/next is closed right after the 200, as a snapshot leaves it"
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("IMG-019", handlers=())
def the_image_allows_snapstart(lab: Lab) -> None:
    """The image's label is read; where it is not there, a start for SnapStart must call /restore/next."""
    if lab.image.config.labels.get(LABEL) == "Allow":
        return
    # Any handler will do, and its own CMD where there are none to judge with.
    handler = OWN if lab.handlers.lacking(["echo"]) else "echo"
    with lab.fresh(handler, ready=False, snapstart=True, environment=SNAP) as running:
        _restored(running, f"{STARTED}; the image has no label {LABEL}=Allow")
