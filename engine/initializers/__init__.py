"""Initializers: where the weights start. Where biases start, the experiment says."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple

from torch import Generator, Tensor

from engine.parts import Part


class Fan(NamedTuple):
    """How many numbers enter one unit of the layer, and how many units one number enters."""

    into: int
    out: int


class Initializer(Part, family="initializers"):
    """A rule for the first weights of a layer."""

    rank: ClassVar[int] = 100

    @abstractmethod
    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        """Overwrites `weight` (out, in, …) in place, drawing from `generator` alone."""
