"""The route that takes in a file of a run: streamed to the disk, never whole in memory."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from pathlib import Path
from typing import IO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from engine.archive.unpack import MAX_BYTES, explain_refusal
from engine.live import token as tokens
from engine.live.route import is_same_origin
from engine.message import Message
from engine.store.layout import StoreLayout

TOKEN = "x-playground-token"
SUBJECT = "import"
AT_ONCE = 2
PIECE = 1 << 20
SPARE = 128 << 20
QUIET_SECONDS = 60.0
KEPT_SECONDS = 3600.0
FULL = Message("The disk that holds the store has no room for this file.")
BROKEN = Message("The file did not arrive whole; please try once more.")
_under_way: set[str] = set()


class ImportRefused(Exception):
    """Refusal of a file, with its HTTP status."""

    def __init__(self, status: int, message: Message) -> None:
        super().__init__(str(message))
        self.status, self.message = status, message


def name_too_large() -> Message:
    """The refusal of a file that is larger than any run."""
    return explain_refusal(Message("it is larger than {n} MB", n=MAX_BYTES // 2**20))


def route(home: Path | None = None) -> Route:
    """`POST /import`: the file as the body, a token for `import` in the header."""

    async def receive(request: Request) -> JSONResponse:
        try:
            return JSONResponse({"file": await take(request, StoreLayout.of(home))})
        except ImportRefused as error:
            return JSONResponse({"error": error.message.plain()}, error.status)

    return Route("/import", receive, methods=["POST"])


def locate_import(name: str, home: Path | None = None) -> Path:
    """Path of an imported file by its name."""
    return StoreLayout.of(home).uploads / f"{Path(name).name}.zip"


async def take(request: Request, layout: StoreLayout) -> str:
    """Write the body to the disk; returns the file's name. Raises: ImportRefused."""
    right = tokens.check(SUBJECT, request.headers.get(TOKEN, ""), home=layout.home)
    if right != "command" or not is_same_origin(request):
        raise ImportRefused(403, Message("This page may not do that."))
    length = request.headers.get("content-length", "")
    expected = int(length) if length.isdecimal() else MAX_BYTES
    if expected > MAX_BYTES:
        raise ImportRefused(413, name_too_large())
    layout.prepare()
    if shutil.disk_usage(layout.home).free < 3 * expected + SPARE:  # the file, what is read from it, what is stored
        raise ImportRefused(507, FULL)
    if len(_under_way) >= AT_ONCE:
        raise ImportRefused(503, Message("Other files are being brought just now; please try again in a minute."))
    name = secrets.token_hex(16)
    _under_way.add(name)
    path = locate_import(name, layout.home)
    try:
        await asyncio.to_thread(clear, path.parent)
        with path.open("xb") as file:
            await write(request, file)
    except BaseException:  # a task that is cancelled, too: the browser has gone
        path.unlink(missing_ok=True)
        raise
    finally:
        _under_way.discard(name)
    return name


async def write(request: Request, file: IO[bytes]) -> None:
    """Write the body in pieces of a MiB."""
    whole, piece, stream = 0, bytearray(), request.stream()
    try:
        while True:
            chunk = await asyncio.wait_for(anext(stream, None), QUIET_SECONDS)
            piece += chunk or b""
            whole += len(chunk or b"")
            if whole > MAX_BYTES:
                raise ImportRefused(413, name_too_large())
            if len(piece) >= PIECE or (chunk is None and piece):
                await asyncio.to_thread(file.write, bytes(piece))
                piece.clear()
            if chunk is None:
                return
    except (ClientDisconnect, TimeoutError) as error:
        raise ImportRefused(408, BROKEN) from error
    except OSError as error:
        raise ImportRefused(507, FULL) from error


def clear(folder: Path) -> None:
    """Make the folder, and remove files that nobody came back for."""
    folder.mkdir(exist_ok=True, mode=0o700)
    for path in folder.glob("*.zip"):
        if path.stem not in _under_way and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)
