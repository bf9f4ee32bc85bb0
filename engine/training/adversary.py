"""Adversarial training: each batch once more as an attack leaves it, mixed into the loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from engine.numerics.seeding import ATTACK, seed_of
from engine.parts.attacks import Attack, Slope


class Adversary:
    """Attacks one network. The examples of a step are made before it, at the weights as they then are, in evaluation
    mode: no dropout, running statistics as they stand; making them moves nothing. What is trained on them runs as any
    training does, with dropout of its own, and moves running statistics too."""

    def __init__(self, attack: Attack, network: nn.Module, loss: nn.Module, device: torch.device) -> None:
        self.attack = attack
        self.network, self.loss = network, loss
        self.generator = torch.Generator(device)
        self.moved = torch.empty(0)

    def prepare(self, x: Tensor, y: Tensor, seed: int) -> None:
        """Makes the examples of a step from its batch; all chance comes from the step's seed."""
        self.generator.manual_seed(seed_of(seed, ATTACK, 0))
        self.network.eval()
        try:
            self.moved = self.attack.attack(x, slope(self.network, self.loss, y), self.generator)
        finally:
            self.network.train()

    def mix(self, loss: Tensor, y: Tensor) -> Tensor:
        """(1 − share) · J(x) + share · J(x′)."""
        attacked: Tensor = self.loss(self.network(self.moved), y)
        return (1 - self.attack.share) * loss + self.attack.share * attacked


def slope(network: Callable[[Tensor], Tensor], loss: nn.Module, y: Tensor) -> Slope:
    """∇ₓJ for inputs with targets `y`. No parameter gets a gradient; what the loss does not depend on gets zeros."""

    def of(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=not x.is_cuda):  # cuDNN: no backward in evaluation
            value: Tensor = loss(network(x), y)
            if not value.requires_grad:
                return torch.zeros_like(x)
            found = torch.autograd.grad(value, x, allow_unused=True)[0]
        return torch.zeros_like(x) if found is None else found

    return of
