"""Attacks: inputs moved a little, on purpose, so that the network goes wrong on them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from torch import Generator, Tensor

from engine.catalogue.part import Part, hparam

Slope = Callable[[Tensor], Tensor]
"""∇ₓJ at inputs, (batch, *in_shape) → (batch, *in_shape)."""


class Attack(Part, family="attacks", position=12):
    """A search for a small change of the inputs that raises the loss: ‖x′ − x‖∞ ≤ ε.

    It acts on inputs as the network sees them, after preprocessing, and is white-box: it uses the gradient of the
    network in evaluation mode, with the true targets. Training minimizes (1 − share) · J(x) + share · J(x′), with x′
    the attacked batch.
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
        """The attacked inputs, each number at most ε from where it was; `x` is not changed.

        `slope` computes ∇ₓJ at any inputs of the shape of `x`. Random numbers come from `generator`, on `x`'s device.

        Shape: (batch, *in_shape) → (batch, *in_shape)
        """

    @property
    @abstractmethod
    def gradients(self) -> int:
        """Evaluations of ∇ₓJ in one attack. A training step costs as many more, and one for the attacked batch."""
