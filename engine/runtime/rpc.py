"""The supervisor's side of its clients' requests: lines of JSON, many under way on one connection."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.errors import PlaygroundError
from engine.message import Message
from engine.runtime.request_ticket import LATE

journal = logging.getLogger("fleet")


class RpcServer:
    """Takes requests `{"id", "do", …}` and answers `{"id", "ok"}` or `{"id", "error": sentence}`, in any order."""

    def __init__(self, answers: Mapping[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]) -> None:
        self.answers = answers
        self.clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, as long as it stays."""
        self.clients.add(writer)
        try:
            while line := await reader.readline():
                task = asyncio.create_task(self._answer(line, writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (ConnectionError, ValueError):  # gone, or a line without end
            pass
        finally:
            self.clients.discard(writer)
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        answer: dict[str, Any] = {"id": None}
        try:
            request = json.loads(line)
            answer["id"] = request.get("id")
            if time.monotonic() > request.get("until", float("inf")):
                raise PlaygroundError(LATE)  # whoever asked has given up
            answer["ok"] = await self.answers[request["do"]](request)
        except PlaygroundError as error:
            answer["error"] = error.message.plain()
        except Exception as error:
            journal.exception("a request failed")
            failed = Message(
                "The training engine could not do that ({error}); its log says more.", error=type(error).__name__
            )
            answer["error"] = failed.plain()
        if not writer.is_closing():
            writer.write(json.dumps(answer).encode() + b"\n")

    def hang_up(self) -> None:
        """Let the clients know that nobody is here any more."""
        for writer in list(self.clients):
            writer.close()
