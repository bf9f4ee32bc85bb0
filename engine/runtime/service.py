"""The supervisor at work: answers requests, keeps the runs, leaves when it is needed no more."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import shutil
import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.archive import run_import
from engine.errors import PlaygroundError
from engine.jobs.run_job import Order
from engine.message import Message
from engine.run_state import RunState
from engine.runtime import code_version, lock, rpc, store_upkeep
from engine.runtime.process_factory import set_surroundings
from engine.runtime.request_ticket import LATE, Ticket, sweep
from engine.runtime.run_process import Command, Ended, Slot
from engine.runtime.scheduler import Keeper
from engine.store import disk_reserve, run_names
from engine.store.layout import Place
from engine.store.records import Entry, LogRow, NewRun
from engine.store.row_models import NAME, holds

SWEEP_SECONDS = 300.0
WAITS = "Waits for a free place."

journal = logging.getLogger("fleet")


def serve(home: Path | None, idle_seconds: float, at_once: int, checkpoint_seconds: float) -> int:
    """Be the supervisor of a store, until it is no longer needed."""
    place = Place.of(home)
    place.prepare()
    held = lock.take(place)
    if held is None:
        journal.info("another supervisor looks after %s; this one steps back", place.home)
        return 0
    set_surroundings()
    asyncio.run(Service(place, idle_seconds, at_once, checkpoint_seconds).run())
    os.close(held)
    return 0


class Service:
    """The supervisor; the public coroutines that take `asked` are what it can be asked for."""

    def __init__(self, place: Place, idle_seconds: float, at_once: int, checkpoint_seconds: float) -> None:
        self.place, self.idle_seconds = place, idle_seconds
        self.keeper = Keeper(place, at_once, checkpoint_seconds)
        answers = {"start": self.start, "command": self.command, "delete": self.delete, "status": self.status}
        answers |= {
            "reset": self.reset,
            "take_in": self.take_in,
            "rename": self.rename,
            "sources": self.sources,
            "leave": self.leave,
        }
        self.desk = rpc.Desk(answers)
        self.ids = itertools.count(1)
        self.leaving = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to leave or idle for long."""
        code_version.own()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.leaving.set)
        sweep(self.place)
        await asyncio.to_thread(store_upkeep.begin, self.place)
        await self.keeper.open()
        server = await asyncio.start_unix_server(self.desk.serve, sock=lock.listen(self.place.socket), limit=1 << 20)
        journal.info("looking after %s", self.place.home)
        watch = asyncio.create_task(self._watch())
        care = asyncio.create_task(store_upkeep.follow(self.place, self.leaving))
        await self.leaving.wait()
        watch.cancel()
        care.cancel()
        server.close()
        self.place.socket.unlink(missing_ok=True)
        await self.keeper.close()
        self.desk.hang_up()
        journal.info("left")

    async def _watch(self) -> None:
        """Leave when nobody is there and nothing trains; end the processes of runs that are paused for long."""
        since = swept = time.monotonic()
        while True:
            await asyncio.sleep(min(1.0, self.idle_seconds / 5))
            now = time.monotonic()
            if now - swept >= SWEEP_SECONDS:
                swept = now
                await asyncio.to_thread(sweep, self.place)
            busy = self.desk.clients or any(own.training for own in self.keeper.slots.values())
            since = now if busy else since
            if now - since >= self.idle_seconds:
                journal.info("nobody needs this any more")
                self.leaving.set()
            for own in list(self.keeper.slots.values()):
                if own.resting and now - own.last_used >= self.idle_seconds:
                    own.dismissed = True
                    own.say({"do": "leave"})

    # Requests ---------------------------------------------------------------------------------------------------------

    async def start(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A new run; the same name twice is one run."""
        await self._start(asked, Ticket.of(self.place, asked))
        return {"run": asked["run"]}

    async def _start(self, asked: dict[str, Any], ticket: Ticket) -> None:
        self._need_room()
        run, keeper = asked["run"], self.keeper
        if run not in keeper.slots and await asyncio.to_thread(keeper.reader.run, run) is None:
            _need(ticket)
            at_once = keeper.free and not keeper.queue
            state, message = (RunState.RUNNING, "") if at_once else (RunState.QUEUED, WAITS)
            new = NewRun(asked["experiment"], asked["digest"], state, message, asked["parent"], asked["parent_step"])
            notes = tuple(LogRow(**note) for note in asked.get("log", ()))
            changes = {"attempt": 1} if at_once else {}
            own = keeper.slots[run] = Slot(run, state, len(changes), new.experiment)
            stored = keeper.store(Entry(run, create=new, log=notes, changes=changes))
            if at_once:
                own.last_used = time.monotonic()
                keeper.spawn(self._first(own))
            else:
                keeper.queue.append(run)
            await stored

    async def reset(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Stop a run that has not ended, start another in its place: both, or nothing."""
        ticket, new = Ticket.of(self.place, asked), asked["new"]
        await self._command(asked["run"], {"do": "stop", "detail": {"successor": new["run"]}}, ticket)
        await self._start(new, ticket)
        return {"run": new["run"]}

    async def take_in(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A run that comes from outside, checked by the client: stored whole, or not at all."""
        self._need_room()
        run, keeper = asked["run"], self.keeper
        ticket = Ticket.of(self.place, asked)
        _need(ticket)
        try:
            await keeper.store(Entry(run, delete=True))  # what one left of it that died over this
            for entry in await asyncio.to_thread(run_import.pick_up, self.place, run):
                await keeper.store(entry)
        except Exception:
            await asyncio.to_thread(shutil.rmtree, self.place.checkpoints / run, True)
            await keeper.store(Entry(run, delete=True))
            raise
        finally:
            if ticket.late:  # whoever asked may have left this to us
                run_import.clear(self.place, run)
        return {"run": run}

    async def _first(self, own: Slot) -> None:
        seconds = self.keeper.checkpoint_seconds
        order = Order(own.run, own.attempt, str(self.place.home), own.experiment, checkpoint_seconds=seconds)
        async with own.starting:
            await self.keeper.launch(own, order)

    async def command(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A command for a run's worker: answered when it is on the disk, with the step at which it acts."""
        return {"step": await self._command(asked["run"], asked["message"], Ticket.of(self.place, asked))}

    async def _command(self, run: str, said: dict[str, Any], ticket: Ticket) -> int:
        self._need_room()
        message = {**said, "id": next(self.ids), "until": ticket.until}
        try:
            own = await self._slot(run)
        except Ended as ended:
            if message["do"] == "stop":  # it has what it wants
                return ended.step
            raise
        if own.state is RunState.QUEUED:
            return await self._while_queued(own, message["do"], ticket)
        command = Command(message["id"], message, asyncio.get_running_loop().create_future(), ticket)
        own.commands[command.id] = command
        own.last_used = time.monotonic()
        if own.process is not None:
            own.say(message)
        elif not own.starting.locked():
            self.keeper.spawn(self.keeper.wake(own, {}))
        return await command.acted

    async def _slot(self, run: str) -> Slot:
        """The slot of a run that has not ended; one is made for a paused run that has none."""
        for _ in range(100):
            own = self.keeper.slots.get(run)
            if own is None or not (own.dismissed or own.state.is_final):
                break
            await asyncio.sleep(0.05)  # its process is just leaving
        if own is None:
            row = await asyncio.to_thread(self.keeper.reader.run, run)
            if row is None:
                raise PlaygroundError(Message("There is no run {run}.", run=run))
            if row.state.is_final:
                raise Ended(row.state, row.step)
            fresh = Slot(run, row.state, row.attempt, row.experiment, row.step)
            own = self.keeper.slots.setdefault(run, fresh)
        return own

    async def _while_queued(self, own: Slot, name: str, ticket: Ticket) -> int:
        if name != "stop":
            raise PlaygroundError(
                Message("The run waits for a free place; it can be stopped, or changed once it trains.")
            )
        _need(ticket)
        own.state = RunState.STOPPED
        note = LogRow(own.step, "stop")
        await self.keeper.store(Entry(own.run, log=(note,), changes={"state": RunState.STOPPED, "message": ""}))
        if own.process is not None:  # it waits for memory
            own.process.kill()
        else:
            self.keeper.slots.pop(own.run, None)
        return own.step

    async def delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        """End a run and forget it, with its files."""
        _need(Ticket.of(self.place, asked))
        run = asked["run"]
        if not holds(NAME, run, strict=True):  # it becomes the name of a folder
            raise PlaygroundError(Message("There is no run of that name."))
        own = self.keeper.slots.get(run)
        if own is not None:
            own.dismissed = True
            async with own.starting:
                if own.process is not None:
                    own.process.kill()
            while own.process is not None or own.task is not None:
                await asyncio.sleep(0.01)
            self.keeper.slots.pop(run, None)
        await asyncio.to_thread(shutil.rmtree, self.place.checkpoints / run, True)
        await self.keeper.store(Entry(run, delete=True))
        self.keeper.fill()
        return {}

    async def rename(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A name for a run, as a person gave it."""
        self._need_room()
        _need(Ticket.of(self.place, asked))
        changes = {"name": run_names.plain(asked["name"])}
        if await self.keeper.store(Entry(asked["run"], changes=changes)) != "stored":
            raise PlaygroundError(Message("There is no run {run}.", run=asked["run"]))
        return {}

    async def status(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Who is at work."""
        full = self.keeper.committer.full
        runs = {
            own.run: {
                "state": RunState.HELD if full and own.training else own.state,
                "attempt": own.attempt,
                "step": own.step,
                "pid": None if own.process is None else own.process.pid,
            }
            for own in self.keeper.slots.values()
        }
        server, warm = self.keeper.nursery.server_pid, self.keeper.nursery.warm
        people = {"pid": os.getpid(), "forkserver": server, "clients": len(self.desk.clients)}
        return {**people, "home": str(self.place.home), "warm": warm, "full": full, "runs": runs}

    async def sources(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Which code this process runs."""
        return asdict(code_version.own())

    async def leave(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Make place for another supervisor: runs save and leave, and go on under the next."""
        _need(Ticket.of(self.place, asked))
        journal.info("asked to leave")
        self.leaving.set()
        return {}

    def _need_room(self) -> None:
        if self.keeper.committer.full:
            raise PlaygroundError(disk_reserve.SENTENCE)


def _need(ticket: Ticket) -> None:
    """What nobody waits for any more is not done."""
    if not ticket.take():
        raise PlaygroundError(LATE)
