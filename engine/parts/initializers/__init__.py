"""Initializers: where the weights start. Where biases start, the experiment says."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, NamedTuple

from torch import Generator, Tensor

from engine.catalogue.part import Part


class Fan(NamedTuple):
    """The fans of a layer: how many numbers enter one unit, and how many units one number enters.

    A pixel that a transposed convolution paints gets k² / s² taps of each map on average, so that `fan_in` is
    channels · k² / s². torch counts filters · k² there, which is what one number enters. `fan_out` of a convolution is
    filters · k² whatever its stride, as torch and Keras count it.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015, section 2.2.
    """

    fan_in: float
    fan_out: float


class Distribution(NamedTuple):
    """A distribution around zero.

    `scale`: the standard deviation, or the bound of a uniform one. A `truncated` one is normal, without what lies
    beyond two standard deviations; its scale is the deviation before that is left out.
    """

    shape: Literal["normal", "uniform", "truncated"]
    scale: float


class Initializer(Part, family="initializers", position=6):
    """A rule for the first weights of a layer.

    `torch.nn.init` has the same rules, but reads the fans off the tensor's shape, which misses the stride of a
    transposed convolution and takes the rows of an embedding for units. Here the block tells them.
    """

    @abstractmethod
    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        """Overwrite `weight`, (out, in, …), in place; draw from `generator` alone, so that a seed repeats the run."""

    def get_distribution(self, fan: Fan) -> Distribution | None:
        """The distribution of each weight; None if the weights are not drawn one by one, or not drawn at all."""
        return None
