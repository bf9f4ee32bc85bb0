"""Exporters: what a run can be taken away as."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from engine.catalogue.part import Part
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.store.reader import Reader, RunRow
from engine.store.row_models import DamagedRun

if TYPE_CHECKING:
    from engine.training.trainer import Trainer


@dataclass(frozen=True)
class ExportedRun:
    """The run that is exported: where it can be read, and its row."""

    reader: Reader
    row: RunRow

    @classmethod
    def of(cls, reader: Reader, run: str) -> ExportedRun:
        """The run of that name. Raises: PlaygroundError if there is none."""
        row = reader.read_run(run) if reader.layout.database.exists() else None
        if row is None:
            raise PlaygroundError(Message("There is no run {run}.", run=run))
        if row.damage:
            raise DamagedRun
        return cls(reader, row)

    @property
    def experiment(self) -> Experiment:
        """The experiment as the run began."""
        return Experiment.from_json(self.row.experiment)

    @cached_property
    def trainer(self) -> Trainer:
        """The run at its newest checkpoint, or at the last good one if it diverged.

        Raises: PlaygroundError if none can be read.
        """
        from engine.jobs.checkpoint import load_newest

        return load_newest(self.reader, self.row)[0]


class Exporter(Part, family="exporters", position=15):
    """A format. `extra`: the optional packages that it needs, as one says when installing the playground."""

    extra: ClassVar[str] = ""

    @abstractmethod
    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        """The files by name, made now. Raises: PlaygroundError in one sentence if it cannot be done."""


def missing(extra: str) -> PlaygroundError:
    """What is said when an optional package is not there."""
    command = f"pip install 'training-playground[{extra}]'"
    return PlaygroundError(Message("This needs packages that are not installed: {command}.", command=command))
