"""Files as they come from the field, each with its truth written down here or read by pandas that was told how."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engine.uploads.encode import encode_images
from engine.uploads.infer import infer_uses
from engine.uploads.sandbox import parse_file
from engine.uploads.schema import UploadSchema

FILES = Path(__file__).parent / "files"


def raw(name: str) -> bytes:
    return (FILES / name).read_bytes()


def taken(name: str) -> tuple[UploadSchema, dict[str, np.ndarray]]:
    return parse_file(name, raw(name))


def kinds(about: UploadSchema) -> set[str]:
    return {note.kind for note in about.notes}


@pytest.mark.parametrize(
    ("name", "told", "names", "uses", "task"),
    [
        ("headerless-decimal-comma.csv", {"sep": ";", "decimal": ",", "header": None}, "x1 x2 x3", "nnt", "regression"),
        ("integer-header.csv", {}, "0 1 2 label", "nnnt", "classification"),
        ("integer-header-regression.csv", {}, "0 1 2 y", "nnnt", "regression"),
        ("counts-in-first-line.csv", {"skiprows": 1, "header": None}, "x1 x2 x3 x4", "nnnt", "classification"),
        ("excel-error-cell.csv", {"na_values": ["#N/A"]}, "a b label", "nnt", "classification"),
        ("id-column-sorted-by-class.csv", {}, "Id a b kind", "innt", "classification"),
        ("none-class.csv", {"keep_default_na": False}, "age sleep disorder", "nnt", "classification"),
    ],
)
def test_tables_of_the_field(name: str, told: dict[str, Any], names: str, uses: str, task: str) -> None:
    about, arrays = taken(name)
    truth = pd.read_csv(FILES / name, **told)
    assert [column.name for column in about.columns] == names.split()
    assert about.rows == len(truth)
    assert infer_uses(about) == (uses, task)
    own = [index for index, column in enumerate(about.columns) if column.sort == "number"]
    np.testing.assert_array_equal(arrays["values"], truth.iloc[:, own].to_numpy(np.float64))
    words = [index for index, column in enumerate(about.columns) if column.sort == "category"]
    for index, codes in zip(words, arrays["codes"].T, strict=True):
        expected = truth.iloc[:, index].tolist()
        if name.startswith("counts"):
            expected = [("low", "high")[code] for code in expected]
        assert [about.columns[index].levels[code] for code in codes] == expected


def test_what_was_noticed_in_them_is_told() -> None:
    assert kinds(taken("counts-in-first-line.csv")[0]) == {"counts"}
    assert kinds(taken("id-column-sorted-by-class.csv")[0]) == {"identifier"}
    assert kinds(taken("none-class.csv")[0]) == {"class_none"}
    errors = taken("excel-error-cell.csv")[0]
    assert [str(note) for note in errors.notes] == ["Cells with an error of a spreadsheet, such as #N/A, are gaps: 1."]
    assert errors.columns[0].missing == 1
    none = taken("none-class.csv")[0].columns[2]
    assert (none.missing, "None" in none.levels) == (0, True)


def test_the_index_of_a_pandas_table_is_no_target() -> None:
    about, _arrays = taken("shuffled-index.pq")
    assert infer_uses(about) == ("nnti", "classification")
    assert about.columns[3].role == "index"
    assert kinds(about) == {"index"}
    whole = io.BytesIO()
    frame = pd.DataFrame({"day": np.arange(30) * 1.5, "b": np.arange(30) % 4, "c": ["uv"[n % 2] for n in range(30)]})
    frame.set_index("day").to_parquet(whole)
    named = parse_file("t.parquet", whole.getvalue())[0]
    assert {column.name: column.role for column in named.columns} == {"b": "input", "c": "target", "day": "index"}


def test_float_images_a_little_over_one_keep_every_shade() -> None:
    with np.load(FILES / "float-images-slightly-over-1.npz") as truth:
        x, y = truth["x"].astype(np.float64), truth["y"]
    about, arrays = taken("float-images-slightly-over-1.npz")
    assert kinds(about) == {"scale"}
    loaded = encode_images(about, arrays, "image")
    np.testing.assert_allclose(loaded.x[:, 0], x / x.max(), atol=1e-6)
    assert len(np.unique(loaded.x)) == len(np.unique(x))
    np.testing.assert_array_equal(loaded.y, y)


def test_images_of_sixteen_bits_and_a_small_range_keep_every_shade() -> None:
    about, arrays = taken("sixteen-bit-small-range.zip")
    with zipfile.ZipFile(FILES / "sixteen-bit-small-range.zip") as archive:
        names = archive.namelist()
        truth = np.stack([np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]).astype(np.float64)
    loaded = encode_images(about, arrays, "image")
    assert kinds(about) == {"scale"}
    np.testing.assert_allclose(loaded.x[:, 0], truth / truth.max(), atol=1e-6)
    assert [about.classes[label] for label in loaded.y] == [name[0] for name in names]


def test_folders_of_classes_with_folders_of_parts_in_them() -> None:
    about, arrays = taken("class-then-split.zip")
    with zipfile.ZipFile(FILES / "class-then-split.zip") as archive:
        names = archive.namelist()
    assert about.classes == ("cat", "dog")
    assert [about.classes[label] for label in arrays["labels"]] == [name.split("/")[1] for name in names]
    assert kinds(about) == {"splits"}
