"""Aspects: what else of the same examples a head can learn, made from the data themselves."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.catalogue.part import Part
from engine.examples import Examples, Task


@dataclass(frozen=True)
class Goal:
    """Targets of one head for every example.

    Shape: `y` int64 (examples,) of classes, or float32 (examples, outputs).
    """

    y: np.ndarray
    task: Task
    outputs: int


class Aspect(Part, family="aspects", position=3):
    """One more thing to say of an example. Which data sets offer it follows from their examples.

    `task`: what kind of target it is; None: that of the data set.
    """

    task: ClassVar[Task | None] = "classification"

    @abstractmethod
    def goal(self, source: Examples) -> Goal | None:
        """The targets; None where these examples have no such aspect."""


def digits_of(source: Examples) -> np.ndarray | None:
    """The digit that each example shows; None where classes are anything else."""
    return source.y if source.classes == tuple("0123456789") else None


def plane_of(source: Examples) -> np.ndarray | None:
    """Each example's place in the plane in units of half its width, (examples, 2); None where there is no plane."""
    if source.extent is None or len(source.extent) != 4:
        return None
    x0, x1, y0, y1 = source.extent
    middle, half = np.array([x0 + x1, y0 + y1]) / 2, (x1 - x0) / 2
    return (source.x.astype(np.float64) - middle) / half
