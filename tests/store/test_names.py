"""Names of runs: plain text on one line, in stores of this version and of the one before."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from engine.archive.pack import pack
from engine.archive.unpack import unpack
from engine.cli import main
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.run_state import RunState
from engine.runtime.client import Fleet
from engine.store import run_names
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.records import NewRun, RunUpdate
from engine.store.writer import Writer
from tests.faults.conftest import end
from tests.rows import row_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Baseline, lr 0.1", "Baseline, lr 0.1"),
        ("  two\nlines\tand a tab ", "two lines and a tab"),
        ("\x1b[31mred\x00\x07", "[31mred"),
        ("gnp.exe\u202e", "gnp.exe"),  # would turn around what follows it
        ("lone \ud800 surrogate", "lone surrogate"),
        ("**bold** _it_ <b>", "**bold** _it_ <b>"),  # a name is shown as it is, never interpreted
        ("ñandú", "ñandú"),
        ("x" * 500, "x" * 60),
        ("\u200b\u2028", ""),
    ],
)
def test_a_name_is_one_line_of_plain_text(given: str, kept: str) -> None:
    assert run_names.clean(given) == kept
    assert run_names.clean(kept) == kept


def old_store(home: Path) -> None:
    """A store as the version before names wrote it, with one run that ended."""
    layout = StoreLayout.of(home)
    layout.prepare()
    writer = Writer(layout)
    text = Experiment().to_json()
    writer.commit([RunUpdate("old", create=NewRun(text, "d", RunState.FINISHED), changes={"attempt": 1})])
    writer.close()
    with sqlite3.connect(layout.database) as line:
        line.execute("ALTER TABLE runs DROP COLUMN name")
        line.execute("PRAGMA user_version = 0")


def test_a_store_without_names_can_be_read_and_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old_store(tmp_path)
    reader = Reader(tmp_path)
    assert [(row.id, row.name) for row in reader.list_runs()] == [("old", "")]
    assert row_of(reader, "old").state == "finished"
    before = row_of(reader, "old").updated
    fleet = Fleet(tmp_path)
    fleet.rename("old", " a\nname ")
    row = row_of(reader, "old")
    assert (row.name, row.updated) == ("a name", before)  # how long it took is what it was
    with pytest.raises(PlaygroundError, match="There is no run"):
        fleet.rename("nobody", "x")
    unpacked = unpack(pack(reader, row))
    assert unpacked.metadata.name == "a name"
    assert row_of(reader, fleet.take_in(unpacked)).name == "a name"
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    assert main.main(["runs", "--json"]) == 0
    assert {found["name"] for found in json.loads(capsys.readouterr().out)} == {"a name"}
    fleet.rename("old", "")
    assert row_of(reader, "old").name == ""
    reader.close()
    end(fleet)
