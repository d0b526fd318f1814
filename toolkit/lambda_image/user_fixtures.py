"""What the pytest fixtures give a user for his own functions: a function image, started as Lambda starts it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from lambda_image import route as routes
from lambda_image.conformance.lab import lambda_environment
from lambda_image.engine import Engine
from lambda_image.runtime_api import Environment, Event, Route, Server
from lambda_image.sandbox import Sandbox, Sandboxes, SandboxSpec


class FunctionFailedError(AssertionError):
    """The function reported an error, or gave no result; `error` is what it reported."""

    def __init__(self, message: str, error: object = None) -> None:
        super().__init__(message)
        self.error = error


class FunctionSandbox:
    """A function image that runs under Lambda's limits."""

    def __init__(self, sandbox: Sandbox, api: Environment) -> None:
        self.sandbox = sandbox
        self.api = api

    def invoke(self, event: object = None, *, timeout: float = 30.0) -> object:
        """The JSON result of one event; `FunctionFailedError` with the log where there is none."""
        invocation = self.api.invoke(
            Event(payload=json.dumps({} if event is None else event).encode(), timeout_ms=int(timeout * 1000))
        )
        exchange = invocation.result(timeout)
        log = self.sandbox.log.tail(20)
        if exchange is None:
            raise FunctionFailedError(f"no result within {timeout:g} s; its log:\n{log}")
        if exchange.route is Route.ERROR:
            error = exchange.json()
            raise FunctionFailedError(f"the function failed: {error}; its log:\n{log}", error)
        return exchange.json()

    @property
    def log(self) -> str:
        """What the function printed so far."""
        return self.sandbox.log.text


@contextmanager
def function_sandboxes(server: Server) -> Iterator[Callable[..., FunctionSandbox]]:
    """Gives a function that starts sandboxes; all of them end with the block."""
    with ExitStack() as stack:
        engine = stack.enter_context(Engine.connect())
        sandboxes = stack.enter_context(Sandboxes(engine))
        route = routes.choose(sandboxes)
        stack.callback(route.close)

        def start(
            image: str,
            *,
            handler: str | None = None,
            environment: Mapping[str, str] | None = None,
            memory_mb: int = 512,
        ) -> FunctionSandbox:
            endpoint = route.open(server)
            variables = {**lambda_environment(memory_mb), "AWS_LAMBDA_RUNTIME_API": endpoint.api}
            sandbox = stack.enter_context(
                sandboxes.create(
                    SandboxSpec(
                        image=engine.image(image).reference,
                        command=(handler,) if handler else None,
                        environment={**variables, **(environment or {})},
                        memory_mb=memory_mb,
                    )
                )
            )
            sandbox.start()
            return FunctionSandbox(sandbox, endpoint.environment)

        yield start
