from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.parts.ensembles import Ensemble


class Bagging(Ensemble):
    r"""Bagging: k networks, each with its own first weights and its own sample of the data; they answer together.

    Every member is trained as if it were alone: its own batches, gradient, clipping and optimizer. A sample is drawn
    with replacement, as large as the training split, and holds about 63 % of its examples, some of them several times.
    Loss and accuracy of the validation are those of the common answer, and so is what early stopping looks at.

    Formula: \hat{y}(x) = \frac{1}{k} \sum_{m=1}^{k} f_m(x), \qquad \left(1 - \tfrac{1}{n}\right)^n \approx 0.37

    Use: Few or noisy examples and networks that learn them by heart: the mean cancels mistakes that are not shared.

    Trouble: It lowers variance, not bias: members too small to fit the data stay so together.

    Reading: the instruments of layers show member 1. Members that go wrong in different places improve each other;
    where they disagree, do not trust the answer.

    Cost: k times the parameters, memory and time of one network.

    Source: Breiman, Bagging predictors, 1996.
    """

    rank: ClassVar[int] = 0
    kind: Literal["bagging"] = "bagging"

    def sample(self, count: int, generator: Generator) -> Tensor:
        return torch.randint(count, (count,), generator=generator)  # (count,), with replacement
