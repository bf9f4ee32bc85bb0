from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.initializers import Fan, Initializer


class Zeros(Initializer):
    """Zeros: every weight 0.

    All units of a layer then compute the same and receive the same gradient, so they stay equal for ever.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4 (breaking symmetry).
    """

    rank: ClassVar[int] = 8
    kind: Literal["zeros"] = "zeros"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.zero_()
