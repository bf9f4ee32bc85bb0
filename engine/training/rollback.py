"""The way back to the last good step: a copy of a run's state, renewed now and then, from which the steps up to one
that went wrong are taken again, so that there is a frame of the step before it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from engine.experiment.edits import Edit
from engine.training.clock import Stopwatch

SECONDS = 0.5
"""Of training between two copies: so many steps are taken again at most."""
SHARE = 200
"""The pause between two copies is at least so many times as long as a copy took."""
LARGEST = 32_000_000
"""Bytes of weights and of what the optimizer keeps; a larger network has the frames of the grid and the clock alone."""


class Rewind:
    """The newest copy, and the edits since."""

    def __init__(self) -> None:
        self.back: dict[str, Any] = {}
        self.going = False
        self.framed = 0  # the step of the newest frame
        self.edits: list[tuple[int, Edit]] = []
        self.next_due = float("-inf")

    def offer(self, state: Callable[[], dict[str, Any]], stopwatch: Stopwatch) -> None:
        """Copies the state if it is time for that, and if it is small."""
        began = stopwatch.seconds
        if began < self.next_due or self.going:
            return
        found = state()
        self.back, self.edits = (copied(found) if size(found) <= LARGEST else {}), []
        now = stopwatch.seconds
        self.next_due = now + max(SECONDS, SHARE * (now - began))

    def note(self, step: int, edit: Edit) -> None:
        """An edit that acts before the step after `step`."""
        if not self.going:
            self.edits.append((step, edit))

    def edits_at(self, step: int) -> list[Edit]:
        """Those noted since the copy was made."""
        return [edit for at, edit in self.edits if at == step]

    def begin(self, state: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """The way back begins: the state as it is now, to end with; None where there is no way."""
        self.going = True
        return copied(state()) if self.back else None


def copied(state: dict[str, Any]) -> dict[str, Any]:
    """A state with tensors of its own; the best weights so far are never changed in place."""
    moving = {key: copy.deepcopy(state[key]) for key in ("model", "optimizer", "tally")}
    return {**state, **moving}


def size(found: Any) -> int:
    """Bytes of the tensors in weights and optimizer."""
    if isinstance(found, Tensor):
        return found.numel() * found.element_size()
    if isinstance(found, dict):
        return sum(size(value) for key, value in found.items() if key != "best")
    return sum(map(size, found)) if isinstance(found, list | tuple) else 0
