"""An exchange while it happens: changed on the loop's thread, handed out as frozen snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambda_image.runtime_api.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambda_image.runtime_api.faults import Treatment
    from lambda_image.runtime_api.http1 import Head
    from lambda_image.runtime_api.model import Headers, Route

PIECES_KEPT = 10_000
_SHOWN_WHILE_ARRIVING = 64 * 1024


class Record:
    """One request and its answer, so far."""

    # class attributes are the defaults: most exchanges never set most of them
    body: bytes | bytearray = b""
    size = 0
    pieces: Sequence[tuple[float, int]] = ()
    trailers: Headers = ()
    completed: float | None = None
    aborted: float | None = None
    status: int | None = None
    answered: float | None = None
    refused: str | None = None
    faults: tuple[str, ...] = ()
    treatment: Treatment | None = None
    _frozen: Exchange | None = None

    def __init__(
        self,
        number: int,
        connection: int,
        route: Route,
        request_id: str | None,
        head: Head | None,
        started: float,
    ) -> None:
        self.number = number
        self.connection = connection
        self.route = route
        self.request_id = request_id
        self.head = head
        self.started = started
        self.violations: tuple[str, ...] = head.notes if head is not None else ()

    def header(self, name: str) -> str | None:
        """The value of a request header."""
        return self.head.fields.values.get(name.lower()) if self.head is not None else None

    def add(self, piece: bytes) -> None:
        """Keep bytes of the body; one piece is kept as it is, more are gathered in one growing buffer."""
        if not self.size:
            self.body = piece
        elif isinstance(self.body, bytearray):
            self.body += piece
        else:
            self.body = bytearray(self.body)
            self.body += piece
        self.size += len(piece)

    def arrived(self, now: float, size: int) -> None:
        """Keep when bytes came; past a number of pieces only the last one grows."""
        pieces = self.pieces
        if not isinstance(pieces, list):
            self.pieces = [(now, size)]
        elif len(pieces) < PIECES_KEPT:
            pieces.append((now, size))
        else:
            pieces[-1] = (now, pieces[-1][1] + size)

    def complete(self, now: float, trailers: Headers) -> None:
        """The request is in."""
        self.completed = now
        self.trailers = trailers
        if isinstance(self.body, bytearray):
            self.body = bytes(self.body)

    def snapshot(self) -> Exchange:
        """The exchange as it stands; the same object once nothing more can happen."""
        if self._frozen is not None:
            return self._frozen
        head = self.head
        over = self.completed is not None or self.aborted is not None
        exchange = Exchange(
            number=self.number,
            connection=self.connection,
            route=self.route,
            request_id=self.request_id,
            method=head.method if head else "",
            target=head.target if head else "",
            headers=head.fields.headers if head else (),
            body=bytes(self.body if over else self.body[:_SHOWN_WHILE_ARRIVING]),
            trailers=self.trailers,
            framing=head.fields.framing if head else "none",
            pieces=tuple(self.pieces),
            violations=self.violations,
            started=self.started,
            completed=self.completed,
            status=self.status,
            answered=self.answered,
            fault="; ".join(self.faults) or None,
            refused=self.refused,
            size=self.size,
            aborted=self.aborted,
        )
        if self.answered is not None or self.aborted is not None:
            self._frozen = exchange
        return exchange
