"""Becomes the client. Python compiles this file at every start and keeps what it imports: so it is short."""

import os
import sys

RUNTIME = os.path.dirname(os.path.abspath(__file__))
if RUNTIME not in sys.path:  # a wrapper may have added -I or -P, which leave the program's own folder out
    sys.path.insert(0, RUNTIME)

try:
    from lambda_image_client import start
except Exception as broken:
    sys.exit("bootstrap: the Runtime API client cannot be loaded: %r" % broken)


def __getattr__(name):
    """Libraries that patch AWS's client ask its program for `bootstrap`."""
    if name != "bootstrap":
        raise AttributeError(name)
    from lambda_image_client import patched

    return patched


if __name__ == "__main__":  # a function that says `import bootstrap` gets no second client
    start.main(RUNTIME)
