from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Fan, Initializer


class Zeros(Initializer):
    """Zeros: every weight 0.

    All units of a layer then compute the same and receive the same gradient, so they stay equal for ever.

    Formula: W = 0

    Difference: No symmetry is broken: a layer learns as if it had one unit.

    Use: Only to see that it does not work in hidden layers; biases may well start at zero.

    Trouble: With two or more layers at most the output's own parameters get a gradient, and the units never become
    different.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4 (breaking symmetry).
    """

    rank: ClassVar[int] = 8
    kind: Literal["zeros"] = "zeros"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.zero_()
