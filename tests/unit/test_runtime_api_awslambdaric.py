"""AWS's own Python client, as a process of its own, against the server: what an independent client makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from lambda_image.runtime_api import Answer, ChunkedAnswer, Event, Fault, Route, Server, Split

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lambda_image.runtime_api import Environment

pytest.importorskip("awslambdaric")

HANDLER = """
import os

def echo(event, context):
    return event

def facts(event, context):
    return {"id": context.aws_request_id, "tenant": context.tenant_id, "trace": os.environ.get("_X_AMZN_TRACE_ID"),
            "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis()}

def fail(event, context):
    raise ValueError("h\\u00e9llo")

def big(event, context):
    return "x" * event
"""


@pytest.fixture
def environment() -> Iterator[Environment]:
    with Server() as server:
        yield server.environment()


@pytest.fixture
def task(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(HANDLER)
    return tmp_path


@contextmanager
def awslambdaric(environment: Environment, task: Path, handler: str) -> Iterator[subprocess.Popen[bytes]]:
    host, port = environment.address
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", handler],
        env={**os.environ, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}", "LAMBDA_TASK_ROOT": str(task)},
        cwd=task,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_events_and_context(environment: Environment, task: Path) -> None:
    """Two invocations by one process, headers reaching the context; no violation of HTTP."""
    with awslambdaric(environment, task, "app.facts"):
        for number in (1, 2):
            event = Event(
                request_id=f"id.{number}", tenant_id=f"t {number}", trace_id=f"Root={number}", invocation_id="n"
            )
            result = environment.invoke(event).result(10)
            assert result is not None
            facts = result.json()
            assert isinstance(facts, dict)
            assert (facts["id"], facts["tenant"], facts["trace"]) == (f"id.{number}", f"t {number}", f"Root={number}")
            assert 0 < facts["left"] <= 30_000
            assert result.header("Lambda-Runtime-Invocation-Id") == "n"
            assert result.status == 202
        assert environment.wait_waiting(timeout=5)
    assert [exchange.violations for exchange in environment.exchanges if exchange.violations] == []


def test_error_of_the_handler(environment: Environment, task: Path) -> None:
    """POST /error; the process goes on."""
    with awslambdaric(environment, task, "app.fail"):
        for _ in range(2):
            result = environment.invoke(Event()).result(10)
            assert result is not None
            assert result.route is Route.ERROR
            error = result.json()
            assert isinstance(error, dict)
            assert (error["errorType"], error["errorMessage"]) == ("ValueError", "h\u00e9llo")


def test_error_while_loading(environment: Environment, task: Path) -> None:
    """POST /init/error, then exit 1."""
    with awslambdaric(environment, task, "missing.handler") as process:
        exchange = environment.wait_for(Route.INIT_ERROR, timeout=10)
        assert exchange is not None
        assert process.wait(10) == 1
    error = environment.exchanges[0].json()
    assert isinstance(error, dict)
    assert error["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize("status", [410, 413])
def test_refused_result_ends_this_client(environment: Environment, task: Path, status: int) -> None:
    """awslambdaric 4 exits on any refusal outside concurrency; one copy only is sent."""
    environment.inject(Fault(on=Route.RESPONSE, act=Answer(status)))
    with awslambdaric(environment, task, "app.echo") as process:
        invocation = environment.invoke(Event(payload=b"1"))
        result = invocation.result(10)
        assert result is not None
        assert process.wait(10) != 0
    assert result.body == b"1"
    assert [one.status for one in invocation.results] == [status]


def test_result_over_the_limit(environment: Environment, task: Path) -> None:
    """The protocol's own 413."""
    with awslambdaric(environment, task, "app.big"):
        invocation = environment.invoke(Event(payload=b"7000000"))
        result = invocation.result(10)
        assert result is not None
        assert environment.wait(lambda: invocation.outcome, 5) == "response too large"
        assert result.size > 7_000_000


def test_six_mebibytes_there_and_back(environment: Environment, task: Path) -> None:
    """Event and result whole."""
    payload = json.dumps("x" * (6 * 1024 * 1024 - 2)).encode()
    with awslambdaric(environment, task, "app.echo"):
        result = environment.invoke(Event(payload=payload)).result(20)
        assert result is not None
        assert result.body == payload


def test_hostile_framing_is_understood(environment: Environment, task: Path) -> None:
    """Chunks that cut a character, byte by byte segments."""
    payload = '{"k":"h\u00e9llo \U0001f600"}'.encode()
    environment.inject(Fault(on=Route.NEXT, act=ChunkedAnswer((7, 1, 2))))
    environment.inject(Fault(on=Route.NEXT, act=Split(1)))
    with awslambdaric(environment, task, "app.echo"):
        result = environment.invoke(Event(payload=payload)).result(10)
        assert result is not None
        assert json.loads(result.body) == json.loads(payload)
