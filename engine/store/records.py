"""Records that the writer stores: a `RunUpdate` is stored whole, in one transaction, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from engine.message import NOTHING, Message
from engine.run_state import RunState

Outcome = Literal["stored", "fenced", "gap"]
"""fenced: from a worker that has been replaced; gap: steps are missing before it. Neither leaves a trace."""


@dataclass(frozen=True)
class NewRun:
    """A run to be created; `experiment` is JSON, `digest` its SHA-256."""

    experiment: str
    digest: str
    state: RunState = RunState.RUNNING
    message: Message = NOTHING
    parent: str | None = None
    parent_step: int | None = None
    name: str = ""


@dataclass(frozen=True)
class FrameRow:
    """A frame as its worker encoded it, and when, in seconds since 1970."""

    step: int
    at: float
    payload: bytes


@dataclass(frozen=True)
class CheckpointRow:
    """A checkpoint file that lies complete on the disk; `path` is below the store's folder."""

    step: int
    path: str
    sha256: str
    epoch: int
    good: bool


@dataclass(frozen=True)
class LogRow:
    """One line of a run's log."""

    step: int
    kind: str
    detail: dict[str, Any] = field(default_factory=dict)
    at: float | None = None  # now, unless it happened elsewhere before


def _no_losses() -> np.ndarray:
    return np.empty(0, np.float32)


@dataclass(frozen=True)
class RunUpdate:
    """Everything that one message of a worker, or one decision of the supervisor, adds to a run.

    `attempt` fences: what a replaced worker still sends is refused; None is the supervisor itself. `losses` (steps,)
    float32 begin at `first_step`; `epochs` are rows of the run's epoch columns. `changes` are columns of the run's row;
    `progress` too, but only when the losses are not stored yet. `spoiled` names checkpoint files that turned out
    unreadable.
    """

    run: str
    attempt: int | None = None
    create: NewRun | None = None
    delete: bool = False
    first_step: int = 0
    losses: np.ndarray = field(default_factory=_no_losses)
    epochs: tuple[tuple[float, ...], ...] = ()
    frames: tuple[FrameRow, ...] = ()
    checkpoint: CheckpointRow | None = None
    spoiled: tuple[str, ...] = ()
    log: tuple[LogRow, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)
