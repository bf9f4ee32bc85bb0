"""Activations: what makes a stack of linear layers more than one."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from engine.catalogue.part import Part

SATURATION = 0.05
"""Share of the largest slope under which an output counts as saturated."""


class Activation(Part, family="activations", position=5):
    """A function f applied to every number of a layer's output.

    `two_sided`: it saturates at both ends, not at one.

    Shape: any, unchanged
    """

    two_sided: ClassVar[bool] = False

    @abstractmethod
    def build(self) -> nn.Module:
        """The function as a module. It must not work in place: instruments keep the tensor that goes into it."""

    def reset(self, module: nn.Module) -> None:
        """Give what the function learns its first value, in place."""

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor | None:
        """f′(x) / max f′, of the shape of `x`; None for a linear function.

        `module` is the function as training has left it.
        """
        return None

    def find_saturated(self, x: Tensor, module: nn.Module) -> Tensor | None:
        """Where |f′(x)| < 5 % of max f′, a mask of the shape of `x`; None for a linear function."""
        slope = self.compute_relative_slope(x, module)
        return None if slope is None else slope.abs() < SATURATION
