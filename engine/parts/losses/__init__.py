"""Losses: what training makes small, as a mean over the batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from engine.catalogue.part import Part, catalogue
from engine.examples import Task
from engine.message import Message


class InitialLoss(NamedTuple):
    """A loss where all outputs are 0, and how it comes about. `is_uniform`: every example has this loss, so that class
    weights, whose mean is 1, change nothing."""

    value: float
    reason: Message
    is_uniform: bool = False


class Loss(Part, family="losses", position=7):
    """A loss. `tasks`: what it can be used for. `usual_for`: where it is taken if none is named."""

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    usual_for: ClassVar[tuple[Task, ...]] = ()

    @abstractmethod
    def build(self) -> nn.Module:
        """The module; called with outputs (batch, outputs) and prepared targets."""

    def targets(self, y: Tensor, outputs: int) -> Tensor:
        """Targets as the loss wants them: classes become one-hot rows, (batch, outputs)."""
        if y.dtype == torch.int64:
            return nn.functional.one_hot(y, outputs).to(torch.float32)
        return y

    def at_zero(self, targets: Tensor) -> InitialLoss | None:
        """The loss of outputs that are all 0, by a formula of its own and not by the module; None: none is known.

        Shape: `targets` float64 (examples, outputs), classes as shares.
        """
        return None


def usual_loss(task: Task) -> Loss:
    """The loss of a task for which none is named."""
    usual: type[Loss] = next(part for part in catalogue(Loss).values() if task in part.usual_for)
    return usual()
