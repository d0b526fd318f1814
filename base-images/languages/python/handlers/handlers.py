"""The handler contract of the conformance suite, in Python (3.8 and newer)."""

import asyncio
import base64
import ctypes
import importlib
import json
import logging
import os
import subprocess
import sys
import time as clock

STARTED_MS = int(clock.time() * 1000)
PATTERN = "0123456789abcdef"
LEVELS = {
    "trace": 5,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
logger = logging.getLogger()
_count = 0
if os.environ.get("CONFORMANCE_INIT_RECORD"):
    logger.error(os.environ["CONFORMANCE_INIT_RECORD"])


class HandlerError(Exception):
    """The contract's own class of error."""


def deepest(message):
    raise HandlerError(message)


def echo(event, context):
    return event


def length(event, context):
    return len(event)


def nothing(event, context):
    pass


def nan(event, context):
    return float("nan")


def big(event, context):
    wanted = event["length"]
    return (PATTERN * (wanted // len(PATTERN) + 1))[:wanted]


def invalid(event, context):
    return {"a set": {1, 2}}


def _client_context(context):
    found = context.client_context
    if found is None:
        return None
    client = found.client
    fields = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
    return {
        "client": {name: getattr(client, name, None) for name in fields} if client else None,
        "custom": found.custom,
        "env": found.env,
    }


def _identity(context):
    found = context.identity
    if found is None or found.cognito_identity_id is None:
        return None
    return {"id": found.cognito_identity_id, "pool": found.cognito_identity_pool_id}


def context(event, context):
    reads = []
    for wait_ms in event.get("reads", [0]):
        clock.sleep(wait_ms / 1000)
        reads.append(
            {
                "remaining_ms": context.get_remaining_time_in_millis(),
                "request_id": context.aws_request_id,
                "tenant_id": getattr(context, "tenant_id", None),
            }
        )
    return {
        "request_id": context.aws_request_id,
        "function_name": context.function_name,
        "function_version": context.function_version,
        "memory_limit_mb": context.memory_limit_in_mb,
        "log_group": context.log_group_name,
        "log_stream": context.log_stream_name,
        "arn": context.invoked_function_arn,
        "client_context": _client_context(context),
        "identity": _identity(context),
        "tenant_id": getattr(context, "tenant_id", None),
        "reads": reads,
    }


def env(event, context):
    return {name: os.environ.get(name) for name in event["names"]}


def trace(event, context):
    before = os.environ.get("_X_AMZN_TRACE_ID")
    clock.sleep(event.get("wait_ms", 0) / 1000)
    return {"before": before, "after": os.environ.get("_X_AMZN_TRACE_ID")}


def counter(event, context):
    global _count
    _count += 1
    if event.get("fail"):
        deepest("boom")
    return {"count": _count, "process": os.getpid(), "started_ms": STARTED_MS}


def sleep(event, context):
    clock.sleep(event["ms"] / 1000)
    if "exit" in event:
        os._exit(event["exit"])
    if "fail" in event:
        deepest(event["fail"])
    return event


def raise_(event, context):
    deepest(event.get("message", "boom"))


def exit(event, context):
    os._exit(event["status"])


def log(event, context):
    if "stdout" in event:
        print(event["stdout"])
    if "stderr" in event:
        print(event["stderr"], file=sys.stderr)
    if "unfinished" in event:
        print(event["unfinished"], end="")
    for record in event.get("records", []):
        logger.log(LEVELS[record["level"]], record["message"])
    return "logged"


def log_exception(event, context):
    try:
        deepest(event["message"])
    except HandlerError:
        logger.exception(event["message"])
    return "logged"


def tmp(event, context):
    path = os.path.join("/tmp", event["name"])
    content = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            content = file.read()
    if event.get("write") is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(event["write"])
    return {"content": content}


def time(event, context):
    clock.tzset()
    return {"local": clock.strftime("%Y-%m-%dT%H:%M:%S", clock.localtime(event["epoch"]))}


def run(event, context):
    command = [event["program"], *event.get("arguments", [])]
    environment = {**os.environ, **event.get("environment", {})}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except (FileNotFoundError, PermissionError) as error:
        return {"status": None, "stdout": "", "stderr": str(error)}
    return {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


def dlopen(event, context):
    try:
        ctypes.CDLL(event["library"])
    except OSError:
        return {"loaded": False}
    return {"loaded": True}


def deps(event, context):
    return {"origin": importlib.import_module(event["module"]).ORIGIN}


def version(event, context):
    return {"version": "{}.{}".format(*sys.version_info[:2])}


def files(event, context):
    folder = event["folder"]
    with open(os.path.join(folder, event["name"]), "w", encoding="utf-8"):
        pass
    return {"names": sorted(os.listdir(folder))}


async def async_echo(event, context):
    await asyncio.sleep(0)
    return event


async def async_raise(event, context):
    await asyncio.sleep(0)
    deepest(event.get("message", "boom"))


def _pieces(event):
    for piece in event.get("pieces", []):
        if "text" in piece:
            yield piece["text"].encode()
        elif "base64" in piece:
            yield base64.b64decode(piece["base64"])
        else:
            left = piece["fill"]
            block = (PATTERN * 4096).encode()
            while left > 0:
                # A new object each time, so that a client that piles them up pays for it.
                yield bytes(bytearray(block[:left]))
                left -= len(block)


def stream(event, context):
    if event.get("content_type"):
        context.content_type = event["content_type"]
    first = True
    for piece in _pieces(event):
        if not first:
            clock.sleep(event.get("pause_ms", 0) / 1000)
        first = False
        yield piece


def stream_raise(event, context):
    yield from _pieces(event)
    deepest(event["message"])


def stream_http(event, context):
    context.content_type = "application/vnd.awslambda.http-integration-response"
    prelude = {"statusCode": event["status"], "headers": event["headers"], "cookies": event["cookies"]}
    yield json.dumps(prelude).encode() + b"\0" * 8
    yield event["body"].encode()
