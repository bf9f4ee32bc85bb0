"""One viewer: a bounded queue. Who cannot follow is sent one snapshot instead of everything that was missed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from engine.live.messages import Packet

MOST_MESSAGES = 120
MOST_BYTES = 8 << 20
MOST_REPLIES = 20


class Viewer:
    """Queue of one WebSocket."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.wants_snapshot = True
        self.ended = False
        self.lags = 0
        self._queue: deque[Packet] = deque()
        self._replies: deque[Packet] = deque()
        self._bytes = 0
        self._lagging = False
        self._news = asyncio.Event()

    def offer(self, messages: Sequence[Packet]) -> None:
        """Queue messages, but none while a snapshot is due; with too many queued, drop them: a snapshot is due then."""
        if self.wants_snapshot or self._lagging:
            return
        self._queue.extend(messages)
        self._bytes += sum(map(len, messages))
        if len(self._queue) > MOST_MESSAGES or self._bytes > MOST_BYTES:
            # Old frames are of no use to one who is behind: a snapshot shows where the run is now.
            self._clear()
            self._lagging = True
            self.lags += 1
        self._news.set()

    def restart(self, snapshot: Sequence[Packet]) -> None:
        """Replace whatever is queued by a snapshot of the whole run."""
        self._clear()
        self._queue.extend(snapshot)  # not counted: it is as long as it is
        self.wants_snapshot = self._lagging = False
        self._news.set()

    def request_snapshot(self) -> None:
        self._clear()
        self.wants_snapshot = True

    def reply(self, message: Packet) -> None:
        """Queue a message for this viewer alone."""
        self._replies.append(message)
        self._news.set()

    async def drain_replies(self) -> None:
        """Wait until nearly all replies are sent: a viewer that fetches none may ask for no more."""
        while len(self._replies) > MOST_REPLIES:
            await asyncio.sleep(0.1)

    def end(self) -> None:
        """End the stream once the queue is empty."""
        self.ended = True
        self._news.set()

    async def next(self) -> Packet | None:
        """The next message to send; None when the run is no more. To be called when the one before has been sent."""
        while not self._queue and not self._replies:
            if self._lagging:  # the line is free again: start over from where the run is now
                self._lagging = False
                self.request_snapshot()
            if self.ended:
                return None
            self._news.clear()
            await self._news.wait()
        if self._replies:
            return self._replies.popleft()
        message = self._queue.popleft()
        self._bytes = max(0, self._bytes - len(message))
        return message

    def _clear(self) -> None:
        self._queue.clear()
        self._bytes = 0
