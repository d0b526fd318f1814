"""One connection: a socket, its parser, and the bytes still to be sent. Lives on the loop's thread alone.

Requests of a connection are answered one after another: while one is unanswered (`busy`) the next stays in
the parser, but the socket is still read, so that a client that has gone is noticed at once.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections import deque
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING

from lambda_image.runtime_api.http1 import RequestParser

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lambda_image.runtime_api.http1 import Head
    from lambda_image.runtime_api.loop import Loop, Timer
    from lambda_image.runtime_api.model import ClosedBy, Headers

READ_SIZE = 256 * 1024
SMALL_READ = 4096
_SMALL_BUFFER = 128 * 1024
"""Not smaller: a segment on the loopback interface holds 64 KiB, and a window below that crawls."""
_PIPELINE_LIMIT = 1024 * 1024
_LINGER_SECONDS = 1.0
_RESET = struct.pack("ii", 1, 0)


class Channel:
    """Transport of one connection; a subclass says what its requests mean."""

    def __init__(self, loop: Loop, sock: socket.socket, lock: threading.RLock, number: int) -> None:
        self.loop = loop
        self.sock = sock
        self.lock = lock
        self.number = number
        self.opened = time.monotonic()
        self.closed: float | None = None
        self.closed_by: ClosedBy | None = None
        self.exchanges = 0
        self.busy = False
        self.read_size = READ_SIZE
        self.parser = RequestParser(self)
        self._eof = False
        self._ending = False
        self._paused = False
        self._out: deque[memoryview] = deque()
        self._pace = 0.0
        self._mask = EVENT_READ
        self._timers: list[Timer] = []
        sock.setblocking(False)
        with contextlib.suppress(OSError):  # not TCP: a pair of sockets in a test, or a relay's
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.watch(sock, EVENT_READ, self.ready)

    # what a subclass says

    def on_request(self, head: Head, body: bytes) -> None:
        """Tell of a request that was there as a whole."""
        self.on_head(head)
        if body:
            self.on_data(body)
        if self.closed is None:
            self.on_end(())

    def on_head(self, head: Head) -> None:
        """Tell that request line and headers are in."""
        raise NotImplementedError

    def on_data(self, piece: bytes) -> None:
        """Tell of some bytes of the body."""
        raise NotImplementedError

    def on_end(self, trailers: Headers) -> None:
        """Tell that the request is complete."""
        raise NotImplementedError

    def on_violation(self, head: Head | None, violations: tuple[str, ...]) -> None:
        """Tell that no sense can be made of the connection any more."""
        raise NotImplementedError

    def on_sent(self) -> None:
        """Tell that the answer's last byte is with the kernel."""

    def on_closed(self) -> None:
        """Tell that the connection is gone."""

    def on_idle(self) -> None:
        """Tell that a batch of events is through, still under the lock."""

    # reading

    def ready(self, events: int) -> None:
        """Act on what the selector saw."""
        with self.lock:
            if events & EVENT_READ and self.closed is None:
                try:
                    data = self.sock.recv(self.read_size)
                except BlockingIOError:
                    pass
                except OSError:
                    self.close("client-reset")
                else:
                    self._received(data)
            if events & EVENT_WRITE and self.closed is None:
                self._flush()
            self.on_idle()

    def _received(self, data: bytes) -> None:
        if not data:
            self._at_end()
        elif not self._ending:
            parser = self.parser
            parser.receive(data)
            if not self.busy:
                self.advance()
            elif len(parser.buffer) > _PIPELINE_LIMIT:
                self._watch(self._mask & ~EVENT_READ)

    def advance(self) -> None:
        """Parse on until a request waits for its answer or the bytes are used up."""
        parser = self.parser
        while parser.advance() and parser.buffer:
            if self.busy or self._ending:
                return

    def _go_on(self) -> None:
        if not self.busy and not self._ending:
            self.advance()

    def _at_end(self) -> None:
        """FIN: an answer under way still goes out, but nothing new is begun for a client that has gone."""
        self._eof = True
        if self.busy and self.answering and not self._ending:
            self._watch(self._mask & ~EVENT_READ)
        else:
            self.close("server" if self._ending else "client")

    @property
    def answering(self) -> bool:
        """Whether the pending request is still to be answered although the client has sent FIN."""
        return bool(self._out)

    def pause_reading(self, seconds: float) -> None:
        """Read nothing for a while."""
        self._paused = True
        self._watch(self._mask & ~EVENT_READ)
        self.later(seconds, self._resume_reading)

    def _resume_reading(self) -> None:
        self._paused = False
        self._watch(self._mask | EVENT_READ)

    def shrink_buffer(self) -> None:
        """Let the kernel take little ahead of us, so that the client feels a slow reader."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)

    # writing

    def send(self, data: bytes, *, close: bool = False) -> None:
        """Send the answer to the pending request; `close`: that was the last."""
        if self.closed is not None:
            return
        self._ending = self._ending or close
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close("client-reset")
            return
        if sent == len(data):
            self._sent()
        else:
            self._out.append(memoryview(data)[sent:])
            self._watch(self._mask | EVENT_WRITE)

    def send_split(self, data: bytes, size: int, pause: float, *, close: bool = False) -> None:
        """Send it `size` bytes a segment, with a pause between."""
        self._ending = self._ending or close
        view = memoryview(data)
        self._out.extend(view[at : at + size] for at in range(0, len(view), max(1, size)))
        self._pace = pause
        self._flush()

    def _flush(self) -> None:
        out = self._out
        try:
            while out:
                sent = self.sock.send(out[0])
                if sent < len(out[0]):
                    out[0] = out[0][sent:]
                else:
                    out.popleft()
                if self._pace and out:
                    self._watch(self._mask & ~EVENT_WRITE)
                    self.later(self._pace, self._flush)
                    return
        except BlockingIOError:
            self._watch(self._mask | EVENT_WRITE)
            return
        except OSError:
            self.close("client-reset")
            return
        self._watch(self._mask & ~EVENT_WRITE)
        self._sent()

    def _sent(self) -> None:
        self._pace = 0.0
        self.busy = False
        self.on_sent()
        if self.closed is not None:
            return
        if self._eof:
            self.close("client")
        elif self._ending:
            self._linger()
        else:
            if not self._mask & EVENT_READ and not self._paused:
                self._watch(self._mask | EVENT_READ)
            if self.parser.buffer:
                self.later(0, self._go_on)

    # ending

    def _linger(self) -> None:
        """Close without destroying the answer: unread bytes would turn the FIN into a reset."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
        self._watch(EVENT_READ)
        self.later(_LINGER_SECONDS, lambda: self.close("server"))

    def close(self, by: ClosedBy, *, reset: bool = False) -> None:
        """End the connection now."""
        if self.closed is not None:
            return
        self.closed = time.monotonic()
        self.closed_by = by
        self.parser.stop()
        self._out.clear()
        for timer in self._timers:
            timer.cancel()
        self.loop.forget(self.sock)
        if reset:
            with contextlib.suppress(OSError):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.sock.close()
        self.on_closed()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Act in a while, under the lock, unless the connection has gone by then."""

        def act() -> None:
            with self.lock:
                if self.closed is None:
                    action()
                self.on_idle()

        self._timers = [timer for timer in self._timers if timer.action is not None]
        self._timers.append(self.loop.after(seconds, act))

    def _watch(self, mask: int) -> None:
        if mask == self._mask:
            return
        if mask:
            self.loop.watch(self.sock, mask, self.ready)
        else:
            self.loop.forget(self.sock)
        self._mask = mask
