"""The WebSocket route of one run: who may open it, what goes out, what may be asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from engine import settings
from engine.errors import PlaygroundError
from engine.live import descriptor_budget
from engine.live import token as tokens
from engine.live.hub import Hub
from engine.live.message_limits import LONGEST
from engine.live.viewer import Viewer
from engine.message import Message
from engine.runtime.client import Fleet

REFUSED = 1008
UNKNOWN = 4404
FULL = 1013
TOO_FAST_SECONDS = 0.02
SNAPSHOT_SECONDS = 0.5


def is_same_origin(websocket: HTTPConnection) -> bool:
    """Does the request come from our own page, or not from a page at all?

    Browsers always name the origin of a WebSocket, so that a foreign page cannot hide; who names none is no browser
    and needs nothing but the token. Behind a proxy that changes the host, `PLAYGROUND_ORIGINS` lists what to accept.
    """
    origin = websocket.headers.get("origin")
    if origin is None:
        return True
    return origin in settings.read().origins or urlsplit(origin).netloc == websocket.headers.get("host")


async def serve(websocket: WebSocket, hub: Hub, fleet: Fleet) -> None:
    """One viewer, from the handshake to the end."""
    run: str = websocket.path_params["run"]
    right = tokens.check(run, websocket.query_params.get("token", ""), home=fleet.layout.home)
    await websocket.accept()  # a refusal before this would reach the page without its code
    if right is None or not is_same_origin(websocket):
        await websocket.close(REFUSED)
        return
    # The last descriptors are for pages and the store: too many viewers must not lock everyone out.
    if descriptor_budget.count_free() < descriptor_budget.count_reserved():
        await websocket.close(FULL, "There are too many viewers just now.")
        return
    viewer = Viewer(run)
    hub.join(viewer)
    speaking = asyncio.create_task(_speak(websocket, viewer))
    listening = asyncio.create_task(_listen(websocket, viewer, fleet, right))
    try:
        await asyncio.wait([speaking, listening], return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(viewer)
        for task in (speaking, listening):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await task


async def _speak(websocket: WebSocket, viewer: Viewer) -> None:
    """Send what there is; a slow line slows this down and nobody else."""
    while (message := await viewer.next()) is not None:
        if isinstance(message, str):
            await websocket.send_text(message)
        else:
            await websocket.send_bytes(message)
    await websocket.close(UNKNOWN)


async def _listen(websocket: WebSocket, viewer: Viewer, fleet: Fleet, right: tokens.Right) -> None:
    """Take commands, one after the other, and no faster than a person gives them or fetches the answers."""
    shown = 0.0
    while True:
        await asyncio.sleep(TOO_FAST_SECONDS)
        await viewer.drain_replies()
        said = await websocket.receive()
        if said["type"] == "websocket.disconnect":
            return
        name = _parse_command(said.get("text") or "")
        if name == "snapshot":
            # A snapshot reads the whole run from the disk; this viewer alone waits for it.
            await asyncio.sleep(shown + SNAPSHOT_SECONDS - time.monotonic())
            shown = time.monotonic()
            viewer.request_snapshot()
            continue
        done: dict[str, Any] = {"type": "done", "do": name}
        try:
            if right != "command":
                raise PlaygroundError(Message("This page may only watch the run."))
            # A thread, because the fleet's line blocks until the command is on the disk.
            done["step"] = await asyncio.to_thread(_command, fleet, viewer.run, name)
        except PlaygroundError as error:
            done["error"] = error.message.plain()
        viewer.reply(json.dumps(done))


def _parse_command(text: str) -> str:
    """The command in a message; what is none of ours is an empty name."""
    if len(text) > LONGEST:
        return ""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    name = message.get("do") if isinstance(message, dict) else None
    return name if isinstance(name, str) and len(name) < 20 else ""


def _command(fleet: Fleet, run: str, name: str) -> int:
    match name:
        case "pause":
            return fleet.pause(run)
        case "resume":
            return fleet.resume(run)
        case "stop":
            return fleet.stop(run)
        case "step":
            return fleet.step(run, "batch")
        case "epoch":
            return fleet.step(run, "epoch")
    raise PlaygroundError(Message("Expected one of pause, resume, step, epoch, stop, snapshot."))
