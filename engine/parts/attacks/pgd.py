from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.attacks import Attack, Slope


class PGD(Attack):
    r"""PGD (projected gradient): x′ ← Π(x′ + η sign ∇ₓJ), several steps, each brought back to within ε of x.

    Formula: x' \leftarrow \Pi_{\lVert x' - x \rVert_\infty \le \varepsilon} \left( x' + \eta \, \operatorname{sign}
    \nabla_x J(w; x', y) \right)

    Use: To measure robustness in earnest, and to train for it when FGSM is withstood too easily.

    Trouble: Every step costs a gradient. Steps that are too short do not reach the edge: η times their number should
    exceed ε.

    Reading: finds inputs that one long step misses; what withstands it withstands FGSM as well, seldom the reverse.

    Cost: one forward and backward pass a step and one for the attacked batch.

    Source: Madry and others, Towards deep learning models resistant to adversarial attacks, 2018.
    """

    rank: ClassVar[int] = 1
    kind: Literal["pgd"] = "pgd"
    steps: int = hparam(5, "How many steps up the slope.", ge=1, le=100, log=True)
    step_size: float = hparam(0.5, "Length of a step as a share of ε, η / ε.", gt=0, le=2)
    random_start: bool = hparam(True, "Begin anywhere within ε of x instead of at x.")

    def attack(self, x: Tensor, slope: Slope, generator: Generator) -> Tensor:
        low, high, attacked = x - self.budget, x + self.budget, x  # each (batch, *in_shape)
        if self.random_start:
            attacked = x + self.budget * (2 * torch.rand(x.shape, generator=generator, device=x.device) - 1)
        for _ in range(self.steps):
            attacked = attacked + self.step_size * self.budget * slope(attacked).sign()
            attacked = torch.clamp(attacked, low, high)  # the projection onto the cube ‖x′ − x‖∞ ≤ ε
        return attacked

    @property
    def gradients(self) -> int:
        return self.steps
