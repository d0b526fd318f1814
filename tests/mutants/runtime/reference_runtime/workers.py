"""Concurrency by processes: N workers, each asking for events on its own; one that dies leaves the others."""

import os
import signal
import sys


def wanted():
    """How many workers, or None where the variable is absent: then one process serves alone."""
    value = os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY", "")
    return int(value) if value.isdecimal() and int(value) > 0 else None


def run(count, work):
    """Forks the workers and waits until the last has ended; its status is that of the first that failed."""
    workers = [_fork(work) for _ in range(count)]
    signal.signal(signal.SIGTERM, lambda number, frame: _stop(workers))
    worst = 0
    while workers:
        worker, status = os.wait()
        if worker in workers:
            workers.remove(worker)
            worst = worst or abs(os.waitstatus_to_exitcode(status))
    sys.exit(worst or 1)


def _fork(work):
    worker = os.fork()
    if worker:
        return worker
    try:
        work()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    os._exit(1)


def _stop(workers):
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    os._exit(128 + signal.SIGTERM)
