"""The gates of a network's recurrent layers, as the instruments show them."""

from __future__ import annotations

from torch import Tensor

from engine.network.build import Network
from engine.numerics.gates import EXAMPLES
from engine.training.forward_trace import Inside


def names_of(network: Network) -> tuple[str, ...]:
    """A name for each gate of each layer: the stage, the layer if there are several, the gate."""
    found: list[str] = []
    for stage in network.stages:
        recurrence = stage.block.recurrence
        for layer in range(recurrence.layers if recurrence else 0):
            which = f" {layer + 1}" if recurrence and recurrence.layers > 1 else ""
            found += [f"{stage.name}{which} · {name}" for name in (recurrence.gates if recurrence else ())]
    return tuple(found)


def readings(network: Network, inside: Inside) -> tuple[Tensor, ...]:
    """The mean of each gate at each step, (steps,), in the order of the names."""
    found: list[Tensor] = []
    for stage, x in zip(network.stages, inside.taken, strict=True):
        if stage.block.recurrence and stage.block.recurrence.gates:
            found += [gate.mean((0, 2)) for layer in stage.block.gates(stage.module, x[:EXAMPLES]) for gate in layer]
    return tuple(found)
