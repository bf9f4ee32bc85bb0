"""What an experiment would be: shapes, parameters, FLOPs and memory, on the meta device, without allocating."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.autograd.graph import saved_tensors_hooks

from engine.blocks import Shape
from engine.build import Network, assemble, forward_flops
from engine.cautions import Caution, cautions
from engine.data.prepare import prepare
from engine.errors import InvalidExperiment
from engine.experiment import Experiment
from engine.recurrent import kept_inside
from engine.training.members import alone

MEMORY_LIMIT = 2 * 2**30


@dataclass(frozen=True)
class LayerPreview:
    """One row of the table: a block, or the output layer."""

    kind: str
    name: str
    output_shape: Shape
    parameters: int
    input_shape: Shape


@dataclass(frozen=True)
class Preview:
    """The whole network, or all `members` that are bagged; `layers` are those of one. `flops_per_example` counts
    forward; training takes about three times as many, and `cost` times that where an attack is trained on.
    `memory_bytes` is for training with the chosen batch: weights, gradients, optimizer state, kept activations."""

    layers: tuple[LayerPreview, ...]
    parameters: int
    flops_per_example: int
    memory_bytes: int
    in_shape: Shape
    outputs: int
    members: int = 1
    cost: int = 1
    cautions: tuple[Caution, ...] = ()


def preview(experiment: Experiment) -> Preview:
    """Everything that is known before training.

    Raises: InvalidExperiment for shapes that do not fit, a loss that does not suit the data, a penalty of layers that
    it cannot act on, or too much memory.
    """
    data = prepare(experiment)
    network = assemble(experiment, data.in_shape, data.source.outputs, data.heads)
    rows = tuple(LayerPreview(s.kind, s.name, s.out_shape, s.parameters, s.in_shape) for s in network.stages)
    parameters = sum(row.parameters for row in rows)
    flops = forward_flops(network, data.in_shape)
    copies = 2 + experiment.optimizer.kept()  # the weights, their gradients, and what the optimizer keeps
    attack = experiment.attack if experiment.attack and experiment.attack.share > 0 else None
    saved = (2 if attack else 1) * saved_bytes(network, data.in_shape, experiment.batch_size)
    # members train one after the other, so that only one keeps activations at a time
    members = len(alone(experiment))
    parameters, flops = parameters * members, flops * members
    memory = 4 * parameters * copies + saved
    if memory > MEMORY_LIMIT:
        limit = f"a network that trains in {MEMORY_LIMIT / 2**30:.0f} GiB"
        raise InvalidExperiment(
            "$.network", limit, f"{memory / 2**30:.1f} GiB", "fewer or narrower layers, or smaller batches"
        )
    cost = 2 + attack.gradients if attack else 1  # the batch, the batch attacked, and the gradients that attack it
    careful = cautions(experiment, data)
    return Preview(rows, parameters, flops, memory, data.in_shape, data.source.outputs, members, cost, careful)


def saved_bytes(network: Network, in_shape: Shape, batch: int) -> int:
    """Bytes that the forward pass keeps for the backward pass. Views share the memory of what they look at."""
    weights = {place(p) for p in network.parameters()}
    alive: list[torch.Tensor] = []  # keeps tensors, so that no place is used twice

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        alive.append(tensor)
        return tensor

    inside = 0

    def recurrent(inner: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        nonlocal inside
        if isinstance(inner, torch.nn.RNNBase):
            inside += 4 * kept_inside(inner, len(inputs[0]), inputs[0].shape[1])

    hooks = [m.register_forward_pre_hook(recurrent) for m in network.modules() if isinstance(m, torch.nn.RNNBase)]
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(torch.empty(max(2, batch), *in_shape, device="meta"))
    for hook in hooks:
        hook.remove()
    kept = {place(tensor): tensor.untyped_storage().nbytes() for tensor in alive}
    return inside + sum(size for where, size in kept.items() if where not in weights)


def place(tensor: torch.Tensor) -> int:
    """What a tensor has in common with its views."""
    return int(tensor.untyped_storage()._cdata)
