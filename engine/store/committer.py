"""The writing thread: group commit every 50 ms, and patience with a full disk; it loses no update."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from engine.store import disk_reserve
from engine.store.layout import StoreLayout
from engine.store.records import Outcome, RunUpdate
from engine.store.writer import Writer

GROUP_SECONDS = 0.05
"""With twenty workers at ten frames a second an update was on the disk 30 ms after its submission, 62 ms at the 99th
percentile."""
RETRY_SECONDS = 1.0
MOST_RETRIES = 100
"""How often a commit is tried again, once a second, while another program holds a lock on the store."""

logger = logging.getLogger("store")


@dataclass(frozen=True)
class QueuedUpdate:
    """An update in the queue, and the future that resolves when it is on disk."""

    update: RunUpdate
    stored: Future[Outcome]


class Committer:
    """Owns the writer's thread. `submit` works from any thread; its future resolves when the update is on the disk.

    `on_full(bool)` is called from the thread when the disk turns out full, and when there is room again.
    """

    def __init__(self, layout: StoreLayout, on_full: Callable[[bool], None]) -> None:
        self.layout = layout
        self.on_full = on_full
        self.full = False
        self._queue: list[QueuedUpdate] = []
        self._urgent = self._closing = self._hold_requested = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._opened: Future[None] = Future()

    def start(self) -> None:
        """Open the store and begin. Raises what opening raises, such as NewerStore."""
        self._thread.start()  # SQLite's connection is opened in the thread that will use it
        self._opened.result()

    def submit(self, update: RunUpdate, *, urgent: bool = False) -> Future[Outcome]:
        """Queue an update; an `urgent` one is committed at once, with all that is queued."""
        queued = QueuedUpdate(update, Future())
        with self._wake:
            self._queue.append(queued)
            self._urgent = self._urgent or urgent
            self._wake.notify()
        return queued.stored

    def hold(self) -> None:
        """Wait for room, since a worker met the full disk."""
        with self._wake:
            self._hold_requested = True
            self._wake.notify()

    def close(self) -> None:
        """Store what is queued and close the store. On a full disk the futures of what is queued get an OSError."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            self.writer = Writer(self.layout)
            disk_reserve.fill(self.layout.disk_reserve)
        except BaseException as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while self._wait():
            batch, hold = self._gather()
            if hold:
                self._hold()
            if batch:
                self._store(batch)
        self.writer.close()

    def _wait(self) -> bool:
        """Wait until there is something to store and its time has come; False when all is done."""
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closing or self._hold_requested)
            due = time.monotonic() + GROUP_SECONDS
            self._wake.wait_for(lambda: self._urgent or self._closing or self._hold_requested, due - time.monotonic())
            return bool(self._queue or self._hold_requested or not self._closing)

    def _gather(self) -> tuple[list[QueuedUpdate], bool]:
        with self._wake:
            batch, self._queue = self._queue, []
            hold, self._hold_requested = self._hold_requested, False
            self._urgent = False
            return batch, hold

    def _store(self, batch: list[QueuedUpdate]) -> None:
        failures = 0
        while True:
            try:
                outcomes = self.writer.commit([queued.update for queued in batch])
            except Exception as error:
                if disk_reserve.is_full(error, self.layout.home):
                    self._hold()
                    if self._closing:
                        break
                    continue
                logger.exception("a batch of %d could not be stored", len(batch))
                failures += 1
                if "locked" in str(error) and failures < MOST_RETRIES and not self._closing:
                    time.sleep(RETRY_SECONDS)
                    continue
                self._store_each(batch, error)
                return
            for queued, outcome in zip(batch, outcomes, strict=True):
                queued.stored.set_result(outcome)
            return
        for queued in batch:
            queued.stored.set_exception(OSError(str(disk_reserve.FULL)))

    def _store_each(self, batch: list[QueuedUpdate], error: Exception) -> None:
        """Store the updates of a batch one by one, so that the one that cannot be stored fails alone."""
        if len(batch) == 1:
            batch[0].stored.set_exception(error)
            return
        for queued in batch:
            self._store([queued])

    def _hold(self) -> None:
        """Delete the reserve, say in the store that runs wait, and wait until there is room for both."""
        logger.warning(str(disk_reserve.FULL))
        self.full = True
        disk_reserve.release(self.layout.disk_reserve)  # before the commit below, which needs its room
        self.on_full(True)
        self._try(self.writer.hold)
        while not (disk_reserve.has_room(self.layout.home) and self._resume()):
            if self._closing:
                return
            self._delete_now()
            time.sleep(RETRY_SECONDS)
        logger.warning("there is room again")

    def _resume(self) -> bool:
        # the reserve first, so that the commit shows that there is room besides it
        disk_reserve.fill(self.layout.disk_reserve)
        if not self._try(self.writer.release):
            disk_reserve.release(self.layout.disk_reserve)
            return False
        self.full = False
        self.on_full(False)
        return True

    def _delete_now(self) -> None:
        """Carry out deletions while the disk is full: they are how a user makes room."""
        with self._wake:
            deletions = [queued for queued in self._queue if queued.update.delete]
            self._queue = [queued for queued in self._queue if not queued.update.delete]
        for queued in deletions:
            if self._try(partial(self.writer.commit, [queued.update])):
                queued.stored.set_result("stored")
            else:
                with self._wake:
                    self._queue.append(queued)

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except Exception as error:
            if not disk_reserve.is_full(error, self.layout.home):
                logger.exception("while the disk was full")
            return False
        return True
