"""The schema number of a store, and the functions that bring a store of an older schema to this one.

The number is SQLite's `user_version`: it lies in the file's header, changes with the transaction that changes the
tables, and goes with every copy of the file. Stores written before there was a number have 0 there; that is schema 1.

To change the schema: change `tables`, append a `Migration` to MIGRATIONS, and put a store of the schema before it into
`tests/golden`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from engine.errors import PlaygroundError
from engine.message import Message
from engine.store import tables

EMPTY, UNNUMBERED = 0, 1


class NewerStore(PlaygroundError):
    """The store was written by a newer version, whose tables this one does not know."""

    def __init__(self) -> None:
        super().__init__(
            Message("The store was written by a newer version of the playground: update the playground to open it.")
        )


@dataclass(frozen=True)
class Migration:
    """One step: `apply` brings a store of the schema before `to` to it, inside the writer's transaction.

    `adds` names the columns that stores of older schemas may lack, by table; they are not taken for damage.
    """

    to: int
    apply: Callable[[sa.Connection], None]
    adds: Mapping[str, frozenset[str]] = field(default_factory=dict)


def add_names(connection: sa.Connection) -> None:
    """Give runs a name. The last versions of schema 1 had added the column already, without a number to say so."""
    if "name" not in list_columns(connection, "runs"):
        connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Migration, ...] = (Migration(2, add_names, {"runs": frozenset({"name"})}),)
"""Every step, in order; those of old schemas stay for good, since a store may be opened after years."""


def find_latest() -> int:
    """Find the newest schema, which is this code's."""
    return MIGRATIONS[-1].to


def upgrade(connection: sa.Connection) -> None:
    """Bring a store to the latest schema, or lay out the tables of a new one, inside one transaction of the writer.

    Raises: NewerStore.
    """
    found = read_number(connection)
    if found > find_latest():
        raise NewerStore
    if found == find_latest():
        return
    # after a crash in here the number is the old one, for it changes with the same commit
    if found == EMPTY:
        tables.metadata.create_all(connection)
    else:
        for migration in MIGRATIONS:
            if migration.to > found:
                migration.apply(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {find_latest()}")


def read_number(connection: sa.Connection) -> int:
    """Read the schema of an open store."""
    written: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return written or (UNNUMBERED if list_columns(connection, "runs") else EMPTY)


def read_number_of(database: Path) -> int:
    """Read the schema of the store in a file; EMPTY for a file that is not there, or that is no store."""
    if not database.exists():
        return EMPTY
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            has_runs = connection.execute("PRAGMA table_info(runs)").fetchall()
            (written,) = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError:  # damaged: `integrity` sees to that
            return EMPTY
    return (written or UNNUMBERED) if has_runs else EMPTY


def expect_known(database: Path) -> None:
    """Refuse a store of a newer schema before anything opens it for writing. Raises: NewerStore."""
    if read_number_of(database) > find_latest():
        raise NewerStore


def is_outdated(database: Path) -> bool:
    """Whether opening the store for writing will change its tables."""
    return EMPTY < read_number_of(database) < find_latest()


def list_columns(connection: sa.Connection, table: str) -> frozenset[str]:
    """List the columns of a table as the file has them; none if there is no such table."""
    return frozenset(row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})"))


def list_later_columns(schema: int, table: str) -> frozenset[str]:
    """List the columns that a table of this schema may lack, since later ones added them."""
    added = [migration.adds.get(table, frozenset()) for migration in MIGRATIONS if migration.to > schema]
    return frozenset().union(*added)
