"""A Lambda Runtime API to test runtimes against: strict, scriptable, hostile on request.

    with Server() as server:
        environment = server.environment()
        ...                                     # start a runtime with AWS_LAMBDA_RUNTIME_API=host:port
        invocation = environment.invoke(Event(payload=b'{"a": 1}'))
        exchange = invocation.result(timeout=5)

It knows nothing of containers or of the conformance suite.
"""

from lambda_image.runtime_api.core import Injected, Invocation, Outcome
from lambda_image.runtime_api.environment import Environment, Options
from lambda_image.runtime_api.faults import (
    Act,
    AnnounceClose,
    Answer,
    ChunkedAnswer,
    CloseSilently,
    Delay,
    Fault,
    Hold,
    OmitHeaders,
    ReadRate,
    ResetWhileReading,
    SlowRead,
    Split,
)
from lambda_image.runtime_api.frontend import Frontend, FrontendSettings
from lambda_image.runtime_api.machine import RESPONSE_LIMIT
from lambda_image.runtime_api.model import Connection, Event, Exchange, Route
from lambda_image.runtime_api.server import Server

__all__ = [
    "RESPONSE_LIMIT",
    "Act",
    "AnnounceClose",
    "Answer",
    "ChunkedAnswer",
    "CloseSilently",
    "Connection",
    "Delay",
    "Environment",
    "Event",
    "Exchange",
    "Fault",
    "Frontend",
    "FrontendSettings",
    "Hold",
    "Injected",
    "Invocation",
    "OmitHeaders",
    "Options",
    "Outcome",
    "ReadRate",
    "ResetWhileReading",
    "Route",
    "Server",
    "SlowRead",
    "Split",
]
