from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.message import Message
from engine.numerics.recurrent import Recurrent
from engine.parts.activations import SATURATION
from engine.parts.blocks import (
    TWO_BIASES,
    Bias,
    Block,
    Recurrence,
    Shape,
    Weight,
    expect_sequence,
    find_module,
    get_recurrent_biases,
    get_recurrent_weights,
)


class RNN(Block):
    r"""Recurrent: h(t) = f(W x(t) + U h(t − 1) + b), the same weights at every step.

    The gradient through time is a product of as many Jacobians as there are steps: it vanishes or explodes. torch has
    two biases where the formula has one, so each layer and direction has units · (inputs + units + 2) parameters.

    Formula: h_t = f\!\left( W x_t + U h_{t-1} + b \right), \qquad \frac{\partial h_T}{\partial h_0} = \prod_{t=1}^{T}
    \operatorname{diag}(f'_t)\, U

    Use: Short sequences, and to see gradients vanish through time.

    Trouble: Beyond ten or twenty steps hardly anything is remembered; exploding gradients ask for clipping by norm.

    Shape: (batch, time, features) → (batch, units), or (batch, time, units) for the whole sequence; twice the units
    when bidirectional

    Source: Elman, Finding structure in time, 1990.
    """

    rank: ClassVar[int] = 20
    observed: ClassVar[bool] = True
    parameters_note: ClassVar[Message] = TWO_BIASES
    kind: Literal["rnn"] = "rnn"
    units: int = hparam(16, "Size of the state.", ge=1, le=1024, unit="units", log=True)
    layers: int = hparam(1, "Recurrent layers on top of each other.", ge=1, le=8)
    bidirectional: bool = hparam(False, "A second one reads the sequence backward; both outputs side by side.")
    output: Literal["last", "sequence"] = hparam("last", "The state after the last step, or of every step.")
    nonlinearity: Literal["tanh", "relu"] = hparam("tanh", "The activation f.")

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        features = expect_sequence(in_shape)[1]
        inner = nn.RNN(
            features,
            self.units,
            self.layers,
            batch_first=True,
            bidirectional=self.bidirectional,
            nonlinearity=self.nonlinearity,
        )
        return Recurrent(inner, self.output == "sequence")

    @property
    def two_sided(self) -> bool:
        return self.nonlinearity == "tanh"

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return get_recurrent_weights(find_module(module, nn.RNN))

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        return get_recurrent_biases(find_module(module, nn.RNN))

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(self.layers, self.units)

    def find_saturated(self, module: nn.Module, x: Tensor, h: Tensor, z: Tensor | None) -> Tensor:
        # h is the activation's own output, so f′ follows from it: 1 − h² of tanh
        return h <= 0 if self.nonlinearity == "relu" else 1 - h**2 < SATURATION
