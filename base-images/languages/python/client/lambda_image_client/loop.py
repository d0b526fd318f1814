"""The life of a process: load the function, then event after event, result after result."""

import os
import sys
import time

from . import handler, logs, payload
from .context import Invocation, LambdaContext, LambdaContextUnmarshalError
from .runtime_api import JSON, ApiError, RuntimeApi

PATCHED = __package__ + ".patched"  # loaded where the function's libraries patch AWS's client
# Tries of GET /next, and the first pause between them, which doubles. A worker among several is more patient.
TRIES, WORKER_TRIES, PAUSE = 3, 6, 0.1
LIMIT = 6_291_556  # bytes of a result; AWS's number, for the message of a 413
IS_ASYNCHRONOUS = 0x80 | 0x200  # of a code object's flags: coroutine, async generator


def _generator():
    yield


async def _async_generator():
    yield


STREAMED = (type(_generator()), type(_async_generator()))


class UnmarshalError(ValueError):
    """The event is not JSON."""


class MarshalError(ValueError):
    """The result has no JSON form."""


KINDS = {
    UnmarshalError: "Runtime.UnmarshalError",
    MarshalError: "Runtime.MarshalError",
    LambdaContextUnmarshalError: "Runtime.LambdaContextUnmarshalError",
}


def work(worker=False):
    """Serve as a process of its own, or as one worker among several. Does not return."""
    logs.start(worker)
    loop = Loop(RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"]), worker)
    try:
        loop.load()
        loop.run()
    except KeyboardInterrupt:
        logs.flush()
        os._exit(130)


class Loop:
    """One process, one event at a time."""

    def __init__(self, api, worker=False):
        self.api = api
        self.worker = worker
        self.function = None
        self.coroutines = Coroutines()
        self.size = 0  # of the last result
        self.is_child = False
        os.register_at_fork(after_in_child=self.forked)

    def forked(self):
        """In a process that the function has forked."""
        self.is_child = True

    def run(self):
        while True:
            invocation = self.next()
            logs.current = invocation
            try:
                answer = self.handle(invocation)
                if answer.status != 202:
                    self.refused(answer)
            except ApiError as error:
                self.lost(error)
            logs.current = None

    def handle(self, invocation):
        """Call the function and post what comes of it: a result, a stream or an error."""
        try:
            result, content_type = self.outcome(invocation)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also what is no Exception: asyncio.CancelledError, SystemExit
            return self.fail(invocation, error)
        self.end_of_child(None)
        if content_type is None:
            return self.stream(invocation, result)
        logs.flush()
        self.size = len(result)
        return self.api.response(invocation, result, content_type)

    def outcome(self, invocation):
        """The result as bytes and their content type, or a stream and None."""
        set_trace_id(invocation.trace_id)
        context = LambdaContext(invocation)
        result = self.function(parse(invocation.take_event()), context)
        if hasattr(type(result), "__await__"):
            result = self.coroutines.run(result)
        if type(result) in STREAMED:
            from .stream import Stream

            return Stream(result, context, self, lambda error: fault_of(error, invocation, self.api)), None
        if type(result) is bytes:
            return result, "application/unknown"  # as AWS's client has it
        return serialise(result), JSON

    def next(self):
        """The next event; the process ends where there is none to be had."""
        for number in range(WORKER_TRIES if self.worker else TRIES):
            if number:
                time.sleep(PAUSE * 2 ** (number - 1))
            try:
                answer = self.api.next()
            except ApiError as error:
                problem = str(error)
                continue
            if answer.status == 200:
                invocation = Invocation(answer)
                if invocation.request_id:
                    return invocation
                problem = "an event without Lambda-Runtime-Aws-Request-Id"
                break
            problem = describe(answer)
            if answer.status < 500 and not self.worker:
                break
        return end("GET /runtime/invocation/next failed: %s" % problem)

    # -- what goes wrong --------------------------------------------------------------------------------------------

    def end_of_child(self, error):
        """Where it is a child that comes out of the handler, it ends as a program of its own would: the invocation and
        the connection are its parent's."""
        if self.is_child:
            if error is not None and not isinstance(error, SystemExit):
                sys.excepthook(type(error), error, error.__traceback__)
            leave(error)

    def fail(self, invocation, error):
        """Report an error of the function. Where it asked to end the process, that is done."""
        self.end_of_child(error)
        fault = fault_of(error, invocation, self.api)
        logs.fault(fault)
        logs.flush()
        self.size = len(fault.body)
        try:
            return self.api.error(invocation, fault.body, fault.header, fault.cause)
        finally:
            if isinstance(error, SystemExit):
                leave(error)

    def stream(self, invocation, stream):
        """Post a stream. What fails within it goes into trailers: /error is for responses that have not begun."""
        self.size = 0
        try:
            return self.api.stream(invocation, stream.content_type, stream, stream.trailers)
        except ApiError as error:
            logs.say("the Runtime API broke the stream off: %s" % error)
            return Accepted
        finally:
            stream.close()
            if stream.fault is not None:
                logs.fault(stream.fault)
            logs.flush()
            if isinstance(stream.error, SystemExit):
                leave(stream.error)

    def refused(self, answer):
        """Any answer but 202 to a result. 500 is the end, of a worker not; what else is logged and passed over."""
        what = "the Runtime API refused the result: %s" % describe(answer)
        if answer.status == 413:
            what += "; it has %d bytes, the limit is %d" % (self.size, LIMIT)
        if answer.status >= 500 and not self.worker:
            end(what)
        logs.say(what)

    def lost(self, error):
        """A result that could not be posted."""
        if not self.worker:
            end("the result could not be posted: %s" % error)
        logs.say("the result could not be posted: %s" % error)

    def load(self):
        """Find the function and pass through SnapStart; what fails is reported once, and the process ends."""
        try:
            self.function = handler.find(os.environ.get("_HANDLER", ""))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.end_of_child(error)
            kind = getattr(error, "kind", None) if isinstance(error, handler.InitError) else None
            fault = fault_of(error, None, self.api, kind, "Runtime.InitError")
            if PATCHED in sys.modules:
                tell_patches(fault)
            report(fault, self.api.init_error, expected=403 * self.worker)
            leave(error)
        self.end_of_child(None)
        if getattr(getattr(self.function, "__code__", None), "co_flags", 0) & IS_ASYNCHRONOUS:
            self.coroutines.start()  # now, not when the first event waits
        if PATCHED in sys.modules:
            self.function = sys.modules[PATCHED].wrap(self.function)
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            from . import snapstart

            snapstart.pass_through(self.api)


class Accepted:
    """Stands for the answer to a stream of which nothing more can be said."""

    status = 202


class Coroutines:
    """Runs asynchronous handlers: on one event loop, so that what they opened stays usable in the next event."""

    def __init__(self):
        self._loop = None

    def start(self):
        import asyncio

        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)

    def run(self, awaitable):
        if self._loop is None:
            self.start()
        return self._loop.run_until_complete(awaitable)


