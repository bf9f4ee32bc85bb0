"""Checkpoint files: written whole or not at all, and verified by their SHA-256 before they are used.

A file is written before the store records it, and removed after the store has forgotten it. So what a crash leaves is
a file too many, which `sweep` removes, and never a record without its file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from engine.message import Message

GONE = Message("its file is gone")
DAMAGED = Message("its file is damaged")


class CorruptCheckpoint(Exception):
    """A checkpoint file is missing or not what was written; `why` is a clause for a message."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def write(path: Path, data: bytes) -> str:
    """Put `data` at `path` so that a crash at any moment leaves the whole file or none; returns its SHA-256 in hex.

    Raises: OSError; nothing is left then.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(path.name + ".tmp")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # before the new name: it must not appear ahead of what it names
        fresh.replace(path)
        _sync_folder(path.parent)  # the name too has to outlive a power failure
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return hashlib.sha256(data).hexdigest()


def stream(path: Path, save: Callable[[Any], None]) -> str:
    """Do as `write` with data that `save` writes into the file it is given, so that memory never holds a copy.

    Raises: OSError, RuntimeError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(path.name + ".tmp")
    try:
        with fresh.open("wb") as file:
            hashing = HashingFile(file)
            save(hashing)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)
    except (OSError, RuntimeError) as error:  # torch makes a RuntimeError of a full disk; the file saw the OSError
        fresh.unlink(missing_ok=True)
        raise hashing.error or error from None
    return hashing.digest.hexdigest()


class HashingFile:
    """A file whose SHA-256 is computed as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            count = self.file.write(data)
        except OSError as error:
            self.error = error
            raise
        self.digest.update(data)
        return count

    def flush(self) -> None:
        self.file.flush()


def verify(path: Path, sha256: str) -> None:
    """Check a file against its SHA-256 without holding it in memory. Raises: CorruptCheckpoint."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise CorruptCheckpoint(GONE) from None
    if found != sha256:
        raise CorruptCheckpoint(DAMAGED)


def read(path: Path, sha256: str) -> bytes:
    """Read the bytes that were written. Raises: CorruptCheckpoint."""
    try:
        data = path.read_bytes()
    except OSError:
        raise CorruptCheckpoint(GONE) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CorruptCheckpoint(DAMAGED)
    return data


def sweep(folder: Path, recorded: set[str]) -> None:
    """Remove what a crash left in a run's folder: half-written files, and whole ones that were not recorded yet."""
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in recorded:
                path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
