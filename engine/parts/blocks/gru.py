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


class GRU(Block):
    r"""GRU: h(t) = (1 − z) ⊙ n + z ⊙ h(t − 1), n = tanh(W x + r ⊙ U h), with gates z, r.

    Two gates and no cell: three quarters of the LSTM's parameters. torch has two biases where the formula has one (only
    c of the new value is apart), so each layer and direction has 3 · units · (inputs + units + 2) parameters.

    Formula: \begin{aligned} (r, z) &= \sigma(W x_t + U h_{t-1} + b) \\ n &= \tanh\bigl(W_n x_t + b_n + r \odot (U_n
    h_{t-1} + c_n)\bigr) \\ h_t &= (1 - z) \odot n + z \odot h_{t-1} \end{aligned}

    Use: As the LSTM, with fewer parameters; on small data often the better one.

    Trouble: Its state is always bounded: counting over long stretches is easier for an LSTM's cell.

    Shape: (batch, time, features) → (batch, units), or (batch, time, units) for the whole sequence; twice the units
    when bidirectional

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014.
    """

    rank: ClassVar[int] = 22
    observed: ClassVar[bool] = True
    parameters_note: ClassVar[Message] = TWO_BIASES
    kind: Literal["gru"] = "gru"
    units: int = hparam(16, "Size of the state.", ge=1, le=1024, unit="units", log=True)
    layers: int = hparam(1, "Recurrent layers on top of each other.", ge=1, le=8)
    bidirectional: bool = hparam(False, "A second one reads the sequence backward; both outputs side by side.")
    output: Literal["last", "sequence"] = hparam("last", "The state after the last step, or of every step.")

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        features = expect_sequence(in_shape)[1]
        inner = nn.GRU(features, self.units, self.layers, batch_first=True, bidirectional=self.bidirectional)
        return Recurrent(inner, self.output == "sequence")

    @property
    def two_sided(self) -> bool:
        return True

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return get_recurrent_weights(find_module(module, nn.GRU))

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        return get_recurrent_biases(find_module(module, nn.GRU))

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(self.layers, self.units, ("reset", "update"))

    def get_gates(self, module: nn.Module, x: Tensor) -> list[tuple[Tensor, ...]]:
        return compute_gates(find_module(module, nn.GRU), x)

    def find_saturated(self, module: nn.Module, x: Tensor, h: Tensor, z: Tensor | None) -> Tensor:
        """Outputs whose candidate state n is saturated: h itself is a mean of n and the state before."""
        # of the first examples only: the states inside are found by running the kernel once more
        tanh = compute_tanh(find_module(module, nn.GRU), x[:EXAMPLES], self.output == "sequence")
        return 1 - tanh**2 < SATURATION
