"""Keeps runs going: starts their workers, takes in what they say, restarts those that die."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine import wire
from engine.jobs.run_job import Order
from engine.message import Message
from engine.run_state import ACTIVE, RunState
from engine.runtime import priority, report
from engine.runtime import run_process as slots
from engine.runtime.memory_budget import WAITS, Room
from engine.runtime.process_factory import JOIN_SECONDS, Nursery, wait_for_end
from engine.runtime.request_ticket import LATE
from engine.runtime.run_process import Slot
from engine.store import checkpoints
from engine.store.committer import Committer
from engine.store.layout import Place
from engine.store.reader import Reader
from engine.store.records import Entry, LogRow, Outcome
from engine.store.row_models import DAMAGED, Damaged

journal = logging.getLogger("fleet")


class Keeper:
    """The processes of all runs. Lives in the supervisor's event loop; one thread of its own makes processes."""

    def __init__(self, place: Place, at_once: int, checkpoint_seconds: float) -> None:
        self.place, self.at_once, self.checkpoint_seconds = place, at_once, checkpoint_seconds
        self.slots: dict[str, Slot] = {}
        self.queue: deque[str] = deque()
        self.nursery = Nursery()
        self.room = Room()
        self.maker = ThreadPoolExecutor(1, "process-maker")
        self.closing, self.want_room = False, set[str]()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open the store, begin to warm up, take up what was running before."""
        self.loop = asyncio.get_running_loop()
        self.committer = Committer(self.place, self._on_full)
        await asyncio.to_thread(self.committer.start)
        self.reader = Reader(self.place.home)
        self.warming = self.loop.run_in_executor(self.maker, self.nursery.prepare)
        with self.reader.view() as view:
            found = view.in_states(*ACTIVE)
        for run in found:
            if run.damage:
                self.store(Entry(run.id, changes={"state": RunState.FAILED, "message": DAMAGED}))
                continue
            own = Slot(run.id, RunState.QUEUED, run.attempt, run.experiment, run.step)
            self.slots[run.id] = own
            self.queue.append(run.id)
            if run.state is not RunState.QUEUED:
                sentence = "The training engine was started again; the run goes on."
                note = LogRow(run.step, "restarted", {"sentence": sentence})
                self.store(Entry(run.id, log=(note,), changes={"state": RunState.QUEUED}))
        self.fill()

    async def close(self) -> None:
        """Ask the workers to save and leave, store what they say."""
        self.closing = True
        tasks = [own.task for own in self.slots.values() if own.task is not None]
        for own in self.slots.values():
            own.say({"do": "leave"})
        if tasks:
            await asyncio.wait(tasks, timeout=JOIN_SECONDS)
        for own in self.slots.values():
            if own.process is not None:
                own.process.kill()
        await asyncio.to_thread(self.committer.close)
        self.reader.close()
        self.maker.shutdown(wait=False)

    def store(self, entry: Entry, *, urgent: bool = True) -> asyncio.Future[Outcome]:
        """Hand an entry to the writer."""
        return asyncio.wrap_future(self.committer.submit(entry, urgent=urgent), loop=self.loop)

    def spawn(self, work: Any) -> None:
        """Run a coroutine beside the others; what it raises is written down."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            journal.error("a task of the supervisor failed", exc_info=error)

    # Places -----------------------------------------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        """Is there a place for one more run?"""
        return sum(own.training for own in self.slots.values()) < self.at_once

    def fill(self) -> None:
        """Start the runs that wait, as far as there are places."""
        while self.queue and self.free and not self.closing:
            own = self.slots.get(self.queue.popleft())
            if own is not None and own.state is RunState.QUEUED:
                own.state = RunState.RUNNING
                self.spawn(self.wake(own, {"state": RunState.RUNNING, "message": ""}))

    # Processes --------------------------------------------------------------------------------------------------------

    async def launch(self, own: Slot, order: Order) -> None:
        """Make the process and listen to it."""
        process, line = await self.loop.run_in_executor(self.maker, self.nursery.start, order)
        stream, own.writer = await asyncio.open_unix_connection(sock=line, limit=1 << 20)
        own.process, own.last_used = process, time.monotonic()
        self.room.begin(own.run)
        for command in own.commands.values():
            own.say(command.message)
        own.task = self.loop.create_task(self._follow(own, stream))

    async def wake(self, own: Slot, changes: dict[str, Any], note: LogRow | None = None) -> None:
        """A process for a run that is in the store and has none."""
        async with own.starting:
            if own.process is not None or self.closing:
                return
            own.attempt += 1
            fence = Entry(own.run, log=(note,) if note else (), changes={**changes, "attempt": own.attempt})
            if await self.store(fence) != "stored":
                return
            try:
                order = await asyncio.to_thread(self._order, own)
            except Damaged as damage:
                await self._fail(own, str(damage))
                return
            await self.launch(own, order)

    def _order(self, own: Slot) -> Order:
        row = self.reader.run(own.run)
        if row is None:
            raise LookupError(own.run)
        order = slots.order(self.reader, row, own.attempt, self.checkpoint_seconds)
        checkpoints.sweep(self.place.checkpoints / own.run, {saved.path.split("/")[-1] for saved in order.checkpoints})
        return order

    async def _follow(self, own: Slot, stream: asyncio.StreamReader) -> None:
        """Take in what a worker says until it is gone."""
        try:
            while True:
                await self._take(own, *await wire.read(stream))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Exception:
            journal.exception("run %s: what its worker said could not be taken in", own.run)
        self.spawn(self._bury(own))

    async def _take(self, own: Slot, header: dict[str, Any], parts: list[bytes]) -> None:
        if "needs" in header:
            await self._weigh(own, header["needs"])
            return
        if "claim" in header and not self._grants(own, header["claim"]):
            del header["claim"]
        claim, end, refusal = header.get("claim"), header.get("end"), header.get("refusal")
        if header.get("full"):
            self.want_room.add(own.run)
            self.committer.hold()
        if "channels" in header:  # it has begun: from now on it lets others go first
            own.begun = True
            begun = [each.process.pid for each in self.slots.values() if each.begun and each.process is not None]
            priority.lower(begun, crowd=len(begun) > 2 * (os.cpu_count() or 1))
        urgent = bool(claim or end or "channels" in header)
        entry = report.entry(own.run, own.attempt, header, parts)
        own.pending.append((self.committer.submit(entry, urgent=urgent), sum(map(len, parts))))
        while own.pending and (own.crowded or claim or end or own.pending[0][0].done()):
            stored, _ = own.pending.popleft()
            if (stored.result() if stored.done() else await asyncio.wrap_future(stored)) != "stored":
                raise RuntimeError("telemetry refused")  # replaced, or a gap: this worker has to go
        own.step = max(own.step, entry.first_step + len(entry.losses) - 1)
        if claim:
            self._claimed(own, claim)
        if end:
            own.state = RunState(end["changes"]["state"])
            own.say({"do": "bye"})
        if refusal and (command := own.commands.pop(refusal["id"], None)):
            command.refuse(Message.of(refusal["sentence"]))

    async def _weigh(self, own: Slot, needs: int) -> None:
        """A worker waits to be told that there is memory for its run; paused ones make room, and go on later."""
        if self.room.ask(own.run, needs):
            own.say({"do": "granted"})
            return
        if own.state is RunState.RUNNING:
            own.state = RunState.QUEUED
            await self.store(Entry(own.run, changes={"state": RunState.QUEUED, "message": WAITS}))
        for other in self.slots.values():
            if other is not own and other.resting:
                other.dismissed = True
                other.say({"do": "leave"})
        self.fill()

    async def _let_in(self) -> None:
        """Those who wait for memory go on, as far as there is any."""
        while (run := self.room.next()) is not None:
            own = self.slots.get(run)
            if own is None or own.process is None:
                self.room.leave(run)
                continue
            if own.state is RunState.QUEUED:
                own.state = RunState.RUNNING
                await self.store(Entry(run, changes={"state": RunState.RUNNING, "message": ""}))
            own.say({"do": "granted"})

    def _grants(self, own: Slot, claim: dict[str, Any]) -> bool:
        """May a worker do what it was told? What nobody waits for any more is not done."""
        command = own.commands.get(claim["id"])
        if "log" not in claim or command is None or command.granted():
            return True
        del own.commands[claim["id"]]
        command.refuse(LATE)
        own.say({"do": "nack"})
        return False

    def _claimed(self, own: Slot, claim: dict[str, Any]) -> None:
        """The step of a command is on the disk: the worker may act, and whoever asked may know."""
        own.state = RunState(claim.get("changes", {}).get("state", own.state))
        own.last_used = time.monotonic()
        own.restarts = 0  # it lives and obeys
        if "log" in claim:
            own.say({"do": "ack"})
        if command := own.commands.pop(claim["id"], None):
            command.answer(claim["step"])
        self.fill()

    async def _bury(self, own: Slot) -> None:
        """A process is gone, or has to go: clear up, and start the run again if it was not to end."""
        process, own.process, own.task, own.begun = own.process, None, None, False
        self.want_room.discard(own.run)
        self.room.leave(own.run)
        if own.writer is not None:
            own.writer.close()
            own.writer = None
        if process is not None:
            await self.loop.run_in_executor(self.maker, wait_for_end, process, not own.state.is_final)
        while own.pending:
            await asyncio.wait([asyncio.wrap_future(own.pending.popleft()[0])])
        await self._let_in()
        if own.state.is_final or own.dismissed:
            self._forget(own)
        elif not self.closing:
            await self._again(own)

    def _forget(self, own: Slot) -> None:
        if self.slots.get(own.run) is own:
            del self.slots[own.run]
        for command in own.commands.values():
            if command.message["do"] == "stop":
                command.answer(own.step)
            command.refuse(Message("The run ended before that could be done."))
        own.commands.clear()
        self.fill()

    async def _again(self, own: Slot) -> None:
        journal.warning("run %s: its process died at step %d", own.run, own.step)
        if own.hopeless():
            sentence = f"The training process died {slots.RESTARTS} times in a row without getting further."
            await self._fail(own, sentence)
            return
        sentence = "The training process died and was started again; the run goes on with the same numbers."
        await self.wake(own, {}, LogRow(own.step, "restarted", {"sentence": sentence}))

    async def _fail(self, own: Slot, sentence: str) -> None:
        """The run cannot go on."""
        note = LogRow(own.step, "failed", {"sentence": sentence})
        own.state = RunState.FAILED
        await self.store(Entry(own.run, log=(note,), changes={"state": RunState.FAILED, "message": sentence}))
        self._forget(own)

    def _on_full(self, full: bool) -> None:
        self.loop.call_soon_threadsafe(self._room, full)

    def _room(self, full: bool) -> None:
        if not full:
            for run in self.want_room:
                if run in self.slots:
                    self.slots[run].say({"do": "room"})
            self.want_room.clear()
