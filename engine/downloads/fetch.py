"""Files from elsewhere: fetched once into the store's folder, and used only if their checksum is right."""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine import settings
from engine.errors import InvalidExperiment
from engine.message import Message

Told = Callable[[int], None]

TIMEOUT = 10.0  # seconds without a byte
PATIENCE = 20.0  # seconds after a failure in which it is not tried again
CHUNK = 1 << 18
HINT = Message("the data set digits needs no download")
_turn = threading.Lock()
_failed: dict[str, tuple[float, InvalidExperiment]] = {}


@dataclass(frozen=True)
class Remote:
    """A file elsewhere. The MD5 is the one that the data's authors publish; it tells a damaged file, no more."""

    folder: str
    address: str
    size: int
    md5: str

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return downloads() / self.folder / self.address.rsplit("/", 1)[1]


def downloads() -> Path:
    """The folder of everything fetched."""
    return settings.read().store / "downloads"


def is_fetched(remote: Remote) -> bool:
    """Whether the file is here; its checksum is looked at when it is read."""
    return remote.path.is_file()


def fetch(remote: Remote, told: Told = lambda count: None) -> bytes:
    """The file's bytes, from the disk if they are there; `told` hears of every piece that arrives.

    Raises: InvalidExperiment if it is not here and cannot be had.
    """
    with _turn:  # whoever waits finds it on the disk
        kept = read_cached(remote)
        if kept is not None:
            return kept
        when, error = _failed.get(remote.address, (-PATIENCE, None))
        if error is not None and time.monotonic() - when < PATIENCE:
            raise error
        try:
            data = download(remote, told)
            store_file(remote.path, data)
        except InvalidExperiment as failure:
            _failed[remote.address] = time.monotonic(), failure
            raise
    return data


def read_cached(remote: Remote) -> bytes | None:
    """The file on the disk; None if it is not there or not whole."""
    try:
        data = remote.path.read_bytes()
    except OSError:
        return None
    return data if matches_checksum(data, remote) else None


def download(remote: Remote, told: Told) -> bytes:
    """The file from its address."""
    host, pieces, count = urlsplit(remote.address).hostname or "", [], 0
    try:
        with urllib.request.urlopen(remote.address, timeout=TIMEOUT) as answer:
            while count <= remote.size and (piece := answer.read(CHUNK)):
                pieces.append(piece)
                count += len(piece)
                told(len(piece))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InvalidExperiment(
            "$.data", Message("a download from {host}", host=host), Message("no answer that could be used"), HINT
        ) from error
    data = b"".join(pieces)
    if not matches_checksum(data, remote):
        raise InvalidExperiment(
            "$.data", Message("the published file from {host}", host=host), Message("another or a damaged one"), HINT
        )
    return data


def matches_checksum(data: bytes, remote: Remote) -> bool:
    """Whether these are the bytes that were published."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest() == remote.md5


def store_file(path: Path, data: bytes) -> None:
    """Write the file in one go: whoever reads finds all of it or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        expected = Message("a disk that takes the downloaded file")
        raise InvalidExperiment("$.data", expected, error.strerror or Message("an error"), HINT) from error
