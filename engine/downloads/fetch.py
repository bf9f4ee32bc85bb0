"""Fetching: remote files are downloaded once into the store's folder, and used only if their checksum is right."""

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

OnProgress = Callable[[int], None]
"""Called with the bytes of every chunk that arrives."""

TIMEOUT_SECONDS = 10.0  # without a byte
RETRY_SECONDS = 20.0  # a failure is repeated for so long without asking again: pages ask at every rerun
CHUNK_BYTES = 1 << 18
HINT = Message("the data set digits needs no download")
_lock = threading.Lock()
_failures: dict[str, tuple[float, InvalidExperiment]] = {}


@dataclass(frozen=True)
class RemoteFile:
    """A file to download: its folder, its URL, its size in bytes, and the MD5 that its authors publish.

    The MD5 tells a damaged file from a whole one, and no more than that.
    """

    folder: str
    address: str
    size: int
    md5: str

    @property
    def path(self) -> Path:
        return get_folder() / self.folder / self.address.rsplit("/", 1)[1]


def get_folder() -> Path:
    return settings.read().store / "downloads"


def is_fetched(remote: RemoteFile) -> bool:
    """Whether the file is on the disk; `fetch` verifies its checksum."""
    return remote.path.is_file()


def fetch(remote: RemoteFile, on_progress: OnProgress = lambda count: None) -> bytes:
    """The bytes of a file, from the disk or else from its URL.

    Raises: InvalidExperiment if it is not on the disk and cannot be downloaded.
    """
    with _lock:  # one download at a time: threads that wait for the same file then find it on the disk
        cached = read_cached(remote)
        if cached is not None:
            return cached
        when, error = _failures.get(remote.address, (-RETRY_SECONDS, None))
        if error is not None and time.monotonic() - when < RETRY_SECONDS:
            raise error
        try:
            data = download(remote, on_progress)
            store_file(remote.path, data)
        except InvalidExperiment as failure:
            _failures[remote.address] = time.monotonic(), failure
            raise
    return data


def read_cached(remote: RemoteFile) -> bytes | None:
    """The file on the disk; None if it is missing or damaged."""
    try:
        data = remote.path.read_bytes()
    except OSError:
        return None
    return data if matches_checksum(data, remote) else None


def download(remote: RemoteFile, on_progress: OnProgress) -> bytes:
    """The file from its URL. Raises: InvalidExperiment."""
    host, chunks, count = urlsplit(remote.address).hostname or "", [], 0
    try:
        with urllib.request.urlopen(remote.address, timeout=TIMEOUT_SECONDS) as answer:
            # a server that sends more than the file is not read to its end
            while count <= remote.size and (chunk := answer.read(CHUNK_BYTES)):
                chunks.append(chunk)
                count += len(chunk)
                on_progress(len(chunk))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InvalidExperiment(
            "$.data", Message("a download from {host}", host=host), Message("no answer that could be used"), HINT
        ) from error
    data = b"".join(chunks)
    if not matches_checksum(data, remote):
        raise InvalidExperiment(
            "$.data", Message("the published file from {host}", host=host), Message("another or a damaged one"), HINT
        )
    return data


def matches_checksum(data: bytes, remote: RemoteFile) -> bool:
    return hashlib.md5(data, usedforsecurity=False).hexdigest() == remote.md5


def store_file(path: Path, data: bytes) -> None:
    """Write a file atomically: another process that reads finds all of it or none. Raises: InvalidExperiment."""
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
