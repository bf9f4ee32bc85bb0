"""Optimizers: how a gradient becomes a step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer as TorchOptimizer

from engine.catalogue.part import Part


class Optimizer(Part, family="optimizers", position=8):
    """How a gradient becomes a step. Every optimizer has a learning rate, the field `lr`.

    `needs_closure`: evaluates loss and gradient several times per step, like L-BFGS, by calling what `step` is given.
    The loss and the gradient recorded for a step are those of its first evaluation. `scratch`: numbers that a step
    allocates for a while, in multiples of the number of parameters, and of the size of the largest matrix.
    """

    needs_closure: ClassVar[bool] = False
    scratch: ClassVar[tuple[float, float]] = (0, 0)

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter]) -> TorchOptimizer:
        """torch's optimizer of `parameters`, in its fused form (one kernel) or else its foreach form (a few)."""

    @abstractmethod
    def count_state(self, dims: int = 2) -> int:
        """Numbers kept from step to step for each number of a parameter with `dims` dimensions."""

    @property
    def is_gradient_descent(self) -> bool:
        """Whether a step is −α times the gradient and nothing else, so that L2 takes α · λ of every weight."""
        return False

    @property
    def decay_per_step(self) -> float:
        """The share of every weight that a step takes by itself, outside the gradient: α · λ of decoupled decay."""
        return 0.0

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The hyper-parameters under the names of torch's parameter groups; written there after a live edit."""


class UpdateRule(TorchOptimizer):
    """A formula that torch does not have, as a torch optimizer over lists of tensors: a few kernels a step.

    `state_names`: what it keeps for each parameter, zeros at first. Each group counts its `steps`, from 1 in the first
    step, for bias corrections.
    """

    state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parameters: Iterable[nn.Parameter], settings: dict[str, Any]) -> None:
        # the count is a setting of the group, so that it is part of torch's state_dict and with it of a checkpoint
        super().__init__(parameters, {**settings, "steps": 0})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take one step with the gradients that the parameters hold; parameters without one stay."""
        for group in self.param_groups:
            group["steps"] += 1
            weights = [weight for weight in group["params"] if weight.grad is not None]
            self.update_(group, weights, [weight.grad for weight in weights], *self.gather_state(weights))

    def gather_state(self, weights: list[Tensor]) -> list[list[Tensor]]:
        """For each of `state_names` the tensors that belong to `weights`, each shaped as its weight."""
        for weight in weights:
            if weight not in self.state:
                self.state[weight] = {name: torch.zeros_like(weight) for name in self.state_names}
        return [[self.state[weight][name] for weight in weights] for name in self.state_names]

    def update_(
        self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], *state: list[Tensor]
    ) -> None:
        """Update weights and state in place; `group` holds the settings."""
        raise NotImplementedError
