from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, Weight, find_module
from engine.parts.initializers import Fan


class Embedding(Block):
    r"""Embedding: each whole number becomes a row of d learned reals, rows · d parameters.

    Numbers below 0 take the first row, numbers beyond the last take the last.

    Formula: e_t = E_{x_t}, \qquad E \in \mathbb R^{n \times d}

    Use: First block for words and other numbers that are only names.

    Trouble: Fewer rows than words: the last ones all share a row. Rare words keep their random first row.

    Shape: (batch, time) of whole numbers → (batch, time, d)

    Source: Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003.
    """

    rank: ClassVar[int] = 23
    observed: ClassVar[bool] = True
    kind: Literal["embedding"] = "embedding"
    rows: int = hparam(16, "How many different numbers there are.", ge=1, le=100_000, log=True)
    width: int = hparam(8, "Reals for each of them, d.", ge=1, le=1024, log=True)

    @property
    def size_label(self) -> str:
        return str(self.width)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        if len(in_shape) != 1:
            raise InvalidExperiment("", Message("a row of whole numbers"), " × ".join(map(str, in_shape)))
        return Lookup(self.rows, self.width)

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        # the number of rows is no fan: each example looks one of them up, and no sum goes over them
        return (Weight(find_module(module, nn.Embedding).weight, Fan(self.width, self.width)),)

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        if not plan.inputs or plan.inputs[0].ndim != 2:
            return
        x = np.concatenate(plan.inputs)  # (examples, time)
        if not np.array_equal(x, np.rint(x)) or bool((x < 0).any()):
            yield FieldCaution(
                "",
                Message(
                    "These inputs are no word numbers: fractions are rounded, and all numbers below 0 share the first "
                    "row."
                ),
            )
        words = max(plan.vocabulary_size, int(x.max()) + 1)
        if words > self.rows:
            yield FieldCaution(
                "",
                Message(
                    "There are {words} words for {rows} rows: the last {shared} words share a row and look the same.",
                    words=words,
                    rows=self.rows,
                    shared=words - self.rows + 1,
                ),
            )


class Lookup(nn.Module):
    """Rows of a table by number, as nn.Embedding, for numbers that come as floats.

    Shape: (batch, time) → (batch, time, width)
    """

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.rows = nn.Embedding(rows, width)

    def forward(self, x: Tensor) -> Tensor:
        # rounded: noise may have moved them; clamped: nn.Embedding raises IndexError outside the table
        out: Tensor = self.rows(x.round().clamp(0, self.rows.num_embeddings - 1).long())
        return out
