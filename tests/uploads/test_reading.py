"""Tables and images in every format, written by the test and taken in for real."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engine.errors import InvalidExperiment
from engine.parts.datasets.upload import Upload
from engine.uploads import library
from engine.uploads.delimited_text import read_delimited
from engine.uploads.encode import encode_table
from engine.uploads.image_zip import read_image_zip
from engine.uploads.infer import infer_uses
from engine.uploads.ingest import ingest_upload
from engine.uploads.npz import read_npz
from engine.uploads.schema import UploadSchema
from engine.uploads.table import ParsedUpload
from tests.uploads.evil import npy, photos, png, pq, table, zipped

RNG = np.random.default_rng(5)
NUMBERS = RNG.normal(0, 50, (60, 2)).round(2)
WORDS = np.where(NUMBERS.sum(1) > 0, "sí", "no")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    return tmp_path


def lines(separator: str = ",", decimal: str = ".", header: bool = True) -> str:
    """The table as text."""
    rows = [
        separator.join([*(f"{n}".replace(".", decimal) for n in row), word])
        for row, word in zip(NUMBERS, WORDS, strict=True)
    ]
    return "\n".join([separator.join(("ancho", "año", "clase")), *rows] if header else rows)


def expect_table(found: ParsedUpload) -> None:
    """Numbers and classes are those that were written."""
    about, arrays = found
    assert [column.sort for column in about.columns] == ["number", "number", "category"]
    np.testing.assert_array_equal(arrays["values"], NUMBERS)
    assert [about.columns[2].levels[code] for code in arrays["codes"][:, 0]] == WORDS.tolist()


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ","), (";", "."), ("\t", ","), ("|", ".")])
def test_separator_decimal_sign_and_header_are_found(separator: str, decimal: str, header: bool) -> None:
    found = read_delimited("a.csv", lines(separator, decimal, header).encode())
    expect_table(found)
    assert (found[0].delimiter, found[0].decimal, found[0].header) == (separator, decimal, header)
    assert [column.name for column in found[0].columns] == (["ancho", "año", "clase"] if header else ["x1", "x2", "x3"])


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("latin-1", "Windows-1252"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_are_told_apart(encoding: str, said: str, end: str) -> None:
    found = read_delimited("a.csv", lines().replace("\n", end).encode(encoding))
    expect_table(found)
    assert found[0].encoding == said
    assert found[0].columns[1].name == "año"


def test_quotes_gaps_and_long_names() -> None:
    text = 'a,b,"long, ""quoted"" name",label\n' + "\n".join(
        f'{n},{"?" if n % 5 == 0 else n},"x, {n % 3}",{n % 2}' for n in range(30)
    )
    about, arrays = read_delimited("a.csv", text.encode())
    assert about.columns[2].name == 'long, "quoted" name'
    assert about.columns[2].levels == ("x, 0", "x, 1", "x, 2")
    assert about.columns[1].missing == 6
    assert np.isnan(arrays["values"][::5, 1]).all()
    assert about.head[0] == ("0", "", "x, 0", "0"), "a gap is shown as one"
    assert infer_uses(about) == ("inct", "classification")  # the first column counts the rows


def test_a_target_is_guessed_by_its_name_or_place() -> None:
    named = "label,a,b\n" + "\n".join(f"{'xy'[n % 2]},{n + 5},{n * n}" for n in range(20))
    last = "a,b,c\n" + "\n".join(f"{n * 2},{n % 4},{n * 1.5}" for n in range(40))
    assert infer_uses(read_delimited("a.csv", named.encode())[0]) == ("tnn", "classification")
    assert infer_uses(read_delimited("a.csv", last.encode())[0]) == ("nnt", "regression")
    dull = "a,b,note,c\n" + "\n".join(f"{n * 2},7,text {n},{n % 2}" for n in range(40))
    assert infer_uses(read_delimited("a.csv", dull.encode())[0]) == ("niit", "classification")


def took(name: str, raw: bytes) -> tuple[str, UploadSchema]:
    """A file that was taken in for real."""
    digest = ingest_upload(name, raw)
    return digest, library.find_schema(digest)


def test_a_table_goes_through_the_process_and_back(store: Path) -> None:
    digest, about = took("../mis datos <b>.csv", lines(";", ",").encode("utf-16"))
    assert about.name == "mis datos _b_.csv"
    assert [path.name for path in (store / "own").iterdir()] == [f"{digest}.npz"]
    expect_table(library.load_upload(digest))
    assert [file.digest for file in library.list_uploads()] == [digest]
    assert ingest_upload("again.csv", lines(";", ",").encode("utf-16")) == digest
    assert len(library.list_uploads()) == 1
    library.delete(digest)
    assert library.list_uploads() == []


def test_parquet_with_every_usual_type() -> None:
    frame = pd.DataFrame(
        {
            "whole": np.arange(40),
            "gaps": [None if n % 4 == 0 else n / 3 for n in range(40)],
            "flag": [n % 3 == 0 for n in range(40)],
            "when": pd.date_range("2026-01-01", periods=40),
            "kind": pd.Categorical(list("abcd") * 10),
        }
    )
    whole = io.BytesIO()
    frame.to_parquet(whole)
    digest, about = took("t.parquet", whole.getvalue())
    assert [column.sort for column in about.columns] == ["number", "number", "category", "text", "category"]
    assert about.columns[1].missing == 10
    assert about.columns[2].levels == ("false", "true")
    loaded = Upload(file=digest, uses="nncit", task="classification").load(0)
    assert loaded.x.shape == (40, 4)
    assert loaded.classes == tuple("abcd")
    assert (
        infer_uses(UploadSchema(name="x", sort="table", rows=20, columns=took("u.parquet", pq(table()))[1].columns))[0]
        == "nt"
    )


def test_npz_tables_and_images() -> None:
    y = np.arange(30) % 3
    digest, about = took("t.npz", zipped({"X.npy": npy(np.asfortranarray(RNG.normal(size=(30, 4)))), "y.npy": npy(y)}))
    assert infer_uses(about) == ("nnnnt", "classification")
    images = RNG.integers(0, 256, (30, 5, 7, 3)).astype(np.uint8)
    digest, about = took("i.npz", zipped({"images.npy": npy(images), "labels.npy": npy(np.array(list("abc"))[y])}))
    assert (about.shape, about.classes, about.counts) == ((3, 5, 7), ("a", "b", "c"), (10, 10, 10))
    loaded = Upload(file=digest, layout="image").load(0)
    np.testing.assert_allclose(loaded.x, images.transpose(0, 3, 1, 2) / np.float32(255))
    assert Upload(file=digest).load(0).x.shape == (30, 105)
    shares = zipped({"x.npy": npy(images[..., 0] / 255), "y.npy": npy(y)})
    np.testing.assert_array_equal(
        library.load_upload(ingest_upload("s.npz", shares))[1]["images"][:, 0], images[..., 0]
    )


def test_images_of_one_size_stay_as_they_are_and_others_are_cut_and_scaled() -> None:
    digest, about = took("same.zip", zipped({**photos(), "__MACOSX/._x": b"", "a/.DS_Store": b"junk"}))
    assert (about.shape, about.sizes, about.classes, about.rows) == ((1, 8, 8), 1, ("a", "b"), 12)
    assert library.load_upload(digest)[1]["images"][:, 0, 0, 0].tolist() == list(range(12))
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    whole = io.BytesIO()
    wide.save(whole, "PNG")
    mixed = {**{f"top/{'ab'[n % 2]}/{n}.png": png((100, 100), n) for n in range(12)}, "top/b/w.png": whole.getvalue()}
    digest, about = took("mixed.zip", zipped(mixed))
    assert (about.shape, about.sizes, about.classes) == ((3, 64, 64), 2, ("a", "b"))
    last = library.load_upload(digest)[1]["images"][12]
    assert last.mean((1, 2)).tolist() == [0, 0, 255], "the middle third"


@pytest.mark.parametrize(
    ("cells", "beside", "numbers", "decimal"),
    [
        (["1,5", "-2,25", "3"], "0.5", [1.5, -2.25, 3], ""),
        (["1,5", "-2,25", "3"], "1.234", [1.5, -2.25, 3], ","),
        (["1.234,5", "12.345.678,25", "7"], "1", [1234.5, 12345678.25, 7], ","),
        (["1,234.5", "12,345,678.25", "7"], "1", [1234.5, 12345678.25, 7], "."),
        (["1 234", "12\u00a0345\u202f678", "7"], "1", [1234, 12345678, 7], "."),
        (["1 234,5", "-12 345", "7"], "1", [1234.5, -12345, 7], ","),
        (["\u2212" + "1.5", "2", "\u2212.5e-3"], "1", [-1.5, 2, -0.0005], "."),
        (["1.234", "2.345", "?"], "1", [1.234, 2.345, np.nan], "."),
        (["1.234", "2.345", "7"], "0,5", [1234, 2345, 7], ","),
        (["1,234", "2,345", "7"], "0.5", [1234, 2345, 7], "."),
        (["1,234", "0,345", "7"], "0.5", [1.234, 0.345, 7], ""),
        (["1,234", "2,345", "7"], "1", [1.234, 2.345, 7], ","),
        (["1.234", "12345.5", "7"], "1", [1.234, 12345.5, 7], "."),
        (["+1.234", "2.345.678", "7"], "1", [1234, 2345678, 7], ","),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_numbers_are_read_as_their_column_writes_them(
    cells: list[str], beside: str, numbers: list[float], decimal: str, late: bool
) -> None:
    """`late`: what tells comes after a hundred rows that do not."""
    cells, numbers = (["7"] * 100 * late + cells * 4, [7] * 100 * late + numbers * 4)
    text = "a;b;c\n" + "\n".join(f"{cell};{beside};{'xy'[n % 2]}" for n, cell in enumerate(cells))
    about, arrays = read_delimited("a.csv", text.encode())
    assert [column.sort for column in about.columns] == ["number", "number", "category"]
    np.testing.assert_array_equal(arrays["values"][:, 0], numbers)
    assert about.decimal == decimal


def test_between_commas_a_comma_in_quotes_parts_thousands() -> None:
    text = "a,b,c\n" + "\n".join(f'"{n + 1},{n + 234}","{n},5",{n % 2}' for n in range(20))
    plain = "a,b,c\n" + "\n".join(f'"{n + 1},{n + 234}",{n},{n % 2}' for n in range(20))
    found = [read_delimited("a.csv", raw.encode())[1]["values"][0].tolist() for raw in (text, plain)]
    assert found == [[1.234, 0.5, 0], [1234, 0, 0]]


@pytest.mark.parametrize("cell", ["1.2.3", "1.23,5", "12 34", "5 %", "1.234 567", "1,2,3", "0.123.456", "x"])
def test_what_is_written_in_no_such_way_stays_words(cell: str) -> None:
    text = "a;b\n" + "\n".join(f"{(cell, '1.5', '2')[n % 3]};{n}" for n in range(30))
    about = read_delimited("a.csv", text.encode())[0]
    assert about.columns[0].levels == tuple(sorted((cell, "1.5", "2")))


def test_a_column_without_a_name_gets_one_that_is_free() -> None:
    text = "a,,column 2\n" + "\n".join(f"{n},{n % 3},{'xy'[n % 2]}" for n in range(20))
    about = read_delimited("a.csv", text.encode())[0]
    assert [column.name for column in about.columns] == ["a", "column 2 (2)", "column 2"]


def test_a_minus_beside_a_plus_is_a_class() -> None:
    text = "a,label\n" + "\n".join(f"{'-' if n == 4 else n},{'-+'[n % 2]}" for n in range(20))
    about = read_delimited("a.csv", text.encode())[0]
    assert about.columns[0].missing == 1
    assert (about.columns[1].levels, about.columns[1].missing) == (("+", "-"), 0)


def test_images_whose_class_is_missing_are_left_out() -> None:
    images = RNG.integers(0, 256, (30, 5, 7)).astype(np.uint8)
    y = np.where(np.arange(30) < 3, np.nan, np.arange(30) % 2)
    about, arrays = read_npz("i.npz", zipped({"x.npy": npy(images), "y.npy": npy(y)}))
    assert (about.rows, about.classes, about.counts) == (27, ("0.0", "1.0"), (13, 14))
    np.testing.assert_array_equal(arrays["images"][:, 0], images[3:])
    y[5:] = np.nan
    with pytest.raises(InvalidExperiment, match="at least 10 images, received 2"):
        read_npz("i.npz", zipped({"x.npy": npy(images), "y.npy": npy(y)}))


@pytest.mark.parametrize("orientation", [6, 1])
def test_photographs_stand_upright(orientation: int) -> None:
    """6: the camera was turned, and what it wrote as the left column is the top row."""
    lying = Image.new("L", (8, 16), 0)
    lying.paste(255, (0, 0, 4, 16))
    exif, whole = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    lying.save(whole, "JPEG", quality=100, exif=exif)
    about, arrays = read_image_zip("a.zip", zipped({f"{'ab'[n % 2]}/{n}.jpg": whole.getvalue() for n in range(12)}))
    assert about.shape == ((1, 8, 16) if orientation == 6 else (1, 16, 8))
    first = arrays["images"][0, 0].astype(int)
    lit, dark = (first[:4], first[4:]) if orientation == 6 else (first[:, :4], first[:, 4:])
    assert lit.min() > 240
    assert dark.max() < 15


def test_numbers_as_classes_keep_the_digits_that_part_them() -> None:
    text = "a,label\n" + "\n".join(f"{n},{(100000000001, 100000000002)[n % 2]}" for n in range(20))
    found = encode_table(*read_delimited("a.csv", text.encode()), "nt", "classification", "fill")
    assert found.classes == ("100000000001", "100000000002")
    third = "a,label\n" + "\n".join(f"{n},{(1 / 3, 0.5)[n % 2]}" for n in range(20))
    found = encode_table(*read_delimited("a.csv", third.encode()), "nt", "classification", "fill")
    assert found.classes == ("0.3333333333", "0.5")
