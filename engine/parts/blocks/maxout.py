from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.blocks import Block, Shape, Weight, expect_vector, find_module
from engine.parts.initializers import Fan, Initializer


class Maxout(Block):
    r"""Maxout: h = max(W₁x + b₁, …, Wₖx + bₖ), the largest of k linear pieces, k · (inputs + 1) · width parameters.

    Each unit learns its own convex activation; ReLU, leaky ReLU and |x| are among those with two pieces. It neither
    saturates nor dies, for k times the parameters of a dense block.

    Formula: h_j = \max_{i = 1 \dots k} \left( w_{ij}^{\top} x + b_{ij} \right)

    Use: With dropout, and to see an activation that is learned.

    Trouble: k times the parameters: compare it with a dense layer that is k times as wide.

    Shape: (batch, inputs) → (batch, width)

    Source: Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks, 2013.
    """

    rank: ClassVar[int] = 0
    observed: ClassVar[bool] = True
    kind: Literal["maxout"] = "maxout"
    width: int = hparam(8, "How many units.", ge=1, le=4096, unit="units", log=True)
    pieces: int = hparam(2, "Linear pieces of each unit, k.", ge=2, le=16)
    initializer: Initializer | None = hparam(
        None, "Where this block's weights start.", none="as in the whole network", omit_default=True
    )

    @property
    def initializer_override(self) -> Initializer | None:
        return self.initializer

    @property
    def size_label(self) -> str:
        return str(self.width)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return MaxoutLinear(expect_vector(in_shape), self.width, self.pieces)

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        layer = find_module(module, MaxoutLinear)
        # each piece is drawn like a dense layer: fan_out is the width, not all rows of the stacked matrix
        return (Weight(layer.weight, Fan(layer.in_features, self.width), self.pieces),)


class MaxoutLinear(nn.Linear):
    """The maximum of several linear maps, (batch, inputs) → (batch, width).

    `weight`, (pieces · width, inputs), has piece after piece in its rows.
    """

    def __init__(self, inputs: int, width: int, pieces: int) -> None:
        super().__init__(inputs, pieces * width)
        self.pieces = pieces

    def forward(self, input: Tensor) -> Tensor:
        pieces = super().forward(input).reshape(input.shape[0], self.pieces, -1)  # (batch, pieces, width)
        # not amax, which shares the gradient among equal pieces: here one of them gets all of it
        return torch.max(pieces, 1).values  # (batch, width)
