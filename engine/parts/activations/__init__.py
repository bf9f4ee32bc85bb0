"""Activations: what makes a stack of linear layers more than one."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from engine.catalogue.part import Part

FLAT = 0.05  # of the largest slope


class Activation(Part, family="activations", position=5):
    """A function applied to every number of a layer's output. `two_sided`: it is flat at both ends, not at one."""

    two_sided: ClassVar[bool] = False

    @abstractmethod
    def build(self) -> nn.Module:
        """The function as a module."""

    def reset(self, module: nn.Module) -> None:
        """Gives what the function learns its first value, in place."""

    def steepness(self, x: Tensor, module: nn.Module) -> Tensor | None:
        """f′(x) as a share of its maximum, with `module` the function as it stands by now; None of a straight line."""
        return None

    def saturated(self, x: Tensor, module: nn.Module) -> Tensor | None:
        """Where |f′(x)| is under 5 % of the largest f′; None of a straight line, which has no flat end."""
        steepness = self.steepness(x, module)
        return None if steepness is None else steepness.abs() < FLAT
