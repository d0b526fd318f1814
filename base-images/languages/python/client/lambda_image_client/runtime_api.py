"""The Runtime API over HTTP/1.1: each call's bytes, and one kept connection, made anew when it may not be used again.

A request leaves in one write and its answer is mostly one read. `_socket` is what `socket` wraps: no import of
enumerations, and nothing that patches `socket` (gevent, a default timeout) reaches these calls. Proxies are for
the function's own calls.
"""

import sys
from _socket import (
    IPPROTO_TCP,
    MSG_WAITALL,
    SO_KEEPALIVE,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
    getaddrinfo,
    socket,
)

from . import VERSION

PREFIX = "/2018-06-01/runtime"
USER_AGENT = "aws-lambda-python/%s-lambda-image-%s" % (sys.version.split()[0], VERSION)
JSON = "application/json"
CHUNK = 65536
KEPT = 2 * 1024 * 1024  # bytes of a body up to which its buffer is used again
HEAD_LIMIT = 1024 * 1024  # of an answer; a client context of 3,583 bytes is the longest header in use


class ApiError(Exception):
    """The Runtime API cannot be reached, ended the connection, or answered what is not HTTP."""


class NothingRead(ApiError):
    """The connection was lost before a byte of the answer came: on a kept one, the call was never served."""


class Answer:
    """Status, headers (names in lower case) and body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        """The value, or None where the header is absent or empty."""
        return self.headers.get(name) or None


class RuntimeApi:
    """Every call there is. No call has a timeout: the environment may be frozen for long."""

    def __init__(self, address):
        self._address = address
        self._socket = None
        self._common = " HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n" % (address, USER_AGENT)
        self._get_next = self._head("GET", "/invocation/next") + b"\r\n"

    # -- the calls ----------------------------------------------------------------------------------------------

    def next(self):
        return self._exchange(self._get_next)

    def response(self, invocation, body, content_type=JSON):
        path = "/invocation/%s/response" % invocation.path_id
        return self._post(path, body, content_type, invocation.own_headers)

    def error(self, invocation, body, kind, cause=""):
        path = "/invocation/%s/error" % invocation.path_id
        return self._post(path, body, JSON, invocation.own_headers + _error_headers(kind, cause))

    def init_error(self, body, kind, cause=""):
        return self._post("/init/error", body, JSON, _error_headers(kind, cause))

    def restore_next(self):
        return self._exchange(self._head("GET", "/restore/next") + b"\r\n")

    def restore_error(self, body, kind, cause=""):
        return self._post("/restore/error", body, JSON, _error_headers(kind, cause))

    def stream(self, invocation, content_type, pieces, trailers):
        """Send pieces as they come, each at once. `trailers()` is asked for name and value pairs after the last.

        The connection is a new one, for what is sent in pieces cannot be sent again; and it is closed afterwards.
        """
        self.close()
        path = "/invocation/%s/response" % invocation.path_id
        head = self._head("POST", path, "Content-Type: %s\r\n" % content_type + invocation.own_headers)
        head += (
            b"Lambda-Runtime-Function-Response-Mode: streaming\r\n"
            b"Transfer-Encoding: chunked\r\n"
            b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
            b"Connection: close\r\n\r\n"
        )
        try:
            sock = self._connect()
            for piece in pieces:  # never empty: an empty chunk is the last
                _send(sock, head + b"%x\r\n" % len(piece), piece, b"\r\n")
                head = b""
            end = "".join(["%s: %s\r\n" % trailer for trailer in trailers()])
            _send(sock, head + b"0\r\n" + end.encode("ascii") + b"\r\n")
            return self._answer(sock)
        except OSError:
            return self._answer(sock)  # a refusal may be the reason
        finally:
            self.close()

    def close(self):
        """Forget the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # -- the wire -----------------------------------------------------------------------------------------------

    def _head(self, method, path, headers=""):
        head = method + " " + PREFIX + path + self._common + headers
        return head.encode("utf-8", "surrogateescape")  # an id goes back as the bytes that came

    def _post(self, path, body, content_type, headers):
        framing = "Content-Type: %s\r\nContent-Length: %d\r\n\r\n" % (content_type, len(body))
        return self._exchange(self._head("POST", path, headers + framing), body)

    def _exchange(self, head, body=b""):
        """One request and its answer. A kept connection may have been closed meanwhile: then once more, on a new
        one, but only if no byte of an answer came."""
        while True:
            kept = self._socket
            try:
                sock = kept or self._connect()
                return self._exchange_on(sock, head, body)
            except NothingRead:
                self.close()
                if kept is None:
                    raise
            except BaseException:
                self.close()
                raise

    def _exchange_on(self, sock, head, body):
        try:
            _send(sock, head, body)
        except OSError:
            answer = self._answer(sock)  # a refusal may be there already: 413 need not read it all
            self.close()
            return answer
        return self._answer(sock)

    def _connect(self):
        host, _, port = self._address.rpartition(":")
        name = host.strip("[]").encode()  # as bytes: text would import the codec of international names
        problem = None
        try:
            for family, kind, protocol, _, where in getaddrinfo(name, int(port), 0, SOCK_STREAM):
                sock = socket(family, kind, protocol)
                sock.settimeout(None)  # whatever socket.setdefaulttimeout said
                try:
                    sock.connect(where)
                    break
                except OSError as error:
                    sock.close()
                    problem = error
            else:
                raise problem or OSError("no address")
        except (OSError, ValueError) as error:
            raise ApiError("cannot connect to %s: %s" % (self._address, error)) from None
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        self._socket = sock
        return sock

    def _answer(self, sock):
        data = _receive(sock, NothingRead)
        while True:
            end = data.find(b"\r\n\r\n")
            while end < 0:
                if len(data) > HEAD_LIMIT:
                    raise ApiError("the head of the answer is longer than %d bytes" % HEAD_LIMIT)
                data += _receive(sock)
                end = data.find(b"\r\n\r\n")
            version, status, headers = _parse_head(data[:end])
            data = data[end + 4 :]
            if status >= 200:
                break  # else an interim answer such as 100: the answer is still to come
        connection = headers.get("connection", "").lower()
        closing = "close" in connection if version == "HTTP/1.1" else "keep-alive" not in connection
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body, left = _read_chunked(sock, data)
        elif status in (204, 304):
            body, left = b"", data
        elif "content-length" in headers:
            body, left = _read_exactly(sock, data, _number(headers["content-length"], 10))
        else:
            body, left, closing = _read_to_end(sock, data), b"", True
        if closing or left:  # bytes that nobody asked for: what comes next could not be trusted
            self.close()
        return Answer(status, headers, body)


