"""What comes out: the function's streams unbuffered, its logger's records as text, JSON or frames."""

import fcntl
import io
import json
import logging
import os
import struct
import sys
import time
import traceback
from datetime import UTC, datetime

FRAME_TYPES = {"JSON": 0xA55A0002, "TEXT": 0xA55A0003}
TRACE = 5


class _Current:
    """The invocation that this process handles now."""

    invocation = None


CURRENT = _Current()


def configure(*, always_json=False):
    """Sets streams and root logger up, before the function is loaded; its records go to what this returns."""
    sys.stdout = _unbuffered(1)
    sys.stderr = _unbuffered(2)
    logging.addLevelName(TRACE, "TRACE")
    json_format = always_json or os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    handler = RecordHandler(_sink(), json_format=json_format)
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"):
        root.setLevel(level)
    elif json_format:
        root.setLevel(logging.INFO)
    return handler


def _unbuffered(descriptor):
    """A text stream that holds nothing back: frozen after its result, the process could not write it."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


def _sink():
    """The telemetry descriptor, where there is one that works; else standard output."""
    number = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    if number is not None:
        try:
            os.set_inheritable(int(number), False)
        except (ValueError, OSError):
            return StandardOutput()
        return Frames(int(number))
    return StandardOutput()


class StandardOutput:
    """A line a record, in one write, so that lines of several processes do not mix."""

    def __init__(self):
        self._lock = os.open(__file__, os.O_RDONLY)

    def write(self, text, level, kind):
        data = text.encode("utf-8", "backslashreplace") + b"\n"
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            _write_all(1, data)
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)


class Frames:
    """A frame a record: type (with the level), length, microseconds, message."""

    def __init__(self, descriptor):
        self._descriptor = descriptor

    def write(self, text, level, kind):
        data = text.encode("utf-8", "backslashreplace")
        head = struct.pack(">IIQ", FRAME_TYPES[kind] + 4 * _number(level), len(data), time.time_ns() // 1000)
        _write_all(self._descriptor, head + data)


def _write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]


def _number(level):
    """Levels in frames: 1 TRACE, 2 DEBUG, 3 INFO, 4 WARN, 5 ERROR, 6 FATAL."""
    return 1 if level < logging.DEBUG else min(level // 10 + 1, 6)


class RecordHandler(logging.Handler):
    """The root logger's handler. What the runtime itself has to say goes the same way."""

    def __init__(self, sink, *, json_format):
        super().__init__()
        self._sink = sink
        self._json = json_format

    def emit(self, record):
        try:
            self._write(
                record.levelname,
                record.levelno,
                record.getMessage(),
                created=record.created,
                error=record.exc_info[1] if record.exc_info else None,
                logger=record.name,
                location=f"{record.pathname}:{record.funcName}:{record.lineno}",
            )
        except Exception:
            self.handleError(record)

    def fault(self, fault):
        """A failure, as one record with type and message."""
        message = f"{fault.type_name}: {fault.message}"
        self._write("ERROR", logging.ERROR, message, fault=fault)

    def say(self, message):
        """A refusal of the Runtime API or the like."""
        self._write("WARNING", logging.WARNING, message)

    def _write(self, name, level, message, *, created=None, error=None, fault=None, **more):
        created = time.time() if created is None else created
        make = self._as_json if self._json else self._as_text
        text = make(name, message, created, error, fault, more)
        self._sink.write(text, level, "JSON" if self._json else "TEXT")

    def _as_json(self, name, message, created, error, fault, more):
        invocation = CURRENT.invocation
        values = {"timestamp": _timestamp(created), "level": name, "message": message, **more}
        if invocation is not None:
            values["requestId"] = invocation.request_id
            if invocation.tenant_id:
                values["tenantId"] = invocation.tenant_id
        if error is not None:
            values["errorType"] = type(error).__name__
            values["errorMessage"] = str(error)
            values["stackTrace"] = traceback.format_tb(error.__traceback__)
        if fault is not None:
            values |= {"errorType": fault.type_name, "errorMessage": fault.message, "stackTrace": fault.stack}
        return json.dumps(values, ensure_ascii=False, default=str)

    def _as_text(self, name, message, created, error, fault, more):
        invocation = CURRENT.invocation
        request_id = invocation.request_id if invocation is not None else ""
        text = f"[{name}]\t{_timestamp(created)}\t{request_id}\t{message}"
        if error is not None:
            text += "\n" + "".join(traceback.format_exception(error)).rstrip("\n")
        if fault is not None and fault.frames:
            text += "\nTraceback (most recent call last):\n" + "".join(fault.stack).rstrip("\n")
        return text


def _timestamp(seconds):
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
