from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.parts.activations import Activation
from engine.parts.activations.relu import ReLU
from engine.parts.blocks import Block, Shape, Weight, expect_vector, find_module, get_dense_weight
from engine.parts.initializers import Initializer


class Dense(Block):
    r"""Dense: h = f(Wx + b), every input to every unit, (inputs + 1) · width parameters.

    Formula: h = f(W x + b), \qquad W \in \mathbb R^{n_{\mathrm{out}} \times n_{\mathrm{in}}},\; b \in \mathbb
    R^{n_{\mathrm{out}}}

    Use: Vectors: tables, points of the plane, what comes out of flatten. Two or three layers are enough for most of
    them.

    Trouble: On images it has a weight for every pixel and learns every place anew: put convolutions before it.

    Shape: (batch, inputs) → (batch, width)

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 6.
    """

    rank: ClassVar[int] = 0
    observed: ClassVar[bool] = True
    begins_on: ClassVar[Literal["", "vector", "image"]] = "vector"
    kind: Literal["dense"] = "dense"
    width: int = hparam(8, "How many units.", ge=1, le=4096, unit="units", log=True)
    activation: Activation = hparam(ReLU(), "Applied to every unit.")
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
        return nn.Sequential(nn.Linear(expect_vector(in_shape), self.width), self.activation.build())

    @property
    def output_activation(self) -> Activation:
        return self.activation

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_dense_weight(find_module(module, nn.Linear)),)