def _error_headers(kind, cause):
    headers = "Lambda-Runtime-Function-Error-Type: %s\r\n" % kind
    return headers + "Lambda-Runtime-Function-XRay-Error-Cause: %s\r\n" % cause if cause else headers


def _send(sock, head, body=b"", end=b""):
    """All of it; large bodies are not copied into one piece with the rest."""
    if len(body) < CHUNK:
        sock.sendall(head + body + end)
        return
    sent = sock.sendmsg([head, body, end])
    for part in (head, body, end):  # a signal may have cut the write short
        if sent < len(part):
            sock.sendall(memoryview(part)[sent:])
        sent = max(0, sent - len(part))


def _receive(sock, lost=ApiError):
    try:
        data = sock.recv(CHUNK)
    except OSError as error:
        raise lost("the connection to the Runtime API was lost: %s" % error) from None
    if not data:
        raise lost("the Runtime API closed the connection before its answer was whole")
    return data


def _number(text, base):
    try:
        return int(text, base)
    except ValueError:
        raise ApiError("the answer is not HTTP: %r is no length" % text[:100]) from None


def _parse_head(head):
    first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ApiError("the answer is not HTTP/1.1: %r" % first[:100])
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.lower(), value.strip(" \t"))  # the first of two
    return version, int(rest[:3]), headers


def _read_exactly(sock, data, length):
    """A body of that many bytes, whose beginning is there, and what came after it."""
    if len(data) >= length:
        return data[:length], data[length:]
    body = _room_for(length)
    got = len(data)
    body[:got] = data
    while got < length:
        try:
            more = sock.recv_into(body[got:], 0, MSG_WAITALL)
        except OSError as error:
            raise ApiError("the connection was lost within an answer: %s" % error) from None
        if not more:
            raise ApiError("the answer was cut off after %d of %d bytes" % (got, length))
        got += more
    return body, b""


_kept = b""


def _room_for(length):
    """A buffer for a body. Those of usual size get the same one each time, for fresh pages cost more than what is
    done with them. A larger one is mapped: it goes back to the system whole and leaves no hole in the heap."""
    global _kept
    if length > KEPT:
        from mmap import mmap

        return memoryview(mmap(-1, length))
    if len(_kept) < length:
        _kept = bytearray(length)
    return memoryview(_kept)[:length]


def _read_chunked(sock, data):
    """A chunked body, and what came after it. Its trailers are not for us."""
    body = bytearray()

    def line():
        nonlocal data
        while b"\r\n" not in data:
            data += _receive(sock)
        found, _, data = data.partition(b"\r\n")
        return found.decode("latin-1")

    while True:
        size = _number(line().partition(";")[0].strip(), 16)
        if size == 0:
            break
        piece, data = _read_exactly(sock, data, size)
        body += piece
        if line():
            raise ApiError("the answer is not HTTP: a chunk is longer than it says")
    while line():
        pass
    return body, data


def _read_to_end(sock, data):
    parts = [data]
    while True:
        try:
            data = sock.recv(CHUNK)
        except OSError as error:
            raise ApiError("the connection was lost within an answer: %s" % error) from None
        if not data:
            return b"".join(parts)
        parts.append(data)
