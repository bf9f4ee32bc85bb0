"""One process of the worker pool and the line to it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

from engine import wire

JOIN_SECONDS = 5.0


@dataclass
class RunProcess:
    """A process that works on one run."""

    run: str
    process: BaseProcess
    writer: asyncio.StreamWriter
    pid: int | None
    reading: asyncio.Task[None] | None = None
    in_session: bool = False
    """It has said something, and so is in a session of its own."""
    finishing: bool = False
    """It ends by itself and need not be killed."""

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; that a process is gone is noticed by its reader."""
        if not self.writer.is_closing():
            self.writer.write(wire.pack(message))

    def kill(self) -> None:
        """Kill the process, unless it has ended already."""
        with contextlib.suppress(ValueError):  # closed by `wait`
            self.process.kill()

    def wait(self) -> None:
        """Wait until the process has ended; kill it at once if it does not end by itself. Blocks: for a thread."""
        if not self.finishing:
            self.process.kill()
        self.process.join(JOIN_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()
