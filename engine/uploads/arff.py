"""ARFF, the format of Weka: @relation, one @attribute for each column, and the rows after @data."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from engine.message import Message
from engine.uploads.corrections import Corrections
from engine.uploads.refusal import refusal
from engine.uploads.row_parsing import Row, parse_rows
from engine.uploads.schema import UploadNote, one_line
from engine.uploads.table import ParsedUpload

START = re.compile(r"(?:[^\S\n]*(?:%[^\n]*)?\n)*[^\S\n]*@relation\b", re.IGNORECASE)  # one way to read blank lines
ATTRIBUTE = re.compile(r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(\{.*\}|.*)""", re.IGNORECASE)
KINDS = ("numeric", "real", "integer", "string", "date")


def is_arff(text: str) -> bool:
    """Whether a text begins as ARFF does."""
    return START.match(text[: 1 << 16]) is not None


def read_arff(
    name: str, text: str, corrections: Corrections, notes: Sequence[UploadNote], encoding: str
) -> ParsedUpload:
    """The table in an ARFF file. Raises: InvalidExperiment."""
    names: list[str] = []
    lines = enumerate(io.StringIO(text), 1)
    for position, line in lines:
        word = line.strip().split(None, 1)[0].lower() if line.strip() else ""
        if word == "@data":
            rows = data(lines, len(names))
            facts = {"delimiter": ",", "encoding": encoding}
            plain = corrections.model_copy(update={"header": True})
            about, arrays = parse_rows(name, [(position, names), *rows], plain, notes, facts)
            return about.model_copy(update={"corrections": corrections}), arrays
        if word == "@attribute":
            names.append(attribute(line.strip()))
    raise refusal(Message("an ARFF file with a line @data"), Message("one without it"))


def attribute(line: str) -> str:
    """The name of a column. Raises: InvalidExperiment for a type that is none of a table."""
    found = ATTRIBUTE.match(line)
    kind = found[2].split()[:1] if found else []
    if found is None or not (found[2].startswith("{") or (kind and kind[0].lower() in KINDS)):
        raise refusal(Message("an ARFF attribute with a name and a type"), one_line(line, 40))
    name = found[1]
    return name[1:-1].replace("\\", "") if name[0] in "'\"" else name


def data(lines: Iterator[tuple[int, str]], width: int) -> Iterator[Row]:
    """The rows below @data. Raises: InvalidExperiment for sparse ones and for uneven ones."""
    for position, line in lines:
        own = line.strip()
        if not own or own[0] == "%":
            continue
        if own[0] == "{":
            raise refusal(Message("an ARFF file with all its values"), Message("a sparse one"))
        quote = "'" if "'" in own else '"'
        sign = "\t" if "\t" in own and "," not in own else ","
        try:
            row = next(csv.reader([own], delimiter=sign, quotechar=quote, escapechar="\\", skipinitialspace=True))
        except csv.Error as error:
            raise refusal(Message("a table"), Message("lines that cannot be cut into columns")) from error
        if len(row) != width:
            raise refusal(
                Message("{n} columns in every line", n=width), Message("{n} in line {line}", n=len(row), line=position)
            )
        yield position, row
