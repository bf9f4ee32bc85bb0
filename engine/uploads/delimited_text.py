"""Delimited text, a row a line: encoding, separator, decimal sign and header are inferred where none is given."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator

from engine.message import Message
from engine.uploads.arff import is_arff, read_arff
from engine.uploads.corrections import ENCODINGS, NO_CORRECTIONS, Corrections
from engine.uploads.delimiters import SAMPLE, SIGNS, infer_separator, read_rows
from engine.uploads.header_row import has_header
from engine.uploads.notes import note
from engine.uploads.refusal import refusal
from engine.uploads.row_parsing import Row, parse_rows
from engine.uploads.table import ParsedUpload

CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
SIGN_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*\r?\n?", re.IGNORECASE)
COMMENT_SIGNS = "#%/"  # what a comment begins with
COMMENT = ("#", "%", "//")
ERROR = re.compile(r"#\S*?([!?]|N/[AD]|NV)", re.IGNORECASE)
SPOKEN = {"\t": "tab", " ": "space"}


def read_delimited(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    """Read the table in a text file. Raises: InvalidExperiment if it holds none."""
    ended = raw.rstrip(b"\r\n").endswith(b"\x1a")
    text, encoding = decode(raw.rstrip(b"\r\n\x1a") if ended else raw, corrections.encoding)
    notes = [note("ended")] if ended else []
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    text = blank_out_lines(text, corrections.first_row or 0)
    if is_arff(text):
        return read_arff(name, text, corrections, notes, encoding)
    text, sign = strip_separator_line(text)
    if sign:
        notes.append(note("separator_line", sign=SPOKEN.get(sign, sign)))
    text, above = blank_comments(text)
    delimiter = corrections.separator or sign or infer_separator(text)
    rows, late = drop_comment_rows(read_rows(text, delimiter))
    rows, above = restore_commented_rows(rows, above, delimiter)
    if comments := [*above, *late]:
        notes.append(note("comments", n=len(comments), sign=comments[0].lstrip()[0]))
    return parse_rows(name, rows, corrections, notes, {"delimiter": delimiter, "encoding": encoding})


def decode(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Decode a text; returns it and its encoding: UTF-8, UTF-16 with its mark, else Windows-1252, which holds Latin-1.

    Raises: InvalidExperiment for bytes that are no text.
    """
    expected = (
        Message("text in {encoding}", encoding=encoding)
        if encoding
        else Message("text in UTF-8, UTF-16 or Windows-1252")
    )
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for label in (encoding,) if encoding else ("UTF-16",) if marked else ("UTF-8", "Windows-1252"):
        try:
            text = raw.decode(ENCODINGS[label] if marked or label != "UTF-16" else guess_utf16_order(raw))
        except UnicodeError:
            continue
        if CONTROL.search(text):  # nearly every byte is a sign of Windows-1252: only controls tell other files
            raise refusal(expected, Message("other bytes"))
        return text, label
    raise refusal(expected, Message("other bytes"))


def guess_utf16_order(raw: bytes) -> str:
    """Guess the byte order of UTF-16 without a mark: most signs of a table have a zero in their upper half."""
    return "utf-16-be" if raw[: 1 << 12 : 2].count(0) > raw[1 : 1 << 12 : 2].count(0) else "utf-16-le"


def blank_out_lines(text: str, count: int) -> str:
    """Blank the first lines, so that the others keep their numbers in refusals."""
    if not count:
        return text
    return "\n" * count + "".join(itertools.islice(io.StringIO(text, newline=""), count, None))


def strip_separator_line(text: str) -> tuple[str, str | None]:
    """Strip a first line such as sep=; which Excel reads; returns the text and the sign that it names."""
    start, _end, rest = text.partition("\n")
    found = SIGN_LINE.fullmatch(start)
    return (f"\n{rest}", found[1]) if found and found[1] in SIGNS else (text, None)


def blank_comments(text: str) -> tuple[str, list[str]]:
    """Blank the comments that a text begins with; returns the text and those comments."""
    count, comments = 0, []
    for line in io.StringIO(text, newline=""):
        start = line.strip()
        row = not start.startswith(COMMENT) or ERROR.match(start)
        if start and (row or (start.count('"') % 2 and not start.lstrip(COMMENT_SIGNS)[:1].isspace())):
            break
        comments += [line.lstrip().rstrip("\r\n")] if start else []
        count += 1
    return blank_out_lines(text, count) if comments else text, comments


def drop_comment_rows(rows: Iterator[Row]) -> tuple[list[Row], list[str]]:
    """Drop lines between rows that begin as comments do and have another number of cells; returns rows and comments."""
    whole = list(rows)
    widths = [len(row) for _line, row in whole[:SAMPLE]]
    usual = max(set(widths), key=widths.count, default=0)
    late = [position for position, (_line, row) in enumerate(whole) if len(row) != usual and is_comment(row)]
    if not late:
        return whole, []
    gone = set(late)
    return [each for position, each in enumerate(whole) if position not in gone], [
        whole[position][1][0] for position in late
    ]


def is_comment(row: list[str]) -> bool:
    """Whether a row begins as a comment does."""
    return row[0].lstrip().startswith(COMMENT)


def restore_commented_rows(rows: list[Row], comments: list[str], delimiter: str) -> tuple[list[Row], list[str]]:
    """Restore what is no comment; returns the rows and the comments that remain.

    Lines such as #3,5,7 have no space after the sign and as many cells as the rows. The last line may name the columns,
    as numpy writes them.
    """
    comments = list(comments)
    width = len(rows[0][1]) if rows else 0
    while comments and width > 1 and not comments[-1].lstrip(COMMENT_SIGNS)[:1].isspace():
        cells = split_line(comments[-1], delimiter)
        if len(cells) != width:
            return rows, comments
        rows = [(1, cells), *rows]
        comments.pop()
    if not comments or width < 2:
        return rows, comments
    cells, others = split_line(comments[-1].lstrip(COMMENT_SIGNS), delimiter), [row for _line, row in rows]
    if len(cells) != width or not has_header(cells, others)[0] or has_header(others[0], others[1:])[0]:
        return rows, comments
    return [(1, cells), *rows], comments[:-1]


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one line into its cells."""
    return next(read_rows(line, delimiter), (0, []))[1]
