"""The pytest plugin: options, and fixtures for a user's own tests. It does nothing, and imports nothing heavy,
until one of them is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lambda_image.runtime_api import Environment, Server
    from lambda_image.user_fixtures import FunctionSandbox


_SUITE = "lambda-image-suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's options."""
    group = parser.getgroup("lambda-image", "conformance of AWS Lambda base images")
    add = group.addoption
    add("--lambda-image", action="append", default=[], metavar="IMAGE", help="judge this image; repeatable")
    add("--lambda-image-handlers", metavar="DIR", help="handlers of the contract in the image's language")
    add(
        "--lambda-image-profile",
        action="append",
        default=[],
        metavar="PROFILE",
        help="instead of those claimed",
    )
    add("--lambda-image-depth", default="quick", choices=("quick", "full", "long"), help="how long holds last")
    add("--lambda-image-strict", action="store_true", help="a SHOULD that is not met fails")
    add("--lambda-image-waivers", metavar="FILE", help="TOML: requirement, reason, expires")
    add("--lambda-image-requirements", metavar="SET", default=None, help="a released set, e.g. 2026.12")
    add(
        "--lambda-image-report",
        action="append",
        default=[],
        metavar="FORMAT=PATH",
        help="json, junit or text",
    )
    add("--lambda-image-options", metavar="FILE", help="all of these as JSON (what `lambda-image test` gives)")


def pytest_configure(config: pytest.Config) -> None:
    """Brings the suite in where an image was named."""
    if config.getoption("--lambda-image-options"):
        import signal

        from lambda_image.conformance.pytest_suite import SuitePlugin

        # This process has a session of its own: an interrupt comes from the program that judges. Where that was started
        # in the background of a script, interrupts are ignored from the beginning.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        config.pluginmanager.register(SuitePlugin.from_config(config), _SUITE)
    elif config.getoption("--lambda-image"):
        from lambda_image import judgement
        from lambda_image.conformance.pytest_suite import SuitePlugin
        from lambda_image.errors import LambdaImageError

        try:
            known = judgement.from_catalog()
        except LambdaImageError as error:
            raise pytest.UsageError(str(error)) from None
        config.pluginmanager.register(SuitePlugin.from_config(config, *known), _SUITE)


@pytest.fixture(scope="session")
def _lambda_image_server() -> Iterator[Server]:
    from lambda_image.runtime_api import Server

    with Server() as server:
        yield server


@pytest.fixture
def lambda_runtime_api(_lambda_image_server: Server) -> Iterator[Environment]:
    """A Runtime API of this test's own on the loopback interface, for a runtime started as a process."""
    environment = _lambda_image_server.environment()
    yield environment
    environment.close()


@pytest.fixture
def lambda_sandbox(_lambda_image_server: Server) -> Iterator[Callable[..., FunctionSandbox]]:
    """Starts function images under Lambda's limits: `lambda_sandbox("my-function:latest", environment={…})`."""
    from lambda_image.user_fixtures import function_sandboxes

    with function_sandboxes(_lambda_image_server) as start:
        yield start


@pytest.fixture
def lambda_invoke(lambda_sandbox: Callable[..., FunctionSandbox]) -> Callable[..., object]:
    """Invokes a function image once with an event and gives its result: `lambda_invoke(image, event)`."""

    def invoke(image: str, event: object = None, **options: object) -> object:
        return lambda_sandbox(image, **options).invoke(event)

    return invoke


__all__ = ["lambda_invoke", "lambda_runtime_api", "lambda_sandbox"]
