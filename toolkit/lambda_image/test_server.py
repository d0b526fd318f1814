"""`lambda-image test-server`: a Runtime API and Lambda's Invoke API side by side, for a runtime under development."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lambda_image.errors import MachineError
from lambda_image.runtime_api import Server

INVOCATIONS = "/2015-03-31/functions/function/invocations"


def serve(
    host: str, port: int, invoke_port: int, *, say: Callable[[str], None], stop: threading.Event | None = None
) -> None:
    """Serves until the user stops it, or `stop` is set."""
    with Server() as server:
        try:
            environment = server.environment(host, port, enforce_timeout=True)
            frontend = server.frontend(environment, host, invoke_port)
        except OSError as error:
            raise MachineError(
                f"cannot listen on {host}: {error.strerror}",
                hint="choose others with --port and --invoke-port",
            ) from None
        api = f"{environment.address[0]}:{environment.address[1]}"
        invoke = f"http://{frontend.address[0]}:{frontend.address[1]}{INVOCATIONS}"
        say(f"Runtime API: start your runtime with AWS_LAMBDA_RUNTIME_API={api}")
        say(f"Invoke API:  curl -d '{{}}' {invoke}")
        (stop or threading.Event()).wait()
