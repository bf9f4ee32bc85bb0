"""Ingest: a sandboxed job parses an upload, and its result is stored whole; of a file that is refused nothing is."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from engine.errors import InvalidExperiment
from engine.message import Message
from engine.processes.execution import perform
from engine.uploads import library
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.refusal import refusal
from engine.uploads.sandbox import ReadUpload, encode_request
from engine.uploads.schema import UploadSchema, clean_file_name

MAX_FILE_BYTES = 20 * 2**20  # bytes of a file
MAX_LIBRARY_BYTES = 2 * 2**30  # bytes of all stored files


def ingest_upload(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS, visitor: str = "") -> str:
    """Parse and store a file; returns its digest, under which experiments name it.

    The same bytes read differently have another digest, so that an experiment always gets the same rows. Raises:
    InvalidExperiment with one sentence if it cannot be used; nothing of it is stored then.
    """
    with tempfile.TemporaryFile() as answer:
        parse_upload(name, raw, corrections, answer, visitor)
        digest = compute_digest(raw, corrections)
        if library.locate_file(digest).exists() and not has_same_rows(digest, answer):
            digest = hashlib.sha256(f"{digest} read anew".encode()).hexdigest()
        write_atomically(library.locate_file(digest), answer)
    return digest


def has_same_rows(digest: str, answer: IO[bytes]) -> bool:
    """Whether a stored upload holds the rows that were parsed now. One that an earlier version parsed differently stays
    as it is, for the runs that trained on it."""
    try:
        before, stored = library.load_upload(digest)
    except InvalidExperiment:  # damaged: what was parsed now takes its place
        return True
    schema, arrays = library.load_stream(answer)
    columns = [[(column.name, column.sort, column.levels) for column in each.columns] for each in (before, schema)]
    same = columns[0] == columns[1] and before.classes == schema.classes and stored.keys() == arrays.keys()
    return same and all(
        stored[key].dtype == arrays[key].dtype
        and np.array_equal(stored[key], arrays[key], equal_nan=stored[key].dtype.kind == "f")
        for key in stored
    )


def inspect_upload(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> UploadSchema:
    """The schema that a file would get; nothing is stored. Raises: InvalidExperiment, see `ingest_upload`."""
    with tempfile.TemporaryFile() as answer:
        parse_upload(name, raw, corrections, answer)
        return library.load_schema(answer)


def reread_upload(digest: str, corrections: Corrections, visitor: str = "") -> str:
    """Parse a stored upload again with other corrections; both stay. Raises: InvalidExperiment as `ingest_upload` does,
    and if the original bytes were not stored."""
    name, raw = library.find_schema(digest).name, library.load_original(digest)
    if raw is None:
        raise refusal(
            Message("a file that can be read once more"),
            Message("one kept without its text"),
            Message("upload it again"),
        )
    return ingest_upload(name, raw, corrections, visitor)


def compute_digest(raw: bytes, corrections: Corrections) -> str:
    """Compute the SHA-256 of the bytes, and of the corrections if any: uploads from before corrections keep theirs."""
    digest = hashlib.sha256(raw)
    if corrections != NO_CORRECTIONS:
        digest = hashlib.sha256(digest.digest() + corrections.to_json().encode())
    return digest.hexdigest()


def parse_upload(name: str, raw: bytes, corrections: Corrections, answer: IO[bytes], visitor: str = "") -> None:
    """Have a sandboxed job parse a file into `answer`, as NPZ. Raises: InvalidExperiment."""
    if len(raw) > MAX_FILE_BYTES:
        raise refusal(Message("at most {n} bytes", n=MAX_FILE_BYTES), len(raw))
    if not raw:
        raise refusal(Message("a table"), Message("an empty file"))
    if sum(file.size for file in library.list_uploads()) > MAX_LIBRARY_BYTES:
        raise refusal(
            Message("room for one more file"), Message("a full folder"), Message("delete files that nobody needs")
        )
    perform(
        ReadUpload, encode_request(clean_file_name(name) or "file", corrections, raw), visitor=visitor, result=answer
    )


def write_atomically(path: Path, answer: IO[bytes]) -> None:
    """Write a temporary file and rename it, so that readers find all of it or none."""
    answer.seek(0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="new.")
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(answer, file)
                file.flush()
                os.fsync(file.fileno())  # before the new name: it must not appear ahead of what it names
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise refusal(Message("a disk that takes the file"), error.strerror or Message("an error")) from error
