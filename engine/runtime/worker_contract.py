"""The contract between the scheduler and the worker pool: one knows no process, the other no run state."""

from __future__ import annotations

from typing import Any, Protocol

from engine.jobs.run_job import RunJob


class Listener(Protocol):
    """Whoever is told what workers say; an exception from `receive` costs the worker its life."""

    async def receive(self, run: str, header: dict[str, Any], parts: list[bytes]) -> None:
        """Take in one message of a run's worker; the next is read when this returns."""

    async def lose(self, run: str) -> None:
        """The run's process has ended, whatever of."""


class Pool(Protocol):
    """What the scheduler needs of a `WorkerPool`."""

    def report_to(self, listener: Listener) -> None:
        """Name who is told what workers say."""

    async def start(self, job: RunJob) -> None:
        """Make a worker."""

    def has(self, run: str) -> bool:
        """Whether a run has a worker."""

    def send(self, run: str, message: dict[str, Any]) -> None:
        """Send a message to a run's worker."""

    def let_finish(self, run: str) -> None:
        """A run's worker ends by itself."""

    def kill(self, run: str) -> None:
        """Kill a run's worker."""
