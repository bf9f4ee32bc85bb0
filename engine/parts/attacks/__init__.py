"""Attacks: inputs moved a little, on purpose, so that the network goes wrong on them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from torch import Generator, Tensor

from engine.catalogue.part import Part, hparam

Slope = Callable[[Tensor], Tensor]


class Attack(Part, family="attacks", position=12):
    """An attack. It moves inputs as the network sees them, after preprocessing, each number by at most ε; it knows the
    network, in evaluation mode, and the right answers.

    Training makes (1 − share) · J(x) + share · J(x′) small, x′ the attacked batch.
    """

    budget: float = hparam(
        0.3,
        "How far each number of an input may be moved, ε, in units of the input after preprocessing.",
        ge=0,
        le=10,
        log=True,
        live=True,
    )
    share: float = hparam(
        0.5, "Weight of the attacked batch in the loss; at 0 it is only measured.", ge=0, le=1, live=True
    )

    @abstractmethod
    def attack(self, x: Tensor, slope: Slope, generator: Generator) -> Tensor:
        """The attacked inputs; `x` stays as it is. `slope` gives ∇ₓJ at any inputs of the same shape.

        Shape: as `x`, (batch, *in_shape); no number further than ε from where it was.
        """

    @property
    @abstractmethod
    def gradients(self) -> int:
        """How many gradients one attack takes; a training step takes as many more, and one for the attacked batch."""
