"""A strict HTTP/1.1 request parser without I/O (RFC 9112): bytes go in, calls on a sink come out.

A lenient parser would hide what a client does wrong. This one tells it in words, with the section: what the
RFC lets a server put up with is noted and served, anything else ends the connection with 400.

Parsing a header block is a pure function of its bytes, and clients send nearly the same block every time:
`parse_fields` remembers the last blocks. That is the fast path, and there is no second parser for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lambda_image.runtime_api.model import Framing, Headers

HEAD_LIMIT = 4 * 1024 * 1024
LINE_LIMIT = 16 * 1024
_CACHED_BLOCK = 4096
_HEADS_KEPT = 8
"""Of the first heads of a connection: what a client repeats is among them."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([\x21-\x7e]+) HTTP/(\d\.\d)")
_NAME = re.compile(_TOKEN)
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]+)(?::\d*)?")


@dataclass(slots=True)
class Fields:
    """A header block: the fields in order, and what they say about framing and connection."""

    headers: Headers
    values: dict[str, str]
    """Last value of each name, in lower case."""
    framing: Framing = "none"
    length: int = 0
    connection: str = ""
    fatal: tuple[str, ...] = ()


@dataclass(slots=True)
class Head:
    """Request line and header block of one request; violations that are served all the same are notes."""

    method: str
    target: str
    fields: Fields
    keep_alive: bool
    notes: tuple[str, ...]
    fatal: tuple[str, ...] = ()


class Sink(Protocol):
    """What the parser tells: head, pieces of body, end, or all at once; or a violation, then nothing."""

    def on_request(self, head: Head, body: bytes) -> None:
        """Tell of a request that was there as a whole: as if of its head, its body and its end."""

    def on_head(self, head: Head) -> None:
        """Tell that request line and headers are in."""

    def on_data(self, piece: bytes) -> None:
        """Tell of some bytes of the body, without any framing."""

    def on_end(self, trailers: Headers) -> None:
        """Tell that the request is complete."""

    def on_violation(self, head: Head | None, violations: tuple[str, ...]) -> None:
        """Tell that no sense can be made of the connection any more."""


