from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.regularizers import Regularizer


class ParameterNoise(Regularizer):
    r"""Parameter noise: in training the gradient is taken at w + ε, ε ~ N(0, σ²), and moves w itself.

    Every step draws anew, biases too; evaluation and the instruments see w. Only weights in whose neighborhood the loss
    is low as well can keep it low: flat minima are preferred.

    Formula: w \leftarrow w - \alpha\, \nabla L(w + \varepsilon), \qquad \varepsilon \sim \mathcal{N}(0, \sigma^2 I)

    Use: Small data sets, and recurrent networks, where noise on the weights disturbs less than dropout from step to
    step.

    Trouble: σ is the same for every layer: what one hardly notices drowns another whose weights are small.

    Source: Graves, Practical variational inference for neural networks, 2011, section 1 (weight noise).
    """

    rank: ClassVar[int] = 6
    is_random: ClassVar[bool] = True
    scratch: ClassVar[int] = 1  # copies of the parameters before the noise
    kind: Literal["parameter_noise"] = "parameter_noise"
    strength: float = hparam(0.01, "Standard deviation σ.", ge=0, le=1, log=True, live=True)

    @property
    def coefficient(self) -> float:
        return self.strength

    def perturb_(self, parameters: list[Tensor], generator: Generator) -> None:
        for parameter in parameters:
            noise = torch.empty_like(parameter).normal_(0.0, self.strength, generator=generator)  # as parameter
            parameter.add_(noise)
