"""The store as the supervisor uses it: the one writer, a reader, and the job of a run's next worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.jobs.run_job import LoggedEdit, RunJob, SavedCheckpoint
from engine.message import Message
from engine.run_state import ACTIVE, RunState
from engine.store import checkpoints
from engine.store.committer import Committer
from engine.store.layout import StoreLayout
from engine.store.reader import Reader, RunRow
from engine.store.records import LogRow, Outcome, RunUpdate
from engine.store.row_models import DAMAGED


class RunRecords:
    """What is stored of all runs. Lives in the supervisor's event loop."""

    def __init__(self, layout: StoreLayout, checkpoint_seconds: float = 5.0) -> None:
        self.layout, self.checkpoint_seconds = layout, checkpoint_seconds

    async def open(self, on_full: Callable[[bool], None]) -> None:
        """Open the store; `on_full(bool)` is called in the event loop when its disk turns out full or has room."""
        self.loop = asyncio.get_running_loop()
        self.committer = Committer(self.layout, lambda full: self._announce(on_full, full))
        await asyncio.to_thread(self.committer.start)
        self.reader = Reader(self.layout.home)

    def _announce(self, on_full: Callable[[bool], None], full: bool) -> None:
        self.loop.call_soon_threadsafe(on_full, full)

    async def close(self) -> None:
        """Store what is queued and close."""
        await asyncio.to_thread(self.committer.close)
        self.reader.close()

    @property
    def full(self) -> bool:
        """Whether the disk is full."""
        return self.committer.full

    def hold(self) -> None:
        """A worker met the full disk: running runs are held until there is room."""
        self.committer.hold()

    def store(self, entry: RunUpdate, *, urgent: bool = True) -> asyncio.Future[Outcome]:
        """Hand an entry to the writer; the future resolves when it is on the disk."""
        # The writer is a thread of its own: `fsync` must not hold up the lines of other runs.
        return asyncio.wrap_future(self.committer.submit(entry, urgent=urgent), loop=self.loop)

    async def row(self, run: str) -> RunRow | None:
        """What is stored of a run."""
        return await asyncio.to_thread(self.reader.read_run, run)

    def take_up(self) -> list[RunRow]:
        """Runs that the supervisor before this one left active, the oldest first; all are queued now."""
        with self.reader.open_view() as view:
            found = view.list_in_states(*ACTIVE)
        for row in found:
            if row.damage:
                self.store(RunUpdate(row.id, changes={"state": RunState.FAILED, "message": DAMAGED.dump()}))
            elif row.state is not RunState.QUEUED:
                message = Message("The training engine was started again; the run goes on.")
                note = LogRow(row.step, "restarted", {"sentence": message.plain()})
                self.store(RunUpdate(row.id, log=(note,), changes={"state": RunState.QUEUED}))
        return [row for row in found if not row.damage]

    def first_job(self, run: str, attempt: int, experiment: str) -> RunJob:
        """The job of a new run's worker."""
        return RunJob(run, attempt, str(self.layout.home), experiment, checkpoint_seconds=self.checkpoint_seconds)

    async def job(self, run: str, attempt: int) -> RunJob:
        """The job of the next worker of a stored run, from the store alone. Raises: Damaged."""
        return await asyncio.to_thread(self._job, run, attempt)

    def _job(self, run: str, attempt: int) -> RunJob:
        with self.reader.open_view() as view:
            row = view.read_run(run)
            if row is None:
                raise LookupError(run)
            # In one read transaction: a log from after the row would repeat edits that the row has not stored.
            log, saved = view.read_log(run), view.list_checkpoints(run)
        # Files of a save that was killed before its row was written.
        checkpoints.sweep(self.layout.checkpoints / run, {each.path.name for each in saved})
        goals = [line for line in log if line.kind in ("pause", "resume", "step")]
        goal = goals[-1].detail if goals and goals[-1].kind == "step" else {}
        home = self.layout.home
        return RunJob(
            run=run,
            attempt=attempt,
            home=str(home),
            experiment=row.experiment,
            edits=tuple(LoggedEdit(e.step, e.detail["path"], e.detail["value"]) for e in log if e.kind == "edit"),
            checkpoints=tuple(
                SavedCheckpoint(each.step, str(each.path.relative_to(home)), each.sha256) for each in saved
            ),
            stored=row.step,
            paused=row.state is RunState.PAUSED,
            until_step=goal.get("until_step"),
            until_epoch=goal.get("until_epoch"),
            checkpoint_seconds=self.checkpoint_seconds,
        )
