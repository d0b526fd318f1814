"""Hands the process over to awslambdaric, with the search path that Lambda documents.

First found wins: the function, then layers (the version's own folder, then the general one, and what their
.pth files name), then the interpreter's own packages, and the client's folder last, so that a library the
function brings is never hidden by the client's copy. Layers are searched only while PYTHONPATH is unset.
"""

import os
import site
import sys

RUNTIME = os.path.dirname(os.path.abspath(__file__))
GENERAL_LAYER = "/opt/python"
VERSION_LAYER = f"/opt/python/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


def set_search_path():
    """Put task root and layers first, and this script's own folder, where Python starts, last."""
    own = [entry for entry in sys.path if entry != RUNTIME]
    layers = [] if "PYTHONPATH" in os.environ else [VERSION_LAYER, GENERAL_LAYER]
    first = [os.environ.get("LAMBDA_TASK_ROOT") or "/var/task", *filter(os.path.isdir, layers)]
    sys.path[:] = [*first, *own]
    for layer in first[1:]:
        site.addsitedir(layer)  # reads .pth files; what they name is appended, but belongs to the layers
    named = [entry for entry in sys.path if entry not in first and entry not in own]
    sys.path[:] = [*first, *named, *own, RUNTIME]


def fail(kind, message):
    """Say why the runtime cannot start, on standard error and to the Runtime API if it can be reached."""
    import http.client
    import json

    print("bootstrap: " + message, file=sys.stderr, flush=True)
    body = json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": []})
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": kind}
    try:
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=5)
        connection.request("POST", "/2018-06-01/runtime/init/error", body, headers)
        connection.getresponse().read()
    except (KeyError, OSError, http.client.HTTPException):
        pass  # nobody to tell: the line above must do
    sys.exit(1)


def load_client():
    """Return the client's main function; its own broken installation is named, not left as an exit status."""
    try:
        # Inside the client a missing native part only shows later, as an error about None.
        import awslambdaric.__main__ as awslambdaricmain
        import runtime_client  # noqa: F401
    except Exception as error:
        fail("Runtime.ClientImportError", f"the Runtime API client cannot be loaded: {error!r}")
    # By this name libraries that patch the client look for it in the main module, as in AWS's images.
    globals()["awslambdaricmain"] = awslambdaricmain
    return awslambdaricmain.main


def start():
    """Become the client."""
    handler = os.environ.get("_HANDLER")
    if not os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        sys.exit(
            "bootstrap: AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work: run "
            "the image in Lambda, under the emulator (aws-lambda-rie), or set it to HOST:PORT"
        )
    if not handler:
        sys.exit("bootstrap: no handler: set CMD, or _HANDLER, for example _HANDLER=app.handler")
    set_search_path()
    load_client()([__file__, handler])


if __name__ == "__main__":
    start()
