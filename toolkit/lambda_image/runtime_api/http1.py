"""A strict HTTP/1.1 request parser without I/O (RFC 9112): bytes go in, calls on a sink come out.

A lenient parser would hide what a client does wrong. This one tells it in words, with the section: what the
RFC lets a server put up with is noted and served, anything else ends the connection with 400.

Parsing a header block is a pure function of its bytes, and clients send nearly the same block every time:
`parse_fields` remembers the last blocks. That is the fast path, and there is no second parser for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lambda_image.runtime_api.model import Framing, Headers

HEAD_LIMIT = 4 * 1024 * 1024
LINE_LIMIT = 16 * 1024
_CACHED_BLOCK = 4096

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
    notes: tuple[str, ...] = ()
    fatal: tuple[str, ...] = ()


@dataclass(slots=True)
class Head:
    """Request line and header block of one request; violations that are served all the same are notes."""

    method: str
    target: str
    fields: Fields
    keep_alive: bool
    notes: tuple[str, ...]


class Sink(Protocol):
    """What the parser tells: a head, any number of body pieces, an end; or a violation and then nothing."""

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

    __slots__ = ("_buffer", "_left", "_note", "_scanned", "_sink", "_stage")

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer: bytes | bytearray = b""
        self._scanned = 0
        self._left = 0
        self._note: tuple[str, ...] = ()
        self._stage = _HEAD

    @property
    def pending(self) -> bool:
        """Whether there are bytes not yet looked at to the end."""
        return bool(self._buffer) and self._stage != _STOPPED

    @property
    def buffered(self) -> int:
        """How many bytes wait."""
        return len(self._buffer)

    @property
    def inside(self) -> bool:
        """Whether a message has begun and has not ended."""
        return self._stage not in (_HEAD, _STOPPED) or bool(self._buffer)

    def stop(self) -> None:
        """Tell nothing more, whatever is still buffered."""
        self._stage = _STOPPED
        self._buffer = b""

    def receive(self, data: bytes) -> None:
        """Take bytes as they came."""
        if not self._buffer:
            self._buffer = data
        elif isinstance(self._buffer, bytearray):
            self._buffer += data
        else:
            self._buffer = bytearray(self._buffer)
            self._buffer += data

    def advance(self) -> bool:
        """Tell the sink what the bytes hold, up to the end of one message; whether that end was reached."""
        while True:
            stage = self._stage
            if stage == _HEAD:
                if not self._head():
                    return False
            elif stage == _BODY:
                if not self._body():
                    return False
            elif stage == _STOPPED or not self._chunked():
                return False
            if self._stage == _ENDED:
                self._stage = _HEAD
                return True

    # head

    def _head(self) -> bool:
        buffer = self._buffer
        if buffer[:2] == b"\r\n":
            self._note = ("an empty line before the request line (RFC 9112 2.2)",)
            self._consume(2)
            return bool(self._buffer)
        end = buffer.find(b"\r\n\r\n", self._scanned)
        if end < 0:
            return self._head_incomplete()
        line_end = buffer.find(b"\r\n", 0, end + 2)
        block = bytes(buffer[line_end + 2 : end + 2])
        line = bytes(buffer[:line_end])
        self._consume(end + 4)
        fields = parse_fields(block) if len(block) <= _CACHED_BLOCK else _parse_fields(block)
        matched = _REQUEST_LINE.fullmatch(line)
        if matched is None or fields.fatal:
            bad_line = (_bad_request_line(line),) if matched is None else ()
            return self._violation(_readable_head(line, fields), bad_line + fields.fatal)
        method, target, version = matched[1].decode(), matched[2].decode(), matched[3]
        notes = fields.notes
        keep_alive = fields.connection != "close"
        if version != b"1.1":
            if version != b"1.0":
                return self._violation(
                    _readable_head(line, fields),
                    (f"HTTP version {version.decode()} is not 1.1 (RFC 9112 2.3)",),
                )
            notes += ("HTTP version 1.0 where the API speaks 1.1 (RFC 9112 2.3)",)
            keep_alive = fields.connection == "keep-alive"
        if target[0] != "/":
            notes += ("request target is not a path: no proxy is spoken to here (RFC 9112 3.2.1)",)
        if self._note:
            notes += self._note
            self._note = ()
        self._scanned = 0
        self._left = fields.length
        self._stage = _BODY if fields.framing != "chunked" else _SIZE
        self._sink.on_head(Head(method, target, fields, keep_alive, notes))
        return True

    def _head_incomplete(self) -> bool:
        buffer = self._buffer
        if _BARE_LF.search(buffer, max(0, self._scanned - 1)):
            return self._violation(None, ("a line ends in LF without CR (RFC 9112 2.2)",))
        self._scanned = max(0, len(buffer) - 3)
        if len(buffer) > HEAD_LIMIT:
            return self._violation(None, (f"more than {HEAD_LIMIT} bytes of headers (RFC 9112 3)",))
        return False

    # body

    def _body(self) -> bool:
        left = self._left
        if left:
            buffer = self._buffer
            size = len(buffer)
            if not size:
                return False
            if size <= left:
                self._buffer = b""
                self._left = left - size
                self._sink.on_data(bytes(buffer))
                if size < left or self._stage == _STOPPED:
                    return False
            else:
                piece = bytes(buffer[:left])
                self._left = 0
                self._consume(left)
                self._sink.on_data(piece)
                if self._stage == _STOPPED:
                    return False
        self._stage = _ENDED
        self._sink.on_end(())
        return True

    def _chunked(self) -> bool:
        """Work through as many chunks as the buffer holds, cutting it once at the end."""
        at = 0
        buffer = self._buffer
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
        buffer = self._buffer
        if _BARE_LF.search(buffer):
            return self._violation(None, ("a line of the chunked body ends in LF without CR (RFC 9112 7.1)",))
        if self._stage == _DATA_END and buffer not in (b"", b"\r"):
            return self._violation(
                None, (f"{_shown(bytes(buffer[:8]))} where a chunk's data should end (RFC 9112 7.1)",)
            )
        if len(buffer) > LINE_LIMIT:
            return self._violation(
                None, (f"a chunk's size line is over {LINE_LIMIT} bytes (RFC 9112 7.1.1)",)
            )
        return False

    def _trailers(self, at: int) -> bool:
        self._consume(at)
        buffer = self._buffer
        if buffer[:2] == b"\r\n":
            end, block = 2, b""
        else:
            found = buffer.find(b"\r\n\r\n", self._scanned)
            if found < 0:
                self._scanned = max(0, len(buffer) - 3)
                if _BARE_LF.search(buffer):
                    return self._violation(None, ("a trailer line ends in LF without CR (RFC 9112 7.1.2)",))
                if len(buffer) > HEAD_LIMIT:
                    return self._violation(
                        None, (f"more than {HEAD_LIMIT} bytes of trailers (RFC 9112 7.1.2)",)
                    )
                return False
            end, block = found + 4, bytes(buffer[: found + 2])
        headers, problems = _split_fields(block)
        self._consume(end)
        if problems:
            return self._violation(None, tuple(problems))
        self._stage = _ENDED
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
        buffer = self._buffer
        if count >= len(buffer):
            self._buffer = b""
        elif isinstance(buffer, bytearray):
            del buffer[:count]
        else:
            self._buffer = buffer[count:]


_HEAD, _BODY, _SIZE, _DATA, _DATA_END, _TRAILERS, _ENDED, _STOPPED = range(8)


def _shown(line: bytes) -> str:
    return repr(line[:60])[1:]


def _readable_head(line: bytes, fields: Fields) -> Head:
    words = line.decode("latin-1").split(" ")
    return Head(words[0], words[1] if len(words) > 1 else "", fields, False, fields.notes)


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
