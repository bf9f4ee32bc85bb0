"""Preview of an experiment: shapes, parameters, FLOPs and memory, on the meta device, without allocating."""

from __future__ import annotations

from dataclasses import dataclass

from engine.data.data_size import estimate_size
from engine.data.prepare import load_examples, prepare
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.network.build import assemble
from engine.network.flops import count_forward_flops
from engine.parts.blocks import Shape
from engine.preview.cautions import Caution, find_cautions
from engine.preview.memory_estimate import MemoryEstimate, estimate_memory

MEMORY_LIMIT = 2 * 2**30  # bytes of a run's process


@dataclass(frozen=True)
class LayerPreview:
    """One block, or the output layer; shapes are without the batch."""

    kind: str
    name: str
    output_shape: Shape
    parameters: int
    input_shape: Shape


@dataclass(frozen=True)
class Preview:
    """The whole network, or all `members` of an ensemble; `layers` are those of one.

    `flops_per_example` counts the forward pass; training takes about three times as many, and `cost` times that where
    an attack is trained on. `memory_bytes` is the most that tensors take in a step with the chosen batch: weights,
    gradients, optimizer state, activations. `run_bytes` is the most that the run's process takes, data and copies too:
    what it is admitted by.
    """

    layers: tuple[LayerPreview, ...]
    parameters: int
    flops_per_example: int
    memory_bytes: int
    in_shape: Shape
    outputs: int
    memory: MemoryEstimate
    members: int = 1
    cost: int = 1
    cautions: tuple[Caution, ...] = ()

    @property
    def run_bytes(self) -> int:
        """The most that the run's process takes, in bytes."""
        return self.memory.run


def preview(experiment: Experiment) -> Preview:
    """Work out everything that is known of an experiment before training.

    Raises: InvalidExperiment for shapes that do not fit, a loss that does not suit the data, a penalty of layers that
    it cannot act on, or too much memory.
    """
    # asked before the data are prepared: that alone may take more than there is
    expect_memory(estimate_size(experiment, load_examples(experiment.data, experiment.seed)).preparing, "$.data")
    data = prepare(experiment)
    network = assemble(experiment, data.in_shape, data.source.outputs, data.heads)
    rows = tuple(LayerPreview(s.kind, s.name, s.out_shape, s.parameters, s.in_shape) for s in network.stages)
    parameters = sum(row.parameters for row in rows)
    flops = count_forward_flops(network, data.in_shape)
    memory = estimate_memory(experiment, network, data, flops)
    expect_memory(memory.run, "$.network")
    attack = experiment.attack if experiment.attack and experiment.attack.share > 0 else None
    cost = 2 + attack.gradients if attack else 1  # the batch, the batch attacked, and the gradients that attack it
    members = experiment.ensemble.members if experiment.ensemble else 1
    sums = (parameters * members, flops * members, memory.step)
    cautions = find_cautions(experiment, data)
    return Preview(rows, *sums, data.in_shape, data.source.outputs, memory, members, cost, cautions)


def expect_memory(needed: int, where: str) -> None:
    """Refuse a run that would need more bytes than one may; `where` is the path of what to change. Raises:
    InvalidExperiment."""
    if needed > MEMORY_LIMIT:
        limit = Message("a network that trains in {n} GiB", n=round(MEMORY_LIMIT / 2**30))
        hint = Message("smaller images, fewer examples")
        if where == "$.network":
            hint = Message("fewer or narrower layers, or smaller batches")
        raise InvalidExperiment(where, limit, Message("{n} GiB", n=round(needed / 2**30, 1)), hint)
