"""Sandbox: the job that parses an upload with little memory and time, and gives arrays back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from engine.errors import PlaygroundError
from engine.message import Message
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits
from engine.uploads.refusal import refusal

if TYPE_CHECKING:
    from engine.uploads.corrections import Corrections
    from engine.uploads.table import ParsedUpload


class ReadUpload(Job):
    """Parse an upload into plain arrays, written to the task's result; it has no events.

    The document is a line of JSON, the file's name and the corrections, and the file after it.
    """

    # the memory limit is one of addresses, of which the libraries alone take about a third
    limits: ClassVar[Limits] = Limits(
        memory=3 * GIB, addresses=True, seconds=90.0, cpu_seconds=40, file_bytes=400 * 2**20, gpu=False
    )
    at_once: ClassVar[int | None] = 2
    interactive: ClassVar[bool] = True
    untrusted: ClassVar[bool] = True

    def events(self, task: Task) -> Iterator[Event]:
        """Read one file. Raises: InvalidExperiment."""
        import gc
        import sys

        from engine.uploads.corrections import Corrections
        from engine.uploads.infer import infer_uses

        sys.setrecursionlimit(500)  # deep nesting in a file has to end as an error before it ends the process
        gc.disable()  # millions of cells, none of them in a cycle
        line, _, raw = task.document.partition(b"\n")
        request = json.loads(line)
        found = parse_file(request["name"], raw, Corrections.model_validate_json(request["corrections"]))
        infer_uses(found[0])  # refuses a file that nothing could be learned from, before it is stored
        if task.result is not None:
            task.result.write(pack_upload(found, raw))
        yield from ()

    @classmethod
    def failure(cls) -> PlaygroundError:
        return refusal(Message("a file that little time and memory are enough for"), Message("one that takes more"))


def encode_request(name: str, corrections: Corrections, raw: bytes) -> bytes:
    return json.dumps({"name": name, "corrections": corrections.to_json()}).encode() + b"\n" + raw


def parse_file(name: str, raw: bytes, corrections: Corrections | None = None) -> ParsedUpload:
    """Parse a file into schema and arrays; its first bytes tell the format, never its name.

    Raises: InvalidExperiment.
    """
    from engine.uploads.corrections import NO_CORRECTIONS

    corrections = corrections or NO_CORRECTIONS
    if raw[:4] == b"PAR1":
        from engine.uploads.parquet import read_parquet

        return read_parquet(name, raw, corrections)
    if raw[:4] in (b"PK\3\4", b"PK\5\6"):
        return parse_zip(name, raw, corrections)
    from engine.uploads.delimited_text import read_delimited
    from engine.uploads.unsupported_formats import expect_known

    expect_known(raw)
    return read_delimited(name, raw, corrections)


def parse_zip(name: str, raw: bytes, corrections: Corrections) -> ParsedUpload:
    """Parse a zip: an NPZ file is one of arrays, an Excel workbook one of XML, others hold images. Raises:
    InvalidExperiment."""
    import zipfile

    from engine.uploads.image_zip import read_image_zip
    from engine.uploads.npz import read_npz
    from engine.uploads.refusal import refusal
    from engine.uploads.unsupported_formats import expect_known_archive
    from engine.uploads.xlsx import read_sheet

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refusal(Message("a whole zip archive"), Message("a damaged one")) from error
    expect_known_archive(names, raw)
    if "xl/workbook.xml" in names:
        return read_sheet(name, raw, corrections)
    plain = bool(names) and all(entry.endswith(".npy") for entry in names)
    return read_npz(name, raw, corrections) if plain else read_image_zip(name, raw, corrections)


def pack_upload(found: ParsedUpload, raw: bytes = b"") -> bytes:
    """Pack an upload as NPZ bytes: schema, arrays, and the original file."""
    import numpy as np

    schema, arrays = found
    original = {"original": np.frombuffer(raw, np.uint8)} if raw else {}
    facts = np.frombuffer(schema.model_dump_json().encode(), np.uint8)
    whole = io.BytesIO()
    np.savez_compressed(whole, allow_pickle=False, about=facts, **original, **arrays)
    return whole.getvalue()
