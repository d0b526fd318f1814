#!/usr/bin/python3
"""ENTRYPOINT of an image without a shell: lambda-entrypoint.sh and bootstrap in one program.

It is installed as /var/runtime/bootstrap with a first line that names the interpreter's own file. The handler
is its argument, else _HANDLER. No emulator is embedded: without a Runtime API bootstrap.py beside it says so.
"""

import os
import sys

PROGRAM = "/var/runtime/bootstrap.py"


def end(status, message):
    """Leave with a line on standard error."""
    print("bootstrap: " + message, file=sys.stderr, flush=True)
    sys.exit(status)


def set_handler(arguments):
    """Export the handler as _HANDLER."""
    if len(arguments) > 1:
        end(142, f"takes the handler name as its only argument, got {len(arguments)}: set CMD to it")
    if arguments and arguments[0]:
        os.environ["_HANDLER"] = arguments[0]
    if not os.environ.get("_HANDLER"):
        end(142, 'no handler: set CMD, for example CMD ["app.handler"], or _HANDLER')


def set_environment():
    """Add what Lambda's own runtimes add, and a home folder that can be written."""
    os.environ["AWS_EXECUTION_ENV"] = f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}"
    if os.environ.get("HOME", "/") in ("", "/"):
        os.environ["HOME"] = "/tmp"


def wrap(wrapper):
    """Become the exec wrapper, which gets the interpreter and all its arguments."""
    if not os.path.isfile(wrapper):
        end(127, wrapper + ": does not exist (AWS_LAMBDA_EXEC_WRAPPER)")
    if not os.access(wrapper, os.X_OK):
        end(126, wrapper + ": is not an executable (AWS_LAMBDA_EXEC_WRAPPER)")
    try:
        os.execv(wrapper, [wrapper, sys.executable, PROGRAM])
    except OSError as error:  # a script whose interpreter, say a shell, is not in this image
        end(
            126,
            f"{wrapper}: cannot be started: {error} (AWS_LAMBDA_EXEC_WRAPPER; this image has no shell)",
        )


if __name__ == "__main__":
    set_handler(sys.argv[1:])
    set_environment()
    if os.environ.get("AWS_LAMBDA_EXEC_WRAPPER"):
        wrap(os.environ["AWS_LAMBDA_EXEC_WRAPPER"])
    # The same process goes on as bootstrap.py: starting the interpreter twice would cost each cold start.
    __file__ = PROGRAM
    with open(PROGRAM, "rb") as source:
        exec(compile(source.read(), PROGRAM, "exec"))
