"""Text with one row a line: encoding, separator, decimal sign and header are found out where nobody says them."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator

from engine.message import Message
from engine.uploads.arff import is_arff, read_arff
from engine.uploads.corrections import ENCODINGS, NO_CORRECTIONS, Corrections
from engine.uploads.delimiters import SAMPLE, SIGNS, infer_separator, rows_of
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
    """The table in a text file. Raises: InvalidExperiment if it holds none."""
    ended = raw.rstrip(b"\r\n").endswith(b"\x1a")
    text, encoding = decode(raw.rstrip(b"\r\n\x1a") if ended else raw, corrections.encoding)
    notes = [note("ended")] if ended else []
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    text = blank_lines(text, corrections.first_row or 0)
    if is_arff(text):
        return read_arff(name, text, corrections, notes, encoding)
    text, sign = strip_separator_line(text)
    if sign:
        notes.append(note("separator_line", sign=SPOKEN.get(sign, sign)))
    text, above = blank_comments(text)
    delimiter = corrections.separator or sign or infer_separator(text)
    rows, late = drop_comment_rows(rows_of(text, delimiter))
    rows, above = restore_commented_rows(rows, above, delimiter)
    if comments := [*above, *late]:
        notes.append(note("comments", n=len(comments), sign=comments[0].lstrip()[0]))
    return parse_rows(name, rows, corrections, notes, {"delimiter": delimiter, "encoding": encoding})


def decode(raw: bytes, said: str | None = None) -> tuple[str, str]:
    """The text and how it was encoded: UTF-8, UTF-16 with its mark, else Windows-1252, which Latin-1 is a part of."""
    expected = (
        Message("text in {encoding}", encoding=said) if said else Message("text in UTF-8, UTF-16 or Windows-1252")
    )
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for label in (said,) if said else ("UTF-16",) if marked else ("UTF-8", "Windows-1252"):
        try:
            text = raw.decode(ENCODINGS[label] if marked or label != "UTF-16" else guess_utf16_order(raw))
        except UnicodeError:
            continue
        if CONTROL.search(text):
            raise refusal(expected, Message("other bytes"))
        return text, label
    raise refusal(expected, Message("other bytes"))


def guess_utf16_order(raw: bytes) -> str:
    """Which way round UTF-16 without a mark is written: most signs of a table have a zero in their upper half."""
    return "utf-16-be" if raw[: 1 << 12 : 2].count(0) > raw[1 : 1 << 12 : 2].count(0) else "utf-16-le"


def blank_lines(text: str, count: int) -> str:
    """The text with the first lines empty, so that lines keep their numbers."""
    if not count:
        return text
    return "\n" * count + "".join(itertools.islice(io.StringIO(text, newline=""), count, None))


def strip_separator_line(text: str) -> tuple[str, str | None]:
    """The text without a first line such as sep=; and the sign that it names."""
    start, _end, rest = text.partition("\n")
    found = SIGN_LINE.fullmatch(start)
    return (f"\n{rest}", found[1]) if found and found[1] in SIGNS else (text, None)


def blank_comments(text: str) -> tuple[str, list[str]]:
    """The text with the comments that it begins with left empty, and those comments."""
    count, comments = 0, []
    for line in io.StringIO(text, newline=""):
        start = line.strip()
        row = not start.startswith(COMMENT) or ERROR.match(start)
        if start and (row or (start.count('"') % 2 and not start.lstrip(COMMENT_SIGNS)[:1].isspace())):
            break
        comments += [line.lstrip().rstrip("\r\n")] if start else []
        count += 1
    return blank_lines(text, count) if comments else text, comments


def drop_comment_rows(rows: Iterator[Row]) -> tuple[list[Row], list[str]]:
    """The rows without lines between them that begin as comments do and are cut into fewer or more cells."""
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
    """The rows, and the comments above them, without what is no comment: lines such as #3,5,7 that have no space
    after the sign and as many cells, and names of the columns in the last line, as numpy writes them."""
    comments = list(comments)
    width = len(rows[0][1]) if rows else 0
    while comments and width > 1 and not comments[-1].lstrip(COMMENT_SIGNS)[:1].isspace():
        cells = cells_of(comments[-1], delimiter)
        if len(cells) != width:
            return rows, comments
        rows = [(1, cells), *rows]
        comments.pop()
    if not comments or width < 2:
        return rows, comments
    cells, others = cells_of(comments[-1].lstrip(COMMENT_SIGNS), delimiter), [row for _line, row in rows]
    if len(cells) != width or not has_header(cells, others)[0] or has_header(others[0], others[1:])[0]:
        return rows, comments
    return [(1, cells), *rows], comments[:-1]


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line."""
    return next(rows_of(line, delimiter), (0, []))[1]
