"""Ways in which a text or a sheet holds the same table: what stands around it, its names, its gaps."""

from __future__ import annotations

import datetime
import io

import numpy as np
import openpyxl
import pytest

from engine.errors import InvalidExperiment
from engine.uploads.corrections import Corrections
from engine.uploads.infer import infer_uses
from engine.uploads.sandbox import parse_file
from engine.uploads.schema import UploadSchema
from tests.uploads.evil import zipped

COUNT = 24
X = [n * 37 % 101 / 4 for n in range(COUNT)]
Z = [n * n - 50 for n in range(COUNT)]
WORDS = ["ab"[n * 7 % 3 % 2] for n in range(COUNT)]
LINES = [f"{x},{z},{word}" for x, z, word in zip(X, Z, WORDS, strict=True)]
BODY = "\n".join(LINES)
NAMED = "x,z,label\n"


def spaced(line: str) -> str:
    return "  ".join(line.split(","))


SAME: dict[str, str] = {
    "as it is": NAMED + BODY,
    "a line sep=": "sep=;\n" + (NAMED + BODY).replace(",", ";"),
    "a line sep= with a tab": '"sep=\t"\r\n' + (NAMED + BODY).replace(",", "\t").replace("\n", "\r\n"),
    "comments before and after": "# made by a machine\n# on a day, at noon\n" + NAMED + BODY + "\n# the end\n",
    "names in the last comment": "# a file\n# x z label\n" + "\n".join(map(spaced, LINES)),
    "comments between": "% one\n\n" + NAMED + "\n".join(LINES[:9]) + "\n% two\n" + "\n".join(LINES[9:]),
    "spaces": "  x   z label\n" + "\n".join("  " + spaced(line) + " " for line in LINES),
    "spaces and tabs": "x z label\n" + "\n".join(line.replace(",", " ", 1).replace(",", " \t") for line in LINES),
    "the sign for the end": (NAMED + BODY + "\n\x1a").replace("\n", "\r\n"),
    "lines that end in one old way": (NAMED + BODY).replace("\n", "\r"),
    "a title": "Report of May\n\n" + NAMED + BODY,
    "a title with empty cells": "Report of May,,\n,,\n" + NAMED + BODY + "\n,,\n",
    "separators at the ends": NAMED + "\n".join(line + "," for line in LINES),
    "separators at all ends": NAMED.replace("\n", ",\n") + "\n".join(line + "," for line in LINES),
    "names that come again": NAMED + "\n".join(LINES[:7]) + "\n" + NAMED + "\n".join(LINES[7:]) + "\nx,z,label",
    "quotes": '"x","z","label"\n' + "\n".join('"' + line.replace(",", '","') + '"' for line in LINES),
    "ARFF": "% about\n@RELATION 'a b'\n@attribute x numeric\n@ATTRIBUTE 'z' integer % no\n@attribute label {a, b}\n"
    "\n@data\n% rows\n" + BODY,
}


def expect_same(about: UploadSchema, arrays: dict[str, np.ndarray]) -> None:
    assert [column.name for column in about.columns] == ["x", "z", "label"]
    np.testing.assert_array_equal(arrays["values"], np.array([X, Z]).T)
    assert [about.columns[2].levels[code] for code in arrays["codes"][:, 0]] == WORDS
    assert infer_uses(about) == ("nnt", "classification")


@pytest.mark.parametrize("way", SAME)
def test_the_same_table_is_found(way: str) -> None:
    expect_same(*parse_file("t.csv", SAME[way].encode()))


def test_a_first_row_of_gaps_is_no_title() -> None:
    """As random table 5656 was, whose first row was left out."""
    about = parse_file(
        "t.csv", "\n".join(["b,,", *(f"{'ab'[n % 2]},{n / 3:.2f},{n * n}" for n in range(20))]).encode()
    )[0]
    assert (about.rows, about.header, about.notes[0].kind) == (21, False, "empty")


def workbook(rows: list[list[object]], sheets: int = 1) -> bytes:
    book, whole = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for index in range(sheets - 1):
        book.create_sheet(f"more {index}")
    book.save(whole)
    return whole.getvalue()


def test_a_workbook_of_excel_is_read() -> None:
    rows: list[list[object]] = [[x, z, word] for x, z, word in zip(X, Z, WORDS, strict=True)]
    expect_same(*parse_file("t.xlsx", workbook([["x", "z", "label"], *rows])))
    about, arrays = parse_file("t.xlsx", workbook([["Report"], [], ["x", "z", "label"], *rows], sheets=3))
    expect_same(about, arrays)
    assert {note.kind for note in about.notes} == {"sheet", "skipped"}
    assert about.first_row == 2


