"""Ensembles: several networks that are trained on the same data and answer together."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

from torch import Generator, Tensor

from engine.catalogue.part import Part, hparam

Vote = Literal["mean", "majority"]


class Ensemble(Part, family="ensembles", position=11):
    """Several networks of the same blocks, whose outputs are combined by a vote.

    Every member has its own initial weights, order of examples, augmentation and optimizer.
    """

    members: int = hparam(5, "How many networks, k.", ge=2, le=20)
    vote: Vote = hparam(
        "mean", "For classes: mean of the members' probabilities, or the class that most of them choose."
    )

    @abstractmethod
    def sample(self, count: int, generator: Generator) -> Tensor:
        """Draw the training examples of one member.

        Shape: indices int64 (count,), from 0 to count − 1; an example may come several times or not at all.
        """
