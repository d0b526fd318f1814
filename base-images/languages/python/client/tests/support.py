"""What tests share: the vectors, a Runtime API in this process, a client as a process of its own."""

import http.server
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

CLIENT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VECTORS = os.path.join(CLIENT, "..", "..", "..", "vectors")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def vectors(name):
    """The rows of a file that all clients read."""
    with open(os.path.join(VECTORS, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


class Post:
    """A request that came in with a body."""

    def __init__(self, path, headers, body, trailers):
        self.path = path
        self.headers = headers
        self.body = body
        self.trailers = trailers

    def json(self):
        return json.loads(self.body.decode("utf-8"))


class Api(http.server.ThreadingHTTPServer):
    """Hands out events, keeps what is posted. `next_statuses` and `post_statuses` are used up first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events = queue.Queue()
        self.posts = queue.Queue()
        self.next_statuses = []
        self.post_statuses = []
        self.gets = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.events.put(None)
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass  # clients that go away are part of the tests

    def give(self, event, request_id="id-1", **headers):
        """Queue an event: bytes as they are, else as JSON. Header names with _ for -, None leaves one out."""
        deadline = str(int(time.time() * 1000) + 30_000)
        named = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": deadline,
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
        }
        named.update({"Lambda-Runtime-" + name.replace("_", "-"): value for name, value in headers.items()})
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        self.events.put((body, {name: value for name, value in named.items() if value is not None}))

    def result(self, timeout=20):
        return self.posts.get(timeout=timeout)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.gets.append((time.monotonic(), self.path))
        if self.server.next_statuses:
            return self._answer(self.server.next_statuses.pop(0), b"{}", {})
        if self.path.endswith("/restore/next"):
            return self._answer(200, b"", {})
        given = self.server.events.get()
        if given is None:
            self.close_connection = True
            return None
        return self._answer(200, *given)

    def do_POST(self):
        trailers = {}
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                if not size:
                    break
                body += self.rfile.read(size)
                self.rfile.readline()
            while True:
                line = self.rfile.readline().strip()
                if not line:
                    break
                name, _, value = line.decode().partition(": ")
                trailers[name] = value
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.post_statuses.pop(0) if self.server.post_statuses else 202
        self.server.posts.put(Post(self.path, self.headers, body, trailers))
        self._answer(status, b'{"status":"OK"}\n', {})

    def _answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Client:
    """The client as a process, with a function of this source."""

    def __init__(self, api, source, handler="app.handler", **environment):
        self._folder = tempfile.TemporaryDirectory()
        for name, text in (source if isinstance(source, dict) else {"app.py": source}).items():
            path = os.path.join(self._folder.name, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(textwrap.dedent(text))
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        settings = {
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % api.server_address[1],
            "LAMBDA_TASK_ROOT": self._folder.name,
            "_HANDLER": handler,
            "AWS_LAMBDA_FUNCTION_NAME": "f",
        }
        command = [sys.executable, os.path.join(CLIENT, "bootstrap.py")]
        kept.update(settings)
        kept.update(environment)
        # Files, for a pipe that nobody reads stops a client that has much to say.
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, env=kept, cwd=self._folder.name, stdout=self._out, stderr=self._err)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self._out.close()
        self._err.close()
        self._folder.cleanup()

    def end(self, timeout=0.0):
        """Its exit status, output and errors; killed when it is not over by then."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.process.returncode, _content(self._out), _content(self._err)


def _content(file):
    file.seek(0)
    return file.read().decode("utf-8")


class Wire:
    """A server that plays a script: for each connection the answers, given one after the other to each request."""

    def __init__(self, *connections, piece=65536):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.requests = []
        self._piece = piece
        self._thread = threading.Thread(target=self._play, args=(connections,), daemon=True)
        self._thread.start()

    def _play(self, connections):
        for answers in connections:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # the test is over, and wanted no further connection
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for answer in answers:
                    self.requests.append(_read_request(sock))
                    for start in range(0, len(answer), self._piece):
                        sock.sendall(answer[start : start + self._piece])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._thread.join(5)


def _read_request(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    chunked = b"transfer-encoding: chunked" in head.lower()
    while len(body) < length or (chunked and not body.endswith((b"\r\n0\r\n\r\n", b"=\r\n\r\n"))):
        if chunked and body == b"0\r\n\r\n":
            break
        more = sock.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body