def test_cells_of_a_workbook_of_every_type() -> None:
    names: list[object] = ["id", "x", "when", "flag", "label"]
    rows: list[list[object]] = [
        [n + 1, n / 3 if n != 4 else "#DIV/0!", datetime.date(2020, 1, n + 1), n % 3 == 0, n % 2] for n in range(20)
    ]
    rows[7][1] = None
    about, arrays = parse_file("t.xlsx", workbook([names, *rows]))
    assert [column.role for column in about.columns] == ["ignored", "input", "ignored", "input", "target"]
    truth = [np.nan if n in (4, 7) else float(f"{n / 3:.16g}") for n in range(20)]  # as openpyxl writes them
    np.testing.assert_array_equal(arrays["values"][:, 1], truth)
    assert about.columns[3].levels == ("false", "true")
    assert about.head[0][2] == "2020-01-01"
    assert {note.kind for note in about.notes} == {"empty", "errors", "identifier", "text"}


def test_a_workbook_that_would_unpack_to_too_much_is_refused() -> None:
    members = {
        "[Content_Types].xml": b"<x/>",
        "xl/workbook.xml": b"<x/>",
        "xl/worksheets/sheet1.xml": b"0" * 150_000_000,
    }
    with pytest.raises(InvalidExperiment, match="packed at most 100 times"):
        parse_file("bomb.xlsx", zipped(members))


HEADS = {
    "0,1,2,3": ("0.5,1.5,{r}.25,{c}", True, True),
    "2001,2002,2003,kind": ("{r},1{r},{r}.5,{w}", True, True),
    "400.5,401,401.5,402,402.5,class": ("{r}.5,{r},0.25,1.5,{c}{r},{w}", True, False),
    ",0,1,label": ("{n},1.5,{r}.25,{w}", True, False),
    "name,id,x,group": ("n{n},{n},{r}.5,{w}", True, False),
    "a,b": ("{w},{v}", True, False),
    "p,v": ("{w},{v}", False, False),
    "5.1,3.5,q": ("{r}.5,1.{r},{w}", False, False),
    "no,-33.9,n/a": ("{w},{r}.5,{v}", False, False),
    "5.1,3.5,new": ("{r}.5,1.{r},{w}", False, False),
    "1,2,3": ("{r},{c},{n}", False, True),
    "#N/A,2.5,p": ("{r}.5,1.{r},{w}", False, False),
}


@pytest.mark.parametrize("first", HEADS)
def test_a_line_of_names_is_told_from_a_row(first: str) -> None:
    form, header, doubt = HEADS[first]
    rows = [form.format(n=n, r=n * 7 % 31, c=n % 3, w="pq"[n % 2], v="uvw"[n % 3]) for n in range(30)]
    about = parse_file("t.csv", "\n".join([first, *rows]).encode())[0]
    assert about.header is header
    assert bool({note.kind for note in about.notes} & {"header", "no_header"}) is doubt
    for wanted in (True, False):
        assert parse_file("t.csv", "\n".join([first, *rows]).encode(), Corrections(header=wanted))[0].header is wanted


@pytest.mark.parametrize("gap", ["NULL", "--", "missing", ".", "NaN", "#DIV/0!", "#¡VALOR!", "none", "(null)", "n.a."])
def test_gaps_are_counted_and_said(gap: str) -> None:
    text = NAMED + "\n".join(
        f"{gap if n % 6 == 1 else x},{z},{w}" for n, (x, z, w) in enumerate(zip(X, Z, WORDS, strict=True))
    )
    about, arrays = parse_file("t.csv", text.encode())
    assert about.columns[0].missing == 4
    np.testing.assert_array_equal(arrays["values"][:, 0], [np.nan if n % 6 == 1 else x for n, x in enumerate(X)])
    (said,) = [note for note in about.notes if note.kind in ("gaps", "errors")]
    assert (said.values["n"], said.values["words"]) == (4, gap)


