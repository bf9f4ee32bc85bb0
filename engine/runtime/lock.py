"""One supervisor a store: whoever has the lock file is it."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path

from engine.store.layout import StoreLayout

PATIENCE_SECONDS = 5.0


def take(layout: StoreLayout) -> int | None:
    """The lock, for as long as the process lives; None when another supervisor is at work.

    One that is just leaving holds the lock and answers no more: that one is waited for.
    """
    handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if answers(layout.socket) or time.monotonic() > end:
                os.close(handle)
                return None
            time.sleep(0.02)
        else:
            return handle


def answers(path: Path) -> bool:
    """Does a supervisor listen there?"""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except OSError:
            return False
        return True


def listen(path: Path) -> socket.socket:
    """The socket on which the supervisor is spoken to, for its owner only. The lock must be held."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    folder = path.parent.stat()
    if folder.st_uid != os.getuid() or folder.st_mode & 0o077:
        raise PermissionError(f"{path.parent} must belong to you alone (mode 0700)")
    # What a killed supervisor left behind; the lock says that nobody listens there.
    path.unlink(missing_ok=True)
    line = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # not chmod afterwards: for a moment others could connect
    try:
        line.bind(str(path))
    finally:
        os.umask(before)
    line.listen(128)
    return line