def parse(event):
    """The event as a value."""
    try:
        return payload.loads(event)
    except (ValueError, RecursionError) as error:
        raise UnmarshalError("the event is not JSON: %s" % error) from None


def serialise(result):
    """The result as JSON."""
    try:
        return payload.dumps(result)
    except (TypeError, ValueError, RecursionError) as error:
        raise MarshalError("Unable to marshal response: %s" % error) from None


def set_trace_id(trace_id):
    """X-Ray's SDK reads it from the environment; an event without one must not see the last one's."""
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def fault_of(error, invocation, api, kind=None, header=None):
    """An exception as it is reported."""
    try:
        from .errors import Fault
    except OSError:  # the function has used up its descriptors: the connection's will do, which is made anew
        api.close()
        from .errors import Fault

    request_id = invocation.request_id if invocation else None
    if isinstance(error, SystemExit):
        status = exit_status(error)
        reason = "with error: exit status %d" % status if status else "without providing a reason"
        return Fault(error, "Runtime.ExitError", message="Runtime exited " + reason, request_id=request_id)
    return Fault(error, kind or KINDS.get(type(error)), header=header, request_id=request_id)


def report(fault, call, expected=0):
    """Log a failure outside an invocation and report it once, whatever the answer."""
    logs.fault(fault)
    logs.flush()
    try:
        answer = call(fault.body, fault.header, fault.cause)
        if answer.status not in (202, expected):
            logs.say("the report of the failure was refused: %s" % describe(answer))
    except ApiError as error:
        logs.say("the failure could not be reported: %s" % error)


def tell_patches(fault):
    """What they make of a failed init must not be in the way of its report."""
    try:
        sys.modules[PATCHED].init_failed(fault.body)
    except Exception as error:
        logs.say("a library's hook for failed inits failed: %r" % error)


def describe(answer):
    """An answer, for a message."""
    return "status %d %s" % (answer.status, bytes(answer.body[:200]).decode("utf-8", "replace").strip())


# -- the ends of a process: none waits for threads of the function's own -----------------------------------------------


def terminated(number, frame):
    """SIGTERM, where the function has no hook: the kernel keeps its default action from process 1."""
    logs.flush()
    os._exit(128 + number)


def end(reason):
    """Nothing more can be done: say why."""
    logs.last_words(reason)
    os._exit(1)


def exit_status(error):
    """What sys.exit was given: None is 0, a text 1."""
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1


def leave(error):
    """End as `sys.exit` would, or with 1 after any other failure."""
    import atexit

    status = 0 if error is None else 1
    if isinstance(error, SystemExit):
        status = exit_status(error) or (0 if logs.current else 1)
        if isinstance(error.code, str):
            logs.write_all(2, error.code.encode("utf-8", "backslashreplace") + b"\n")  # as the interpreter does
    try:
        atexit._run_exitfuncs()
    except BaseException:
        pass  # before Python 3.10 they raise what the last of them did; it was printed
    logs.flush()
    os._exit(status)
