from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.attacks import Attack, Slope


class FGSM(Attack):
    r"""FGSM (fast gradient sign): x′ = x + ε sign ∇ₓJ, one step of full length up the slope of the loss.

    Formula: x' = x + \varepsilon \, \operatorname{sign} \nabla_x J(w; x, y)

    Use: The cheapest attack: a first look, and training on attacks when time is short.

    Trouble: Trained on it alone, a network may learn to withstand this one step and still fall to several small ones.

    Reading: a network that is right nearly everywhere can be wrong on most inputs moved so; the change is the same size
    in every number, too small to matter to a person.

    Cost: one forward and backward pass for the attack and one for the attacked batch, three times a plain step.

    Source: Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, 2015.
    """

    rank: ClassVar[int] = 0
    kind: Literal["fgsm"] = "fgsm"

    def attack(self, x: Tensor, slope: Slope, generator: Generator) -> Tensor:
        # the step under ‖·‖∞ ≤ ε that raises a linear loss most; sign(0) = 0 leaves unused inputs alone
        return x + self.budget * slope(x).sign()  # (batch, *in_shape)

    @property
    def gradients(self) -> int:
        return 1
