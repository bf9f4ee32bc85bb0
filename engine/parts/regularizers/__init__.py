"""Regularizers: what keeps a network from fitting its training split too well, or its gradient from exploding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from torch import Generator, Tensor

from engine.catalogue.part import Part, hparam
from engine.errors import InvalidExperiment, shown
from engine.examples import Task
from engine.message import Message

Seen = tuple[float, ...]
STRENGTH = "strength"
"""The field, where a regularizer has it, that may change while a run trains: at 0 the rule does nothing."""
LISTED = Message("layers with commas, a multiple of λ after a colon, as in 1:10, 3")


def layers() -> Any:
    """The field with which a penalty chooses its layers."""
    return hparam(
        "",
        "Numbers or labels of the layers it acts on, with commas; without any, all. A colon gives a layer a multiple "
        "of λ: with 1:10, 3 layer 1 has ten times that of layer 3.",
        pattern=r"^[a-zA-Z0-9_ ,.:-]{0,48}$",
        pattern_help=Message("at most 48 letters without accents, digits, spaces and , . : - _"),
        omit_default=True,
    )


def factor(written: str = "1") -> float:
    """The number after the colon. Raises: InvalidExperiment."""
    if not re.fullmatch(r"\s*\d{1,4}(\.\d{1,4})?\s*", written):
        raise InvalidExperiment("", LISTED, shown(written))
    return float(written)


class Regularizer(Part, family="regularizers", position=10):
    """A regularizer; each overrides the hooks it needs. Weights are weights, never biases or normalization gains.

    `position_in_step`: penalties act on the gradient first (0), then what limits its entries (1), then its length (2).
    `tasks`: what it can be used for. `softens`: it changes the targets of the training split. `is_random`: it draws
    random numbers. `is_penalty`: it adds to the loss. `shrinks_evenly`: its gradient is λ times the weight itself.
    `copies`: numbers that it takes for a while for each weight in a step.
    """

    position_in_step: ClassVar[int] = 0
    keeps_best: ClassVar[bool] = False
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    softens: ClassVar[bool] = False
    blank: ClassVar[Seen] = ()
    is_random: ClassVar[bool] = False
    is_penalty: ClassVar[bool] = False
    shrinks_evenly: ClassVar[bool] = False
    copies: ClassVar[int] = 0

    @property
    def coefficient(self) -> float | None:
        """λ or σ, the field `strength`; None for a rule without one."""
        return None

    @property
    def listed_layers(self) -> str:
        """The layers whose weights it acts on, as the user wrote them, some with a multiple of λ; nothing: all."""
        return ""

    @property
    def is_idle(self) -> bool:
        """Whether it does nothing."""
        return self.coefficient == 0

    @classmethod
    def has_strength(cls) -> bool:
        """Whether it has a `coefficient`, which a live edit may change."""
        return STRENGTH in cls.model_fields

    def scaled(self, share: float, **fields: Any) -> Self:
        """The same rule with a multiple of its strength, and with these fields."""
        assert self.coefficient is not None
        return self.model_copy(update={STRENGTH: share * self.coefficient, **fields})

    @property
    def shares(self) -> dict[str, float]:
        """Numbers or labels of the layers it acts on, and the multiple of λ for each; none: all, with λ itself.

        Raises: InvalidExperiment for no name before a colon, no number after it, or a name that comes twice.
        """
        found: dict[str, float] = {}
        for entry in self.listed_layers.split(","):
            name, *more = (piece.strip() for piece in entry.split(":", 1))
            if not entry.strip():
                continue
            if not name:
                raise InvalidExperiment("", LISTED, shown(entry))
            if name in found:
                raise InvalidExperiment("", Message("every layer at most once"), shown(name))
            found[name] = factor(*more)
        return found

    @property
    def chosen(self) -> tuple[str, ...]:
        """Numbers or labels of the layers it acts on; none: all."""
        return tuple(self.shares)

    def split_by_strength(self) -> tuple[Regularizer, ...]:
        """The same as rules that have one λ each, in the order in which their multiples are first named."""
        shares = self.shares
        if set(shares.values()) <= {1.0}:
            return (self,)
        return tuple(
            self.scaled(share, layers=",".join(n for n in shares if shares[n] == share))
            for share in dict.fromkeys(shares.values())
        )

    def disturb_(self, parameters: list[Tensor], generator: Generator) -> None:
        """Changes all parameters in place while one gradient is taken; they are put back afterwards."""

    def add_gradient_(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        """Adds the penalty's gradient to `gradients`, which belong to `weights`."""

    def penalty(self, weights: list[Tensor]) -> Tensor | float:
        """What is added to the loss, for optimizers that compare its values."""
        return 0.0

    def limit_(self, gradients: list[Tensor]) -> None:
        """Limits the gradients of all parameters in place."""

    def constrain_(self, weights: list[Tensor]) -> None:
        """Brings the weights back to where they may be, in place, after every step; units lie along the first axis."""

    def soften(self, targets: Tensor) -> Tensor:
        """Targets of the training split, rows of class shares (examples, classes), as the loss shall see them."""
        return targets

    def follow(self, seen: Seen, validation_loss: float) -> Seen:
        """What is remembered after one more epoch; `blank` before the first."""
        return seen

    def ends(self, seen: Seen) -> bool:
        """Whether training should end, from what is remembered."""
        return False

    def stops(self, validation_losses: Sequence[float]) -> bool:
        """Whether training should end after these epochs."""
        seen = self.blank
        for loss in validation_losses:
            seen = self.follow(seen, loss)
        return self.ends(seen)


def coefficient_of(rule: Regularizer | None) -> float:
    """λ or σ of a rule; 0 for one that is not there or has none."""
    return (rule and rule.coefficient) or 0.0
