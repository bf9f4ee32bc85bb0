"""Adversarial training: the loss of each batch is mixed with the loss of the same batch under attack."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from engine.numerics.seeding import ATTACK, seed_of
from engine.parts.attacks import Attack, Slope


class Adversary:
    """Attacks the batches of one network.

    Adversarial examples are made before the step, at its initial weights, in evaluation mode: without dropout, and
    without an effect on running statistics. The forward pass that trains on them is an ordinary one in training mode.
    """

    def __init__(self, attack: Attack, network: nn.Module, loss: nn.Module, device: torch.device) -> None:
        self.attack = attack
        self.network, self.loss = network, loss
        self.generator = torch.Generator(device)
        self.attacked = torch.empty(0)  # (batch, *in_shape)

    def prepare(self, x: Tensor, y: Tensor, seed: int) -> None:
        """Make the adversarial examples of a step; their randomness depends on the seed of the step alone."""
        self.generator.manual_seed(seed_of(seed, ATTACK, 0))
        self.network.eval()
        try:
            self.attacked = self.attack.attack(x, input_gradient(self.network, self.loss, y), self.generator)
        finally:
            self.network.train()

    def mix(self, loss: Tensor, y: Tensor) -> Tensor:
        """The mixed loss, (1 − share) · J(x) + share · J(x′)."""
        attacked: Tensor = self.loss(self.network(self.attacked), y)
        return (1 - self.attack.share) * loss + self.attack.share * attacked


def input_gradient(network: Callable[[Tensor], Tensor], loss: nn.Module, y: Tensor) -> Slope:
    """A function for ∇ₓJ with targets `y`. Parameters get no gradient; inputs that J does not depend on get zeros.

    Shape: (batch, *in_shape) → (batch, *in_shape)
    """

    def gradient(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=not x.is_cuda):  # no RNN backward in eval mode
            value: Tensor = loss(network(x), y)
            if not value.requires_grad:
                return torch.zeros_like(x)
            slope = torch.autograd.grad(value, x, allow_unused=True)[0]
        return torch.zeros_like(x) if slope is None else slope

    return gradient
