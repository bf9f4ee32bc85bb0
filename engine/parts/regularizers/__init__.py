"""Regularizers: what keeps a network from fitting its training split too well, or its gradient from exploding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from torch import Generator, Tensor

from engine.catalogue.part import Part, hparam
from engine.errors import InvalidExperiment, abbreviate
from engine.examples import Task
from engine.message import Message

StoppingState = tuple[float, ...]
"""What a rule that ends training remembers of the validation losses so far."""

STRENGTH = "strength"
"""The field, where a regularizer has it, that may change while a run trains: at 0 the rule does nothing."""

LAYERS_SYNTAX = Message("layers with commas, a multiple of λ after a colon, as in 1:10, 3")


def make_layers_field() -> Any:
    """The field with which a penalty chooses its layers."""
    return hparam(
        "",
        "Numbers or labels of the layers it acts on, with commas; without any, all. A colon gives a layer a multiple "
        "of λ: with 1:10, 3 layer 1 has ten times that of layer 3.",
        pattern=r"^[a-zA-Z0-9_ ,.:-]{0,48}$",
        pattern_help=Message("at most 48 letters without accents, digits, spaces and , . : - _"),
        omit_default=True,
    )


def parse_multiple(text: str = "1") -> float:
    """The multiple of λ after the colon. Raises: InvalidExperiment."""
    # stricter than float(), which would also read nan, inf, 1e400 and 1_000
    if not re.fullmatch(r"\s*\d{1,4}(\.\d{1,4})?\s*", text):
        raise InvalidExperiment("", LAYERS_SYNTAX, abbreviate(text))
    return float(text)


class Regularizer(Part, family="regularizers", position=10):
    """A rule that acts in a training step or on its targets, or ends training. Each part overrides the hooks it needs.

    A step calls, in this order: `perturb_` before the forward pass, `add_gradient_` after the backward pass, `clip_`,
    and `constrain_` after the update. Hooks whose name ends in an underscore act in place. "Weights" are the tensors
    that a penalty may act on: never biases, never gains of a normalization.

    `position_in_step`: penalties act on the gradient first (0), then what limits its entries (1), then its length (2).
    `keeps_best`: training ends with the weights of the best epoch. `tasks`: what it can be used for.
    `smooths_targets`: it changes the targets of the training split. `is_random`: it draws random numbers.
    `is_penalty`: it adds to the loss. `shrinks_evenly`: its gradient is λ times the weight itself. `scratch`: numbers
    that a step allocates for a while, in multiples of the number of parameters. `initial_state`: the state before the
    first epoch.
    """

    position_in_step: ClassVar[int] = 0
    keeps_best: ClassVar[bool] = False
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    smooths_targets: ClassVar[bool] = False
    initial_state: ClassVar[StoppingState] = ()
    is_random: ClassVar[bool] = False
    is_penalty: ClassVar[bool] = False
    shrinks_evenly: ClassVar[bool] = False
    scratch: ClassVar[int] = 0

    @property
    def coefficient(self) -> float | None:
        """λ or σ, the field `strength`; None for a rule without one."""
        return None

    @property
    def listed_layers(self) -> str:
        """The layers whose weights it acts on, as the user wrote them, some with a multiple of λ; "" means all."""
        return ""

    @property
    def is_idle(self) -> bool:
        """Whether it does nothing, because its coefficient is 0."""
        return self.coefficient == 0

    @classmethod
    def has_strength(cls) -> bool:
        """Whether it has a `coefficient`, which a live edit may change."""
        return STRENGTH in cls.model_fields

    def scale_strength(self, multiple: float, **fields: Any) -> Self:
        """A copy with a multiple of its strength, and with these fields. Only for rules with a coefficient."""
        assert self.coefficient is not None
        return self.model_copy(update={STRENGTH: multiple * self.coefficient, **fields})

    @property
    def multipliers(self) -> dict[str, float]:
        """The multiple of λ for each number or label of a layer; empty: all layers, with λ itself.

        Raises: InvalidExperiment for no name before a colon, no number after it, or a name that comes twice.
        """
        multipliers: dict[str, float] = {}
        for entry in self.listed_layers.split(","):
            name, *more = (piece.strip() for piece in entry.split(":", 1))
            if not entry.strip():
                continue
            if not name:
                raise InvalidExperiment("", LAYERS_SYNTAX, abbreviate(entry))
            if name in multipliers:
                raise InvalidExperiment("", Message("every layer at most once"), abbreviate(name))
            multipliers[name] = parse_multiple(*more)
        return multipliers

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Numbers or labels of the layers it acts on; empty: all."""
        return tuple(self.multipliers)

    def split_by_strength(self) -> tuple[Regularizer, ...]:
        """Rules with a single λ each that together act as this one, in the order in which multiples are first named."""
        multipliers = self.multipliers
        if set(multipliers.values()) <= {1.0}:
            return (self,)
        return tuple(
            self.scale_strength(
                multiple, layers=",".join(name for name in multipliers if multipliers[name] == multiple)
            )
            for multiple in dict.fromkeys(multipliers.values())
        )

    def perturb_(self, parameters: list[Tensor], generator: Generator) -> None:
        """Change all parameters while one gradient is computed; the caller restores them afterwards."""

    def add_gradient_(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        """Add the penalty's gradient to `gradients`, which belong to `weights`."""

    def compute_penalty(self, weights: list[Tensor]) -> Tensor | float:
        """The penalty, (), for optimizers that compare values of the loss; others need its gradient alone."""
        return 0.0

    def clip_(self, gradients: list[Tensor]) -> None:
        """Limit the gradients of all parameters, penalties included."""

    def constrain_(self, weights: list[Tensor]) -> None:
        """Project the weights onto what is allowed, after every step. Axis 0 of each counts its units."""

    def smooth_targets(self, targets: Tensor) -> Tensor:
        """Targets of the training split as the loss is to see them: class shares, (examples, classes)."""
        return targets

    def update_state(self, state: StoppingState, validation_loss: float) -> StoppingState:
        """The state after one more epoch, in O(1)."""
        return state

    def should_stop(self, state: StoppingState) -> bool:
        """Whether training should end in this state."""
        return False

    def should_stop_after(self, validation_losses: Sequence[float]) -> bool:
        """Whether training should end after epochs with these losses."""
        state = self.initial_state
        for loss in validation_losses:
            state = self.update_state(state, loss)
        return self.should_stop(state)


def get_coefficient(rule: Regularizer | None) -> float:
    """λ or σ of a rule; 0 for None and for a rule without one."""
    return (rule and rule.coefficient) or 0.0
