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
    """An optimizer. Every one of them has a learning rate `lr`.

    `needs_closure`: evaluates loss and gradient several times per step, like L-BFGS, by calling what `step` is given.
    The loss and the gradient that a step shows are those of the first point. `scratch`: how many numbers a step takes
    for a while for each number of all parameters, and for each of the largest matrix.
    """

    needs_closure: ClassVar[bool] = False
    scratch: ClassVar[tuple[float, float]] = (0, 0)

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter]) -> TorchOptimizer:
        """torch's optimizer over `parameters`, fused into one kernel where torch has one."""

    @abstractmethod
    def state_per_parameter(self, dims: int = 2) -> int:
        """How many numbers are kept for each number of a parameter with so many dimensions from step to step."""

    @property
    def is_gradient_descent(self) -> bool:
        """Whether a step is −α times the gradient and nothing else, so that L2 takes α · λ of every weight."""
        return False

    @property
    def decay_per_step(self) -> float:
        """The share of every weight that a step takes by itself, outside the gradient: α · λ of decoupled decay."""
        return 0.0

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The hyper-parameters under the names of torch's parameter groups; written there after a live edit."""


class Rule(TorchOptimizer):
    """A formula as torch's kind of optimizer, on whole lists of tensors: a few kernels a step for any network.

    `keeps` names what it remembers for each parameter, zero at first. Each group counts its `steps`.
    """

    keeps: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parameters: Iterable[nn.Parameter], settings: dict[str, Any]) -> None:
        super().__init__(parameters, {**settings, "steps": 0})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step with the gradients that the parameters hold."""
        for group in self.param_groups:
            group["steps"] += 1
            weights = [weight for weight in group["params"] if weight.grad is not None]
            self.move_(group, weights, [weight.grad for weight in weights], *self.kept(weights))

    def kept(self, weights: list[Tensor]) -> list[list[Tensor]]:
        """For each name in `keeps` the tensors that belong to `weights`."""
        for weight in weights:
            if weight not in self.state:
                self.state[weight] = {name: torch.zeros_like(weight) for name in self.keeps}
        return [[self.state[weight][name] for weight in weights] for name in self.keeps]

    def move_(self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], *kept: list[Tensor]) -> None:
        """One step in place; `group` holds the settings."""
        raise NotImplementedError
