from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.message import Message
from engine.numerics.gates import EXAMPLES, compute_gates, compute_tanh
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


class LSTM(Block):
    r"""LSTM: c(t) = f ⊙ c(t − 1) + i ⊙ g, h(t) = o ⊙ tanh c(t), with gates f, i, o = σ(W x + U h + b).

    The cell c is passed on by addition, so a gradient can travel far as long as the forget gate stays open. torch has
    two biases where the formula has one, so each layer and direction has 4 · units · (inputs + units + 2) parameters.

    Formula: \begin{aligned} (i, f, o) &= \sigma(W x_t + U h_{t-1} + b), & g &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
    c_t &= f \odot c_{t-1} + i \odot g, & h_t &= o \odot \tanh c_t \end{aligned}

    Use: Long sequences: the adding problem, delayed recall.

    Trouble: Four times a plain recurrent block's parameters; forget gates start half open, so very long delays are
    learned slowly.

    Shape: (batch, time, features) → (batch, units), or (batch, time, units) for the whole sequence; twice the units
    when bidirectional

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997.
    """

    rank: ClassVar[int] = 21
    observed: ClassVar[bool] = True
    parameters_note: ClassVar[Message] = TWO_BIASES
    kind: Literal["lstm"] = "lstm"
    units: int = hparam(16, "Size of the state.", ge=1, le=1024, unit="units", log=True)
    layers: int = hparam(1, "Recurrent layers on top of each other.", ge=1, le=8)
    bidirectional: bool = hparam(False, "A second one reads the sequence backward; both outputs side by side.")
    output: Literal["last", "sequence"] = hparam("last", "The state after the last step, or of every step.")

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        features = expect_sequence(in_shape)[1]
        inner = nn.LSTM(features, self.units, self.layers, batch_first=True, bidirectional=self.bidirectional)
        return Recurrent(inner, self.output == "sequence")

    @property
    def two_sided(self) -> bool:
        return True

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return get_recurrent_weights(find_module(module, nn.LSTM))

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        return get_recurrent_biases(find_module(module, nn.LSTM))

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(self.layers, self.units, ("input", "forget", "output"))

    def get_gates(self, module: nn.Module, x: Tensor) -> list[tuple[Tensor, ...]]:
        return compute_gates(find_module(module, nn.LSTM), x)

    def find_saturated(self, module: nn.Module, x: Tensor, h: Tensor, z: Tensor | None) -> Tensor:
        """Outputs whose tanh c is saturated: h itself is that times the output gate."""
        # of the first examples only: the states inside are found by running the kernel once more
        tanh = compute_tanh(find_module(module, nn.LSTM), x[:EXAMPLES], self.output == "sequence")
        return 1 - tanh**2 < SATURATION
