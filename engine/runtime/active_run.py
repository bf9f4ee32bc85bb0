"""A run that the supervisor has something to do with, and the commands on their way to its worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from engine.errors import PlaygroundError
from engine.message import Message
from engine.run_state import RunState
from engine.runtime.request_ticket import LATE, RequestTicket
from engine.store.reader import RunRow

MOST_RESTARTS = 5


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
    ticket: RequestTicket

    def grant(self) -> bool:
        """Whether the worker may act; not when whoever asked has given up."""
        if self.ticket.take():
            self.message.pop("until", None)  # and so may the next one, if this one dies over it
        return self.ticket.taken

    def answer(self, step: int) -> None:
        """Answer the client with the step at which it acts."""
        if not self.acted.done():
            self.acted.set_result(step)

    def refuse(self, sentence: Message) -> None:
        """Refuse the client with a sentence."""
        if not self.acted.done():
            self.acted.set_exception(PlaygroundError(sentence))


@dataclass
class ActiveRun:
    """State of a run between its start and its end, and of a paused one while it has a worker."""

    id: str
    state: RunState
    attempt: int
    experiment: str
    step: int = 0
    commands: dict[int, Command] = field(default_factory=dict)
    restarts: int = 0
    restarted_at: int = -1
    last_used: float = 0.0
    dismissed: bool = False
    """Its worker was told to leave; the run stays as it is."""
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, row: RunRow, state: RunState) -> ActiveRun:
        return cls(row.id, state, row.attempt, row.experiment, row.step)

    @property
    def is_idle(self) -> bool:
        """Whether it is paused and no command is under way."""
        return self.state is RunState.PAUSED and not self.commands and not self.dismissed

    def grant(self, claim: dict[str, Any]) -> bool:
        """Whether a worker may do what it was told: what nobody waits for any more is refused."""
        command = self.commands.get(claim["id"])
        if "log" not in claim or command is None or command.grant():
            return True
        del self.commands[claim["id"]]
        command.refuse(LATE)
        return False

    def may_restart(self) -> bool:
        """Count a death of the worker; too many without a step further is too many."""
        # A run that gets further between deaths is slow, not stuck: it may be killed any number of times.
        self.restarts = self.restarts + 1 if self.step <= self.restarted_at else 1
        self.restarted_at = self.step
        return self.restarts <= MOST_RESTARTS

    def refuse_commands(self, sentence: Message) -> None:
        """Refuse what is under way, except a stop: a run that has ended has what that wants."""
        for command in self.commands.values():
            # `refuse` below does nothing to a command that has its answer.
            if command.message["do"] == "stop":
                command.answer(self.step)
            command.refuse(sentence)
        self.commands.clear()
