"""The scheduler: which runs train, which wait for a place or for memory, and in which state each is.

It makes no process. A pool starts, tells and kills workers, and reports what they say and that they ended.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from dataclasses import replace
from typing import Any

from engine.errors import PlaygroundError
from engine.jobs.run_job import RunJob
from engine.message import NOTHING, Message
from engine.run_state import RunState
from engine.runtime.active_run import MOST_RESTARTS, ActiveRun, Command, Ended
from engine.runtime.background import BackgroundTasks
from engine.runtime.memory_budget import WAITS, MemoryBudget
from engine.runtime.report_intake import ReportIntake
from engine.runtime.request_ticket import RequestTicket
from engine.runtime.run_records import RunRecords
from engine.runtime.worker_contract import Pool
from engine.store.records import LogRow, NewRun, RunUpdate
from engine.store.row_models import DamagedRun

WAITS_FOR_A_PLACE = Message("Waits for a free place.")

journal = logging.getLogger("fleet")


class Scheduler:
    """Queue, admission and states of all runs. Lives in the supervisor's event loop."""

    def __init__(self, records: RunRecords, pool: Pool, at_once: int, memory: MemoryBudget | None = None) -> None:
        self.records, self.pool, self.at_once = records, pool, at_once
        self.memory = memory or MemoryBudget()
        self.intake = ReportIntake(records)
        self.runs: dict[str, ActiveRun] = {}
        self.queue: deque[str] = deque()
        self.closing = False
        self._waiting_for_disk: set[str] = set()
        self._ids = itertools.count(1)
        self._background = BackgroundTasks()
        pool.report_to(self)

    def take_up(self) -> None:
        """Queue the runs that the supervisor before this one left active, and start as many as there are places."""
        for row in self.records.take_up():
            self.runs[row.id] = ActiveRun.of(row, RunState.QUEUED)
            self.queue.append(row.id)
        self.fill()

    # Requests ---------------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether any run trains."""
        return any(run.state is RunState.RUNNING for run in self.runs.values())

    async def has_run(self, name: str) -> bool:
        """Whether there is a run of that name."""
        return name in self.runs or await self.records.row(name) is not None

    async def add(self, name: str, new: NewRun, log: tuple[LogRow, ...] = ()) -> None:
        """A new run: it starts if there is a place, else it waits for one."""
        at_once = self.has_slot and not self.queue  # a new run does not overtake
        state, message = (RunState.RUNNING, NOTHING) if at_once else (RunState.QUEUED, WAITS_FOR_A_PLACE)
        run = self.runs[name] = ActiveRun(name, state, int(at_once), new.experiment)
        changes = {"attempt": run.attempt} if at_once else {}
        new = replace(new, state=state, message=message)
        stored = self.records.store(RunUpdate(name, create=new, log=log, changes=changes))
        if at_once:
            self._background.start(self._start_first(run))
        else:
            self.queue.append(name)
        await stored

    async def command(self, name: str, message: dict[str, Any], ticket: RequestTicket) -> int:
        """Pass a command to a run's worker; returns the step at which it acts, when that is on the disk."""
        try:
            run = await self._find(name)
        except Ended as ended:
            if message["do"] == "stop":  # it has what it wants
                return ended.step
            raise
        if run.state is RunState.QUEUED:
            return await self._command_queued(run, message["do"], ticket)
        message = {**message, "id": next(self._ids), "until": ticket.until}
        command = Command(message["id"], message, asyncio.get_running_loop().create_future(), ticket)
        run.commands[command.id] = command
        run.last_used = time.monotonic()
        if self.pool.has(name):
            self.pool.send(name, message)
        # While a worker is being made, `_start` passes on all commands that wait.
        elif not run.starting.locked():
            self._background.start(self._wake(run, {}))
        return await command.acted

    async def _find(self, name: str) -> ActiveRun:
        """A run that has not ended; a paused one that has no worker becomes active again."""
        for _ in range(100):
            run = self.runs.get(name)
            if run is None or not (run.dismissed or run.state.is_final):
                break
            await asyncio.sleep(0.05)  # its worker is just leaving
        if run is None:
            row = await self.records.row(name)
            if row is None:
                raise PlaygroundError(Message("There is no run {run}.", run=name))
            if row.state.is_final:
                raise Ended(row.state, row.step)
            run = self.runs.setdefault(name, ActiveRun.of(row, row.state))
        return run

    async def _command_queued(self, run: ActiveRun, name: str, ticket: RequestTicket) -> int:
        if name != "stop":
            raise PlaygroundError(
                Message("The run waits for a free place; it can be stopped, or changed once it trains.")
            )
        ticket.claim()
        run.state = RunState.STOPPED
        note = LogRow(run.step, "stop")
        await self.records.store(RunUpdate(run.id, log=(note,), changes={"state": RunState.STOPPED, "message": ""}))
        if self.pool.has(run.id):  # it waits for memory
            self.pool.kill(run.id)
        else:
            self.runs.pop(run.id, None)
        return run.step

    async def remove(self, name: str) -> None:
        """End a run's worker and forget the run; what is stored stays."""
        run = self.runs.get(name)
        if run is None:
            return
        run.dismissed = True
        async with run.starting:  # a worker that is being made would outlive a kill that comes too early
            self.pool.kill(name)
        while self.pool.has(name):
            await asyncio.sleep(0.01)
        self._forget(run)

    def dismiss_idle(self, seconds: float, but: ActiveRun | None = None) -> None:
        """Let the workers of paused runs leave that nobody has asked anything of for so long."""
        now = time.monotonic()
        for run in self.runs.values():
            if run.is_idle and run is not but and self.pool.has(run.id) and now - run.last_used >= seconds:
                run.dismissed = True
                self.pool.send(run.id, {"do": "leave"})

    def set_full(self, full: bool) -> None:
        """The disk is full, or has room again: then workers that met the full disk go on."""
        if not full:
            for name in self._waiting_for_disk:
                self.pool.send(name, {"do": "room"})
            self._waiting_for_disk.clear()

    # Places -----------------------------------------------------------------------------------------------------------

    @property
    def has_slot(self) -> bool:
        """Whether one more run may train."""
        return sum(run.state is RunState.RUNNING for run in self.runs.values()) < self.at_once

    def fill(self) -> None:
        """Start the runs that wait, as far as there are places."""
        while self.queue and self.has_slot and not self.closing:
            run = self.runs.get(self.queue.popleft())
            if run is not None and run.state is RunState.QUEUED:
                run.state = RunState.RUNNING
                self._background.start(self._wake(run, {"state": RunState.RUNNING, "message": ""}))

    async def _start_first(self, run: ActiveRun) -> None:
        async with run.starting:
            await self._start(run, self.records.first_job(run.id, run.attempt, run.experiment))

    async def _wake(self, run: ActiveRun, changes: dict[str, Any], note: LogRow | None = None) -> None:
        """A worker for a run that is in the store and has none. The new attempt is on the disk before there is one."""
        async with run.starting:
            if self.pool.has(run.id) or self.closing:
                return
            run.attempt += 1
            fence = RunUpdate(run.id, log=(note,) if note else (), changes={**changes, "attempt": run.attempt})
            if await self.records.store(fence) != "stored":
                return
            try:
                job = await self.records.job(run.id, run.attempt)
            except DamagedRun as damage:
                await self._fail(run, damage.message)
                return
            await self._start(run, job)

    async def _start(self, run: ActiveRun, job: RunJob) -> None:
        await self.pool.start(job)
        run.last_used = time.monotonic()
        self.memory.begin(run.id)
        for command in run.commands.values():
            self.pool.send(run.id, command.message)

    # What the pool reports --------------------------------------------------------------------------------------------

    async def receive(self, name: str, header: dict[str, Any], parts: list[bytes]) -> None:
        """Take in what a worker says."""
        run = self.runs[name]
        if "needs" in header:
            await self._admit(run, header["needs"])
            return
        if "claim" in header and not run.grant(header["claim"]):
            del header["claim"]
            self.pool.send(name, {"do": "nack"})  # the telemetry that came with it is stored
        if header.get("full"):
            self._waiting_for_disk.add(name)
            self.records.hold()
        entry = await self.intake.take(name, run.attempt, header, parts)
        run.step = max(run.step, entry.first_step + len(entry.losses) - 1)
        if claim := header.get("claim"):
            self._act(run, claim)
        if end := header.get("end"):
            run.state = RunState(end["changes"]["state"])
            self.pool.let_finish(name)  # it ends by itself after "bye", which is no death
            self.pool.send(name, {"do": "bye"})
        if (refusal := header.get("refusal")) and (command := run.commands.pop(refusal["id"], None)):
            command.refuse(Message.of(refusal["sentence"]))

    async def lose(self, name: str) -> None:
        """A worker is gone: start the run again, unless it was to end."""
        self._waiting_for_disk.discard(name)
        self.memory.leave(name)
        await self.intake.drain(name)
        await self._admit_next()
        run = self.runs.get(name)
        if run is not None and (run.state.is_final or run.dismissed):
            self._forget(run)
        elif run is not None and not self.closing:
            await self._restart(run)

    def _act(self, run: ActiveRun, claim: dict[str, Any]) -> None:
        """The step of a command is on the disk: the worker may act, and whoever asked may know."""
        run.state = RunState(claim.get("changes", {}).get("state", run.state))
        run.last_used = time.monotonic()
        run.restarts = 0  # its worker lives and obeys
        if run.state.is_final:
            self.pool.let_finish(run.id)
        if "log" in claim:
            self.pool.send(run.id, {"do": "ack"})
        if command := run.commands.pop(claim["id"], None):
            command.answer(claim["step"])
        self.fill()

    async def _restart(self, run: ActiveRun) -> None:
        journal.warning("run %s: its process died at step %d", run.id, run.step)
        if not run.may_restart():
            await self._fail(
                run, Message("The training process died {n} times in a row without getting further.", n=MOST_RESTARTS)
            )
            return
        message = Message("The training process died and was started again; the run goes on with the same numbers.")
        await self._wake(run, {}, LogRow(run.step, "restarted", {"sentence": message.plain()}))

    async def _fail(self, run: ActiveRun, message: Message) -> None:
        note = LogRow(run.step, "failed", {"sentence": message.plain()})
        run.state = RunState.FAILED
        changes = {"state": RunState.FAILED, "message": message.dump()}
        await self.records.store(RunUpdate(run.id, log=(note,), changes=changes))
        self._forget(run)

    def _forget(self, run: ActiveRun) -> None:
        if self.runs.get(run.id) is run:
            del self.runs[run.id]
        run.refuse_commands(Message("The run ended before that could be done."))
        self.fill()

    # Memory -----------------------------------------------------------------------------------------------------------

    async def _admit(self, run: ActiveRun, needs: int) -> None:
        """A worker waits to be told that there is memory for its run; paused ones make room, and go on later."""
        if self.memory.ask(run.id, needs):
            self.pool.send(run.id, {"do": "granted"})
            return
        if run.state is RunState.RUNNING:
            run.state = RunState.QUEUED  # it takes no step: its place is free for another run
            await self.records.store(RunUpdate(run.id, changes={"state": RunState.QUEUED, "message": WAITS.dump()}))
        self.dismiss_idle(0.0, but=run)
        self.fill()

    async def _admit_next(self) -> None:
        """Those who wait for memory go on, as far as there is any."""
        while (name := self.memory.next()) is not None:
            run = self.runs.get(name)
            if run is None or not self.pool.has(name):
                self.memory.leave(name)
                continue
            if run.state is RunState.QUEUED:
                run.state = RunState.RUNNING
                await self.records.store(RunUpdate(name, changes={"state": RunState.RUNNING, "message": ""}))
            self.pool.send(name, {"do": "granted"})
