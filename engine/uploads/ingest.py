"""Taking in a file: a process of its own reads it, and what it found is kept; of a bad one nothing is."""

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
from engine.uploads.corrections import NOTHING, Corrections
from engine.uploads.refusal import refusal
from engine.uploads.sandbox import ReadUpload, document
from engine.uploads.schema import About, plain

LARGEST = 20 * 2**20  # bytes of a file
ROOM = 2 * 2**30  # bytes of all kept files


def take_in(name: str, raw: bytes, corrections: Corrections = NOTHING, visitor: str = "") -> str:
    """Reads and keeps a file; returns its digest, under which experiments name it.

    What is read otherwise has another digest, so that an experiment always gets the same rows. Raises:
    InvalidExperiment with one sentence if it cannot be used; nothing of it is kept then.
    """
    with tempfile.TemporaryFile() as answer:
        understood(name, raw, corrections, answer, visitor)
        digest = digest_of(raw, corrections)
        if library.path(digest).exists() and not alike(digest, answer):
            digest = hashlib.sha256(f"{digest} read anew".encode()).hexdigest()
        keep(library.path(digest), answer)
    return digest


def alike(digest: str, answer: IO[bytes]) -> bool:
    """Whether a kept file holds the same rows as what was read now. One that an earlier version read otherwise stays
    for the runs that learned from it."""
    try:
        before, own = library.arrays(digest)
    except InvalidExperiment:  # damaged
        return True
    about, arrays = library.contents(answer)
    columns = [[(column.name, column.sort, column.levels) for column in each.columns] for each in (before, about)]
    same = columns[0] == columns[1] and before.classes == about.classes and own.keys() == arrays.keys()
    return same and all(
        own[key].dtype == arrays[key].dtype
        and np.array_equal(own[key], arrays[key], equal_nan=own[key].dtype.kind == "f")
        for key in own
    )


def look(name: str, raw: bytes, corrections: Corrections = NOTHING) -> About:
    """What would be understood of a file; nothing is kept. Raises: InvalidExperiment as `take_in` does."""
    with tempfile.TemporaryFile() as answer:
        understood(name, raw, corrections, answer)
        return library.facts(answer)


def again(digest: str, corrections: Corrections, visitor: str = "") -> str:
    """Reads a kept file once more in another way; both stay. Raises: InvalidExperiment as `take_in` does, and if the
    file as it was uploaded is not here."""
    name, raw = library.about(digest).name, library.original(digest)
    if raw is None:
        raise refusal(
            Message("a file that can be read once more"),
            Message("one kept without its text"),
            Message("upload it again"),
        )
    return take_in(name, raw, corrections, visitor)


def digest_of(raw: bytes, corrections: Corrections) -> str:
    """Of the file alone where nothing was said of it."""
    digest = hashlib.sha256(raw)
    if corrections != NOTHING:
        digest = hashlib.sha256(digest.digest() + corrections.written().encode())
    return digest.hexdigest()


def understood(name: str, raw: bytes, corrections: Corrections, answer: IO[bytes], visitor: str = "") -> None:
    """Have a job read a file into `answer`. Raises: InvalidExperiment."""
    if len(raw) > LARGEST:
        raise refusal(Message("at most {n} bytes", n=LARGEST), len(raw))
    if not raw:
        raise refusal(Message("a table"), Message("an empty file"))
    if sum(file.size for file in library.files()) > ROOM:
        raise refusal(
            Message("room for one more file"), Message("a full folder"), Message("delete files that nobody needs")
        )
    perform(ReadUpload, document(plain(name) or "file", corrections, raw), visitor=visitor, result=answer)


def keep(path: Path, answer: IO[bytes]) -> None:
    """Writes what was found in one go: whoever reads finds all of it or none."""
    answer.seek(0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="new.")
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(answer, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise refusal(Message("a disk that takes the file"), error.strerror or Message("an error")) from error
