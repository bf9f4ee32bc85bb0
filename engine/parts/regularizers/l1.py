from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.catalogue.part import hparam
from engine.parts.regularizers import Regularizer, make_layers_field


class L1(Regularizer):
    r"""L1: λ Σ|w|, whose gradient is λ · sign(w): a constant pull that takes small weights to zero.

    One SGD step becomes w ← w − αλ sign(w) − α∇L: every weight shrinks by the same αλ, whatever its size.

    Formula: J = L + \lambda \sum_i |w_i|, \qquad w \leftarrow w - \alpha\lambda\,\operatorname{sign}(w) - \alpha
    \nabla L

    Use: When few inputs matter and the rest should get weights near zero.

    Trouble: Gradient steps do not stop exactly at zero: small weights tremble around it by αλ. Too strong, whole
    layers go out.

    Source: Tibshirani, Regression shrinkage and selection via the lasso, 1996.
    """

    rank: ClassVar[int] = 1
    is_penalty: ClassVar[bool] = True
    scratch: ClassVar[int] = 1  # the signs of the weights
    kind: Literal["l1"] = "l1"
    strength: float = hparam(0.0001, "λ.", ge=0, le=10, log=True, live=True)
    layers: str = make_layers_field()

    @property
    def coefficient(self) -> float:
        return self.strength

    @property
    def listed_layers(self) -> str:
        return self.layers

    def compute_penalty(self, weights: list[Tensor]) -> Tensor:
        return self.strength * torch.stack(torch._foreach_norm(weights, 1)).sum()

    def add_gradient_(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        # sign(0) = 0: of all subgradients at zero, the one that leaves a weight of exactly zero there
        torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=self.strength)
