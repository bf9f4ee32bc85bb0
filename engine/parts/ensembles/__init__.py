"""Ensembles: several networks that are trained on the same data and answer together."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

from torch import Generator, Tensor

from engine.catalogue.part import Part, hparam

Vote = Literal["mean", "majority"]


class Ensemble(Part, family="ensembles", position=11):
    """An ensemble. Every member has first weights, an order of examples and an optimizer of its own."""

    members: int = hparam(5, "How many networks, k.", ge=2, le=20)
    vote: Vote = hparam(
        "mean", "For classes: mean of the members' probabilities, or the class that most of them choose."
    )

    @abstractmethod
    def sample(self, count: int, generator: Generator) -> Tensor:
        """Which of so many training examples a member has, as many as there are, (count,)."""
