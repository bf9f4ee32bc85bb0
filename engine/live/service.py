"""The live service of one server process: the hub, and a line to the supervisor that is kept."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from engine.errors import PlaygroundError
from engine.live.hub import Hub
from engine.live.route import serve
from engine.runtime import beginnings
from engine.runtime.client import Fleet

WATCH_SECONDS = 2.0
RESTARTING = 1012

journal = logging.getLogger("live")


class Live:
    """What an ASGI app needs to show runs live: give it `route()` and run it inside `lifespan`."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home
        self._hub: Hub | None = None
        self._fleet: Fleet | None = None

    def route(self) -> WebSocketRoute:
        """`/live/{run}?token=…`"""
        return WebSocketRoute("/live/{run}", self._serve)

    @contextlib.asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """Follow the store and keep a supervisor at work, as long as the server runs."""
        fleet = Fleet(self.home)
        with contextlib.suppress(PlaygroundError):
            await asyncio.to_thread(fleet.ensure)
        hub = Hub(self.home)
        tasks = [
            asyncio.create_task(hub.follow()),
            asyncio.create_task(self._watch(fleet)),
            asyncio.create_task(self._hear(hub, fleet)),
        ]
        self._hub, self._fleet = hub, fleet
        try:
            yield
        finally:
            self._hub = self._fleet = None
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            hub.close()
            fleet.close()

    async def _watch(self, fleet: Fleet) -> None:
        """Start another supervisor when one dies: its runs go on."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await asyncio.to_thread(fleet.ensure)
            except PlaygroundError:
                journal.exception("no supervisor")

    async def _hear(self, hub: Hub, fleet: Fleet) -> None:
        """Let the hub look as soon as a run has begun; while no supervisor says so, its ticks are enough."""
        while True:
            with contextlib.suppress(OSError, KeyError, ValueError):
                await beginnings.follow(fleet.layout.socket, hub.look_now)
            await asyncio.sleep(WATCH_SECONDS)

    async def _serve(self, websocket: WebSocket) -> None:
        if self._hub is None or self._fleet is None:
            await websocket.accept()
            await websocket.close(RESTARTING)
            return
        await serve(websocket, self._hub, self._fleet)
