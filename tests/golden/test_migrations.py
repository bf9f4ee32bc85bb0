"""A store of the schema before is brought to this one, whole or not at all; one of a newer schema is left alone."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.errors import PlaygroundError
from engine.runtime.client import Fleet
from engine.store import backups, connections, integrity, migrations
from engine.store.layout import StoreLayout
from engine.store.migrations import Migration, NewerStore
from engine.store.reader import Reader
from engine.store.writer import Writer
from pages.session import engine as line
from tests.faults.conftest import end
from tests.golden.unpacking import Golden
from tests.pages.opening import opened

NEWER = "was written by a newer version"


def version(home: Path) -> int:
    """The number in the file."""
    with contextlib.closing(sqlite3.connect(home / "store.db")) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def content(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with contextlib.closing(sqlite3.connect(home / "store.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def without_names(home: Path) -> None:
    """A store from before runs had names, which is of schema 1 too."""
    with contextlib.closing(sqlite3.connect(home / "store.db")) as connection, connection:
        connection.execute("ALTER TABLE runs DROP COLUMN name")


def add_note(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT 'new'")


def test_a_new_store_has_the_latest_schema(tmp_path: Path) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    Writer(layout).close()
    assert version(tmp_path) == migrations.find_latest() == 2
    assert not migrations.is_outdated(layout.database)


def test_a_store_without_a_number_is_migrated_and_nothing_is_lost(home: Path) -> None:
    before = content(home)
    assert (version(home), migrations.read_number_of(home / "store.db")) == (0, 1)
    Writer(StoreLayout.of(home)).close()
    assert version(home) == migrations.find_latest()
    assert content(home) == before


def test_one_without_names_gets_them(home: Path, golden: Golden) -> None:
    without_names(home)
    reader = Reader(home)
    assert {row.name for row in reader.list_runs()} == {""}
    Writer(StoreLayout.of(home)).close()
    assert len(reader.list_runs()) == len(golden.runs)
    reader.close()
    assert "name" in columns(home)


def columns(home: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(home / "store.db")) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(runs)")]


def test_a_copy_of_the_old_store_is_made_before(home: Path) -> None:
    before = content(home)
    layout = StoreLayout.of(home)
    fleet = Fleet(home)
    fleet.ensure()
    end(fleet)
    assert version(home) == migrations.find_latest()
    (copy,) = backups.list_copies(layout)
    aside = home.parent / "aside"
    aside.mkdir()
    copy.rename(aside / "store.db")
    assert version(aside) == 0
    assert content(aside) == before


MIGRATES = """
import sys, time
from pathlib import Path
from engine.store import migrations
from engine.store.layout import StoreLayout
from engine.store.writer import Writer

def halfway(connection):
    connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.exec_driver_sql("DELETE FROM frames")
    print("halfway", flush=True)
    time.sleep(60)

migrations.MIGRATIONS += (migrations.Migration(3, halfway),)
Writer(StoreLayout(Path(sys.argv[1])))
"""


@pytest.fixture
def halfway(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of a migration."""
    child = subprocess.Popen([sys.executable, "-c", MIGRATES, str(home)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "halfway\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_killed_in_the_middle_nothing_is_lost(home: Path, golden: Golden, halfway: subprocess.Popen[str]) -> None:
    reader = Reader(home)
    assert {row.name for row in reader.list_runs()} == golden.runs.keys()  # it does not wait, and sees what was
    halfway.send_signal(signal.SIGKILL)
    halfway.wait()
    assert {row.name for row in reader.list_runs()} == golden.runs.keys()
    reader.close()
    assert version(home) == 0
    assert "note" not in columns(home)
    assert len(content(home)["frames"]) == sum(len(run["frames"]) for run in golden.runs.values())
    assert integrity.is_intact(StoreLayout.of(home))
    Writer(StoreLayout.of(home)).close()
    assert version(home) == migrations.find_latest()


def test_a_migration_that_fails_leaves_the_store_as_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(home)

    def fail(connection: sa.Connection) -> None:
        add_note(connection)
        connection.exec_driver_sql("DELETE FROM runs")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, Migration(3, fail)))
    with pytest.raises(sqlite3.OperationalError):
        Writer(StoreLayout.of(home))
    assert version(home) == 0
    assert content(home) == before


