"""The life of one process: load the function, then event after event, result after result."""

import http.client
import inspect
import json
import os
import sys
import time

from reference_runtime import handler, log, snapstart
from reference_runtime.api import parse
from reference_runtime.context import Context, ContextError
from reference_runtime.fault import Fault

NEXT_TRIES = 5
FIRST_PAUSE = 0.1


class Invocation:
    """What came with one event."""

    def __init__(self, answer):
        self.request_id = answer.header("Lambda-Runtime-Aws-Request-Id")
        self.invocation_id = answer.header("Lambda-Runtime-Invocation-Id")
        self.deadline_ms = int(answer.header("Lambda-Runtime-Deadline-Ms") or 0)
        self.arn = answer.header("Lambda-Runtime-Invoked-Function-Arn")
        self.trace_id = answer.header("Lambda-Runtime-Trace-Id")
        self.client_context = answer.header("Lambda-Runtime-Client-Context")
        self.cognito_identity = answer.header("Lambda-Runtime-Cognito-Identity")
        self.tenant_id = answer.header("Lambda-Runtime-Aws-Tenant-Id")
        self.payload = answer.body


class Process:
    """One process that handles one event at a time. `concurrent`: it is one of several workers."""

    def __init__(self, api, logger, *, concurrent):
        self.api = api
        self.logger = logger
        self.concurrent = concurrent
        self.function = None
        self.loop = None

    def run(self):
        self.function = self.load()
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            snapstart.pass_through(self.api, self.logger)
        while True:
            invocation = Invocation(self.ask())
            if invocation.request_id is None:
                self.end("the Runtime API gave an event without Lambda-Runtime-Aws-Request-Id")
            log.CURRENT.invocation = invocation
            self.handle(invocation)
            log.CURRENT.invocation = None

    def load(self):
        try:
            return handler.find()
        except handler.InitError as error:
            self.logger.fault(error.fault)
            try:
                self.api.init_error(error.fault)
            except (OSError, http.client.HTTPException) as problem:
                self.logger.say(f"the failed init could not be reported: {problem!r}")
            sys.exit(1)

    def ask(self):
        """The next event. Alone, a refusal is the end; a worker tries again with growing pauses."""
        tries = NEXT_TRIES if self.concurrent else 1
        for number in range(tries):
            if number > 0:
                time.sleep(FIRST_PAUSE * 2 ** (number - 1))
            try:
                answer = self.api.next()
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
                continue
            if answer.status == 200:
                return answer
            problem = f"status {answer.status}"
        return self.end(f"GET /runtime/invocation/next failed: {problem}")

    def handle(self, invocation):
        if invocation.trace_id is not None:
            os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            result, context = self.call(invocation)
            if not isinstance(result, Stream):
                body = serialise(result)
        except Exception as error:
            return self.fail(invocation, fault_of(error, invocation))
        if isinstance(result, Stream):
            return self.stream(invocation, result, context)
        return self.judge(self.send(self.api.response, invocation, body))

    def call(self, invocation):
        try:
            event = parse(invocation.payload)
        except (ValueError, RecursionError) as error:
            raise UnmarshalError(f"the event is not JSON: {error}") from None
        context = Context(invocation)
        result = self.function(event, context)
        if inspect.iscoroutine(result):
            result = self.wait_for(result)
        if inspect.isgenerator(result):
            result = Stream(result, invocation)
        return result, context

    def wait_for(self, coroutine):
        """An asynchronous handler's result; one loop for all, so that what it opened stays usable."""
        if self.loop is None:
            import asyncio

            self.loop = asyncio.Runner()
        return self.loop.run(coroutine)

    def fail(self, invocation, fault):
        self.logger.fault(fault)
        self.judge(self.send(self.api.error, invocation, fault))

    def stream(self, invocation, stream, context):
        try:
            answer = self.api.stream(invocation, stream, context.content_type)
        except (OSError, http.client.HTTPException) as error:
            self.api.close()
            stream.close()
            self.logger.say(f"the Runtime API broke the stream off: {error!r}")
            return
        if stream.fault is not None:
            self.logger.fault(stream.fault)
        self.judge(answer)

    def send(self, call, invocation, content):
        try:
            return call(invocation, content)
        except (OSError, http.client.HTTPException) as error:
            return self.end(f"the result could not be posted: {error!r}")

    def judge(self, answer):
        """What the answer to a result means: 500 is the end, any other refusal is logged and passed over."""
        if answer.status == 202:
            return
        if answer.status >= 500 and not self.concurrent:
            self.end(f"the Runtime API answered {answer.status} to the result: {answer.body[:200]!r}")
        self.logger.say(f"the Runtime API refused the result with {answer.status}: {answer.body[:200]!r}")

    def end(self, reason):
        self.logger.say(reason)
        sys.exit(1)


class Stream:
    """A generator's pieces as bytes. The first is made at once: what fails before it is an ordinary error,
    and by then the handler has chosen its content type. What fails later is kept as `fault`."""

    def __init__(self, generator, invocation):
        self.fault = None
        self._generator = generator
        self._invocation = invocation
        self._first = next(generator, b"")

    def __iter__(self):
        try:
            yield _bytes(self._first)
            for piece in self._generator:
                yield _bytes(piece)
        except Exception as error:
            self.fault = fault_of(error, self._invocation)

    def close(self):
        self._generator.close()


def _bytes(piece):
    return piece.encode() if isinstance(piece, str) else bytes(piece)


class UnmarshalError(Exception):
    """The event cannot be understood."""


class MarshalError(Exception):
    """The result has no JSON form."""


def serialise(value):
    """JSON in UTF-8. There is no JSON form of NaN; half a surrogate pair has one only as an escape."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise MarshalError(f"the result cannot be serialised: {error}") from None
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False).encode()


RUNTIME_ERRORS = {
    UnmarshalError: "Runtime.UnmarshalError",
    MarshalError: "Runtime.MarshalError",
    ContextError: "Runtime.LambdaContextUnmarshalError",
}


def fault_of(error, invocation):
    kind = RUNTIME_ERRORS.get(type(error))
    return Fault(error, request_id=invocation.request_id, type_name=kind, type_header=kind)
