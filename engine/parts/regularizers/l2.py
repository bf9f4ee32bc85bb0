from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.catalogue.part import hparam
from engine.numerics.norms import sum_squares
from engine.parts.regularizers import Regularizer, make_layers_field


class L2(Regularizer):
    r"""L2: (λ/2)‖w‖², whose gradient is λw; one SGD step becomes w ← (1 − αλ)w − α∇L.

    The shrink factor 1 − αλ takes the same share of every weight: without a gradient, half is gone after ln 2 / αλ
    steps. With Adam and its kin the penalty passes through their scaling; AdamW's weight decay does not.

    Formula: J = L + \frac{\lambda}{2} \lVert w \rVert^2, \qquad w \leftarrow (1 - \alpha\lambda)\,w - \alpha \nabla L

    Use: The first thing to try when the validation loss rises while the training loss falls: begin with 10⁻⁴ to 10⁻³.

    Trouble: Too strong, all weights shrink and the training loss stays high. With Adam it is not the same as weight
    decay.

    Source: Krogh and Hertz, A simple weight decay can improve generalization, 1992.
    """

    rank: ClassVar[int] = 0
    is_penalty: ClassVar[bool] = True
    shrinks_evenly: ClassVar[bool] = True
    kind: Literal["l2"] = "l2"
    strength: float = hparam(0.001, "λ.", ge=0, le=10, log=True, live=True)
    layers: str = make_layers_field()

    @property
    def coefficient(self) -> float:
        return self.strength

    @property
    def listed_layers(self) -> str:
        return self.layers

    def compute_penalty(self, weights: list[Tensor]) -> Tensor:
        return self.strength / 2 * sum_squares(weights)  # with a half, so that the gradient is λw and not 2λw

    def add_gradient_(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        torch._foreach_add_(gradients, weights, alpha=self.strength)
