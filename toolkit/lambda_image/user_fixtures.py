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

_QUIET = 0.3


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
        if exchange is None:
            raise FunctionFailedError(f"no result within {timeout:g} s; its log:\n{self._last_lines()}")
        if exchange.route is Route.ERROR:
            error = exchange.json()
            raise FunctionFailedError(f"the function failed: {error}; its log:\n{self._last_lines()}", error)
        return exchange.json()

    @property
    def log(self) -> str:
        """What the function printed so far. Lines come through the engine, later than results do: this waits until
        no more come for a moment. Where a line must come, `wait_for_log` is exact."""
        for _ in range(10):
            if not self.sandbox.log.wait_for(_longer_than(self.sandbox.log.text), _QUIET):
                break
        return self.sandbox.log.text

    def wait_for_log(self, words: str, *, times: int = 1, timeout: float = 10.0) -> None:
        """Returns as soon as the words stand in the log that many times; an assertion error where they do not."""
        if not self.sandbox.log.wait_for(lambda text: text.count(words) >= times, timeout):
            log = self.sandbox.log
            raise AssertionError(
                f"{words!r} stands {log.text.count(words)} times in the log, not {times}, after {timeout:g} s:\n"
                f"{log.tail(20)}"
            )

    def _last_lines(self) -> str:
        return "\n".join(self.log.splitlines()[-20:])


def _longer_than(known: str) -> Callable[[str], bool]:
    return lambda text: len(text) > len(known)


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
