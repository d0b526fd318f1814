"""SnapStart: hooks before the snapshot, the call that blocks through it, hooks after the restore."""

import http.client
import sys
import time

from reference_runtime.fault import Fault

TRIES = 5
BEFORE_FAILED = 64
AFTER_FAILED = 65


def pass_through(api, logger):
    _run(
        reversed(_registered("get_before_snapshot")),
        "Runtime.BeforeSnapshotError",
        api.init_error,
        logger,
        BEFORE_FAILED,
    )
    api.close()  # a connection does not live through a snapshot
    _wait_for_restore(api, logger)
    api.close()
    _run(
        _registered("get_after_restore"),
        "Runtime.AfterRestoreError",
        api.restore_error,
        logger,
        AFTER_FAILED,
    )


def _registered(name):
    """The hooks, of the very module that the function imported: its own copy comes before the runtime's."""
    module = sys.modules.get("snapshot_restore_py")
    return getattr(module, name)() if module is not None else []


def _wait_for_restore(api, logger):
    """Blocks until restored. Where the connection itself was lost on the way, the call is made again."""
    for _ in range(TRIES):
        try:
            answer = api.restore_next()
        except (OSError, http.client.HTTPException) as error:
            problem = repr(error)
            time.sleep(0.05)
            continue
        if answer.status == 200:
            return
        problem = f"status {answer.status}"
        break
    fault = Fault(RuntimeError(f"GET /runtime/restore/next failed: {problem}"), type_header="Runtime.RestoreError")
    _report(api.init_error, fault, logger, 1)


def _run(hooks, kind, report, logger, status):
    for function, args, kwargs in list(hooks):
        try:
            function(*args, **kwargs)
        except Exception as error:
            _report(report, Fault(error, type_header=kind), logger, status)


def _report(report, fault, logger, status):
    logger.fault(fault)
    try:
        report(fault)
    except (OSError, http.client.HTTPException) as problem:
        logger.say(f"it could not be reported: {problem!r}")
    sys.exit(status)
