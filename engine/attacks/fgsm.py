from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.attacks import Attack, Slope


class FGSM(Attack):
    """Fast gradient sign: x′ = x + ε sign ∇ₓJ, one step of full length up the slope of the loss.

    Reading: a network that is right nearly everywhere can be wrong on most inputs moved so; the change is the same size
    in every number, too small to matter to a person.

    Cost: one forward and backward pass for the attack and one for the attacked batch, three times a plain step.

    Source: Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, 2015.
    """

    rank: ClassVar[int] = 0
    kind: Literal["fgsm"] = "fgsm"

    def attack(self, x: Tensor, slope: Slope, generator: Generator) -> Tensor:
        return x + self.budget * slope(x).sign()

    @property
    def gradients(self) -> int:
        return 1
