"""The machine's memory, shared out: a run that takes much of it begins when there is room for it."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from engine.message import Message

SHARE = 0.75  # of the machine's memory that runs may take together
USUAL = 64 * 2**20  # what a run is counted with that did not ask
WAITS = Message("Waits for memory: other runs take it.")
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def read_machine_bytes() -> int:
    """Memory of the machine or the container, in bytes."""
    found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for name in LIMITS:
        try:
            found = min(found, int(Path(name).read_text()))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return found


class MemoryBudget:
    """Memory of the machine in bytes, granted to runs first come first served.

    A run gets whatever it asks once every other run that has some waits too: nothing would ever come free.
    """

    def __init__(self, total: int | None = None) -> None:
        self.total = int(SHARE * read_machine_bytes()) if total is None else total
        self.given: dict[str, int] = {}
        self.waiting: deque[tuple[str, int]] = deque()

    def begin(self, run: str) -> None:
        """Count a new process with the usual amount; it may ask for more."""
        self.given.setdefault(run, USUAL)

    def ask(self, run: str, wanted: int) -> bool:
        """Grant an amount to a run; if there is not so much, queue it and return False."""
        # whoever comes later does not overtake, or a large run would wait for ever
        if not self.waiting and self._fits(run, wanted):
            self.given[run] = wanted
            return True
        self.waiting.append((run, wanted))
        return False

    def leave(self, run: str) -> None:
        """Release what a run has or waits for."""
        self.given.pop(run, None)
        self.waiting = deque(one for one in self.waiting if one[0] != run)

    def next(self) -> str | None:
        """Grant the run that waits longest, if there is memory for it now."""
        if not self.waiting or not self._fits(*self.waiting[0]):
            return None
        run, wanted = self.waiting.popleft()
        self.given[run] = wanted
        return run

    def _fits(self, run: str, wanted: int) -> bool:
        waiting = {name for name, _ in self.waiting}
        others = sum(size for name, size in self.given.items() if name != run)
        alone = all(name in waiting for name in self.given if name != run)
        return others + wanted <= self.total or alone
