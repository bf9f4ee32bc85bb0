"""Schema of an upload: its columns or its images, how it was read, and what was noticed."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from pydantic import Field

from engine.catalogue.part import Value
from engine.message import Message
from engine.uploads.corrections import NO_CORRECTIONS, Corrections

MAX_LEVELS = 100  # different words that a category may have
MAX_NUMERIC_CLASSES = 10  # different whole numbers that look like classes
MIN_EXAMPLES = 10  # rows or images

Role = Literal["", "input", "target", "index", "ignored"]


class UploadNote(Value):
    """A remark on how a file was read, as it is stored: the template of a message and its values."""

    kind: str
    text: str
    values: dict[str, str | int | float] = Field(default={})

    @property
    def message(self) -> Message:
        """The remark; whole numbers have all their digits."""
        values = {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in self.values.items()
        }
        return Message.of({"text": self.text, "values": values})

    def __str__(self) -> str:
        return str(self.message)


class Column(Value):
    """One column.

    `levels` are the words of a category; a text has too many of them to be used. `role` is what the column is probably
    for, `reason` why: empty for an ordinary input; both are empty in files of versions before roles.
    """

    name: str
    sort: Literal["number", "category", "text"]
    missing: int = 0
    distinct: int = 0
    levels: tuple[str, ...] = ()
    role: Role = ""
    reason: str = ""


class UploadSchema(Value):
    """Schema of one upload: a table of columns, images of classes, or sequences.

    `delimiter`, `decimal` (empty where columns differ), `encoding` and `header` say how a text was read; `sizes` how
    many different sizes the images had before they were brought to `shape` (channels, height, width). `head` holds the
    first rows as words, `tail` the last. `notes` tell what was noticed, `corrections` what a person said of the file.
    Pixels are stored as they were: `black` and `white` are the values that become 0 and 1.
    """

    name: str
    sort: Literal["table", "images", "sequences"]
    rows: int
    columns: tuple[Column, ...] = ()
    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    shape: tuple[int, int, int] = (0, 0, 0)
    sizes: int = 0
    head: tuple[tuple[str, ...], ...] = ()
    delimiter: str = ""
    decimal: str = ""
    encoding: str = ""
    header: bool = True
    first_row: int = 0
    tail: tuple[tuple[str, ...], ...] = ()
    notes: tuple[UploadNote, ...] = ()
    corrections: Corrections = NO_CORRECTIONS
    black: float = 0.0
    white: float = 255.0


def clean_file_name(name: str, limit: int = 60) -> str:
    """Clean a file's name: no folders, letters, digits and a few signs alone, so that an experiment may carry it."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    return re.sub(r"[^\w .,()+-]", "_", last)[-limit:].strip()


def one_line(text: object, limit: int = 80) -> str:
    """Shorten a cell or a column's name to one line, without characters that cannot be printed."""
    # cut first: a cell may be megabytes long
    found = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * limit]).split())
    return found if len(found) <= limit else found[: limit - 1] + "…"
