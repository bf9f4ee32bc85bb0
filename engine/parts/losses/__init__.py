"""Losses: what training makes small, as a mean over the batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from engine.catalogue.part import Part, catalogue
from engine.examples import Task
from engine.message import Message


class LossAtZero(NamedTuple):
    """The loss of outputs that are all 0, and how it comes about.

    `is_uniform`: it is the same for every example, so that class weights, whose mean is 1, change nothing.
    """

    value: float
    reason: Message
    is_uniform: bool = False


class Loss(Part, family="losses", position=7):
    """What training minimizes, as a mean over the batch.

    `tasks`: what it can be used for. `default_for`: the tasks that take it where no loss is named.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    default_for: ClassVar[tuple[Task, ...]] = ()

    @abstractmethod
    def build(self) -> nn.Module:
        """The module: outputs (batch, outputs) and targets from `encode_targets` → ()."""

    def encode_targets(self, y: Tensor, outputs: int) -> Tensor:
        """Targets in the form that the module takes.

        Shape: classes int64 (batch,) → one-hot float32 (batch, outputs); values (batch, outputs) as they are.
        """
        if y.dtype == torch.int64:
            return nn.functional.one_hot(y, outputs).to(torch.float32)  # (batch, outputs)
        return y

    def evaluate_at_zero(self, targets: Tensor) -> LossAtZero | None:
        """The loss of outputs that are all 0, by a formula and not by the module, which it serves to check; None
        where none is known.

        Shape: `targets` float64 (examples, outputs), classes as shares.
        """
        return None


def get_default_loss(task: Task) -> Loss:
    """The loss of a task for which none is named."""
    default: type[Loss] = next(part for part in catalogue(Loss).values() if task in part.default_for)
    return default()
