"""What the recurrent blocks have in common: torch's module, and which part of its output goes on."""

from __future__ import annotations

from torch import Tensor, nn


class Recurrent(nn.Module):
    """A recurrent network over (batch, time, features).

    Shape: → (batch, time, units) for the whole sequence, else (batch, units); units double when bidirectional. The
    last state of a bidirectional one holds the forward state after the last step and the backward one after the first.
    """

    def __init__(self, inner: nn.RNNBase, whole: bool) -> None:
        super().__init__()
        self.inner = inner
        self.whole = whole

    def forward(self, x: Tensor) -> Tensor:
        sequence: Tensor
        sequence, state = self.inner(x)
        if self.whole:
            return sequence
        last: Tensor = state[0] if isinstance(state, tuple) else state  # (layers · directions, batch, units)
        ways = 2 if self.inner.bidirectional else 1
        return last[-ways:].transpose(0, 1).flatten(1)


KEPT = 10


def kept_inside(inner: nn.RNNBase, batch: int, steps: int) -> int:
    """Numbers that a pass for training keeps beyond those that autograd names.

    Autograd names 7 a step and unit for an LSTM: four gates, c, tanh c and h. The kernel that torch runs on a CPU keeps
    10 more in a workspace of its own. Plain recurrent layers and GRUs run step by step and keep nothing more.
    """
    if inner.mode != "LSTM":
        return 0
    return KEPT * batch * steps * inner.hidden_size * inner.num_layers * (2 if inner.bidirectional else 1)


GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


def gate_weights(inner: nn.RNNBase) -> list[Tensor]:
    """Every gate's own matrix, (units, inputs) or (units, units): views into torch's stacked weights."""
    count = GATES[inner.mode]
    stacked = [p for name, p in inner.named_parameters() if name.startswith("weight")]
    return [piece for weight in stacked for piece in weight.chunk(count)]