def test_a_reader_follows_a_migration_under_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_names(home)
    inside, go_on = threading.Event(), threading.Event()

    def wait(connection: sa.Connection) -> None:
        migrations.add_names(connection)
        connection.exec_driver_sql("UPDATE runs SET name = 'named'")
        inside.set()
        go_on.wait(30)

    monkeypatch.setattr(migrations, "MIGRATIONS", (Migration(2, wait, {"runs": frozenset({"name"})}),))
    reader = Reader(home)
    writing = threading.Thread(target=lambda: connections.open_writer(home / "store.db").dispose())
    writing.start()
    assert inside.wait(30)
    assert {row.name for row in reader.list_runs()} == {""}
    go_on.set()
    writing.join()
    assert {row.name for row in reader.list_runs()} == {"named"}
    reader.close()


def note_step(taken: list[int], number: int, _: sa.Connection) -> None:
    taken.append(number)


def test_only_the_steps_that_are_missing_are_taken_in_their_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    steps = [Migration(number, partial(note_step, taken, number)) for number in (2, 3, 4)]
    for known in (steps[:2], steps, steps):
        monkeypatch.setattr(migrations, "MIGRATIONS", tuple(known))
        Writer(StoreLayout.of(home)).close()
    assert taken == [2, 3, 4]
    assert version(home) == 4


def test_a_column_of_a_later_schema_is_missed_only_by_stores_of_that_schema(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = StoreLayout.of(home)
    without_names(home)
    assert integrity.is_intact(layout)
    with contextlib.closing(sqlite3.connect(layout.database)) as connection:
        connection.execute("PRAGMA user_version = 2")
    assert not integrity.is_intact(layout)


@pytest.fixture
def newer(home: Path) -> Iterator[Path]:
    """A store of a schema that is not known yet, with a column that nobody here would fill."""
    with contextlib.closing(sqlite3.connect(home / "store.db")) as connection, connection:
        connection.execute("ALTER TABLE losses ADD COLUMN unit TEXT")
        connection.execute(f"PRAGMA user_version = {migrations.find_latest() + 1}")
    digest = hashlib.sha256((home / "store.db").read_bytes()).hexdigest()
    yield home
    assert hashlib.sha256((home / "store.db").read_bytes()).hexdigest() == digest
    assert sorted(path.name for path in home.iterdir() if "store.db" not in path.name) == ["checkpoints", "own"]


def test_a_newer_store_is_refused_and_not_touched(newer: Path) -> None:
    with pytest.raises(NewerStore, match=NEWER):
        Writer(StoreLayout.of(newer))
    reader = Reader(newer)
    with pytest.raises(NewerStore, match=NEWER):
        reader.list_runs()
    reader.close()
    with pytest.raises(PlaygroundError, match=NEWER):
        Fleet(newer).ensure()


def test_a_supervisor_leaves_a_newer_store_alone(newer: Path) -> None:
    command = [sys.executable, "-m", "engine.runtime.supervisor", "--home", str(newer)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert NEWER in done.stderr
    (newer / "supervisor.lock").unlink()


def test_the_command_line_says_it_in_one_line(newer: Path) -> None:
    for command in (["runs"], ["train", "circle", "--steps", "5"]):
        whole = [sys.executable, "-m", "engine.cli.main", *command]
        done = subprocess.run(whole, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("playground: The store was written by a newer version")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("language", "sentence"), [("en", NEWER), ("es", "versión más nueva")])
@pytest.mark.parametrize("page", ["", "runs"])
def test_the_pages_say_it(newer: Path, page: str, language: str, sentence: str) -> None:
    line.get_fleet.cache_clear()
    line.get_reader.cache_clear()
    app = opened(page)
    app.query_params["lang"] = language
    app.run()
    line.get_fleet.cache_clear()
    line.get_reader.cache_clear()
    assert not app.exception
    said = [element.value for kind in (app.error, app.warning, app.info) for element in kind]
    assert sum(sentence in text for text in said) == 1
