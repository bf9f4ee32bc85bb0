from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.initializers import Fan, Initializer


class ConstantInitializer(Initializer):
    """Constant: every weight the same.

    Like zeros, it leaves all units of a layer equal for ever, only with a signal: nothing tells them apart.

    Formula: W = c

    Difference: Like zeros, but the signal passes: all units of a layer stay equal.

    Use: Only to see that equal weights stay equal, though the network does learn a little.

    Trouble: A layer of a hundred units then counts as one; dropout breaks the symmetry by chance and hides the fault.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4 (breaking symmetry).
    """

    rank: ClassVar[int] = 9
    kind: Literal["constant"] = "constant"
    value: float = hparam(0.1, "What every weight is.", ge=-10, le=10)

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.fill_(self.value)
