from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor

from engine.catalogue.part import hparam
from engine.numerics.norms import shorten_each_
from engine.parts.regularizers import Regularizer


class MaxNorm(Regularizer):
    r"""Max-norm: w ← w · min(1, c / ‖w‖) after each step, w the incoming weights of one unit.

    Counts for each unit of a dense layer, each piece of a maxout unit, each filter of a convolution (transposed or not)
    and each word of an embedding by itself; in a recurrent layer for each gate of each unit, what comes from the input
    and what comes from the state apart. Biases stay free. Unlike L2 it does nothing to short weights. Lets large
    learning rates be used with dropout.

    Formula: w_u \leftarrow w_u \cdot \min\!\left(1, \frac{c}{\lVert w_u \rVert_2}\right)

    Use: With dropout and large learning rates; c of 3 to 4 is usual.

    Trouble: A limit under the first weights' norm cuts every unit from the first step on; wide layers start with norms
    of about √2 under He.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014, section 5.1.
    """

    rank: ClassVar[int] = 4
    kind: Literal["max_norm"] = "max_norm"
    limit: float = hparam(3.0, "Longest weight vector of a unit, c.", gt=0, le=100, log=True)

    def constrain_(self, weights: list[Tensor]) -> None:
        for weight in weights:  # (units, …): every axis but the first counts what enters a unit
            shorten_each_(weight, tuple(range(1, weight.ndim)), self.limit)
