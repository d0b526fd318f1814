"""One invocation: what came with its event, and what the handler is told of it, under the names of AWS's client."""

import os
import time

from . import payload

LONGEST_MS = 900_000  # that a function may take: the deadline where the Runtime API names none
W3C_FIELDS = ("traceparent", "tracestate", "baggage")


class LambdaContextUnmarshalError(ValueError):
    """A client context or identity is not a JSON object: that fails this invocation."""


class Invocation:
    """The headers of an event, absent ones as None, and the event's bytes until `take_event`."""

    __slots__ = (
        "arn",
        "client_context",
        "deadline_ms",
        "event",
        "identity",
        "own_headers",
        "path_id",
        "request_id",
        "tenant_id",
        "trace_id",
    )

    def __init__(self, answer):
        header = answer.header
        self.event = answer.body
        self.request_id = request_id = header("lambda-runtime-aws-request-id")
        self.path_id = _in_path(request_id) if request_id else None
        # One attempt's own id goes back as it came; one that would break a request's head is dropped.
        attempt = header("lambda-runtime-invocation-id")
        if attempt and "\r" not in attempt and "\n" not in attempt:
            self.own_headers = "Lambda-Runtime-Invocation-Id: %s\r\n" % attempt
        else:
            self.own_headers = ""
        self.deadline_ms = _deadline(header("lambda-runtime-deadline-ms"))
        self.arn = header("lambda-runtime-invoked-function-arn")
        self.trace_id = header("lambda-runtime-trace-id")
        self.tenant_id = header("lambda-runtime-aws-tenant-id")
        self.client_context = header("lambda-runtime-client-context")
        self.identity = header("lambda-runtime-cognito-identity")

    def take_event(self):
        """The event's bytes, which are not kept: 6 MB twice is too much."""
        event, self.event = self.event, None
        return event


def _in_path(request_id):
    """The id as it came; only what no path may hold is escaped."""
    if request_id.replace("-", "").isalnum() and request_id.isascii():
        return request_id
    from urllib.parse import quote

    return quote(request_id, safe="!$&'()*+,;=:@-._~", errors="surrogateescape")


def _deadline(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return int(time.time() * 1000) + LONGEST_MS


# What is the same for each invocation.
_FROM_ENVIRONMENT = {
    "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
    "function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
    "memory_limit_in_mb": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
    "log_group_name": os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
    "log_stream_name": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
}


class LambdaContext:
    """The handler's second argument. A streaming handler may set `content_type` before its first piece."""

    content_type = None

    def __init__(self, invocation):
        self.__dict__.update(_FROM_ENVIRONMENT)
        self.aws_request_id = invocation.request_id
        self.invoked_function_arn = invocation.arn
        self.tenant_id = invocation.tenant_id
        self.client_context = None
        self.identity = CognitoIdentity(invocation.identity)
        self._deadline_ms = invocation.deadline_ms
        self._w3c = {}
        if invocation.client_context:
            values = _json_object(invocation.client_context, "client context")
            if values is not None:
                self._w3c = _w3c_of(values)
                self.client_context = ClientContext(values)

    def get_remaining_time_in_millis(self):
        """Milliseconds to the deadline, which is in Unix time; 0 once it has passed."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def w3c(self):
        """The W3C trace context that came with the client context."""
        return dict(self._w3c)

    def log(self, message):
        """Write a line to the log."""
        from . import logs

        logs.write(str(message), 0)

    def __repr__(self):
        return _shown(self, [name for name in vars(self) if not name.startswith("_")])


class ClientContext:
    """What a mobile client sent along."""

    __slots__ = ("client", "custom", "env")

    def __init__(self, values):
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None
        self.custom = values.get("custom")
        self.env = values.get("env")

    def __repr__(self):
        return _shown(self, self.__slots__)


class Client:
    """The mobile client itself."""

    __slots__ = ("app_package_name", "app_title", "app_version_code", "app_version_name", "installation_id")

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        return _shown(self, self.__slots__)


class CognitoIdentity:
    """Who called; both ids are None where nobody is known."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, text):
        values = (_json_object(text, "cognito identity") if text else None) or {}
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")

    def __repr__(self):
        return _shown(self, self.__slots__)


def _json_object(text, what):
    """The object in a header, None for null."""
    try:
        values = payload.loads(text.encode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise LambdaContextUnmarshalError("the %s is not JSON: %s" % (what, error)) from None
    if values is not None and not isinstance(values, dict):
        raise LambdaContextUnmarshalError("the %s is not a JSON object: %.200r" % (what, values))
    return values


def _w3c_of(values):
    found = values.pop("w3c", None)
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in W3C_FIELDS if isinstance(found.get(name), str)}


def _shown(value, names):
    fields = ",".join(["%s=%s" % (name, getattr(value, name)) for name in names])
    return "%s([%s])" % (type(value).__name__, fields)
