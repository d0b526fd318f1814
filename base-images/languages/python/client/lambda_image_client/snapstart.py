"""SnapStart: hooks before the snapshot, the call that blocks through it, hooks after the restore."""

import os
import time

import snapshot_restore_py

from . import logs
from .errors import Fault
from .loop import describe, report
from .runtime_api import ApiError

TRIES, PAUSE = 5, 0.05
BEFORE_FAILED, AFTER_FAILED = 64, 65  # exit statuses, AWS's


def pass_through(api):
    """Returns in the restored process; ends it where a hook fails."""
    before = snapshot_restore_py.get_before_snapshot()
    _run(reversed(before), "Runtime.BeforeSnapshotError", api.init_error, BEFORE_FAILED)
    logs.flush()
    api.close()  # no connection lives through a snapshot
    _wait_for_restore(api)
    api.close()
    after = snapshot_restore_py.get_after_restore()
    _run(after, "Runtime.AfterRestoreError", api.restore_error, AFTER_FAILED)
    logs.flush()


def _wait_for_restore(api):
    """Where only the connection was lost on the way, the call is made again."""
    for _ in range(TRIES):
        try:
            answer = api.restore_next()
        except ApiError as error:
            problem = str(error)
            time.sleep(PAUSE)
            continue
        if answer.status == 200:
            return
        problem = describe(answer)
        break
    error = RuntimeError("GET /runtime/restore/next failed: %s" % problem)
    _end(error, "Runtime.RestoreError", api.init_error, BEFORE_FAILED)


def _run(hooks, header, call, status):
    for hook, args, kwargs in list(hooks):
        try:
            hook(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            _end(error, header, call, status)


def _end(error, header, call, status):
    report(Fault(error, header=header), call)
    logs.flush()
    os._exit(status)
