"""Gates of recurrent layers, read from the weights and from the states that torch's own pass gives."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

PLACES = {"LSTM": (0, 1, 3), "GRU": (0, 1)}
"""Where the gates stand among the blocks that torch stacks; the LSTM's third block is its candidate, no gate."""
EXAMPLES = 64
"""How many examples the instruments look at."""
HELD = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@dataclass(frozen=True)
class Way:
    """One direction of one layer: its inputs, its states after each step and before, (batch, time, …), its weights."""

    x: Tensor
    h: Tensor
    before: Tensor
    weights: tuple[tuple[Tensor, ...], ...]

    def sums(self, block: int) -> tuple[Tensor, Tensor]:
        """W x + b and U h + c of one of the blocks that torch stacks."""
        w, u, b, c = self.weights
        return self.x @ w[block].T + b[block], self.before @ u[block].T + c[block]


def gates(inner: nn.RNNBase, x: Tensor) -> list[tuple[Tensor, ...]]:
    """Every layer's gates, σ(W x(t) + U h(t − 1) + b), each (batch, time, units · directions)."""
    found = []
    for ways in passes(inner, x):
        own = [[torch.sigmoid(sum_of(way, block)) for block in PLACES[inner.mode]] for way in ways]
        found.append(tuple(torch.cat(pair, 2) for pair in zip(*own, strict=True)))
    return found


def squashed(inner: nn.RNNBase, x: Tensor, whole: bool) -> Tensor:
    """What the tanh of the last layer gives: tanh c of an LSTM, n of a GRU; of the steps that the layer hands on.

    Shape: (batch, time, units · directions), or (batch, units · directions) of the last state.
    """
    found = []
    for way in passes(inner, x)[-1]:
        if inner.mode == "LSTM":  # h = o tanh c
            found.append(way.h / torch.sigmoid(sum_of(way, 3)).clamp_min(1e-30))
        else:
            new, old = way.sums(2)
            found.append(torch.tanh(new + torch.sigmoid(sum_of(way, 0)) * old))
    if whole:
        return torch.cat(found, 2)
    return torch.cat([made[:, 0 if backward else -1] for backward, made in enumerate(found)], 1)


def sum_of(way: Way, block: int) -> Tensor:
    """W x + U h + b of one block."""
    wx, uh = way.sums(block)
    return wx + uh


def passes(inner: nn.RNNBase, x: Tensor) -> list[list[Way]]:
    """Every layer's directions as torch's own pass runs them. Backward, the state before step t is that of t + 1."""
    ways = 2 if inner.bidirectional else 1
    count = 4 if inner.mode == "LSTM" else 3
    found = []
    for layer in range(inner.num_layers):
        ends = [f"_l{layer}{way}" for way in ("", "_reverse")[:ways]]
        stacked = [getattr(inner, f"{kind}{end}") for end in ends for kind in HELD]
        zeros = x.new_zeros(ways, len(x), inner.hidden_size)
        if inner.mode == "LSTM":
            h = torch.lstm(x, (zeros, zeros), stacked, True, 1, 0.0, False, inner.bidirectional, True)[0]
        else:
            h = torch.gru(x, zeros, stacked, True, 1, 0.0, False, inner.bidirectional, True)[0]
        found.append([one_way(x, h.chunk(ways, 2)[i], stacked[4 * i : 4 * i + 4], i, count) for i in range(ways)])
        x = h
    return found


def one_way(x: Tensor, h: Tensor, weights: list[Tensor], backward: int, count: int) -> Way:
    """One direction of one layer, given its states."""
    none = torch.zeros_like(h[:, :1])
    before = torch.cat([h[:, 1:], none], 1) if backward else torch.cat([none, h[:, :-1]], 1)
    return Way(x, h, before, tuple(stacked.chunk(count) for stacked in weights))
