"""What functions do that no client's author thought of, each by its name: `{"do": "nan"}`."""

import asyncio
import datetime
import decimal
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

started = time.time_ns()
held = []


class Fehlerß(Exception):
    """A type's name that no header can hold."""


class Hostile(Exception):
    def __str__(self):
        raise RuntimeError("not even a text")


class Awaitable:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return "awaited"


def deep(depth):
    value = "bottom"
    for _ in range(depth):
        value = [value]
    return value


def raised(error):
    raise error


def cyclic():
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def patched_json():
    def broken(*_, **__):
        raise RuntimeError("json is patched")

    json.dumps = json.loads = json.dump = json.load = broken
    json.JSONEncoder.default = json.JSONEncoder.encode = json.JSONEncoder.iterencode = broken
    return "patched"


def patched_http():
    import http.client
    import socket

    http.client.HTTPConnection.request = socket.socket.connect = socket.socket.send = None
    socket.setdefaulttimeout(0.001)
    return "patched"


def patched_time():
    time.time = time.time_ns = time.monotonic = time.sleep = time.gmtime = time.strftime = None
    return "patched"


def gone():
    folder = Path("/tmp/gone")
    folder.mkdir()
    os.chdir(folder)
    folder.rmdir()
    raise ValueError("nowhere")


def closed_output():
    sys.stdout.close()
    sys.stderr.close()
    return "closed"


def no_output():
    sys.stdout = sys.stderr = None
    return "none"


def no_environment():
    os.environ.clear()
    return "cleared"


def child():
    subprocess.run(["/usr/bin/env", "printf", "%s", '{"not": "the result"}\n'], check=True)
    return "child"


def background():
    def work():
        print("from the background")
        raise ValueError("in the background")

    threading.Thread(target=work).start()
    return "begun"


def nested_loop():
    return asyncio.run(coroutine())


async def coroutine():
    await asyncio.sleep(0)
    return "awaited"


async def left_task():
    asyncio.get_running_loop().create_task(coroutine())
    return "left"


async def cancelled():
    raise asyncio.CancelledError("cancelled")


def pieces(*values, error=None):
    yield from values
    if error is not None:
        raise error


def stubborn():
    try:
        yield "a"
        yield 7
    finally:
        raise ValueError("at the end")


def wild_log():
    import logging

    logging.getLogger().error("line one\nline two \udc80 %s", "x" * 3_000_000)
    logging.getLogger().error({"a": {1, 2}}, exc_info=None)
    print("\udc80", "é" * 10)
    return "logged"


def recursion():
    return recursion()


def sleep():
    print("sleeping", flush=True)
    time.sleep(2)
    return "slept"


def fork(act):
    """A child that comes out of the handler."""
    child = os.fork()
    if child == 0:
        return act()
    _, status = os.waitpid(child, 0)
    return f"forked, then {os.waitstatus_to_exitcode(status)}"


def stream_fork():
    yield "a"
    yield fork(lambda: sys.exit(3))


def descriptors():
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))


DOINGS = {
    "descriptors": descriptors,
    "fork-and-exit": lambda: fork(lambda: sys.exit(3)),
    "fork-and-raise": lambda: fork(lambda: raised(ValueError("the child's"))),
    "fork-and-return": lambda: fork(lambda: "the child's"),
    "fork-and-stream": lambda: fork(stream_fork),
    "nan": lambda: [float("nan")],
    "decimal": lambda: {"price": decimal.Decimal("1.10"), "big": decimal.Decimal("1E+40")},
    "time": lambda: datetime.datetime(2026, 1, 2),
    "bytes": lambda: b"\x00\xff",
    "function": lambda: deep,
    "set": lambda: {1},
    "bad-key": lambda: {(1, 2): "a"},
    "surrogate": lambda: "\ud800",
    "deep": lambda: deep(500),
    "too-deep": lambda: deep(200_000),
    "awaitable": Awaitable,
    "coroutine": coroutine,
    "left-task": left_task,
    "nested-loop": nested_loop,
    "text-thrown": lambda: raised("text"),
    "odd-type": lambda: raised(Fehlerß("odd")),
    "hostile-error": lambda: raised(Hostile()),
    "cyclic-cause": cyclic,
    "cancelled": cancelled,
    "base": lambda: raised(GeneratorExit("base")),
    "group": lambda: raised(ExceptionGroup("group", [ValueError("one")])),
    "patched-json": patched_json,
    "patched-http": patched_http,
    "patched-time": patched_time,
    "gone": gone,
    "closed-output": closed_output,
    "no-output": no_output,
    "no-environment": no_environment,
    "stdin": lambda: sys.stdin.read(),
    "child": child,
    "background": background,
    "wild-log": wild_log,
    "stream-fork": stream_fork,
    "stream-wrong-type": lambda: pieces("a", 7),
    "stream-error-first": lambda: pieces(error=ValueError("first")),
    "stream-error-later": lambda: pieces("a", error=ValueError("later")),
    "stream-empty": lambda: pieces(),
    "stream-stubborn": stubborn,
    "stream-base": lambda: pieces("a", error=GeneratorExit("base")),
    "recursion": recursion,
    "exit": lambda: sys.exit("text"),
    "sleep": sleep,
}


def handler(event, context):
    if event == "alive":
        return started
    if event == "resident":
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])
    return len(event["large"]) if isinstance(event, dict) else DOINGS[event]()
