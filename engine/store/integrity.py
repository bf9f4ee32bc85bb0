"""Integrity of the store's file, checked before it is opened. A damaged one is quarantined, and a note says so."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from dataclasses import dataclass

from engine.message import Message
from engine.store import migrations, tables
from engine.store.layout import StoreLayout

BUDGET_SECONDS = 5.0
STEPS = 10_000  # instructions of SQLite's virtual machine between two looks at the clock
PARTS = ("", "-wal", "-shm")  # moved and removed together: a log beside another database would be replayed into it
GONE = Message("The store was gone, and an empty one was begun.")
REMOVED = Message("The store was removed while the server ran: it was written anew, and its runs are paused.")


@dataclass(frozen=True)
class DamageNote:
    """What happened to the store, and when, in seconds since 1970."""

    message: Message
    at: float


def read_note(layout: StoreLayout) -> DamageNote | None:
    """Read the note that nobody has dismissed yet; None if there is none. A damaged note still tells of damage."""
    try:
        found = json.loads(layout.damage_note.read_text(encoding="utf-8"))
        return DamageNote(Message.of(found["sentence"]), float(found["at"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return DamageNote(GONE, 0.0)


def leave_note(layout: StoreLayout, message: Message) -> None:
    """Leave a note until someone dismisses it."""
    layout.prepare()
    fresh = layout.damage_note.with_suffix(".tmp")
    fresh.write_text(json.dumps({"sentence": message.plain(), "at": time.time()}), encoding="utf-8")
    fresh.replace(layout.damage_note)


def name_damaged(name: str) -> Message:
    """Word the note on a damaged store; `name` is where its file is now."""
    return Message("The store was damaged: its file is kept as {name}, and an empty one was begun.", name=name)


def clear_note(layout: StoreLayout) -> None:
    """Dismiss the note."""
    layout.damage_note.unlink(missing_ok=True)


def check(layout: StoreLayout) -> None:
    """Quarantine a damaged or foreign file, with a note. Needs the supervisor's lock, before the store is opened."""
    if not layout.database.exists():
        # a folder with checkpoints or a log had a store; without them it is a new one
        is_lost = any(layout.checkpoints.iterdir()) or any(
            layout.database.with_name(f"store.db{part}").exists() for part in PARTS
        )
        if is_lost:
            quarantine(layout)
            leave_note(layout, GONE)
    elif not is_intact(layout):
        leave_note(layout, name_damaged(quarantine(layout)))


def is_intact(layout: StoreLayout) -> bool:
    """Whether a check of a few seconds finds no damage; a store too large for it counts as intact.

    It is SQLite's quick check, which does not compare indices with their tables.
    """
    if layout.database.stat().st_size == 0:
        return not any(layout.checkpoints.iterdir())  # what a crash leaves of a store that was just begun
    deadline = time.monotonic() + BUDGET_SECONDS
    try:
        with contextlib.closing(sqlite3.connect(layout.database)) as connection:
            expect_tables(connection)
            connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
            found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError as error:
        return "interrupted" in str(error) or "locked" in str(error)  # too large for the time, and so far well
    except sqlite3.DatabaseError:
        return False
    return found == [("ok",)]


def expect_tables(connection: sqlite3.Connection) -> None:
    """Refuse a database that lacks a table or a column which its schema has. Raises: sqlite3.DatabaseError."""
    known = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    schema = connection.execute("PRAGMA user_version").fetchone()[0] or migrations.UNNUMBERED
    for table in tables.metadata.sorted_tables if set(known) & set(tables.metadata.tables) else []:
        existing = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        if not {column.name for column in table.c} - migrations.list_later_columns(schema, table.name) <= existing:
            raise sqlite3.DatabaseError(table.name)
    if known and not set(known) & set(tables.metadata.tables):
        raise sqlite3.DatabaseError("another program's tables")


def quarantine(layout: StoreLayout) -> str:
    """Move the store's files to `damaged/…`; returns the path of the database there, below the store's folder."""
    folder = layout.home / "damaged" / time.strftime("%Y%m%d-%H%M%S")
    while folder.exists():
        folder = folder.with_name(f"{folder.name}x")
    folder.mkdir(parents=True, mode=0o700)
    for part in PARTS:
        path = layout.database.with_name(f"store.db{part}")
        if path.exists():
            path.replace(folder / path.name)
    return f"damaged/{folder.name}/store.db"


def identify(layout: StoreLayout) -> tuple[int, int] | None:
    """Identify the store's file by device and inode: another file under the same path has others. None if there is
    none."""
    try:
        found = os.stat(layout.database)
    except OSError:
        return None
    return found.st_dev, found.st_ino
