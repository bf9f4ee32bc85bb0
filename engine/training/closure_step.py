"""The step of an optimizer that asks for loss and gradient itself. Exported programs contain this very function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

import torch
from torch import Tensor


class NotFinite(Exception):
    """The loss at the first point of a step is not finite."""


def step_by_closure(
    optimizer: torch.optim.Optimizer,
    buffers: Sequence[Tensor],
    gradient: Callable[[], float | Tensor],
    penalty: Callable[[], float | Tensor],
) -> float | Tensor:
    """One step; `gradient` leaves the gradient in the parameters and returns the loss. Returns that of the first point.

    Running statistics (`buffers`) move once, at the first point. Without a finite loss there the weights stay.
    """
    seen: list[float | Tensor] = []
    statistics: list[Tensor] = []

    def closure() -> float | Tensor:
        value = gradient()
        seen.append(value)
        number = isinstance(value, float)  # on a GPU it is a tensor: reading it would wait for the device
        if len(seen) == 1:
            if number and not math.isfinite(value):
                raise NotFinite
            statistics.extend(buffer.clone() for buffer in buffers)
        if number and math.isnan(value):
            return math.inf  # a line search rejects it; with NaN every comparison is false
        return value + penalty()

    with suppress(NotFinite):
        optimizer.step(closure)  # type: ignore[arg-type]
    if len(seen) > 1:
        for buffer, first in zip(buffers, statistics, strict=True):
            buffer.copy_(first)
    return seen[0]
