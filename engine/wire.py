"""Messages between supervisor and worker: a JSON header and byte strings, with their lengths in front."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

Message = tuple[dict[str, Any], list[bytes]]


def pack(header: dict[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """The bytes of one message."""
    text = json.dumps({**header, "parts": [len(part) for part in parts]}, separators=(",", ":")).encode()
    return b"".join([struct.pack("<II", len(text), sum(map(len, parts))), text, *parts])


def unpack(data: bytes) -> Message:
    """The message in its bytes."""
    text, body = struct.unpack_from("<II", data)
    return _unpack(data[8 : 8 + text], data[8 + text : 8 + text + body])


def _unpack(text: bytes, body: bytes) -> Message:
    header = json.loads(text)
    parts, start = [], 0
    for length in header.pop("parts"):
        parts.append(body[start : start + length])
        start += length
    return header, parts


def receive(line: socket.socket) -> Message:
    """Wait for the next message. Raises EOFError when the other side is gone."""
    text, body = struct.unpack("<II", _exactly(line, 8))
    return _unpack(_exactly(line, text), _exactly(line, body))


async def read(stream: asyncio.StreamReader) -> Message:
    """Wait for the next message. Raises asyncio.IncompleteReadError when the other side is gone."""
    text, body = struct.unpack("<II", await stream.readexactly(8))
    return _unpack(await stream.readexactly(text), await stream.readexactly(body))


def _exactly(line: socket.socket, length: int) -> bytes:
    chunks = bytearray()
    while len(chunks) < length:
        chunk = line.recv(min(length - len(chunks), 1 << 20))
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)
