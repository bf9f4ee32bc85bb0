"""The connections to a store: the one that writes, and those that read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event

from engine.store import migrations

PAGE = 4096


def open_writer(database: Path) -> sa.Engine:
    """Open the one writing connection: write-ahead log, every commit synced, transactions locked from their beginning.

    A store of an older schema is migrated, or left as it was. Raises: NewerStore.
    """
    migrations.expect_known(database)  # before the pragmas below touch the file
    shared = {"check_same_thread": False}
    pages = max(16, min(1_000, shutil.disk_usage(database.parent).total // PAGE // 32))  # a short log on a small disk
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.StaticPool, connect_args=shared)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions by itself, and deferred ones
        # auto_vacuum first: WAL mode writes the first page of a new file, and after that it cannot be changed any more;
        # synchronous=FULL, since in WAL mode NORMAL does not sync a commit
        for pragma in ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
        connection.execute("PRAGMA journal_size_limit=16000000")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # a transaction that reads first and then writes fails at once if another has written meanwhile, whatever the
        # time-out; one that is locked from the beginning waits
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        migrations.upgrade(connection)
    return engine


def open_reader(database: Path) -> sa.Engine:
    """Open an engine whose connections can read and nothing else; each transaction sees one moment."""
    # read-only to SQLite too: such a connection never moves the log into the database, which is the writer's alone
    url = f"sqlite:///file:{quote(str(database))}?mode=ro&uri=true"
    shared = {"check_same_thread": False, "timeout": 10}
    engine = sa.create_engine(url, pool_size=4, max_overflow=60, connect_args=shared)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA query_only=ON")
        connection.text_factory = lambda data: str(data, "utf-8", "surrogateescape")  # damage must not hide other rows

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
