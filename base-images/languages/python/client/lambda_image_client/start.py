"""From the bootstrap to the loop: search path, signals, one process or several workers."""

import os
import site
import sys
from _signal import SIGTERM, signal  # the module `signal` wraps these in enumerations, which cost a cold start

VERSION_LAYER = "/opt/python/lib/python%d.%d/site-packages" % sys.version_info[:2]
GENERAL_LAYER = "/opt/python"
# What is imported late: a broken installation shows at the start, not at the first event that needs it.
LATE = ("concurrency", "errors", "log_handler", "patched", "snapstart", "stream")


def main(runtime):
    """Serve events until the end of the process."""
    if not os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        sys.exit(
            "bootstrap: AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work: run "
            "the image in Lambda, under the emulator (aws-lambda-rie), or set it to HOST:PORT"
        )
    set_search_path(runtime)
    try:
        from . import loop

        check_installation()
    except Exception as broken:
        fail("the Runtime API client cannot be loaded: %r" % broken)
    signal(SIGTERM, loop.terminated)
    asked = os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY")
    if asked:
        from . import concurrency

        count = concurrency.workers_of(asked)
        if count:
            concurrency.run(loop.work, count)
        sys.stderr.write(
            "bootstrap: AWS_LAMBDA_MAX_CONCURRENCY is no number from 1 to 1600, and not heeded: %s\n" % asked
        )
    loop.work()


def set_search_path(runtime):
    """First found wins: the function, layers and what their .pth files name, the interpreter's own packages,
    and this client's folder last, so that it hides nothing the function brings. PYTHONPATH replaces layers."""
    own = [entry for entry in sys.path if entry != runtime]
    layers = [] if "PYTHONPATH" in os.environ else [VERSION_LAYER, GENERAL_LAYER]
    first = [os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd(), *filter(os.path.isdir, layers)]
    sys.path[:] = [*first, *own]
    for layer in first[1:]:
        site.addsitedir(layer)  # what .pth files name is appended, but belongs to the layers
    named = [entry for entry in sys.path if entry not in first and entry not in own]
    sys.path[:] = [*first, *named, *own, runtime]


def check_installation():
    """Fail where one of our own modules is missing."""
    there = set(os.listdir(os.path.dirname(__file__)))
    missing = [name for name in LATE if name + ".py" not in there and name + ".pyc" not in there]
    if missing:
        raise ImportError("missing from %s: %s.py" % (os.path.dirname(__file__), ".py, ".join(missing)))


def fail(message):
    """Say why the client cannot start, on standard error and to the Runtime API if it can be reached."""
    sys.stderr.write("bootstrap: " + message + "\n")
    try:
        import json

        from .runtime_api import RuntimeApi

        kind = "Runtime.ClientImportError"
        body = json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": []}).encode()
        RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"]).init_error(body, kind)
    except Exception:
        pass  # nobody to tell: the line above must do
    sys.exit(1)