def test_a_number_that_may_mean_a_gap_is_said_and_can_be_one() -> None:
    text = NAMED + "\n".join(
        f"{-999 if n % 6 == 1 else x},{z},a" + "b" * (n % 2) for n, (x, z) in enumerate(zip(X, Z, strict=True))
    )
    about = parse_file("t.csv", text.encode())[0]
    assert [(note.kind, note.values) for note in about.notes] == [("code", {"name": "x", "n": 4, "value": -999})]
    assert about.columns[0].missing == 0
    corrected, arrays = parse_file("t.csv", text.encode(), Corrections(gaps=("-999",)))
    assert corrected.columns[0].missing == 4
    np.testing.assert_array_equal(arrays["values"][:, 0], [np.nan if n % 6 == 1 else x for n, x in enumerate(X)])


IDS = {
    "Id": ([7 * n + 3 for n in range(COUNT)], True),
    "customer_id": ([100 - n for n in range(COUNT)], True),
    "PassengerId": (range(1, COUNT + 1), True),
    "Unnamed: 0": (range(COUNT), True),
    "uuid": ([f"c{n * 91:x}" for n in range(COUNT)], True),
    "a": (range(COUNT), True),
    "rank": ([n * 5 % COUNT + 1 for n in range(COUNT)], True),
    "day": (range(COUNT), False),
    "paid": ([7 * n + 3 for n in range(COUNT)], False),
    "width": (range(5, COUNT + 5), False),
    "index": (X, False),
    "group_id": ([n % 4 for n in range(COUNT)], False),
}


@pytest.mark.parametrize("name", IDS)
def test_identifiers_are_left_out_until_someone_says_otherwise(name: str) -> None:
    cells, identifier = IDS[name]
    text = f"{name},z,label\n" + "\n".join(f"{c},{z},{w}" for c, z, w in zip(cells, Z, WORDS, strict=True))
    about = parse_file("t.csv", text.encode())[0]
    assert (about.columns[0].role == "ignored") is identifier
    assert any(note.kind == "identifier" and note.values["name"] == name for note in about.notes) is identifier
    if about.columns[0].sort == "number":
        assert infer_uses(parse_file("t.csv", text.encode(), Corrections(inputs=(name,)))[0])[0][0] == "n"


def test_an_identifier_stays_where_nothing_else_would_be_left() -> None:
    about = parse_file("t.csv", ("x1,label\n" + "\n".join(f"{n},{w}" for n, w in enumerate(WORDS))).encode())[0]
    assert infer_uses(about) == ("nt", "classification")
    assert [note.kind for note in about.notes] == ["identifier_used"]


REFUSED = {
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
    "t.ods": (
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}, 0),
        ".ods",
    ),
    "t.sav": (b"$FL2@(#) SPSS DATA FILE", ".sav"),
    "t.xlsb": (zipped({"xl/workbook.bin": b"x"}), ".xlsb"),
    "t.json": (b'[{"a": 1}]', "JSON"),
    "t.csv.gz": (b"\x1f\x8b\x08" + bytes(50), "gzip"),
    "t.npy": (b"\x93NUMPY\x01\x00", ".npy"),
    "sparse.arff": (b"@relation r\n@attribute a real\n@attribute b real\n@data\n{0 1, 1 2}\n", "sparse"),
    "relational.arff": (b"@relation r\n@attribute a relational\n@data\n1\n", "an ARFF attribute"),
    "open.csv": ((NAMED + BODY + '\n1,2,"never\n' + BODY).encode(), "a quote without one"),
    "uneven.csv": ((NAMED + BODY + "\n1,2\n" + BODY).encode(), "2 in line 26"),
    "uneven_after_a_title.csv": (("Title\n\n" + NAMED + BODY + "\n1,2\n" + BODY).encode(), "2 in line 28"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_by_its_name(name: str) -> None:
    raw, said = REFUSED[name]
    with pytest.raises(InvalidExperiment) as caught:
        parse_file(name, raw)
    assert said in str(caught.value)


def test_a_word_for_nothing_is_a_class_among_words_and_a_gap_among_numbers() -> None:
    text = "a,b,c\n" + "\n".join(
        f"{'None' if n == 3 else n * 2},{['None', 'Some', 'NA'][n % 3]},{n % 2}" for n in range(30)
    )
    about = parse_file("t.csv", text.encode())[0]
    assert [column.missing for column in about.columns] == [1, 10, 0]
    assert about.columns[1].levels == ("None", "Some")
    only = parse_file("t.csv", text.replace("Some", "missing").replace("None", "there").encode())[0]
    assert only.columns[1].levels == ("missing", "there")
