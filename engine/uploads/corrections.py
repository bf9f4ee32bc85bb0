"""Corrections: how a user overrides what was inferred about an upload."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.catalogue.part import Value

ENCODINGS = {
    "UTF-8": "utf-8-sig",
    "UTF-16": "utf-16",
    "Windows-1252": "cp1252",
    "Latin-1": "latin-1",
    "Latin-2": "iso8859-2",
    "Windows-1250": "cp1250",
    "Windows-1251": "cp1251",
    "Mac Roman": "mac-roman",
    "Shift JIS": "cp932",
    "GB 18030": "gb18030",
}
"""Python's name of each encoding. UTF-8 may begin with a mark, as Excel writes it: hence `utf-8-sig`."""

Encoding = Literal[
    "UTF-8",
    "UTF-16",
    "Windows-1252",
    "Latin-1",
    "Latin-2",
    "Windows-1250",
    "Windows-1251",
    "Mac Roman",
    "Shift JIS",
    "GB 18030",
]
Separator = Literal[",", ";", "\t", "|", " "]
Decimal = Literal[".", ","]
Sort = Literal["table", "images", "sequences"]
MAX_SKIPPED_LINES = 10_000  # lines before a table at most


class Corrections(Value):
    """How a file has to be read; None and empty mean: infer it.

    `first_row` counts the lines that are skipped before the table (before its header, if it has one). `target` is the
    column to be predicted, `inputs` are used even if they look like identifiers, `index` and `ignore` are left out.
    `gaps` are further words and numbers that stand for a gap.
    `sort` says what an array is, `white` which value of a pixel is white.
    """

    header: bool | None = None
    separator: Separator | None = None
    decimal: Decimal | None = None
    encoding: Encoding | None = None
    first_row: int | None = Field(None, ge=0, le=MAX_SKIPPED_LINES)
    target: str | None = None
    inputs: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    sort: Sort | None = None
    white: float | None = Field(None, gt=0, le=1e9)

    def to_json(self) -> str:
        """JSON with the corrected fields alone; it is part of the digest of an upload, so that a field which is
        added leaves the digests of stored uploads as they are."""
        return self.model_dump_json(exclude_defaults=True)


NO_CORRECTIONS = Corrections()
