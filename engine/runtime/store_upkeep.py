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


def begin(place: StoreLayout) -> None:
    """Prepare the store before it is opened: restore a requested backup, set damage aside, make a due backup.

    Raises: NewerStore.
    """
    backups.restore_requested(place)
    migrations.expect_known(place.database)  # a newer schema must not be taken for damage, and set aside
    integrity.check(place)
    copy(place)


def copy(place: StoreLayout) -> None:
    """Make a backup if one is due; a failure goes to the log."""
    try:
        if backups.is_due(place) and backups.make(place) is None:
            journal.warning("there is no room for a backup of the store")
    except (OSError, sqlite3.Error):
        journal.exception("the store could not be backed up")


async def follow(place: StoreLayout, leaving: asyncio.Event) -> None:
    """Copies each day. When the file is gone or another one, this supervisor leaves; what it has open is saved then."""
    own, copied = integrity.identify(place), time.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if integrity.identify(place) != own:
            journal.error("the file of the store is gone")
            leaving.set()
        if time.monotonic() - copied >= COPY_SECONDS:
            copied = time.monotonic()
            await asyncio.to_thread(copy, place)
