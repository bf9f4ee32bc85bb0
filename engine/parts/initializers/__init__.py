"""Initializers: where the weights start. Where biases start, the experiment says."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, NamedTuple

from torch import Generator, Tensor

from engine.catalogue.part import Part


class Fan(NamedTuple):
    """How many numbers enter one unit of the layer, and how many units one number enters.

    A pixel that a transposed convolution paints gets k² / s² taps of each map on average, so that `fan_in` is
    channels · k² / s². torch counts filters · k² there, which is what one number enters. `fan_out` of a convolution is
    filters · k² whatever its stride, as torch and Keras count it.
    """

    fan_in: float
    fan_out: float


class Spread(NamedTuple):
    """A distribution around zero: its scale is the standard deviation, or the bound of a uniform one. `truncated` is a
    normal one without what lies beyond two deviations."""

    shape: Literal["normal", "uniform", "truncated"]
    scale: float


class Initializer(Part, family="initializers", position=6):
    """A rule for the first weights of a layer."""

    @abstractmethod
    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        """Overwrites `weight` (out, in, …) in place, drawing from `generator` alone."""

    def spread(self, fan: Fan) -> Spread | None:
        """What each weight is drawn from, if each is drawn by itself."""
        return None
