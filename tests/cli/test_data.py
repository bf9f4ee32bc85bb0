"""Own files on the command line: what is understood of them, keeping them, and learning from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.uploads import Corrections, add, show
from tests.uploads.evil import photos, zipped

if TYPE_CHECKING:
    from tests.cli.conftest import Line

FILES = Path(__file__).resolve().parents[1] / "uploads" / "files"


def test_what_is_understood_of_a_file_is_shown(line: Line) -> None:
    done = line("data", "show", FILES / "id-column-sorted-by-class.csv", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    columns = [
        {"name": "Id", "role": "ignored", "kind": "number", "missing": 0},
        {"name": "a", "role": "input", "kind": "number", "missing": 0},
        {"name": "b", "role": "input", "kind": "number", "missing": 0},
        {"name": "kind", "role": "target", "kind": "category", "missing": 0},
    ]
    assert found["columns"] == columns
    keys = ("rows", "target", "task", "classes", "inputs", "notes")
    expected = [90, "kind", "classification", ["u", "v", "w"], 2]
    assert [found[key] for key in keys] == [
        *expected,
        ["Column Id looks like an identifier of the rows and is left out."],
    ]
    assert not (line.home / "own").exists()
    status, said, _errors = line.here("data", "show", FILES / "excel-error-cell.csv")
    assert status == 0
    assert "60 rows, 2 inputs, classification of label, 2 classes: 0, 1" in said
    assert "Cells with an error of a spreadsheet, such as #N/A, are gaps: 1." in said


def test_whatever_was_guessed_can_be_said(line: Line, tmp_path: Path) -> None:
    text = "made by a machine; 5\n" + "\n".join(f"{n * n},5;-9;{n % 3};ñ{n % 2};{n}" for n in range(20))
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    options = ["--no-header", "--separator", ";", "--decimal", ",", "--encoding", "latin-1", "--first-row", "1"]
    options += ["--target", "x1", "--ignore", "x3", "--input", "x5", "--gap", "-9", "--index", "x4"]
    status, said, errors = line.here("data", "show", tmp_path / "t.csv", *options, "--json")
    assert (status, errors) == (0, "")
    found = json.loads(said)
    assert [column["role"] for column in found["columns"]] == ["target", "ignored", "ignored", "index", "input"]
    assert found["columns"][1]["missing"] == 20
    assert (found["rows"], found["task"], found["classes"], found["inputs"]) == (20, "regression", [], 1)
    assert [found[key] for key in ("header", "separator", "decimal", "encoding")] == [False, ";", ",", "Latin-1"]


@pytest.mark.parametrize("as_file", [False, True])
def test_what_was_added_is_trained_on_checked_and_costed(line: Line, tmp_path: Path, as_file: bool) -> None:
    file = FILES / ("none-class.csv" if as_file else "integer-header-regression.csv")
    status, said, _errors = line.here("data", "add", file, "--json")
    assert status == 0
    told = json.loads(said)
    assert told["data"]["file"] == told["id"]
    assert (line.home / "own" / f"{told['id']}.npz").is_file()
    status, said, _errors = line.here("data", "add", file)
    assert said.splitlines()[0] == told["id"]
    if as_file:
        document = {"data": {"kind": "upload", "file": told["id"]}, "steps": 8}
        (tmp_path / "own.json").write_text(json.dumps(document))
        arguments = [str(tmp_path / "own.json")]
    else:
        arguments = ["circle", "--set", f"data={json.dumps(told['data'])}", "--set", 'loss={"kind":"mse"}']
    assert line.here("show", *arguments)[0] == 0
    for command in ("cost", "check"):
        status, said, errors = line.here(command, *arguments, "--json")
        assert (errors, status in ((0, 1) if command == "check" else (0,))) == ("", True)
        json.loads(said)
    done = line("train", *arguments, "--steps", "8", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["state"], found["steps"]) == ("finished", 8)
    assert f"validation_{'accuracy' if as_file else 'r2'}" in found["metrics"]


BAD = [
    (["no/such.csv"], "'no/such.csv' cannot be read"),
    ([FILES], "cannot be read"),
    ([FILES / "none-class.csv", "--separator", "tab"], "expected 2 to 1024 columns, received 1"),
    ([FILES / "none-class.csv", "--separator", "/"], r"--separator: expected one of"),
    ([FILES / "none-class.csv", "--encoding", "klingon"], "--encoding: expected one of UTF-8"),
    ([FILES / "none-class.csv", "--target", "weight"], "a column among age, sleep, disorder, received weight"),
    ([FILES / "none-class.csv", "--first-row", "-1"], "--first-row: expected"),
    ([FILES / "float-images-slightly-over-1.npz", "--white", "0"], "--white: expected"),
    ([FILES / "float-images-slightly-over-1.npz", "--sort", "films"], "--sort: expected"),
    ([], "the following arguments are required: FILE"),
]


@pytest.mark.parametrize("command", ["show", "add"])
@pytest.mark.parametrize(("arguments", "said"), BAD)
def test_a_mistake_is_one_line(line: Line, command: str, arguments: list[str | Path], said: str) -> None:
    status, output, errors = line.here("data", command, *arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("playground: ")
    assert said in errors
    assert errors.count("\n") == 1


def test_the_same_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    found = show(FILES / "headerless-decimal-comma.csv", Corrections(target="x1"))
    assert (found["rows"], found["target"], found["decimal"]) == (40, "x1", ",")
    (tmp_path / "i.zip").write_bytes(zipped(photos()))
    pictures = show(tmp_path / "i.zip")
    assert (pictures["rows"], pictures["columns"], pictures["inputs"], pictures["shape"]) == (12, [], 64, [1, 8, 8])
    data = add(FILES / "headerless-decimal-comma.csv", Corrections(target="x1"))
    assert (data["uses"], data["task"]) == ("tnn", "regression")