class RequestParser:
    """Parses the requests of one connection; `advance` stops after each: pipelined ones wait their turn."""

    __slots__ = ("_known", "_left", "_note", "_scanned", "_sink", "_skipped", "_stage", "buffer")

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.buffer: bytes | bytearray = b""
        self._known: dict[bytes, Head] = {}
        self._skipped = False
        self._scanned = 0
        self._left = 0
        self._note: tuple[str, ...] = ()
        self._stage = _HEAD

    @property
    def inside(self) -> bool:
        """Whether a message has begun and has not ended."""
        return self._stage not in (_HEAD, _STOPPED) or bool(self.buffer)

    def stop(self) -> None:
        """Tell nothing more, whatever is still buffered."""
        self._stage = _STOPPED
        self.buffer = b""

    def receive(self, data: bytes) -> None:
        """Take bytes as they came."""
        if not self.buffer:
            self.buffer = data
        elif isinstance(self.buffer, bytearray):
            self.buffer += data
        else:
            self.buffer = bytearray(self.buffer)
            self.buffer += data

    def advance(self) -> bool:
        """Tell the sink what the bytes hold, up to the end of one message; whether that end was reached."""
        while True:
            stage = self._stage
            if stage == _HEAD:
                if self._head():
                    return True
                if self._stage == _HEAD and not (self._skipped and self.buffer):
                    return False
                self._skipped = False
            elif stage == _BODY:
                return self._body()
            elif stage == _STOPPED:
                return False
            else:
                return self._chunked()

    # head

    def _head(self) -> bool:
        """Parse a head; whether the whole request was there with it."""
        buffer = self.buffer
        end = buffer.find(b"\r\n\r\n", self._scanned)
        if end <= 0:
            return self._skip_line() if buffer[:2] == b"\r\n" else self._head_incomplete()
        raw = bytes(buffer[:end])
        head = self._known.get(raw)
        if head is None:
            if raw[:2] == b"\r\n":
                return self._skip_line()
            head = parse_head(raw)
            if head.fatal:
                return self._violation(head, head.fatal)
            if len(self._known) < _HEADS_KEPT and end <= _CACHED_BLOCK:
                self._known[raw] = head
        if self._note:
            head = replace(head, notes=head.notes + self._note)
            self._note = ()
        return self._framed(head, end + 4)

    def _framed(self, head: Head, start: int) -> bool:
        fields = head.fields
        buffer = self.buffer
        if fields.framing == "chunked":
            self._stage = _SIZE
        else:
            stop = start + fields.length
            if len(buffer) >= stop:
                body = bytes(buffer[start:stop])
                self._consume(stop)
                self._sink.on_request(head, body)
                return True
            self._stage = _BODY
            self._left = fields.length
        self._consume(start)
        self._sink.on_head(head)
        return False

    def _skip_line(self) -> bool:
        self._note = ("an empty line before the request line (RFC 9112 2.2)",)
        self._skipped = True
        self._consume(2)
        return False

    def _head_incomplete(self) -> bool:
        buffer = self.buffer
        if _BARE_LF.search(buffer, max(0, self._scanned - 1)):
            return self._violation(None, ("a line ends in LF without CR (RFC 9112 2.2)",))
        self._scanned = max(0, len(buffer) - 3)
        if len(buffer) > HEAD_LIMIT:
            return self._violation(None, (f"more than {HEAD_LIMIT} bytes of headers (RFC 9112 3)",))
        return False

    # body

    def _body(self) -> bool:
        piece = bytes(self.buffer[: self._left])
        if not piece:
            return False
        self._left -= len(piece)
        self._consume(len(piece))
        self._sink.on_data(piece)
        if self._left or self._stage == _STOPPED:
            return False
        self._stage = _HEAD
        self._sink.on_end(())
        return True

    def _chunked(self) -> bool:
        """Work through as many chunks as the buffer holds, cutting it once at the end."""
        at = 0
        buffer = self.buffer
        size = len(buffer)
        while at < size:
            if self._stage == _DATA:
                piece = bytes(buffer[at : at + self._left])
                at += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._stage = _DATA_END
                self._sink.on_data(piece)
                if self._stage == _STOPPED:
                    return False
                continue
            if self._stage == _TRAILERS:
                return self._trailers(at)
            end = buffer.find(b"\r\n", at)
            if end < 0:
                return self._chunk_line_incomplete(at)
            problem = self._chunk_line(bytes(buffer[at:end]))
            if problem:
                return self._violation(None, (problem,))
            at = end + 2
        self._consume(at)
        return False

    def _chunk_line(self, line: bytes) -> str | None:
        if self._stage == _DATA_END:
            self._stage = _SIZE
            return f"{_shown(line)} where a chunk's data should end (RFC 9112 7.1)" if line else None
        matched = _CHUNK_LINE.fullmatch(line)
        if matched is None:
            if b"\n" in line:
                return "a line of the chunked body ends in LF without CR (RFC 9112 7.1)"
            return f"{_shown(line)} is no chunk size (RFC 9112 7.1)"
        self._left = int(matched[1], 16)
        self._stage = _DATA if self._left else _TRAILERS
        return None

    def _chunk_line_incomplete(self, at: int) -> bool:
        self._consume(at)
        buffer = self.buffer
        if _BARE_LF.search(buffer):
            return self._violation(None, ("a line of the chunked body ends in LF without CR (RFC 9112 7.1)",))
        if self._stage == _DATA_END and buffer not in (b"", b"\r"):
            return self._violation(
                None, (f"{_shown(bytes(buffer[:8]))} where a chunk's data should end (RFC 9112 7.1)",)
            )
        if len(buffer) > LINE_LIMIT:
            return self._violation(None, (f"a chunk's size line is over {LINE_LIMIT} bytes (RFC 9112 7.1.1)",))
        return False

    def _trailers(self, at: int) -> bool:
        self._consume(at)
        buffer = self.buffer
        if buffer[:2] == b"\r\n":
            end, block = 2, b""
        else:
            found = buffer.find(b"\r\n\r\n", self._scanned)
            if found < 0:
                self._scanned = max(0, len(buffer) - 3)
                if _BARE_LF.search(buffer):
                    return self._violation(None, ("a trailer line ends in LF without CR (RFC 9112 7.1.2)",))
                if len(buffer) > HEAD_LIMIT:
                    return self._violation(None, (f"more than {HEAD_LIMIT} bytes of trailers (RFC 9112 7.1.2)",))
                return False
            end, block = found + 4, bytes(buffer[: found + 2])
        headers, problems = _split_fields(block)
        self._consume(end)
        if problems:
            return self._violation(None, tuple(problems))
        self._stage = _HEAD
        self._sink.on_end(headers)
        return True

    def _violation(self, head: Head | None, violations: tuple[str, ...]) -> bool:
        self.stop()
        self._sink.on_violation(head, violations)
        return False

    def _consume(self, count: int) -> None:
        if not count:
            return
        self._scanned = 0
        buffer = self.buffer
        if count >= len(buffer):
            self.buffer = b""
        elif isinstance(buffer, bytearray):
            del buffer[:count]
        else:
            self.buffer = buffer[count:]


