"""The root logger's handler: imported once the function has imported `logging`."""

import logging
import time
import traceback

from . import logs


def install(root):
    """Give the root logger our handler, and the level of the environment."""
    logging.addLevelName(logs.TRACE, "TRACE")
    logging.Formatter.converter = time.gmtime  # also in formatters of the function's own
    handler = LambdaLoggerHandler()
    handler.setFormatter(JsonFormatter() if logs.as_json else TextFormatter())
    handler.addFilter(add_invocation)
    root.addHandler(handler)
    if logs.level is not None:
        root.setLevel(logs.level)


def add_invocation(record):
    """Members that the formatters of functions written for AWS's client refer to."""
    record.aws_request_id = logs.current.request_id if logs.current else ""
    record.tenant_id = logs.current.tenant_id if logs.current else None
    return True


class LambdaLoggerHandler(logging.Handler):
    """Writes each record in one piece. The function may give it a formatter of its own."""

    def emit(self, record):
        try:
            logs.write(self.format(record).rstrip("\n"), record.levelno)
        except Exception:
            self.handleError(record)


class TextFormatter(logging.Formatter):
    """[LEVEL], time, request id, message, tab-separated."""

    def __init__(self):
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )


class JsonFormatter(logging.Formatter):
    """One JSON object a record, with whatever the function gave as `extra`."""

    _known = frozenset((*vars(logging.makeLogRecord({})), "asctime", "aws_request_id", "message", "tenant_id"))

    def format(self, record):
        as_object = isinstance(record.msg, dict) and not record.args
        values = {
            "timestamp": logs.timestamp(record.created),
            "level": record.levelname,
            "message": record.msg if as_object else record.getMessage(),
            "logger": record.name,
            **logs.about_invocation(),
        }
        kind, error, trace = record.exc_info if record.exc_info else (None, None, None)
        if kind is not None:
            values["errorType"] = kind.__name__
            values["errorMessage"] = str(error)
            values["stackTrace"] = traceback.format_tb(trace)
            values["location"] = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
        for name, value in vars(record).items():
            if name not in self._known and name not in values:
                values[name] = value
        return logs.to_json(values)
