"""How much a stranger may say at once: messages that are too long are refused by their head, before they are read."""

from __future__ import annotations

from urllib.parse import unquote

import uvicorn.config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LONGEST = 4_096
"""Characters in a message to the live route."""
STREAM = "/_stcore/stream"
LARGEST = 8 << 20
"""Bytes of a message to the pages, which carries what their forms hold; files come another way."""


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's, with a limit for each route: few bytes for the live route, never compressed."""

    limited = False

    def data_received(self, data: bytes) -> None:
        """What came in; the first of it is the whole request."""
        if not self.limited:
            self.limited = True
            self._limit_size(data)
        super().data_received(data)

    def _limit_size(self, request: bytes) -> None:
        """Before anything is parsed, for the limit of a message is taken when the one before it has ended."""
        path = unquote(request.split(b" ", 2)[1].partition(b"?")[0].decode("latin-1")) if b" " in request else ""
        most = LARGEST if path.rstrip("/").endswith(STREAM) else 4 * LONGEST
        self.conn.max_message_size = min(most, self.conn.max_message_size or most)
        self.conn.available_extensions = []

    def handle_ping(self) -> None:
        """Answer a ping, unless answers are not fetched."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()


def install() -> None:
    """Make uvicorn use this protocol for WebSockets, whoever starts it."""
    uvicorn.config.WS_PROTOCOLS["websockets-sansio"] = f"{__name__}:{Protocol.__name__}"