_HEAD, _BODY, _SIZE, _DATA, _DATA_END, _TRAILERS, _STOPPED = range(7)


def _shown(line: bytes) -> str:
    return repr(line[:60])[1:]


def parse_head(raw: bytes) -> Head:
    """Request line and header block, without the empty line that ends them."""
    line, _, block = raw.partition(b"\r\n")
    if block:
        block += b"\r\n"
    fields = parse_fields(block) if len(block) <= _CACHED_BLOCK else _parse_fields(block)
    matched = _REQUEST_LINE.fullmatch(line)
    if matched is None:
        words = line.decode("latin-1").split(" ")
        target = words[1] if len(words) > 1 else ""
        return Head(words[0], target, fields, False, (), (_bad_request_line(line), *fields.fatal))
    head = Head(matched[1].decode(), matched[2].decode(), fields, fields.connection != "close", (), fields.fatal)
    if matched[3] == b"1.0":
        head.notes = ("HTTP version 1.0 where the API speaks 1.1 (RFC 9112 2.3)",)
        head.keep_alive = fields.connection == "keep-alive"
    elif matched[3] != b"1.1":
        head.fatal += (f"HTTP version {matched[3].decode()} is not 1.1 (RFC 9112 2.3)",)
    if head.target[0] != "/":
        head.notes += ("request target is not a path: no proxy is spoken to here (RFC 9112 3.2.1)",)
    return head


def _bad_request_line(line: bytes) -> str:
    if b"\n" in line:
        return "a line ends in LF without CR (RFC 9112 2.2)"
    return f"request line {_shown(line)} is not method, one space, target, one space, version (RFC 9112 3)"


def _split_fields(block: bytes) -> tuple[Headers, list[str]]:
    headers: list[tuple[str, str]] = []
    problems: list[str] = []
    if not block:
        return (), problems
    for line in block[:-2].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if b"\n" in line:
            problems.append("a line ends in LF without CR (RFC 9112 2.2)")
        elif line[:1] in (b" ", b"\t"):
            problems.append("a header goes on over two lines (obs-fold, RFC 9112 5.2)")
        elif not colon:
            problems.append(f"header line {_shown(line)} has no colon (RFC 9112 5)")
        elif not _NAME.fullmatch(name):
            where = "whitespace before the colon of" if name.rstrip() != name else "not a token:"
            problems.append(f"header name is {where} {_shown(name)} (RFC 9112 5.1)")
        elif bad := _BAD_VALUE.search(value):
            problems.append(f"byte 0x{bad[0][0]:02x} in the value of {name.decode()} (RFC 9110 5.5)")
        else:
            headers.append((name.decode(), value.strip(b" \t").decode("latin-1")))
    return tuple(headers), problems


def _parse_fields(block: bytes) -> Fields:
    headers, problems = _split_fields(block)
    fields = Fields(headers, {name.lower(): value for name, value in headers})
    problems += _host_problems([value for name, value in headers if name.lower() == "host"])
    problems += _framing(fields)
    fields.connection = fields.values.get("connection", "").lower()
    if "close" in (part.strip() for part in fields.connection.split(",")):
        fields.connection = "close"
    fields.fatal = tuple(dict.fromkeys(problems))
    return fields


parse_fields = lru_cache(maxsize=256)(_parse_fields)


def _host_problems(hosts: list[str]) -> list[str]:
    if not hosts:
        return ["no Host header (RFC 9112 3.2)"]
    if len(hosts) > 1:
        return ["more than one Host header (RFC 9112 3.2)"]
    if not _HOST.fullmatch(hosts[0]):
        return [f"Host {hosts[0]!r} is no host (RFC 9112 3.2)"]
    return []


def _framing(fields: Fields) -> list[str]:
    lengths = [value for name, value in fields.headers if name.lower() == "content-length"]
    codings = [value for name, value in fields.headers if name.lower() == "transfer-encoding"]
    problems = []
    if lengths and codings:
        problems.append("both Content-Length and Transfer-Encoding (RFC 9112 6.2)")
    if len(lengths) > 1:
        problems.append("more than one Content-Length (RFC 9112 6.3)")
    if codings:
        fields.framing = "chunked"
        if ", ".join(codings).lower() != "chunked":
            problems.append(f"Transfer-Encoding {', '.join(codings)!r} is not chunked (RFC 9112 6.1)")
    elif lengths:
        fields.framing = "content-length"
        if lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 16:
            fields.length = int(lengths[0])
        else:
            problems.append(f"Content-Length {lengths[0][:40]!r} is no number (RFC 9112 6.2)")
    return problems
