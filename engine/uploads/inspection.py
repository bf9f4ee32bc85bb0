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
    """Show how a file is read, ready for JSON; nothing is stored. `inputs`: how many numbers a network gets for a row.

    Raises: PlaygroundError in one sentence if the file cannot be used.
    """
    with tempfile.TemporaryFile() as answer:
        ingest.parse_upload(Path(file).name, read_bytes(file), corrections, answer)
        schema, arrays = library.load_stream(answer)
    uses, task = infer_uses(schema)
    return describe_upload(schema, encode.encode_upload(schema, arrays, uses, task))


def add(file: Path | str, corrections: Corrections = NO_CORRECTIONS) -> dict[str, Any]:
    """Store a file; returns the `data` of an experiment that learns from it. Raises: PlaygroundError as `show`."""
    digest = ingest.ingest_upload(Path(file).name, read_bytes(file), corrections)
    schema = library.find_schema(digest)
    uses, task = infer_uses(schema)
    return {"kind": "upload", "file": digest, "called": schema.name, "uses": uses, "task": task}


def read_bytes(file: Path | str) -> bytes:
    """Read the bytes of a file. Raises: PlaygroundError if it cannot be read."""
    try:
        with Path(file).open("rb") as stream:
            return stream.read(ingest.MAX_FILE_BYTES + 1)  # one more: a file that is too large shows, and is not read
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or Message("no such file")
        raise explain_unreadable(abbreviate(str(file)), reason) from error


def describe_upload(schema: UploadSchema, loaded: Examples) -> dict[str, Any]:
    columns = [
        {"name": column.name, "role": column.role, "kind": column.sort, "missing": column.missing}
        for column in schema.columns
    ]
    found = {
        "name": schema.name,
        "sort": schema.sort,
        "rows": schema.rows,
        "columns": columns,
        "target": next((column.name for column in schema.columns if column.role == "target"), None),
        "task": loaded.task,
        "classes": list(loaded.classes),
        "inputs": math.prod(loaded.x.shape[1:]),
        "notes": [str(note) for note in schema.notes],
    }
    if schema.sort != "table":
        return {**found, "shape": list(schema.shape), "black": schema.black, "white": schema.white}
    names = {"separator": schema.delimiter, "decimal": schema.decimal, "encoding": schema.encoding}
    return {**found, "header": schema.header, "first_row": schema.first_row, **names}
