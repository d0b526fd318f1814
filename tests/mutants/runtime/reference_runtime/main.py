"""Ties it together: signals, streams, then one process or several workers."""

import os
import signal
import sys

from reference_runtime import log, workers
from reference_runtime.api import RuntimeApi
from reference_runtime.serve import Process


def main():
    if not os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        sys.exit("AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work")
    # The kernel keeps default actions of signals from process 1: without this SIGTERM would do nothing.
    signal.signal(signal.SIGTERM, _end)
    count = workers.wanted()
    if count is None:
        work(concurrent=False)
    else:
        workers.run(count, lambda: work(concurrent=True))


def work(*, concurrent):
    logger = log.configure(always_json=concurrent)
    Process(RuntimeApi(), logger, concurrent=concurrent).run()


def _end(number, frame):
    os._exit(128 + number)
