"""What users of AWS's clients met, each by its name: `{"do": "circle"}`."""

import datetime
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

started = str(time.time_ns())


class Unfit(Exception):
    pass


def fails(event):
    raise Unfit(event["message"])


def chain(event):
    try:
        raise LookupError("inner")
    except LookupError as inner:
        raise Unfit("outer") from inner


def circle(event):
    value = {}
    value["self"] = value
    return value


def environment(event):
    return {name: os.environ.get(name) for name in event["names"]}


def prints(event):
    print(event["text"])
    return "printed"


def unfinished(event):
    print(event["text"], end="")
    return "printed"


def writes(event):
    os.write(1, b'{"status":"ok"}\n\xff\x00\n')
    subprocess.run(["/usr/bin/env", "printf", "%s", '{"not": "the result"}\n'], check=True)
    return "untouched"


def fetch(event):
    try:
        return urllib.request.urlopen(event["url"], timeout=5).status
    except OSError as error:
        return str(error)


def cache(event):
    folder = Path.home() / ".cache"
    folder.mkdir(exist_ok=True)
    (folder / "kept").write_text("kept")
    return (folder / "kept").read_text()


DOINGS = {
    "alive": lambda event: started,
    "text": lambda event: "é漢😀",
    "fail": fails,
    "chain": chain,
    "circle": circle,
    "large": lambda event: "x" * event["length"],
    "environment": environment,
    "print": prints,
    "unfinished": unfinished,
    "write": writes,
    "fetch": fetch,
    "cache": cache,
    "descriptors": lambda event: subprocess.check_output(["ls", "/proc/self/fd"], text=True),
    "time": lambda event: {"t": datetime.datetime(2026, 1, 2)},
    "exit": lambda event: sys.exit(event["status"]),
}


def handler(event, context):
    if event["do"] == "remaining":
        return context.get_remaining_time_in_millis()
    return DOINGS[event["do"]](event)
