"""The Runtime API over HTTP/1.1: one kept connection, made anew whenever it may not be used again."""

import base64
import http.client
import json
import os
import platform
import select
import socket

PREFIX = "/2018-06-01/runtime"
VERSION = "1.0.0"
USER_AGENT = f"aws-lambda-python/{platform.python_version()}-{VERSION}"
STREAM_TYPE = "application/octet-stream"


class Answer:
    """Status, headers and body of an answer. Header names are matched without regard to case."""

    def __init__(self, response):
        self.status = response.status
        self._headers = response.headers
        self.body = response.read()

    def header(self, name):
        """The value, or None where the header is absent or empty. A client context may be UTF-8."""
        value = self._headers.get(name)
        if not value:
            return None
        return value.encode("latin-1").decode("utf-8", "replace")


class RuntimeApi:
    """Every call there is. The connection has no timeout: the environment may be frozen for long."""

    def __init__(self):
        self._address = os.environ["AWS_LAMBDA_RUNTIME_API"]
        self._connection = None

    # -- the calls ------------------------------------------------------------------------------------------

    def next(self):
        return self._call("GET", "/invocation/next")

    def response(self, invocation, body):
        headers = {"Content-Type": "application/json", **_attempt(invocation)}
        return self._call("POST", f"/invocation/{invocation.request_id}/response", body, headers)

    def error(self, invocation, fault):
        headers = {**_fault_headers(fault), **_attempt(invocation)}
        return self._call("POST", f"/invocation/{invocation.request_id}/error", fault.body, headers)

    def init_error(self, fault):
        return self._call("POST", "/init/error", fault.body, _fault_headers(fault))

    def restore_next(self):
        return self._call("GET", "/restore/next")

    def restore_error(self, fault):
        return self._call("POST", "/restore/error", fault.body, _fault_headers(fault))

    def stream(self, invocation, pieces, content_type):
        """Posts pieces as they come; what fails in between goes into trailers."""
        connection = self._connect()
        connection.putrequest("POST", f"{PREFIX}/invocation/{invocation.request_id}/response")
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": content_type or STREAM_TYPE,
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
            "Connection": "close",
            **_attempt(invocation),
        }
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        for piece in pieces:
            if piece:  # an empty chunk would end the body
                connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.send(b"0\r\n" + _trailers(pieces.fault) + b"\r\n")
        answer = Answer(connection.getresponse())
        self.close()
        return answer

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # -- the wire -------------------------------------------------------------------------------------------

    def _call(self, method, path, body=None, headers=None):
        reused = self._usable()
        try:
            return self._exchange(method, path, body, headers)
        except (http.client.BadStatusLine, BrokenPipeError, ConnectionResetError):
            # A kept connection may have been closed in the very moment; the call was not served then.
            if not reused:
                raise
            return self._exchange(method, path, body, headers)

    def _exchange(self, method, path, body, headers):
        connection = self._connect()
        try:
            connection.request(method, PREFIX + path, body, {"User-Agent": USER_AGENT, **(headers or {})})
            response = connection.getresponse()
            answer = Answer(response)
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def _connect(self):
        if not self._usable():
            self.close()
            host, _, port = self._address.rpartition(":")
            self._connection = http.client.HTTPConnection(host, int(port), timeout=None)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return self._connection

    def _usable(self):
        """Whether the connection is open, as far as one can see: an idle one has only its end to read."""
        if self._connection is None:
            return False
        readable, _, _ = select.select([self._connection.sock], [], [], 0)
        return not readable


def _attempt(invocation):
    """The attempt's own id goes back where one came."""
    return {"Lambda-Runtime-Invocation-Id": invocation.invocation_id} if invocation.invocation_id else {}


def _fault_headers(fault):
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Function-Error-Type": fault.type_header,
    }
    if fault.cause is not None:
        headers["Lambda-Runtime-Function-XRay-Error-Cause"] = fault.cause
    return headers


def _trailers(fault):
    if fault is None:
        return b""
    body = base64.b64encode(fault.body).decode()
    lines = (
        f"Lambda-Runtime-Function-Error-Type: {fault.type_header}",
        f"Lambda-Runtime-Function-Error-Body: {body}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def parse(body):
    """A body as the JSON value it is."""
    return json.loads(body.decode("utf-8"))
