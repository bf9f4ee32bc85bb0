"""The store emptied, removed, scribbled on, cut or another program's: said, kept aside, and the backup comes back."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine.runtime.client import Fleet
from engine.store import backups, integrity
from engine.store.reader import Reader
from engine.store.series_chunks import UnreadableStore
from tests.faults.conftest import OPTIONS, end, gone
from tests.faults.truth import experiment, wait_for
from tests.rows import checkpoint_of, row_of


def stopped(fleet: Fleet) -> None:
    end(fleet)
    fleet.close()


def trained(fleet: Fleet) -> str:
    """A store with a finished run and a backup that has it."""
    run = fleet.start(experiment(300))
    reader = Reader(fleet.layout.home)
    wait_for(lambda: getattr(row_of(reader, run), "state", "") == "finished")
    reader.close()
    stopped(fleet)
    with sqlite3.connect(fleet.layout.database) as connection:  # else all of it is in the log still, and survives
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert backups.make(fleet.layout) is not None
    return run


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def scribbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 1024):
        data[at : at + 300] = os.urandom(len(data[at : at + 300]))
    path.write_bytes(bytes(data))


def no_store(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")
    connection.close()


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("fault", [emptied, scribbled, no_store, foreign, removed])
def test_damage_is_said_and_the_backup_comes_back(fleet: Fleet, fault: object) -> None:
    run = trained(fleet)
    fault(fleet.layout.database)  # type: ignore[operator]
    fleet.ensure()
    note = integrity.read_note(fleet.layout)
    assert note is not None
    reader = Reader(fleet.layout.home)
    assert reader.list_runs() == []
    if fault is not removed:
        kept = fleet.layout.home / str(note.message).split("kept as ")[1].split(",")[0]
        assert kept.is_file()
    new = fleet.start(experiment(200))
    wait_for(lambda: getattr(row_of(reader, new), "state", "") == "finished")
    fleet.restore()
    assert integrity.read_note(fleet.layout) is None
    assert [row.id for row in reader.list_runs()] == [run]  # the same reader sees the other file
    assert checkpoint_of(reader, run).path.is_file()
    reader.close()


def test_a_log_that_was_cut_is_no_damage(fleet: Fleet) -> None:
    run = fleet.start(experiment(10_000_000))
    reader = Reader(fleet.layout.home)
    wait_for(lambda: getattr(row_of(reader, run), "step", 0) > 2_000)
    pid = fleet.status()["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gone(pid))
    reader.close()
    log = fleet.layout.database.with_name("store.db-wal")
    assert log.stat().st_size > 10_000
    os.truncate(log, log.stat().st_size * 2 // 3)
    fleet.ensure()
    assert integrity.read_note(fleet.layout) is None
    reader = Reader(fleet.layout.home)

    def there() -> bool:
        with suppress(UnreadableStore):  # a reader may look while SQLite makes the log's index anew
            return reader.read_run(run) is not None
        return False

    wait_for(there)
    fleet.stop(run)
    reader.close()


def test_removed_under_the_running_supervisor(fleet: Fleet) -> None:
    run = fleet.start(experiment())
    reader = Reader(fleet.layout.home)
    wait_for(lambda: getattr(row_of(reader, run), "step", 0) > 500)
    pid, at = fleet.status()["pid"], row_of(reader, run).step
    for path in fleet.layout.home.glob("store.db*"):
        path.unlink()
    wait_for(lambda: gone(pid), 20)
    note = integrity.read_note(fleet.layout)
    assert note is not None
    assert "removed" in str(note.message)
    fleet.ensure()
    row = row_of(reader, run)
    assert row.state == "paused"
    assert row.step >= at
    time.sleep(0.5)
    assert row_of(reader, run).step == row.step
    assert fleet.resume(run) >= at
    wait_for(lambda: row_of(reader, run).step > row.step)
    fleet.stop(run)
    reader.close()


def test_backups_are_made_once_a_day_and_stay_few(fleet: Fleet) -> None:
    trained(fleet)
    for path in backups.list_copies(fleet.layout):
        path.unlink()
    fleet.ensure()
    assert len(backups.list_copies(fleet.layout)) == 1
    stopped(fleet)
    fleet.ensure()
    (newest,) = backups.list_copies(fleet.layout)  # it is not a day old
    stopped(fleet)
    old = time.time() - 2 * backups.DAY_SECONDS
    for day in range(5):
        newest.rename(newest.with_name(f"2020010{day}-000000.db")) if day == 0 else None
        path = fleet.layout.backups / f"2020010{day}-000000.db"
        path.write_bytes((fleet.layout.backups / "20200100-000000.db").read_bytes())
        os.utime(path, (old, old))
    assert Fleet(fleet.layout.home, OPTIONS).status()["pid"]
    found = backups.list_copies(fleet.layout)
    assert len(found) == backups.MOST_COPIES
    assert found[0].name > "2021"
