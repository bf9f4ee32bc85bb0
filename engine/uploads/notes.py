"""Notes on how a file was read, as sentences that a page can translate."""

from __future__ import annotations

from engine.uploads.schema import UploadNote

TEXTS = {
    "gaps": "Cells that are empty or say {words} are gaps: {n}.",
    "empty": "Empty cells are gaps: {n}.",
    "errors": "Cells with an error of a spreadsheet, such as {words}, are gaps: {n}.",
    "code": "In column {name} the value {value}, far from all others, comes {n} times: say so if it means a gap.",
    "class_none": "In column {name}, the word {word} is taken for a class, not for a gap.",
    "repeated": "Lines that repeat the names of the columns are left out: {n}.",
    "skipped": "Lines before the table are left out: {n}.",
    "comments": "Lines that begin with {sign} are left out as comments: {n}.",
    "separator_line": "The first line says that {sign} separates the columns.",
    "counts": "The first line counts rows and columns and names the classes: {names}.",
    "ended": "The sign for the end of a file (0x1A) is left out.",
    "header": "The first line is taken for names; it could be a row as well.",
    "no_header": "The first line is taken for a row; it could be names as well.",
    "thousands": "In column {name}, {cell} is read as {value}; it could also be {other}.",
    "identifier": "Column {name} looks like an identifier of the rows and is left out.",
    "identifier_used": "Column {name} looks like an identifier of the rows, but nothing else is left as input.",
    "text": "Column {name} holds words that differ in nearly every row and is left out.",
    "index": "Column {name} is the index of a pandas table and is left out.",
    "sheet": "Of {n} sheets the first one, {name}, is read.",
    "splits": "The folders {names} are taken for parts of one data set, not for classes, and are put together.",
    "scale": "Pixels are from {low} to {high}; {black} is taken for black and {white} for white.",
    "taken_images": "x of shape {shape} is taken for images; it could be sequences as well.",
    "taken_sequences": "x of shape {shape} is taken for sequences (time, features); it could be images as well.",
}
"""The sentence of each kind of note. Lists of names and words come as one text."""

REASONS = {
    "target_named": "it has the name of a target",
    "target_last": "the last column that could be one",
    "said": "you said so",
    "one_value": "one value in all rows",
    "text": "words that differ in nearly every row",
    "identifier_name": "it has the name of an identifier and differs from row to row",
    "identifier_sequence": "it counts the rows",
    "pandas_index": "the index of a pandas table",
}
"""Why a column is taken for what it is."""


def note(kind: str, **values: str | int | float) -> UploadNote:
    """Make a note of a kind with the values for its sentence."""
    return UploadNote(kind=kind, text=TEXTS[kind], values=values)
