"""Rollback: a recent copy of a run's state, from which steps are replayed after an overflow.

Whether a step needs a frame is known before it is taken, and that the next one overflows only afterwards. Replaying
the steps since the copy gives the frame of the last finite step without capturing every step.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from engine.experiment.edits import Edit
from engine.training.clock import Stopwatch

SECONDS = 0.5
"""Seconds of training between two copies, and so of training that is replayed at most."""
SHARE = 200
"""Copying may take at most 1 / SHARE of the training time."""
LARGEST = 32_000_000
"""Bytes of weights and optimizer state; larger networks are not copied and have no frame of the last finite step."""


class Rollback:
    """The newest copy of the state, and the live edits since."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.is_replaying = False
        self.last_frame = 0  # step of the newest frame
        self.edits: list[tuple[int, Edit]] = []
        self.next_due = float("-inf")

    def copy_if_due(self, state: Callable[[], dict[str, Any]], stopwatch: Stopwatch) -> None:
        """Copy the state if it is due and small enough."""
        began = stopwatch.seconds
        if began < self.next_due or self.is_replaying:
            return
        newest = state()
        self.state, self.edits = (copy_state(newest) if count_bytes(newest) <= LARGEST else {}), []
        now = stopwatch.seconds
        self.next_due = now + max(SECONDS, SHARE * (now - began))

    def record(self, step: int, edit: Edit) -> None:
        """Record an edit that was made after `step` steps."""
        if not self.is_replaying:
            self.edits.append((step, edit))

    def list_edits_at(self, step: int) -> list[Edit]:
        """The recorded edits of after `step` steps."""
        return [edit for at, edit in self.edits if at == step]

    def start_replay(self, state: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """Begin a replay. Returns a copy of the current state, to be loaded at its end; None if there is no copy."""
        self.is_replaying = True
        return copy_state(state()) if self.state else None


def copy_state(state: dict[str, Any]) -> dict[str, Any]:
    """A state with its own tensors. The best weights are shared: they are replaced, never changed in place."""
    changing = {key: copy.deepcopy(state[key]) for key in ("model", "optimizer", "tally")}
    return {**state, **changing}


def count_bytes(state: Any) -> int:
    """Bytes of all tensors in a state, but for the best weights, which are not copied."""
    if isinstance(state, Tensor):
        return state.numel() * state.element_size()
    if isinstance(state, dict):
        return sum(count_bytes(value) for key, value in state.items() if key != "best")
    return sum(map(count_bytes, state)) if isinstance(state, list | tuple) else 0
