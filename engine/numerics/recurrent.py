"""The module of the recurrent blocks: torch's own, reduced to the sequence or its last state."""

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
        sequence, state = self.inner(x)  # (batch, time, units · directions)
        if self.whole:
            return sequence
        last: Tensor = state[0] if isinstance(state, tuple) else state  # (layers · directions, batch, units)
        ways = 2 if self.inner.bidirectional else 1
        # of the last layer; not sequence[:, -1], where the backward direction has seen one step only
        return last[-ways:].transpose(0, 1).flatten(1)  # (batch, units · directions)


GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
"""Gates whose matrices torch stacks in one, by the mode of its module."""
