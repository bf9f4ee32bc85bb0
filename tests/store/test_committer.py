"""The writing thread: groups, hurries when asked, waits out locks, keeps what others spoiled."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from engine.store import committer as module
from engine.store.committer import Committer
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.records import NewRun, RunUpdate


@pytest.fixture
def committer(tmp_path: Path) -> Iterator[Committer]:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    own = Committer(layout, lambda full: None)
    own.start()
    own.submit(RunUpdate("r", create=NewRun("{}", "d"), changes={"attempt": 1}), urgent=True).result(10)
    yield own
    own.close()


def losses(first: int, *values: float) -> RunUpdate:
    return RunUpdate("r", 1, first_step=first, losses=np.array(values, np.float32))


def test_entries_wait_for_company_and_urgent_ones_do_not(committer: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP_SECONDS", 0.5)
    batches: list[int] = []
    commit = committer.writer.commit

    def counted(batch: list[RunUpdate]) -> list[Any]:
        batches.append(len(batch))
        return commit(batch)

    monkeypatch.setattr(committer.writer, "commit", counted)
    began = time.monotonic()
    first = [committer.submit(losses(step, 1.0)) for step in (1, 2, 3)]
    assert [future.result(10) for future in first] == ["stored"] * 3
    assert time.monotonic() - began >= 0.5
    monkeypatch.setattr(module, "GROUP_SECONDS", 600.0)
    committer.submit(losses(4, 1.0))
    committer.submit(losses(5, 1.0), urgent=True).result(60)
    assert batches == [3, 2]


def test_a_resolved_entry_is_on_the_disk(committer: Committer) -> None:
    committer.submit(losses(1, 3.0), urgent=True).result(10)
    reader = Reader(committer.layout.home)
    assert reader.read_losses("r").tolist() == [[1, 3]]
    reader.close()


def test_one_bad_entry_does_not_take_the_others_along(committer: Committer) -> None:
    futures = [
        committer.submit(entry) for entry in (losses(1, 1.0), RunUpdate("r", changes={"state": None}), losses(2, 2.0))
    ]
    assert futures[0].result(10) == futures[2].result(10) == "stored"
    with pytest.raises(sa.exc.IntegrityError):
        futures[1].result(10)


def test_a_lock_from_outside_is_waited_for(committer: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    driver: Any = committer.writer.connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=50")
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)
    other = sqlite3.connect(committer.layout.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    future = committer.submit(losses(1, 1.0), urgent=True)
    time.sleep(0.4)
    assert not future.done()
    other.execute("ROLLBACK")
    other.close()
    assert future.result(10) == "stored"


def test_closing_stores_what_is_queued(tmp_path: Path) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    own = Committer(layout, lambda full: None)
    own.start()
    future = own.submit(RunUpdate("r", create=NewRun("{}", "d")))
    own.close()
    assert future.result(0) == "stored"


def test_a_store_that_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    layout.database.write_bytes(b"this is no database, but it is long enough to be looked at" * 100)
    with pytest.raises(sa.exc.DatabaseError):
        Committer(layout, lambda full: None).start()
