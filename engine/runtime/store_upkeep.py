"""The supervisor's care for the store's file: it is looked at before it is opened, copied each day, and missed."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time

from engine.store import backups, integrity, migrations
from engine.store.layout import StoreLayout

LOOK_SECONDS = 1.0
COPY_SECONDS = 600.0

journal = logging.getLogger("fleet")


def begin(layout: StoreLayout) -> None:
    """Prepare the store before it is opened: restore a requested backup, set damage aside, make a due backup.

    Raises: NewerStore.
    """
    backups.restore_requested(layout)
    migrations.expect_known(layout.database)  # a newer schema must not be taken for damage, and set aside
    integrity.check(layout)
    copy(layout)


def copy(layout: StoreLayout) -> None:
    """Make a backup if one is due; a failure goes to the log."""
    try:
        if backups.is_due(layout) and backups.make(layout) is None:
            journal.warning("there is no room for a backup of the store")
    except (OSError, sqlite3.Error):
        journal.exception("the store could not be backed up")


async def follow(layout: StoreLayout, leaving: asyncio.Event) -> None:
    """Copies each day. When the file is gone or another one, this supervisor leaves; what it has open is saved then."""
    own, copied = integrity.identify(layout), time.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if integrity.identify(layout) != own:
            journal.error("the file of the store is gone")
            leaving.set()
        if time.monotonic() - copied >= COPY_SECONDS:
            copied = time.monotonic()
            await asyncio.to_thread(copy, layout)
