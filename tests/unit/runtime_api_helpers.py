"""A client by hand for the Runtime API tests: a raw socket, so that a test decides every byte."""

from __future__ import annotations

import socket
from dataclasses import dataclass

PREFIX = "/2018-06-01/runtime"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    names: tuple[str, ...]
    body: bytes
    raw: bytes


class RawClient:
    """One connection; sends bytes as given, reads one answer at a time."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address, timeout=5)
        self.buffer = b""

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def request(self, method: str, path: str, body: bytes | None = None, *headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: runtime", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    def next(self) -> Answer:
        self.request("GET", f"{PREFIX}/invocation/next")
        return self.answer()

    def post(self, path: str, body: bytes = b"null", *headers: str) -> Answer:
        self.request("POST", PREFIX + path, body, *headers)
        return self.answer()

    def answer(self) -> Answer:
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        status_line, *lines = head.decode().split("\r\n")
        pairs = [tuple(line.split(": ", 1)) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        self.buffer = rest
        body = self._chunked() if headers.get("transfer-encoding") == "chunked" else self._sized(headers)
        return Answer(int(status_line.split()[1]), headers, tuple(name for name, _ in pairs), body, head)

    def at_end(self) -> bool:
        """Whether the server has ended the connection, by FIN; a reset raises ConnectionResetError."""
        return not self.buffer and self.sock.recv(1) == b""

    def _sized(self, headers: dict[str, str]) -> bytes:
        size = int(headers.get("content-length", "0"))
        while len(self.buffer) < size:
            self._more()
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return body

    def _chunked(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                self._more()
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            size = int(line, 16)
            while len(self.buffer) < size + 2:
                self._more()
            body += self.buffer[:size]
            self.buffer = self.buffer[size + 2 :]
            if not size:
                return body

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError(f"the server closed; unread: {self.buffer!r}")
        self.buffer += data
