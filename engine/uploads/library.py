"""Library of uploads: one NPZ file each in the store's folder `own`, named by the SHA-256 of upload and corrections.

The original bytes are stored with the arrays, so that an upload can be read again with other corrections. The keys
`about` (the schema) and `original`, and the folder's name, are those of stored files.
"""

from __future__ import annotations

import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
from pydantic import ValidationError

from engine import settings
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.uploads.schema import UploadSchema

NO_FILE = "0" * 64  # stands where no file was chosen yet
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, ValidationError)


@dataclass(frozen=True)
class StoredUpload:
    """A stored upload: digest, schema, size on disk in bytes, and time of upload in seconds since 1970."""

    digest: str
    schema: UploadSchema
    size: int
    uploaded: float


def locate_folder() -> Path:
    return settings.read().store / "own"


def locate_file(digest: str) -> Path:
    return locate_folder() / f"{digest}.npz"


def list_uploads() -> list[StoredUpload]:
    """List every readable upload, newest first."""
    found = []
    with suppress(OSError):
        for each in locate_folder().glob("*.npz"):
            with suppress(*UNREADABLE):
                state = each.stat()
                found.append(StoredUpload(each.stem, read_schema(each), state.st_size, state.st_mtime))
    return sorted(found, key=lambda upload: (-upload.uploaded, upload.digest))


def read_schema(file: Path) -> UploadSchema:
    """Read the schema of a stored upload, without its arrays.

    Cached by modification time and size, since every page run lists the whole library.
    """
    state = file.stat()
    return _read_schema(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _read_schema(file: Path, _changed: int, _size: int) -> UploadSchema:
    with file.open("rb") as stream:  # numpy would not close a damaged one
        return load_schema(stream)


def load_schema(stream: IO[bytes]) -> UploadSchema:
    """Load the schema in an open NPZ file."""
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as content:
        return UploadSchema.model_validate_json(content["about"].tobytes())


def find_schema(digest: str, name: str = "") -> UploadSchema:
    """Find the schema of an upload. Raises: InvalidExperiment, naming it, if it is not on this machine."""
    try:
        return read_schema(locate_file(digest))
    except UNREADABLE as error:
        raise explain_missing_upload(digest, name) from error


def load_upload(digest: str, name: str = "") -> tuple[UploadSchema, dict[str, np.ndarray]]:
    """Load schema and arrays of an upload. Raises: InvalidExperiment, naming it, if it is not on this machine."""
    try:
        with locate_file(digest).open("rb") as stream:
            return load_stream(stream)
    except UNREADABLE as error:
        raise explain_missing_upload(digest, name) from error


def load_stream(stream: IO[bytes]) -> tuple[UploadSchema, dict[str, np.ndarray]]:
    """Load schema and arrays in an open NPZ file. A pickle in it is refused: nothing of a file is ever run."""
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as content:
        found = {key: content[key] for key in content.files if key not in ("about", "original")}
        return UploadSchema.model_validate_json(content["about"].tobytes()), found


def load_original(digest: str) -> bytes | None:
    """Load the bytes as they were uploaded; None where an older version stored none. Raises: InvalidExperiment."""
    try:
        with locate_file(digest).open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            return content["original"].tobytes() if "original" in content.files else None
    except UNREADABLE as error:
        raise explain_missing_upload(digest, "") from error


def delete(digest: str) -> None:
    """Delete an upload; runs that trained on it keep what they recorded."""
    with suppress(FileNotFoundError):
        locate_file(digest).unlink()


def explain_missing_upload(digest: str, name: str) -> InvalidExperiment:
    """Word the refusal of an experiment whose upload is not on this machine."""
    if digest == NO_FILE:
        return InvalidExperiment(
            "$.data.file", Message("a file of your own"), Message("none"), Message("upload one on the page Your data")
        )
    named = Message("the data of {name} on this machine", name=name or digest[:12])
    return InvalidExperiment("$.data.file", named, Message("none"), Message("upload them again on the page Your data"))
