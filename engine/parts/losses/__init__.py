"""Losses: what training makes small, as a mean over the batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from engine.catalogue.part import Part
from engine.examples import Task


class Loss(Part, family="losses", position=7):
    """A loss."""

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")

    @abstractmethod
    def build(self) -> nn.Module:
        """The module; called with outputs (batch, outputs) and prepared targets."""

    def targets(self, y: Tensor, outputs: int) -> Tensor:
        """Targets as the loss wants them: classes become one-hot rows, (batch, outputs)."""
        if y.dtype == torch.int64:
            return nn.functional.one_hot(y, outputs).to(torch.float32)
        return y
