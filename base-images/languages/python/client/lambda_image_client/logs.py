"""What comes out: the function's streams, held back by nothing; what the client itself has to say; and the function's
logger, set up when the function imports `logging`, for a function that does not should not pay for it.

A record is one write to standard output, or one frame where the platform gave a descriptor for frames.
"""

import os
import sys
from time import gmtime, strftime, time, time_ns  # as they are before the function replaces them, which tests do

from . import payload

TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL = 5, 10, 20, 30, 40, 50
NAMES = {TRACE: "TRACE", DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR", CRITICAL: "CRITICAL"}
LEVELS = {"TRACE": TRACE, "DEBUG": DEBUG, "INFO": INFO, "WARN": WARNING, "WARNING": WARNING, "ERROR": ERROR}
LEVELS.update({"FATAL": CRITICAL, "CRITICAL": CRITICAL})
FRAME_JSON, FRAME_TEXT = 0xA55A0002, 0xA55A0003

current = None  # the invocation that is handled now
as_json = False
level = None  # the least that is written, where the environment says so
_frames = None  # the descriptor for frames
_lock = None  # between workers


def start(worker=False):
    """Set up streams and logger, before the function is loaded."""
    global as_json, level, _frames, _lock
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    as_json = worker or os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    level = LEVELS.get(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper())
    _frames = _descriptor(os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None))
    if worker:
        _lock = os.open(__file__, os.O_RDONLY)
    if "logging" in sys.modules:
        _set_up(sys.modules["logging"])
    else:
        sys.meta_path.insert(0, _WhenImported)


def _descriptor(text):
    """The descriptor for frames, where there is one that works; the function's children do not get it."""
    try:
        os.set_inheritable(int(text), False)
    except (TypeError, ValueError, OSError):
        return None
    return int(text)


class _WhenImported:
    """Stands first among Python's finders until the function imports `logging`, then sets the logger up."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(cls)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _afterwards(spec.loader, _set_up)
                return spec
        return None


def _afterwards(loader, act):
    execute = loader.exec_module

    def exec_module(module):
        execute(module)
        act(module)

    loader.exec_module = exec_module


def _set_up(logging):
    from . import log_handler

    log_handler.install(logging.getLogger())


def flush():
    """Write what the function printed, an unfinished line too: frozen after its result, it could not."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # none, closed, or replaced by something else


# -- what the client has to say -------------------------------------------------------------------------------------


def fault(found):
    """A failure, once, with type, message and stack. LAMBDA_IMAGE_LOG_ERRORS=off leaves it to the function."""
    if os.environ.get("LAMBDA_IMAGE_LOG_ERRORS", "").lower() == "off":
        return
    message = "%s: %s" % (found.type_name, found.message)
    if as_json:
        more = {"errorType": found.type_name, "errorMessage": found.message, "stackTrace": found.stack}
        record(ERROR, message, more)
    else:
        stack = found.stack and ["\nTraceback (most recent call last):\n", *found.stack]
        record(ERROR, (message + "".join(stack)).rstrip("\n"))


def say(message):
    """A refusal of the Runtime API or the like."""
    record(WARNING, message)


def last_words(message):
    """Why the process ends, on standard error."""
    flush()
    write_all(2, formatted(CRITICAL, message).encode("utf-8", "backslashreplace") + b"\n")


def record(number, message, more=()):
    """A record of the client's own."""
    if level is None or number >= level:
        write(formatted(number, message, more), number)


def formatted(number, message, more=()):
    """A record of the client's own, in the format of the function's."""
    stamp = timestamp(time())
    if as_json:
        values = {"timestamp": stamp, "level": NAMES[number], "message": message, **about_invocation()}
        return to_json({**values, **dict(more)})
    return "[%s]\t%s\t%s\t%s" % (NAMES[number], stamp, current.request_id if current else "", message)


def about_invocation():
    """What each JSON record says of the invocation it belongs to."""
    if current is None:
        return {}
    if current.tenant_id:
        return {"requestId": current.request_id, "tenantId": current.tenant_id}
    return {"requestId": current.request_id}


def to_json(values):
    """One line of JSON, whatever is in it."""
    try:
        return payload.text_of(values)
    except Exception:  # NaN, a cycle, keys that are no strings, a __str__ that raises
        plain = {str(name): value if isinstance(value, (int, str)) else _text(value) for name, value in values.items()}
        return payload.text_of(plain)


def _text(value):
    try:
        return str(value)
    except Exception:
        return "a %s without a text" % type(value).__name__


def timestamp(seconds):
    """RFC 3339 in UTC, to the millisecond."""
    moment = gmtime(seconds)
    return "%s.%03dZ" % (strftime("%Y-%m-%dT%H:%M:%S", moment), seconds % 1 * 1000)


def write(text, number):
    """A record, in one piece. Numbers are `logging`'s levels."""
    data = text.encode("utf-8", "backslashreplace")
    if _frames is not None:
        kind = FRAME_JSON if as_json else FRAME_TEXT
        size, now = len(data).to_bytes(4, "big"), (time_ns() // 1000).to_bytes(8, "big")
        write_all(_frames, (kind + 4 * _frame_level(number)).to_bytes(4, "big") + size + now + data)
        return
    flush()  # keeps the order with what was printed
    if _lock is None:
        write_all(1, data + b"\n")
        return
    import fcntl

    fcntl.flock(_lock, fcntl.LOCK_EX)  # a pipe keeps writes apart only up to 4 KiB
    try:
        write_all(1, data + b"\n")
    finally:
        fcntl.flock(_lock, fcntl.LOCK_UN)


def _frame_level(number):
    """1 TRACE to 6 FATAL, 0 for none."""
    return 0 if number <= 0 else 1 if number < DEBUG else min(number // 10 + 1, 6)


def write_all(descriptor, data):
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        pass  # nobody reads it any more: no reason to fail an invocation
