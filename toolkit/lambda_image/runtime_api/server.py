"""The server: one loop thread that owns every listener and connection of every environment and frontend."""

from __future__ import annotations

import contextlib
import socket
from selectors import EVENT_READ
from typing import TYPE_CHECKING, Self, Unpack

from lambda_image.runtime_api.environment import Environment, Options
from lambda_image.runtime_api.frontend import CallerConnection, Frontend, FrontendSettings
from lambda_image.runtime_api.loop import Loop
from lambda_image.runtime_api.session import RuntimeConnection

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from lambda_image.runtime_api.channel import Channel

_BACKLOG = 512


class Server:
    """Runtime APIs for any number of execution environments. Use it as a context manager, from any thread."""

    def __init__(self) -> None:
        self._loop = Loop("lambda-image runtime API")
        self._closers: list[Callable[[], None]] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except RuntimeError:
            if error is None:
                raise

    def environment(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        listener: socket.socket | None = None,
        **options: Unpack[Options],
    ) -> Environment:
        """A new execution environment with a listener of its own; port 0 takes any free one.

        A listener that is given was opened elsewhere, in another network say; the server closes it from now on.
        """
        if listener is None:
            listener = _listen(host, port)
        environment = Environment(self._loop, listener, options)
        self._closers.append(environment._shut)
        core = environment._core
        self._accept(listener, lambda sock: RuntimeConnection(core, sock))
        return environment

    def detached(self, **options: Unpack[Options]) -> Environment:
        """A new execution environment without a listener: its connections come by `adopt`."""
        environment = Environment(self._loop, None, options)
        self._closers.append(environment._shut)
        return environment

    def adopt(self, environment: Environment, sock: socket.socket) -> None:
        """Take a connected socket as a connection that a runtime opened. The server closes it from now on."""

        def take() -> None:
            core = environment._core
            with core.lock:
                if core.closed:
                    sock.close()
                    return
                RuntimeConnection(core, sock)
                core.notify()

        self._loop.call_and_wait(take)

    def frontend(
        self,
        environment: Environment,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        settings: FrontendSettings | None = None,
    ) -> Frontend:
        """Lambda's Invoke API in front of an environment."""
        listener = _listen(host, port)
        core = environment._core
        channels: set[Channel] = set()
        chosen = settings or FrontendSettings()

        def shut() -> None:
            self._loop.forget(listener)
            listener.close()
            with core.lock:
                for channel in list(channels):
                    channel.close("server")

        self._closers.append(shut)
        self._accept(listener, lambda sock: CallerConnection(core, sock, chosen, channels))
        return Frontend(self._loop, listener, shut)

    def close(self) -> None:
        """Close everything and end the thread; a bug met on the loop is raised here."""
        if self._closed:
            return
        self._closed = True

        def close_all() -> None:
            for closer in self._closers:
                closer()

        self._loop.stop(close_all)
        if self._loop.failure is not None:
            raise RuntimeError("the Runtime API server met a bug of its own") from self._loop.failure

    def _accept(self, listener: socket.socket, take: Callable[[socket.socket], Channel]) -> None:
        def ready(_events: int) -> None:
            # the client may be gone again, or descriptors may be short: neither ends the listener
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    channel = take(sock)
                    with channel.lock:
                        channel.on_idle()

        listener.setblocking(False)
        self._loop.call_and_wait(lambda: self._loop.watch(listener, EVENT_READ, ready))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
