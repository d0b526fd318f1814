"""Managed Instances: N processes, each of which loads the function and asks for events on its own.

They are forked before the function is loaded, so that no connection or thread of its own is shared. One that dies
leaves the others running.
"""

import os
import sys
from _signal import SIGTERM, signal

MOST = 1600  # of Lambda's own API: PerExecutionEnvironmentMaxConcurrency
PROVIDER = "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"


def run(work, count):
    """Fork the workers, and end when the last has ended, with the status of the first that failed."""
    workers = {_fork(work) for _ in range(count)}

    def stop(number, frame):
        for worker in workers:
            os.kill(worker, SIGTERM)  # whose hook may take its time; the loop below waits for it

    signal(SIGTERM, stop)
    failed = 0
    while workers:
        worker, status = os.wait()  # process 1 inherits orphans too
        if worker in workers:
            workers.discard(worker)
            failed = failed or (os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
    os._exit(failed or 1)


def workers_of(text):
    """How many invocations at once: 0, as if nothing had been asked for, where the text is no number that can be."""
    number = int(text) if text.isdecimal() and len(text) <= 4 else 0
    return number if number <= MOST and text == str(number) else 0


def _fork(work):
    worker = os.fork()
    if worker:
        return worker
    try:
        _redirect_output(os.environ.get(PROVIDER))
        work(worker=True)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    os._exit(1)


def _redirect_output(address):
    """A worker's output goes to the socket that the platform names; the parent's is connected already."""
    if not address:
        return
    from _socket import AF_UNIX, SOCK_STREAM, socket

    for descriptor in (1, 2):
        sock = socket(AF_UNIX, SOCK_STREAM)
        sock.settimeout(None)
        sock.connect(address)
        os.dup2(sock.fileno(), descriptor)
        sock.close()
