"""What streams and what many do at once, each by its name: {"do": "pieces", "size": 1, "count": 9}."""

import logging
import os
import sys
import threading
import time

STARTED = str(time.time_ns())
mine = threading.local()
logger = logging.getLogger()
logger.setLevel("INFO")


def who(event, context):
    mine.n = event["n"]
    logger.info("begin %d", event["n"])
    time.sleep(event["ms"] / 1000)
    thread = threading.Thread(target=logger.info, args=("elsewhere %d", event["n"]))
    thread.start()
    thread.join()
    print("printed", event["n"])
    return {
        "id": context.aws_request_id,
        "n": mine.n,
        "remaining": context.get_remaining_time_in_millis(),
        "tenant": context.tenant_id,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
        "started": STARTED,
    }


def pieces(event):
    piece = b"x" * event.get("size", 1)
    for _ in range(event.get("count", 1)):
        yield piece
        time.sleep(event.get("ms", 0) / 1000)


def fail(event):
    yield b"x"
    raise ValueError(event["message"])


def prelude_fail(event):
    yield {"statusCode": 201}
    raise ValueError(event["message"])


def empty_pieces(event):
    yield b""
    yield "a"
    yield b""
    yield b"b"


def end(_):
    yield b"x"
    sys.exit(3)


def thread_throws(_):
    threading.Thread(target=fail_now).start()
    return "thrown"


def fail_now():
    raise ValueError("elsewhere")


STREAMS = {
    "stream-pieces": pieces,
    "stream-drip": pieces,
    "stream-fail": fail,
    "stream-prelude-fail": prelude_fail,
    "stream-empty-pieces": empty_pieces,
    "stream-end": end,
}


def handler(event, context):
    do = event["do"]
    if do in STREAMS:
        return STREAMS[do](event)
    if do == "alive":
        return STARTED
    if do == "who":
        return who(event, context)
    if do == "sleep":
        print("sleeping", event["ms"], flush=True)
        time.sleep(event["ms"] / 1000)
        return "slept"
    if do == "forever":
        threading.Event().wait()
    if do == "fail":
        raise ValueError(event["message"])
    if do in ("end", "break"):
        sys.exit(3)
    if do == "throw-elsewhere":
        return thread_throws(event)
    raise KeyError(do)
