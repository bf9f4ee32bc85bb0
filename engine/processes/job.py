"""The contract of long work: a document in, events out, within limits that the job declares."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from engine.errors import PlaygroundError
from engine.message import Message
from engine.processes.limits import Limits

Event = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """Input of a job: the document, and the file that a result of bytes goes to."""

    document: bytes
    result: IO[bytes] | None = None

    def json(self) -> Any:
        return json.loads(self.document)

    def text(self) -> str:
        return self.document.decode()


class Job(ABC):
    """Long work that a visitor can start, done in a process of its own.

    To add one, write a subclass in a file of its own that declares its limits, and hand it to `execution.submit`. The
    server imports that file to know them: what only the work needs and the server has not, `events` imports itself.
    """

    limits: ClassVar[Limits]
    at_once: ClassVar[int | None] = None
    """How many of this job may work at the same time; None for as many as there are places."""
    interactive: ClassVar[bool] = False
    """A page stands still until it is done: one place is kept free for such jobs."""
    untrusted: ClassVar[bool] = False
    """It reads what a stranger wrote: what its libraries print is not put into the log."""

    @abstractmethod
    def events(self, task: Task) -> Iterator[Event]:
        """Do the work and yield its events, JSON objects. Raises: PlaygroundError for what cannot be done."""

    @classmethod
    def failure(cls) -> PlaygroundError:
        """The error where its process ended before the work was done, by a limit or otherwise."""
        return PlaygroundError(Message("The process that examines the network went away; please try once more."))
