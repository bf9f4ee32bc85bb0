"""Activations: what makes a stack of linear layers more than one."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from engine.parts import Part


class Activation(Part, family="activations"):
    """A function applied to every number of a layer's output."""

    rank: ClassVar[int] = 100

    @abstractmethod
    def build(self) -> nn.Module:
        """The function as a module."""

    def saturated(self, outputs: Tensor) -> Tensor | None:
        """Which outputs lie where the slope is under 5 % of its maximum; None if there is no such flat end."""
        return None
