"""Admission of jobs: how many work at a time, and whose turn it is.

Within a visitor, first come first served; between visitors, round robin. A visitor never has all slots, so that
another one always finds one, however much the first has asked for. One slot is kept for interactive jobs, for which
a page stands still.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.processes.job import Job

SLOTS = 4  # jobs at a time, so that forty visitors do not stop a machine


class JobTicket:
    """A visitor's position in the queue for one job: it waits, is admitted, or has left."""

    def __init__(self, admission: Admission, visitor: str, job: type[Job]) -> None:
        self.visitor = visitor
        self.job = job
        self.admitted = False
        self._admission = admission
        self._settled = threading.Event()

    def wait(self) -> bool:
        """Wait until admitted; False if it left instead."""
        self._settled.wait()
        return self.admitted

    @property
    def position(self) -> int:
        """Position in the queue: 1 is next, 0 does not wait."""
        return self._admission.position(self)

    def leave(self) -> None:
        """Give the slot back, or stop waiting for one."""
        self._admission.remove(self)

    def settle(self, admitted: bool) -> None:
        self.admitted = admitted
        self._settled.set()


class Admission:
    """Admission of jobs: a number of slots, and one queue a visitor."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.slots = slots
        self._lock = threading.Lock()
        self._working: list[JobTicket] = []
        self._lines: dict[str, deque[JobTicket]] = {}  # one a visitor, in the order of turns

    def enter(self, visitor: str, job: type[Job]) -> JobTicket:
        """Queue a job; it may be admitted at once."""
        ticket = JobTicket(self, visitor, job)
        with self._lock:
            self._lines.setdefault(visitor, deque()).append(ticket)
            self._admit()
        return ticket

    def remove(self, ticket: JobTicket) -> None:
        """Take a ticket out of its queue or off its slot, and admit others."""
        with self._lock:
            if ticket in self._working:
                self._working.remove(ticket)
            elif ticket in self._lines.get(ticket.visitor, ()):
                self._take(ticket)
                ticket.settle(False)
            self._admit()

    def position(self, ticket: JobTicket) -> int:
        """How many are served until it is, if every slot suits every job: itself, those before it in its line, and of
        every other line as many as have their turn by then."""
        with self._lock:
            line = self._lines.get(ticket.visitor, ())
            if ticket not in line:
                return 0
            before, turns = line.index(ticket), list(self._lines)
            mine = turns.index(ticket.visitor)
            others = (
                min(len(self._lines[visitor]), before + (turn < mine))
                for turn, visitor in enumerate(turns)
                if visitor != ticket.visitor
            )
            return 1 + before + sum(others)

    def _admit(self) -> None:
        # only the first of each queue: within a visitor nobody overtakes
        while ticket := next((line[0] for line in self._lines.values() if self._fits(line[0])), None):
            self._take(ticket)
            if ticket.visitor in self._lines:  # whoever was served goes behind the others
                self._lines[ticket.visitor] = self._lines.pop(ticket.visitor)
            self._working.append(ticket)
            ticket.settle(True)

    def _take(self, ticket: JobTicket) -> None:
        line = self._lines[ticket.visitor]
        line.remove(ticket)
        if not line:
            del self._lines[ticket.visitor]

    def _fits(self, ticket: JobTicket) -> bool:
        same = sum(one.job is ticket.job for one in self._working)
        if ticket.job.at_once is not None and same >= ticket.job.at_once:
            return False
        if not has_free_slot(ticket, self._working, self.slots):
            return False
        long = [one for one in self._working if not one.job.interactive]
        return ticket.job.interactive or has_free_slot(ticket, long, max(1, self.slots - 1))


def has_free_slot(ticket: JobTicket, working: list[JobTicket], slots: int) -> bool:
    """Whether a slot is free for this visitor: with several slots, the last one is left to somebody else."""
    own = sum(one.visitor == ticket.visitor for one in working)
    return len(working) < slots and own < max(1, slots - 1)


ADMISSION = Admission()
