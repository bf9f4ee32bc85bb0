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

from engine.archive.unpack import LARGEST
from engine.live import token as tokens
from engine.live.route import from_here
from engine.store.layout import Place

TOKEN = "x-playground-token"
SUBJECT = "import"
AT_ONCE = 2
PIECE = 1 << 20
SPARE = 128 << 20
QUIET_SECONDS = 60.0
KEPT_SECONDS = 3600.0
_under_way: set[str] = set()


class Refused(Exception):
    """Why a file is not taken, and the status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def route(home: Path | None = None) -> Route:
    """`POST /import`: the file as the body, a token for `import` in the header."""

    async def receive(request: Request) -> JSONResponse:
        try:
            return JSONResponse({"file": await take(request, Place.of(home))})
        except Refused as error:
            return JSONResponse({"error": error.sentence}, error.status)

    return Route("/import", receive, methods=["POST"])


def brought(name: str, home: Path | None = None) -> Path:
    """Where the file of that name lies."""
    return Place.of(home).uploads / f"{Path(name).name}.zip"


async def take(request: Request, place: Place) -> str:
    """Writes the body to the disk; returns the name under which it lies there. Raises: Refused."""
    right = tokens.check(SUBJECT, request.headers.get(TOKEN, ""), home=place.home)
    if right != "command" or not from_here(request):
        raise Refused(403, "This page may not do that.")
    told = request.headers.get("content-length", "")
    expected = int(told) if told.isdecimal() else LARGEST
    if expected > LARGEST:
        raise Refused(413, f"This file cannot be imported: it is larger than {LARGEST // 2**20} MB.")
    place.prepare()
    if shutil.disk_usage(place.home).free < 3 * expected + SPARE:  # the file, what is read from it, what is stored
        raise Refused(507, "The disk that holds the store has no room for this file.")
    if len(_under_way) >= AT_ONCE:
        raise Refused(503, "Other files are being brought just now; please try again in a minute.")
    name = secrets.token_hex(16)
    _under_way.add(name)
    path = brought(name, place.home)
    try:
        await asyncio.to_thread(clear, path.parent)
        with path.open("xb") as file:
            await write(request, file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        _under_way.discard(name)
    return name


async def write(request: Request, file: IO[bytes]) -> None:
    """The body, piece by piece."""
    whole, piece, stream = 0, bytearray(), request.stream()
    try:
        while True:
            chunk = await asyncio.wait_for(anext(stream, None), QUIET_SECONDS)
            piece += chunk or b""
            whole += len(chunk or b"")
            if whole > LARGEST:
                raise Refused(413, f"This file cannot be imported: it is larger than {LARGEST // 2**20} MB.")
            if len(piece) >= PIECE or (chunk is None and piece):
                await asyncio.to_thread(file.write, bytes(piece))
                piece.clear()
            if chunk is None:
                return
    except (ClientDisconnect, TimeoutError) as error:
        raise Refused(408, "The file did not arrive whole; please try once more.") from error
    except OSError as error:
        raise Refused(507, "The disk that holds the store has no room for this file.") from error


def clear(folder: Path) -> None:
    """Makes the folder, and removes files that nobody came back for."""
    folder.mkdir(exist_ok=True, mode=0o700)
    for path in folder.glob("*.zip"):
        if path.stem not in _under_way and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)
