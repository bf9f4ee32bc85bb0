"""Packets between supervisor and worker: a JSON header and byte strings, with their lengths in front.

A packet is two little-endian uint32, the bytes of the header and of the body; the header, in which `parts` lists the
lengths of the byte strings; the body.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

Packet = tuple[dict[str, Any], list[bytes]]  # header, parts


def pack(header: dict[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """Encode a packet."""
    text = json.dumps({**header, "parts": [len(part) for part in parts]}, separators=(",", ":")).encode()
    return b"".join([struct.pack("<II", len(text), sum(map(len, parts))), text, *parts])


def unpack(data: bytes) -> Packet:
    """Decode a packet from all of its bytes."""
    text, body = struct.unpack_from("<II", data)
    return _unpack(data[8 : 8 + text], data[8 + text : 8 + text + body])


def _unpack(text: bytes, body: bytes) -> Packet:
    header = json.loads(text)
    parts, start = [], 0
    for length in header.pop("parts"):
        parts.append(body[start : start + length])
        start += length
    return header, parts


def receive(line: socket.socket) -> Packet:
    """Wait for the next packet. Raises: EOFError when the other side has closed the line."""
    text, body = struct.unpack("<II", _receive_exactly(line, 8))
    return _unpack(_receive_exactly(line, text), _receive_exactly(line, body))


async def read(stream: asyncio.StreamReader) -> Packet:
    """Wait for the next packet. Raises: asyncio.IncompleteReadError when the other side has closed the line."""
    text, body = struct.unpack("<II", await stream.readexactly(8))
    return _unpack(await stream.readexactly(text), await stream.readexactly(body))


def _receive_exactly(line: socket.socket, length: int) -> bytes:
    chunks = bytearray()
    while len(chunks) < length:
        chunk = line.recv(min(length - len(chunks), 1 << 20))  # recv allocates what it is asked for
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)
