"""What the supervisor knows of one run: its state, its process, the commands under way."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

from engine import wire
from engine.errors import PlaygroundError
from engine.jobs.run_job import LoggedEdit, Order, Saved
from engine.message import Message
from engine.run_state import RunState
from engine.runtime.request_ticket import Ticket
from engine.store.reader import Reader, RunRow
from engine.store.records import Outcome

RESTARTS = 5
PENDING_BYTES = 1 << 20


class Ended(PlaygroundError):
    """A command came for a run that has ended, at this step."""

    def __init__(self, state: RunState, step: int) -> None:
        super().__init__(
            Message(
                "The run is {state}: it takes no more commands. Reset it to train again.", state=state.replace("_", " ")
            )
        )
        self.step = step


@dataclass
class Command:
    """A command on its way to a worker; `acted` resolves to the step at which it acts."""

    id: int
    message: dict[str, Any]
    acted: asyncio.Future[int]
    ticket: Ticket

    def granted(self) -> bool:
        """May its worker act? Not when whoever asked has given up."""
        if self.ticket.take():
            self.message.pop("until", None)  # and so may the next one, if this one dies over it
        return self.ticket.taken

    def answer(self, step: int) -> None:
        """It acts at this step."""
        if not self.acted.done():
            self.acted.set_result(step)

    def refuse(self, sentence: Message) -> None:
        """It cannot be done."""
        if not self.acted.done():
            self.acted.set_exception(PlaygroundError(sentence))


@dataclass
class Slot:
    """One run, while the supervisor has anything to do with it."""

    run: str
    state: RunState
    attempt: int
    experiment: str
    step: int = 0
    process: BaseProcess | None = None
    writer: asyncio.StreamWriter | None = None
    task: asyncio.Task[None] | None = None
    commands: dict[int, Command] = field(default_factory=dict)
    pending: deque[tuple[Future[Outcome], int]] = field(default_factory=deque)
    restarts: int = 0
    restarted_at: int = -1
    last_used: float = 0.0
    begun: bool = False  # its process is past its first words, and so in a session of its own
    dismissed: bool = False  # its process was told to go, the run stays as it is
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def training(self) -> bool:
        """Does it take up one of the places?"""
        return self.state is RunState.RUNNING

    @property
    def resting(self) -> bool:
        """Is it paused, with a process that nobody asks anything of?"""
        return self.state is RunState.PAUSED and self.process is not None and not self.commands and not self.dismissed

    @property
    def crowded(self) -> bool:
        """Does so much wait for the disk that the worker has to wait as well?"""
        return sum(size for _, size in self.pending) > PENDING_BYTES

    def say(self, message: dict[str, Any]) -> None:
        """Tell the worker; a worker that is gone is seen elsewhere."""
        if self.writer is not None and not self.writer.is_closing():
            self.writer.write(wire.pack(message))

    def hopeless(self) -> bool:
        """Count a death; too many without a step further is too many."""
        self.restarts = self.restarts + 1 if self.step <= self.restarted_at else 1
        self.restarted_at = self.step
        return self.restarts > RESTARTS


def order(reader: Reader, run: RunRow, attempt: int, checkpoint_seconds: float) -> Order:
    """What the next worker of a stored run is to do, from the store alone."""
    with reader.view() as view:
        log = view.log(run.id)
        saved = view.checkpoints(run.id)
        row = view.run(run.id) or run
    home = reader.place.home
    goals = [line for line in log if line.kind in ("pause", "resume", "step")]
    goal = goals[-1].detail if goals and goals[-1].kind == "step" else {}
    return Order(
        run=run.id,
        attempt=attempt,
        home=str(home),
        experiment=row.experiment,
        edits=tuple(LoggedEdit(e.step, e.detail["path"], e.detail["value"]) for e in log if e.kind == "edit"),
        checkpoints=tuple(Saved(c.step, str(c.path.relative_to(home)), c.sha256) for c in saved),
        stored=row.step,
        paused=row.state is RunState.PAUSED,
        until_step=goal.get("until_step"),
        until_epoch=goal.get("until_epoch"),
        checkpoint_seconds=checkpoint_seconds,
    )
