"""The gates of a network's recurrent layers: their names, and their means for the probe."""

from __future__ import annotations

from torch import Tensor

from engine.network.build import Network
from engine.numerics.gates import EXAMPLES
from engine.training.forward_trace import ForwardTrace


def name_gates(network: Network) -> tuple[str, ...]:
    """The name of each gate: stage, number of the layer if several are stacked, gate."""
    names: list[str] = []
    for stage in network.stages:
        recurrence = stage.block.recurrence
        for layer in range(recurrence.layers if recurrence else 0):
            number = f" {layer + 1}" if recurrence and recurrence.layers > 1 else ""
            names += [f"{stage.name}{number} · {name}" for name in (recurrence.gates if recurrence else ())]
    return tuple(names)


def compute_mean_gates(network: Network, trace: ForwardTrace) -> tuple[Tensor, ...]:
    """The mean of each gate at each time step, (time,), in the order of `name_gates`."""
    means: list[Tensor] = []
    for stage, x in zip(network.stages, trace.inputs, strict=True):
        if stage.block.recurrence and stage.block.recurrence.gates:
            means += [
                gate.mean((0, 2)) for layer in stage.block.get_gates(stage.module, x[:EXAMPLES]) for gate in layer
            ]
    return tuple(means)
