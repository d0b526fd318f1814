"""Response streaming: the pieces of a generator or an async generator, and what becomes of an error among them."""

from base64 import b64encode

from . import payload

BYTES = "application/octet-stream"
INTEGRATION = "application/vnd.awslambda.http-integration-response"


class Stream:
    """A handler's pieces as bytes, none of them empty.

    The first one is made at once: an error before it is an ordinary one, and by then the handler has chosen its
    content type. An error after it is kept as `error` and `fault`, for the trailers. A dict as the first piece is
    the prelude of an HTTP response: statusCode, headers, cookies.
    """

    def __init__(self, generator, context, owner, describe):
        self.error = None
        self.fault = None
        self.content_type = None
        self._describe = describe
        self._end_of_child = owner.end_of_child
        loop = owner.coroutines
        self._next = _stepper(generator, loop)
        self._close = generator.close if hasattr(generator, "close") else lambda: loop.run(generator.aclose())
        first = self._next()
        if isinstance(first, dict):
            self.content_type = INTEGRATION
            first = payload.dumps(first) + bytes(8)
        self._first = b"" if first is None else _bytes(first)
        self.content_type = _one_line(context.content_type or self.content_type or BYTES)
        self._ended = first is None

    def __iter__(self):
        piece, self._first = self._first, b""
        if piece:
            yield piece
        while not self._ended:
            del piece
            try:
                piece = self._next()
                self._end_of_child(None)
                if piece is None:
                    return
                piece = _bytes(piece)
            except BaseException as error:
                self._end_of_child(error)
                self.error = error
                self.fault = self._describe(error)
                return
            if piece:
                yield piece

    def trailers(self):
        """Names and values that the stream ends with: none where all went well."""
        if self.fault is None:
            return ()
        body = b64encode(self.fault.body).decode("ascii")
        return (
            ("Lambda-Runtime-Function-Error-Type", self.fault.header),
            ("Lambda-Runtime-Function-Error-Body", body),
        )

    def close(self):
        """Tell the handler that nobody reads on: it may have something to clean up."""
        try:
            self._close()
        except Exception as error:
            if self.fault is None:
                self.error, self.fault = error, self._describe(error)


def _stepper(generator, loop):
    """Gives a piece at each call, None at the end."""
    if hasattr(generator, "__anext__"):
        return lambda: loop.run(anext_of(generator))

    def step():
        for piece in generator:
            return b"" if piece is None else piece
        return None

    return step


async def anext_of(generator):
    """The next piece of an async generator, None at the end."""
    async for piece in generator:
        return b"" if piece is None else piece
    return None


def _bytes(piece):
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    raise TypeError("a piece of a stream is bytes or str, not %s" % type(piece).__name__)


def _one_line(value):
    """A content type that keeps to its header."""
    return "".join([letter if " " <= letter <= "~" else "?" for letter in value])
