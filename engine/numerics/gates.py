"""The gates of recurrent layers, computed from their weights and hidden states.

torch's kernels return the hidden states only. A gate is a function of the input and of the state one step earlier, so
one more matrix product gives it without a recurrence of our own.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

INDICES = {"LSTM": (0, 1, 3), "GRU": (0, 1)}
"""The gates among the matrices, which torch stacks as i, f, g, o of an LSTM and r, z, n of a GRU. Block 2, g and n, are
the candidates: no gates."""
EXAMPLES = 64
"""Examples of the probe batch that gates are computed for: a mean over them is precise enough to draw."""
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@dataclass(frozen=True)
class Direction:
    """One direction of one recurrent layer.

    `weights`: the blocks of W and U, (blocks, (units, features or units)), and of the biases b and c.
    """

    x: Tensor  # (batch, time, features)
    h: Tensor  # (batch, time, units), after each step
    before: Tensor  # (batch, time, units), before each step
    weights: tuple[tuple[Tensor, ...], ...]

    def terms(self, block: int) -> tuple[Tensor, Tensor]:
        """W x + b and U h + c of a block, (batch, time, units) each."""
        w, u, b, c = self.weights
        return self.x @ w[block].T + b[block], self.before @ u[block].T + c[block]


def compute_gates(inner: nn.RNNBase, x: Tensor) -> list[tuple[Tensor, ...]]:
    """The gates of each layer, σ(W x(t) + U h(t − 1) + b), (batch, time, units · directions) each."""
    gates = []
    for directions in run_layers(inner, x):
        each = [[torch.sigmoid(pre_activation(one, block)) for block in INDICES[inner.mode]] for one in directions]
        gates.append(tuple(torch.cat(pair, 2) for pair in zip(*each, strict=True)))
    return gates


def compute_tanh(inner: nn.RNNBase, x: Tensor, whole: bool) -> Tensor:
    """The tanh inside the last layer's output: tanh c of an LSTM, the new state n of a GRU.

    Shape: (batch, time, units · directions) if `whole`, else (batch, units · directions) of the last state.
    """
    found = []
    for direction in run_layers(inner, x)[-1]:
        if inner.mode == "LSTM":  # h = o tanh c, so tanh c = h / o
            # where o underflows to 0, h is 0 too, and 0 / 1e-30 is 0 instead of NaN
            found.append(direction.h / torch.sigmoid(pre_activation(direction, 3)).clamp_min(1e-30))
        else:  # n = tanh(W x + b + r ⊙ (U h + c))
            new, old = direction.terms(2)
            found.append(torch.tanh(new + torch.sigmoid(pre_activation(direction, 0)) * old))
    if whole:
        return torch.cat(found, 2)
    # the backward direction ends at the first step
    return torch.cat([values[:, 0 if backward else -1] for backward, values in enumerate(found)], 1)


def pre_activation(direction: Direction, block: int) -> Tensor:
    """W x + b + U h + c of a block, (batch, time, units)."""
    wx, uh = direction.terms(block)
    return wx + uh


def run_layers(inner: nn.RNNBase, x: Tensor) -> list[list[Direction]]:
    """Run torch's kernel layer by layer, which gives the hidden states that a stacked module keeps to itself."""
    count = 2 if inner.bidirectional else 1
    blocks = 4 if inner.mode == "LSTM" else 3
    layers = []
    for layer in range(inner.num_layers):
        suffixes = [f"_l{layer}{direction}" for direction in ("", "_reverse")[:count]]
        weights = [getattr(inner, f"{name}{suffix}") for suffix in suffixes for name in PARAMETERS]
        zeros = x.new_zeros(count, len(x), inner.hidden_size)
        # positional: biases, one layer, no dropout, not training, directions, batch first
        if inner.mode == "LSTM":
            h = torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, False, inner.bidirectional, True)[0]
        else:
            h = torch.gru(x, zeros, weights, True, 1, 0.0, False, inner.bidirectional, True)[0]
        states = h.chunk(count, 2)  # (batch, time, units) each
        layers.append([make_direction(x, states[i], weights[4 * i : 4 * i + 4], i, blocks) for i in range(count)])
        x = h
    return layers


def make_direction(x: Tensor, h: Tensor, weights: list[Tensor], backward: int, blocks: int) -> Direction:
    """One direction of one layer. Backward in time, the state before step t is the state after step t + 1."""
    zero = torch.zeros_like(h[:, :1])  # (batch, 1, units)
    before = torch.cat([h[:, 1:], zero], 1) if backward else torch.cat([zero, h[:, :-1]], 1)
    return Direction(x, h, before, tuple(stacked.chunk(blocks) for stacked in weights))
