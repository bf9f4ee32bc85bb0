"""The disk reserve: a file that is deleted when the disk is full, so that SQLite can still record that it is."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from engine.message import Message

LARGEST = 2 << 20  # bytes; without a reserve not even a deletion could be committed on a full disk
LOW_WATER = 32 << 20  # bytes that have to be free, besides the reserve, before training goes on
FULL = Message("The disk that holds the store is full: training waits until there is room again.")


def size(folder: Path) -> int:
    """Choose the bytes of the reserve: 2 MiB, or an eighth of a small file system."""
    return min(LARGEST, shutil.disk_usage(folder).total // 8)


def has_room(folder: Path) -> bool:
    """Whether there is room for the reserve and for training on a while."""
    usage = shutil.disk_usage(folder)
    return usage.free >= size(folder) + min(LOW_WATER, usage.total // 8)


def fill(path: Path) -> None:
    """Create the reserve, if it is not there; where there is no room for it, nothing is left behind."""
    if path.exists():
        return
    fresh = path.with_suffix(".tmp")
    try:
        with fresh.open("wb") as file:
            file.write(bytes(size(path.parent)))  # written out: a sparse file would reserve nothing
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)


def release(path: Path) -> None:
    """Delete the reserve."""
    path.unlink(missing_ok=True)


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether a write failed because the disk, or a quota, is full. SQLite reports some of these as an I/O error."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, sa.exc.DBAPIError) and isinstance(error.orig, sqlite3.Error):
        text = str(error.orig)
        return "full" in text or ("disk I/O error" in text and shutil.disk_usage(folder).free < size(folder))
    return False
