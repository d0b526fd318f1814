"""Starts the reference runtime: search path first, then the loop.

First found wins: the function, then layers (the version's own folder, then the general one), then the
interpreter's own packages, and this folder last, so that the runtime hides nothing the function brings.
"""

import os
import site
import sys

RUNTIME = __file__.rpartition("/")[0]
VERSION_LAYER = f"/opt/python/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
GENERAL_LAYER = "/opt/python"


def set_search_path():
    own = [entry for entry in sys.path if entry != RUNTIME]
    task = os.environ.get("LAMBDA_TASK_ROOT") or "/var/task"
    layers = [] if "PYTHONPATH" in os.environ else [VERSION_LAYER, GENERAL_LAYER]
    first = [task, *filter(os.path.isdir, layers)]
    sys.path[:] = [*first, *own]
    for layer in first[1:]:
        site.addsitedir(layer)
    added = [entry for entry in sys.path if entry not in first and entry not in own]
    sys.path[:] = [*first, *added, *own, RUNTIME]


if __name__ == "__main__":
    from reference_runtime.main import main

    set_search_path()
    main()
