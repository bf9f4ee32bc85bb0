"""Backups of the store: one a day, and one before a newer version changes it; the newest can be restored."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

from engine.errors import PlaygroundError
from engine.message import Message
from engine.run_state import ACTIVE, RunState
from engine.store import integrity, migrations
from engine.store.layout import StoreLayout

DAY_SECONDS = 24 * 3600.0
MOST_COPIES = 3
MOST_BYTES = 4 * 2**30  # bytes of all copies; the newest stays whatever it takes


def list_copies(layout: StoreLayout) -> list[Path]:
    """List the backups, newest first."""
    # their names are times, so that they sort by age
    return sorted(layout.backups.glob("*.db"), reverse=True) if layout.backups.is_dir() else []


def is_due(layout: StoreLayout) -> bool:
    """Whether a backup is wanted now: the newest is a day old, or this version will migrate the store."""
    newest = next(iter(list_copies(layout)), None)
    if not layout.database.exists() or layout.database.stat().st_size == 0:
        return False
    return (
        newest is None or time.time() - newest.stat().st_mtime >= DAY_SECONDS or migrations.is_outdated(layout.database)
    )


def make(layout: StoreLayout) -> Path | None:
    """Make a backup of one moment; None where there is no room for it, or where the copy is not sound.

    It reads while the writer goes on. Raises: sqlite3.Error, OSError.
    """
    size = layout.database.stat().st_size
    if shutil.disk_usage(layout.home).free < 3 * size + 2**27:
        return None
    layout.backups.mkdir(exist_ok=True, mode=0o700)
    path = layout.backups / time.strftime("%Y%m%d-%H%M%S.db")
    fresh = path.with_suffix(".tmp")  # a half copy must never pass for the newest backup
    source = sqlite3.connect(f"file:{layout.database}?mode=ro", uri=True)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(fresh)) as copy:
        source.backup(copy)
        # the copy comes with the source's WAL mode in its header; a backup has to be a single file
        copy.execute("PRAGMA journal_mode=DELETE")
        sound = copy.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    if not sound:
        fresh.unlink()
        return None
    fresh.replace(path)
    prune(layout)
    return path


def prune(layout: StoreLayout) -> None:
    """Delete all but the newest few backups, and of those what takes too many bytes."""
    total = 0
    for index, path in enumerate(list_copies(layout)):
        total += path.stat().st_size
        if index and (index >= MOST_COPIES or total > MOST_BYTES):
            path.unlink(missing_ok=True)
    for path in layout.backups.glob("*.tmp"):  # what a crash left of a copy
        path.unlink(missing_ok=True)


def request_restore(layout: StoreLayout) -> None:
    """Ask for the newest backup; the next supervisor puts it back. Raises: PlaygroundError if there is none."""
    newest = next(iter(list_copies(layout)), None)
    if newest is None:
        raise PlaygroundError(Message("There is no backup of the store."))
    layout.restore_request.write_text(newest.name, encoding="utf-8")


def restore_requested(layout: StoreLayout) -> None:
    """Restore the backup that is requested, if any. Needs the supervisor's lock, before the store is opened."""
    if not layout.restore_request.exists():
        return
    path = layout.backups / Path(layout.restore_request.read_text(encoding="utf-8").strip()).name
    if path.is_file():
        if layout.database.exists():
            integrity.quarantine(layout)
        fresh = layout.database.with_suffix(".tmp")
        shutil.copyfile(path, fresh)
        pause_active_runs(fresh)  # before it is the store: a crash here must not let its runs train again
        fresh.replace(layout.database)
        integrity.clear_note(layout)
    layout.restore_request.unlink(missing_ok=True)  # last: after a crash the next start restores once more


def pause_active_runs(database: Path) -> None:
    """Pause the runs that trained when the backup was made, so that restoring one starts nothing by itself."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        marks = ", ".join("?" * len(ACTIVE))
        connection.execute(
            f"UPDATE runs SET state = ?, message = '' WHERE state IN ({marks})", (RunState.PAUSED, *ACTIVE)
        )


def rescue(layout: StoreLayout, connection: sqlite3.Connection) -> None:
    """Write what an open connection still sees to a new file, after the store's file was removed or replaced.

    The system keeps a removed file as long as somebody has it open. Its runs are paused, and a note says so.
    """
    layout.prepare()
    fresh = layout.database.with_suffix(".tmp")
    fresh.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(fresh)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    pause_active_runs(fresh)
    # first the log of whatever lies there now: SQLite would replay it into the new file
    for part in integrity.PARTS:
        layout.database.with_name(f"store.db{part}").unlink(missing_ok=True)
    fresh.replace(layout.database)
    integrity.leave_note(layout, integrity.REMOVED)
