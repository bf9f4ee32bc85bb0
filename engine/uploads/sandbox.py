"""The process that reads a file: `python -m engine.uploads.sandbox NAME CORRECTIONS < file > arrays`.

It has little memory and time.
Status 0: the arrays are on the output. Status 3: a refusal is, as JSON. Anything else: it was ended.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.uploads.corrections import Corrections
    from engine.uploads.table import Found

MEMORY = 3 * 2**30  # bytes of addresses; the libraries alone take about a third
SECONDS = 40
WRITTEN = 400 * 2**20
REFUSED = 3


def main() -> int:
    """Reads one file."""
    limit()
    from engine.errors import InvalidExperiment
    from engine.uploads.corrections import Corrections
    from engine.uploads.infer import guess

    sys.setrecursionlimit(500)
    gc.disable()  # millions of cells, none of them in a cycle
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    try:
        raw, corrections = sys.stdin.buffer.read(), Corrections.model_validate_json(sys.argv[2])
        found = read(sys.argv[1], raw, corrections)
        guess(found[0])  # what nothing could be learned from is not kept
        answer, status = packed(found, raw), 0
    except InvalidExperiment as error:
        answer, status = json.dumps(error.plain()).encode(), REFUSED
    output.write(answer)
    output.close()
    return status


def limit() -> None:
    """Memory, time and written bytes of this process, where the system can limit them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        for kind, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, WRITTEN),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (most, most))


def read(name: str, raw: bytes, corrections: Corrections | None = None) -> Found:
    """The table or the images in a file, told by its first bytes, not by its name. Raises: InvalidExperiment."""
    from engine.uploads.corrections import NOTHING

    corrections = corrections or NOTHING
    if raw[:4] == b"PAR1":
        from engine.uploads.parquet import read_parquet

        return read_parquet(name, raw, corrections)
    if raw[:4] in (b"PK\3\4", b"PK\5\6"):
        return from_zip(name, raw, corrections)
    from engine.uploads.delimited_text import read_delimited
    from engine.uploads.unsupported_formats import expect_known

    expect_known(raw)
    return read_delimited(name, raw, corrections)


def from_zip(name: str, raw: bytes, corrections: Corrections) -> Found:
    """An NPZ file is a zip of arrays, an Excel workbook one of XML."""
    import zipfile

    from engine.uploads.image_zip import read_photos
    from engine.uploads.npz import read_npz
    from engine.uploads.refusal import refusal
    from engine.uploads.unsupported_formats import expect_known_archive
    from engine.uploads.xlsx import read_sheet

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refusal("a whole zip archive", "a damaged one") from error
    expect_known_archive(names, raw)
    if "xl/workbook.xml" in names:
        return read_sheet(name, raw, corrections)
    plain = bool(names) and all(entry.endswith(".npy") for entry in names)
    return read_npz(name, raw, corrections) if plain else read_photos(name, raw, corrections)


def packed(found: Found, raw: bytes = b"") -> bytes:
    """What is kept, as one file of plain arrays: what was found, and the upload itself."""
    import numpy as np

    about, arrays = found
    original = {"original": np.frombuffer(raw, np.uint8)} if raw else {}
    facts = np.frombuffer(about.model_dump_json().encode(), np.uint8)
    whole = io.BytesIO()
    np.savez_compressed(whole, allow_pickle=False, about=facts, **original, **arrays)
    return whole.getvalue()


if __name__ == "__main__":
    sys.exit(main())
