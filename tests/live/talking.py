"""Talking to the live route of a real server."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from engine.frame import Frame, unpack
from engine.live import token

LISTENER = socket.create_server(("localhost", 0))
LISTENER.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)  # so that a viewer who does not read is soon felt
PORT = LISTENER.getsockname()[1]


def wait_for(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


@contextmanager
def viewer(home: Path, run: str, **more: Any) -> Iterator[ClientConnection]:
    given = more.pop("token", None) or token.issue(run, home=home)
    url = f"ws://localhost:{PORT}/live/{run}?token={given}"
    with connect(url, max_size=None, compression=None, **more) as line:
        yield line


def until(line: ClientConnection, wanted: Callable[[Any], bool], most: int = 500) -> list[Any]:
    """Messages up to the one that is wanted: dictionaries, frames, and (header, rows) of series."""
    found: list[Any] = []
    for _ in range(most):
        said = line.recv(timeout=20)
        if isinstance(said, str):
            found.append(json.loads(said))
        elif said[:4] == b"TPS1":
            head, start = unpack(b"TPS1", said)
            found.append((head, np.frombuffer(said, "<f8", offset=start).reshape(head["rows"], len(head["columns"]))))
        else:
            found.append(Frame.decode(said))
        if wanted(found[-1]):
            return found
    raise AssertionError("the message did not come")


def is_frame(message: Any) -> bool:
    return isinstance(message, Frame) and "output" in message.readings


def closed_with(home: Path, run: str, **more: Any) -> int:
    with viewer(home, run, **more) as line, pytest.raises(ConnectionClosed) as caught:
        until(line, lambda message: False)
    assert caught.value.rcvd is not None
    return int(caught.value.rcvd.code)
