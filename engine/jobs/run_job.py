"""What a worker is told when it is started."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoggedEdit:
    """An edit from the run's log: it acts before the step after `step` is taken."""

    step: int
    path: str
    value: float


@dataclass(frozen=True)
class SavedCheckpoint:
    """Recorded checkpoint; `path` is below the store's folder."""

    step: int
    path: str
    sha256: str


@dataclass(frozen=True)
class RunJob:
    """One attempt at a run.

    `checkpoints` come newest first. Up to `stored` the run has been seen: the worker takes these steps again with the
    logged edits only, and hears commands afterwards. A paused run stops there, or where the last step asked for ends.
    """

    run: str
    attempt: int
    home: str
    experiment: str
    edits: tuple[LoggedEdit, ...] = ()
    checkpoints: tuple[SavedCheckpoint, ...] = ()
    stored: int = 0
    paused: bool = False
    until_step: int | None = None
    until_epoch: int | None = None
    checkpoint_seconds: float = 5.0
