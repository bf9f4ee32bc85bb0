"""Uploads from the command line and from Python: inspect a file, or store it for an experiment."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from engine.errors import abbreviate, explain_unreadable
from engine.examples import Examples
from engine.message import Message
from engine.uploads import encode, ingest, library
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.infer import infer_uses
from engine.uploads.schema import UploadSchema


def show(file: Path | str, corrections: Corrections = NO_CORRECTIONS) -> dict[str, Any]:
    """What is understood of a file, ready for JSON; nothing is kept. `inputs` is how many numbers a network gets for
    a row. Raises: PlaygroundError in one sentence if the file cannot be used."""
    with tempfile.TemporaryFile() as answer:
        ingest.parse_upload(Path(file).name, read_bytes(file), corrections, answer)
        about, arrays = library.load_stream(answer)
    uses, task = infer_uses(about)
    return describe(about, encode.encode_upload(about, arrays, uses, task))


def add(file: Path | str, corrections: Corrections = NO_CORRECTIONS) -> dict[str, Any]:
    """Keeps a file; returns the `data` of an experiment that learns from it. Raises: PlaygroundError as `show`."""
    digest = ingest.ingest_upload(Path(file).name, read_bytes(file), corrections)
    about = library.find_schema(digest)
    uses, task = infer_uses(about)
    return {"kind": "upload", "file": digest, "called": about.name, "uses": uses, "task": task}


def read_bytes(file: Path | str) -> bytes:
    """The bytes of a file. Raises: PlaygroundError if it cannot be read."""
    try:
        with Path(file).open("rb") as stream:
            return stream.read(ingest.MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or Message("no such file")
        raise explain_unreadable(abbreviate(str(file)), reason) from error


def describe(about: UploadSchema, loaded: Examples) -> dict[str, Any]:
    columns = [
        {"name": column.name, "role": column.role, "kind": column.sort, "missing": column.missing}
        for column in about.columns
    ]
    found = {
        "name": about.name,
        "sort": about.sort,
        "rows": about.rows,
        "columns": columns,
        "target": next((column.name for column in about.columns if column.role == "target"), None),
        "task": loaded.task,
        "classes": list(loaded.classes),
        "inputs": math.prod(loaded.x.shape[1:]),
        "notes": [str(note) for note in about.notes],
    }
    if about.sort != "table":
        return {**found, "shape": list(about.shape), "black": about.black, "white": about.white}
    names = {"separator": about.delimiter, "decimal": about.decimal, "encoding": about.encoding}
    return {**found, "header": about.header, "first_row": about.first_row, **names}
