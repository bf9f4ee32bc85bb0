"""A file that is given up when the disk is full, so that there is room to say so."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

LARGEST = 2 << 20
LOW_WATER = 32 << 20
SENTENCE = "The disk that holds the store is full: training waits until there is room again."


def size(folder: Path) -> int:
    """How large the ballast is, in bytes: 2 MB, or an eighth of a small file system."""
    return min(LARGEST, shutil.disk_usage(folder).total // 8)


def enough(folder: Path) -> bool:
    """Is there room for the ballast and for going on a while?"""
    usage = shutil.disk_usage(folder)
    return usage.free >= size(folder) + min(LOW_WATER, usage.total // 8)


def load(path: Path) -> None:
    """Take the ballast on; leaves nothing behind where there is no room for it."""
    if path.exists():
        return
    fresh = path.with_suffix(".tmp")
    try:
        with fresh.open("wb") as file:
            file.write(bytes(size(path.parent)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)


def drop(path: Path) -> None:
    """Give the room back."""
    path.unlink(missing_ok=True)


def is_full(error: BaseException, folder: Path) -> bool:
    """Was it want of room that made a write fail? SQLite calls some of these an I/O error."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, sa.exc.DBAPIError) and isinstance(error.orig, sqlite3.Error):
        text = str(error.orig)
        return "full" in text or ("disk I/O error" in text and shutil.disk_usage(folder).free < size(folder))
    return False
