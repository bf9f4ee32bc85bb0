"""What was guessed can be corrected, without a new upload, and what was kept before can still be read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import InvalidExperiment
from engine.uploads import library
from engine.uploads.corrections import Corrections
from engine.uploads.infer import infer_uses
from engine.uploads.ingest import ingest_upload, inspect_upload, reread_upload

TEXT = "some words\n1;2,5;a\n" + "\n".join(f"{n * n};{n % 3},25;{'ab'[n % 2]}" for n in range(20))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    return tmp_path


def test_a_file_is_read_again_in_another_way_without_an_upload(store: Path) -> None:
    said = Corrections(first_row=1, header=False, separator=";", decimal=",", encoding="Latin-1", target="x2")
    first = ingest_upload("t.csv", TEXT.encode(), said)
    about, arrays = library.load_upload(first)
    assert library.load_original(first) == TEXT.encode()
    assert about.corrections == said
    assert (about.rows, about.header, about.delimiter, about.decimal) == (21, False, ";", ",")
    assert about.encoding == "Latin-1"
    assert arrays.keys() == {"values", "codes"}
    np.testing.assert_array_equal(arrays["values"][:, 1], [2.5, *(n % 3 + 0.25 for n in range(20))])
    assert [column.role for column in about.columns] == ["input", "target", "input"]
    assert infer_uses(about) == ("ntc", "classification")
    assert about.tail[-1] == ("361", "1.25", "b")
    second = reread_upload(first, Corrections(first_row=1, header=True, ignore=("1",)))
    assert first != second
    other = library.find_schema(second)
    assert [column.name for column in other.columns] == ["1", "2,5", "a"]
    assert other.columns[0].role == "ignored"
    assert other.rows == 20
    assert {file.digest for file in library.list_uploads()} == {first, second}
    library.delete(first)
    library.delete(second)
    assert list((store / "own").iterdir()) == []


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidExperiment, match="a column among a, b, received weight"):
        inspect_upload(
            "t.csv", ("a,b\n" + "\n".join(f"{n * n},{n % 2}" for n in range(20))).encode(), Corrections(target="weight")
        )


def test_looking_keeps_nothing(store: Path) -> None:
    assert inspect_upload("t.csv", TEXT.encode(), Corrections(first_row=2, header=False)).rows == 20
    assert not (store / "own").exists()


def test_what_was_kept_before_there_were_roles_can_be_read(store: Path) -> None:
    """The facts as the version before wrote them."""
    facts = (
        '{"name":"t.csv","sort":"table","rows":20,"columns":[{"name":"a","sort":"number","missing":0,"distinct":20,'
        '"levels":[]},{"name":"b","sort":"category","missing":0,"distinct":2,"levels":["x","y"]}],"classes":[],'
        '"counts":[],"shape":[0,0,0],"sizes":0,"head":[["0","x"]],"delimiter":",","decimal":".","encoding":"Latin-1",'
        '"header":true}'
    )
    arrays: dict[str, Any] = {
        "values": np.arange(20.0)[:, None] ** 2,
        "codes": (np.arange(20, dtype=np.int32) % 2)[:, None],
    }
    whole = io.BytesIO()
    np.savez_compressed(whole, about=np.frombuffer(facts.encode(), np.uint8), **arrays)
    (store / "own").mkdir()
    digest = "ab" * 32
    library.locate_file(digest).write_bytes(whole.getvalue())
    about = library.find_schema(digest)
    assert infer_uses(about) == ("nt", "classification")
    assert library.load_original(digest) is None
    with pytest.raises(InvalidExperiment, match="upload it again"):
        reread_upload(digest, Corrections(header=False))


def test_runs_keep_the_rows_that_an_earlier_version_read(store: Path) -> None:
    """The same file, read otherwise by now, is kept beside them under another name."""
    raw = ("0,1,label\n" + "\n".join(f"{n / 4},{n % 3},{'ab'[n % 2]}" for n in range(20))).encode()
    digest = ingest_upload("t.csv", raw)
    assert ingest_upload("t.csv", raw) == digest
    with np.load(library.locate_file(digest)) as content:
        arrays = {key: content[key] for key in content.files}
    np.savez_compressed(library.locate_file(digest), **{**arrays, "values": arrays["values"] + 1})
    before = library.locate_file(digest).read_bytes()
    second = ingest_upload("t.csv", raw)
    assert second != digest
    assert ingest_upload("t.csv", raw) == second
    assert library.locate_file(digest).read_bytes() == before
    np.testing.assert_array_equal(library.load_upload(second)[1]["values"], arrays["values"])
