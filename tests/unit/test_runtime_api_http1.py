"""The request parser: same events however the bytes are cut, and every violation in words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambda_image.runtime_api.http1 import Head, RequestParser

GET = b"GET /a HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\n\r\n"
POST = b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
    b'5;name="v"\r\nhello\r\n1\r\n!\r\n0\r\nX-T: end\r\n\r\n'
)


class Collector:
    """Joins what the parser tells into whole requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, bytes, tuple[tuple[str, str], ...]]] = []
        self.notes: tuple[str, ...] = ()
        self.violations: tuple[str, ...] = ()
        self.pieces: list[bytes] = []
        self._head: Head | None = None

    def on_request(self, head: Head, body: bytes) -> None:
        self.on_head(head)
        self.on_data(body)
        self.on_end(())

    def on_head(self, head: Head) -> None:
        self._head = head
        self.notes += head.notes
        self.pieces = []

    def on_data(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def on_end(self, trailers: tuple[tuple[str, str], ...]) -> None:
        assert self._head is not None
        self.requests.append((self._head.method, self._head.target, b"".join(self.pieces), trailers))

    def on_violation(self, head: Head | None, violations: tuple[str, ...]) -> None:
        self.violations += violations


def parse(*pieces: bytes) -> Collector:
    sink = Collector()
    parser = RequestParser(sink)
    for piece in pieces:
        parser.receive(piece)
        while parser.advance():
            pass
    return sink


EXPECTED = [
    ("GET", "/a", b"", ()),
    ("POST", "/b", b"hello", ()),
    ("POST", "/c", b"hello!", (("X-T", "end"),)),
    ("GET", "/a", b"", ()),
]


@given(st.lists(st.integers(1, 40), max_size=60))
def test_requests_are_the_same_however_the_bytes_are_cut(sizes: list[int]) -> None:
    """Pipelined requests of all framings, cut anywhere."""
    rest = GET + POST + CHUNKED + GET
    pieces = []
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    sink = parse(*pieces, rest)
    assert sink.requests == EXPECTED
    assert sink.violations == ()
    assert sink.notes == ()


def test_one_byte_at_a_time() -> None:
    """The finest cut there is."""
    stream = GET + POST + CHUNKED + GET
    assert parse(*(stream[at : at + 1] for at in range(len(stream)))).requests == EXPECTED


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    """Whatever comes ends in requests, a violation, or more to come."""
    parse(data)
    parse(GET[:30] + data)
    parse(CHUNKED[:90] + data)


VIOLATIONS = [
    (b"GET /a HTTP/1.1\nHost: h\n\n", "LF without CR"),
    (b"GET /a HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", "LF without CR"),
    (b"GET /a HTTP/1.1\r\nUser-Agent: x\r\n\r\n", "no Host"),
    (b"GET /a HTTP/1.1\r\n\r\n", "no Host"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "more than one Host"),
    (b"GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", "is no host"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", "obs-fold"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n", "whitespace before the colon"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX(y): a\r\n\r\n", "not a token"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", "no colon"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n", "byte 0x00"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\x7fb\r\n\r\n", "byte 0x7f"),
    (b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", "byte 0x0d"),
    (b"GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", "one space"),
    (b"GET /a HTTP/2.0\r\nHost: h\r\n\r\n", "version 2.0"),
    (b"GET /a\r\nHost: h\r\n\r\n", "one space"),
    (b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "both"),
    (b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "more than one Content-Length"),
    (b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", "no number"),
    (b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "not chunked"),
    (CHUNKED.replace(b"\r\nhello\r\n", b"\r\nhello"), "a chunk's data should end"),
    (CHUNKED.replace(b"1\r\n!", b"1\n!"), "LF without CR"),
    (CHUNKED.replace(b"1\r\n!", b"zz\r\n!"), "no chunk size"),
    (CHUNKED.replace(b"X-T: end", b"X-T end"), "no colon"),
]


@pytest.mark.parametrize(("stream", "words"), VIOLATIONS, ids=[words for _, words in VIOLATIONS])
def test_violation_is_told_in_words_with_its_section(stream: bytes, words: str) -> None:
    """In one piece and byte by byte; nothing is told after it."""
    for sink in (parse(stream + GET), parse(*(bytes([byte]) for byte in stream + GET))):
        assert words in " ".join(sink.violations)
        assert "RFC 91" in sink.violations[0]
        assert sink.requests == []


def test_what_a_server_may_put_up_with_is_noted_and_served() -> None:
    """An empty line in front, HTTP/1.0, an absolute target."""
    sink = parse(b"\r\n", GET, b"GET http://h/a HTTP/1.0\r\nHost: h\r\n\r\n")
    assert [request[:2] for request in sink.requests] == [("GET", "/a"), ("GET", "http://h/a")]
    text = " ".join(sink.notes)
    assert "empty line" in text
    assert "HTTP version 1.0" in text
    assert "not a path" in text


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_six_mebibytes_in_small_pieces_take_linear_time(framing: str) -> None:
    """Twelve thousand pieces; a parser that copies what it has each time would need minutes."""
    size, step = 6 * 1024 * 1024, 512
    if framing == "length":
        stream = b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
    else:
        chunk = b"200\r\n" + bytes(512) + b"\r\n"
        stream = CHUNKED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + chunk * (size // 512) + b"0\r\n\r\n"
    start = time.perf_counter()
    sink = parse(*(stream[at : at + step] for at in range(0, len(stream), step)))
    assert len(sink.requests[0][2]) == size
    assert time.perf_counter() - start < 5


def test_many_chunks_in_one_piece_take_linear_time() -> None:
    """A quarter of a million one-byte chunks at once."""
    head = CHUNKED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    start = time.perf_counter()
    assert len(parse(head + b"1\r\nx\r\n" * 250_000 + b"0\r\n\r\n").requests[0][2]) == 250_000
    assert time.perf_counter() - start < 5


def test_long_head_byte_by_byte_takes_linear_time() -> None:
    """A header of 200 KiB, as an X-Ray cause may be."""
    stream = GET[:-2] + b"X: " + b"y" * 200_000 + b"\r\n\r\n"
    start = time.perf_counter()
    assert len(parse(*(stream[at : at + 1] for at in range(len(stream)))).requests) == 1
    assert time.perf_counter() - start < 5
