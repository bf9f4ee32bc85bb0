"""The gates of recurrent layers, read from the weights and from the states that torch's own pass gives."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.build import Network
from engine.recurrent import Recurrent

NAMES = {"LSTM": ("input", "forget", "output"), "GRU": ("reset", "update")}
"""In the order in which torch stacks them; the LSTM's third block is its candidate, no gate."""
PLACES = {"LSTM": (0, 1, 3), "GRU": (0, 1)}
EXAMPLES = 64
HELD = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def names_of(network: Network) -> tuple[str, ...]:
    """A name for each gate of each layer: the stage, the layer if there are several, the gate."""
    found: list[str] = []
    for stage in network.stages:
        inner = gated(stage.module)
        for layer in range(inner.num_layers if inner else 0):
            which = f" {layer + 1}" if inner and inner.num_layers > 1 else ""
            found += [f"{stage.name}{which} · {name}" for name in NAMES[inner.mode if inner else ""]]
    return tuple(found)


def gated(module: nn.Module) -> nn.RNNBase | None:
    """The module's recurrent network, if it has gates."""
    return module.inner if isinstance(module, Recurrent) and module.inner.mode in NAMES else None


def readings(network: Network, x: Tensor) -> tuple[Tensor, ...]:
    """The mean of each gate at each step, (steps,), in the order of the names."""
    found: list[Tensor] = []
    inputs: dict[int, Tensor] = {}
    handles = []
    for place, stage in enumerate(network.stages):
        if gated(stage.module):

            def keep(_: nn.Module, given: tuple[Tensor, ...], place: int = place) -> None:
                inputs[place] = given[0]

            handles.append(stage.module.register_forward_pre_hook(keep))
    network.outputs(x[:EXAMPLES])
    for handle in handles:
        handle.remove()
    for place, stage in enumerate(network.stages):
        inner = gated(stage.module)
        if inner is not None:
            found += [gate.mean((0, 2)) for layer in gates(inner, inputs[place]) for gate in layer]
    return tuple(found)


def gates(inner: nn.RNNBase, x: Tensor) -> list[tuple[Tensor, ...]]:
    """Every layer's gates, σ(W x(t) + U h(t − 1) + b), each (batch, time, units · directions).

    Backward, the state before step t is that of step t + 1.
    """
    ways = 2 if inner.bidirectional else 1
    found = []
    for layer in range(inner.num_layers):
        ends = [f"_l{layer}{way}" for way in ("", "_reverse")[:ways]]
        stacked = [
            getattr(inner, f"{kind}{end}") for end in ends for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        zeros = x.new_zeros(ways, len(x), inner.hidden_size)
        if inner.mode == "LSTM":
            h = torch.lstm(x, (zeros, zeros), stacked, True, 1, 0.0, False, inner.bidirectional, True)[0]
        else:
            h = torch.gru(x, zeros, stacked, True, 1, 0.0, False, inner.bidirectional, True)[0]
        own = [one_way(inner, x, way, stacked[4 * i : 4 * i + 4], i) for i, way in enumerate(h.chunk(ways, 2))]
        found.append(tuple(torch.cat(pair, 2) for pair in zip(*own, strict=True)))
        x = h
    return found


def one_way(inner: nn.RNNBase, x: Tensor, h: Tensor, weights: list[Tensor], backward: int) -> list[Tensor]:
    """The gates of one direction of one layer, given its states."""
    none = torch.zeros_like(h[:, :1])
    before = torch.cat([h[:, 1:], none], 1) if backward else torch.cat([none, h[:, :-1]], 1)
    w, u, b, c = (stacked.chunk(4 if inner.mode == "LSTM" else 3) for stacked in weights)
    return [torch.sigmoid(x @ w[i].T + before @ u[i].T + b[i] + c[i]) for i in PLACES[inner.mode]]
