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

START = re.compile(r"(?:[^\S\n]*(?:%[^\n]*)?\n)*[^\S\n]*@relation\b", re.IGNORECASE)
"""Blank lines and comments can be read in one way only, so that a text of many does not take quadratic time."""
ATTRIBUTE = re.compile(r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(\{.*\}|.*)""", re.IGNORECASE)
KINDS = ("numeric", "real", "integer", "string", "date")


def is_arff(text: str) -> bool:
    """Whether a text begins as ARFF does."""
    return START.match(text[: 1 << 16]) is not None


def read_arff(
    name: str, text: str, corrections: Corrections, notes: Sequence[UploadNote], encoding: str
) -> ParsedUpload:
    """Read the table in an ARFF file. Raises: InvalidExperiment."""
    names: list[str] = []
    lines = enumerate(io.StringIO(text), 1)
    for position, line in lines:
        word = line.strip().split(None, 1)[0].lower() if line.strip() else ""
        if word == "@data":
            rows = read_rows(lines, len(names))
            facts = {"delimiter": ",", "encoding": encoding}
            plain = corrections.model_copy(update={"header": True})
            schema, arrays = parse_rows(name, [(position, names), *rows], plain, notes, facts)
            return schema.model_copy(update={"corrections": corrections}), arrays
        if word == "@attribute":
            names.append(parse_attribute(line.strip()))
    raise refusal(Message("an ARFF file with a line @data"), Message("one without it"))


def parse_attribute(line: str) -> str:
    """Parse the name in an @attribute line. Raises: InvalidExperiment for a type that no table has."""
    found = ATTRIBUTE.match(line)
    kind = found[2].split()[:1] if found else []
    if found is None or not (found[2].startswith("{") or (kind and kind[0].lower() in KINDS)):
        raise refusal(Message("an ARFF attribute with a name and a type"), one_line(line, 40))
    name = found[1]
    return name[1:-1].replace("\\", "") if name[0] in "'\"" else name


def read_rows(lines: Iterator[tuple[int, str]], width: int) -> Iterator[Row]:
    """Read the rows below @data. Raises: InvalidExperiment for sparse rows and for uneven ones."""
    for position, line in lines:
        text = line.strip()
        if not text or text[0] == "%":
            continue
        if text[0] == "{":
            raise refusal(Message("an ARFF file with all its values"), Message("a sparse one"))
        quote = "'" if "'" in text else '"'
        sign = "\t" if "\t" in text and "," not in text else ","
        try:
            row = next(csv.reader([text], delimiter=sign, quotechar=quote, escapechar="\\", skipinitialspace=True))
        except csv.Error as error:
            raise refusal(Message("a table"), Message("lines that cannot be cut into columns")) from error
        if len(row) != width:
            raise refusal(
                Message("{n} columns in every line", n=width), Message("{n} in line {line}", n=len(row), line=position)
            )
        yield position, row
