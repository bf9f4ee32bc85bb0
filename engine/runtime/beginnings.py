"""Beginnings of runs: whoever waits for the next one is told when it is on the disk, and need not look often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path


class Beginnings:
    """Counts the workers whose first report is stored. Lives in the supervisor's event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def announce(self) -> None:
        """One more has begun."""
        self.count += 1
        self._next.set()
        # Not `clear()`: whoever waits for the old event has been woken and must not be held again.
        self._next = asyncio.Event()

    async def wait(self, known: int) -> int:
        """The count, as soon as it is another than the known one."""
        if known == self.count:
            await self._next.wait()
        return self.count


async def follow(supervisor: Path, see: Callable[[], None]) -> None:
    """Call `see` at each beginning, over a connection of its own to the supervisor's socket.

    Raises: OSError when nobody listens there any more, KeyError when whoever does knows nothing of beginnings.
    """
    reader, writer = await asyncio.open_unix_connection(str(supervisor))
    # No count is negative, so the first answer comes at once: what began before is seen too.
    known = -1
    try:
        while True:
            writer.write(json.dumps({"id": 0, "do": "await_beginning", "known": known}).encode() + b"\n")
            if not (line := await reader.readline()):
                raise ConnectionResetError
            known = json.loads(line)["ok"]["count"]
            see()
    finally:
        writer.close()
