"""Nonsense in a store's columns: the page of all runs and the command line show the others, and offer to delete it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main
from engine.experiment.experiment import Experiment
from engine.run_state import RunState
from engine.runtime.client import Fleet
from engine.store import backups, integrity
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.records import LogRow, NewRun, RunUpdate
from engine.store.writer import Writer
from pages.session import engine as line
from pages.session.i18n import format_number
from tests.pages.opening import opened
from tests.runtime.conftest import wait_for

CHANNEL = {"key": "dead", "title": "t", "formula": "f", "series": ["a"]}
NONSENSE: dict[str, list[Any]] = {
    "id": [b"\xff\xfe", "../../x", ""],
    "created": [1e300, -1.0, "soon", b"\0", float("inf")],
    "updated": [1e300, "late", float("-inf")],
    "experiment": [b"\xff", "", "[" * 5_000, "x" * 200_000],
    "edited": [b"\xff", "", "null", "[" * 5_000],
    "digest": ["x" * 10_000, b"\1"],
    "state": ["dancing", "", b"\xff", 3],
    "message": ["x" * 10_000, b"\xff\xff"],
    "parent": [b"\xff", "../up"],
    "parent_step": ["x", -1],
    "step": [2**62, -1, "many", b"\0\1", 1.5],
    "epoch": [-5, 10**15, "x", b""],
    "attempt": [-1, "x"],
    "channels": ["", "{}", "[1]", json.dumps([{**CHANNEL, "key": 5}]), json.dumps([{**CHANNEL, "more": 1}]), b"\xff"],
    "summary": [
        "",
        "[]",
        json.dumps({"train_loss": 10**400}),
        '{"train_loss": "<b>"}',
        json.dumps({"k" * 10**6: 1.0}),
        '{"\\ud800": 1.0}',
        b"\xff",
        12,
    ],
    "static": ["text", 10**12],
    "name": [b"\xff", "x" * 10_000],
}
CASES = [(column, value) for column, values in NONSENSE.items() for value in values]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with a sound run, and one run for each piece of nonsense."""
    folder = tmp_path_factory.mktemp("damaged") / "store"
    layout = StoreLayout.of(folder)
    layout.prepare()
    writer = Writer(layout)
    document = Experiment().to_json()
    new = NewRun(document, "d", RunState.FINISHED)
    for name in ("sound", *(f"bad{n}" for n in range(len(CASES)))):
        changes = {"summary": '{"train_loss": 0.125}'}
        writer.commit([RunUpdate(name, create=new, log=(LogRow(0, "finished", {"sentence": ""}),), changes=changes)])
    writer.close()
    with contextlib.closing(sqlite3.connect(layout.database)) as connection, connection:
        for n, (column, value) in enumerate(CASES):
            connection.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, f"bad{n}"))
        connection.execute("UPDATE log SET run = 'none' WHERE run NOT IN (SELECT id FROM runs)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_STORE", str(folder))
        line.get_fleet.cache_clear()
        line.get_reader.cache_clear()
        line.get_reader()
        yield folder
        os.kill(line.get_fleet().status()["pid"], signal.SIGTERM)
        line.get_reader().close()
        line.get_fleet().close()
        line.get_fleet.cache_clear()
        line.get_reader.cache_clear()


def test_each_piece_of_nonsense_is_one_damaged_row(home: Path) -> None:
    reader = Reader(home)
    rows = reader.list_runs()
    reader.close()
    assert len(rows) == len(CASES) + 1
    assert [row.id for row in rows if not row.damage] == ["sound"]
    assert sorted(row.damage for row in rows if row.damage) == sorted(column for column, _ in CASES)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_list_is_shown(home: Path, language: str) -> None:
    app = opened("runs")
    app.query_params["lang"] = language
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == len(CASES) + 1
    word = {"en": "damaged", "es": "dañada"}[language]
    said = [any(isinstance(cell, str) and cell == word for cell in row) for row in table.to_numpy()]
    assert sum(said) == len(CASES)
    assert {"en": "0.125", "es": "0,125"}[language] in table.to_string()


def test_the_command_line_lists_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["runs"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(CASES) + 1
    assert sum(text.endswith("damaged") for text in printed) == len(CASES)
    assert main.main(["runs", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(CASES) + 1


def test_a_damaged_run_can_be_chosen_and_opening_it_says_so(home: Path) -> None:
    reader = Reader(home)
    bad = [row.id for row in reader.list_runs() if row.damage]
    reader.close()
    app = opened("runs")
    app.session_state["our.chosen"] = ["sound", *bad[:3]]
    app.run()
    assert not app.exception
    for run in (bad[0], "bad10", "bad40"):
        app = opened()
        app.query_params["run"] = run
        app.run()
        assert not app.exception
        assert "damaged" in app.error[0].value
        assert main.main(["export", run, "--to", str(home / "out")]) == 2


def test_they_can_be_deleted(home: Path) -> None:
    fleet = Fleet(home)
    reader = Reader(home)
    (home / "checkpoints" / "kept").mkdir()
    for row in reader.list_runs():
        if row.damage:
            fleet.delete(row.id)
    wait_for(lambda: len(reader.list_runs()) == 1)
    assert reader.list_runs()[0].id == "sound"
    assert (home / "checkpoints" / "kept").is_dir()
    reader.close()
    fleet.close()


def test_numbers_without_bounds_are_a_dash() -> None:
    assert format_number(10**400) == format_number(-(10**400)) == "–"
    assert format_number(10**30) == "1,000,000,000,000,000,019,884,624,838,656"


def test_what_befell_the_store_is_said_with_a_way_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = StoreLayout.of(home)
    assert main.main(["store"]) == 0
    integrity.leave_note(layout, integrity.name_damaged("damaged/x/store.db"))
    assert backups.make(layout) is not None
    app = opened("runs")
    app.run()
    assert not app.exception
    assert "its file is kept as" in app.error[0].value
    assert {"Restore the newest backup", "Go on without"} <= {button.label for button in app.button}
    assert main.main(["store"]) == 1
    assert "newest backup" in capsys.readouterr().out
    next(button for button in app.button if button.label == "Restore the newest backup").click().run()
    assert not app.exception
    assert not app.error
    assert integrity.read_note(layout) is None
    reader = Reader(home)
    assert [row.id for row in reader.list_runs()] == ["sound"]
    reader.close()
