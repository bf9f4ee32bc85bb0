"""How much memory a run takes at most, worked out on the meta device before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.data_size import DataSize, estimate_size
from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.preview.kernel_memory import KernelMemory
from engine.preview.peak_memory import PeakMemory, forward_peak
from engine.training.capture import PLANE_FLOPS, PROBE_FLOPS, with_companions
from engine.training.heads import Heads
from engine.training.rollback import LARGEST

META = torch.device("meta")
PROCESS = 24 * 2**20
"""What a worker takes that trains next to nothing, beside what it shares with the others."""
AT_ONCE = 16 * 2**20
"""A state of up to so many bytes is copied before it is saved; a larger one goes to the disk as it is."""
LOOSE = 1.08  # 4 × dense 4096 with Adam took 1 184 MiB where tensors alone count 1 121: freed pieces stay for a while
MARGIN, FEW = 1.03, 128  # for what some kernels take beside their results, and for single numbers
ASKED = 8  # outputs that are remembered in a step whose optimizer asks for gradients itself
LOOKED = 2048  # examples of a split that are evaluated together


@dataclass(frozen=True)
class MemoryEstimate:
    """All in bytes. `step`: the most that tensors take while a step is taken: weights, gradients, optimizer state, and
    `activations`, which is all else: what the forward pass keeps and what operations take for a while.

    `evaluation`: the most that an evaluation or the instruments take beside weights, gradients and optimizer state.
    `state`: a checkpoint. `copies`: weights that are remembered, and a state on its way to the disk. `data`: the
    examples. `run` is the most that the whole process takes, everything together.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    evaluation: int
    state: int
    copies: int
    data: DataSize

    @property
    def lasting(self) -> int:
        """What is there as long as the run trains."""
        return self.weights + self.gradients + self.optimizer

    @property
    def step(self) -> int:
        """The most in a step."""
        return self.lasting + self.activations

    @property
    def run(self) -> int:
        """The most of the process."""
        training = self.data.resident + self.copies + self.lasting + max(self.activations, self.evaluation)
        return PROCESS + int(LOOSE * max(self.data.preparing, training))


def estimate_memory(experiment: Experiment, network: Network, data: Prepared, flops: int) -> MemoryEstimate:
    """The footprint of a run. `network`: on the meta device, one member; `flops`: of its forward pass."""
    members = experiment.ensemble.members if experiment.ensemble else 1
    shapes = [parameter.shape for parameter in network.parameters()]
    sizes = [4 * shape.numel() for shape in shapes]
    once = sum(sizes)
    kept = sum(
        size * experiment.optimizer.state_per_parameter(len(shape)) for size, shape in zip(sizes, shapes, strict=True)
    )
    every, largest = experiment.optimizer.passing
    matrix = max((4 * shape.numel() for shape in shapes if len(shape) == 2), default=0)
    passing = int(every * once + largest * matrix) + once * sum(rule.copies for rule in experiment.regularizers)
    buffers = sum(buffer.nbytes for buffer in network.buffers())
    state = members * (once + kept + buffers)
    best = members * once if any(rule.keeps_best for rule in experiment.regularizers) else 0
    before = once if any("updates" in probe.needs for probe in with_companions(experiment.probes)) else 0
    saved = 2 * (state + best) if state + best <= AT_ONCE else 0
    saved += 3 * state if state <= LARGEST else 0  # the way back, the next one, and the end to come back to
    batch = longest_batch(len(data.train_x), experiment.batch_size)
    return MemoryEstimate(
        weights=members * once,
        gradients=members * once,
        optimizer=members * kept,
        activations=step_peak(experiment, network, data, batch, passing),
        evaluation=evaluation_peak(experiment, network, data, flops),
        state=state + best,
        copies=best + before + saved,
        data=estimate_size(experiment, data.source).add_batches(
            members * (2 if experiment.augmentations else 1) * batch
        ),
    )


def longest_batch(count: int, batch_size: int) -> int:
    """Examples in the longest batch: one that would be left over joins the last."""
    left_over = count % batch_size == 1 and batch_size > 1
    return min(count, batch_size + 1 if left_over else batch_size)


def step_peak(experiment: Experiment, network: Network, data: Prepared, batch: int, passing: int) -> int:
    """The most that a step takes beside weights, gradients and optimizer state. The gradients of the step before are
    there until the backward pass begins."""
    heads = Heads(experiment, data, network, META)
    x = torch.empty(batch, *data.in_shape, device=META)
    x, y = heads.join_inputs(x, heads.training_targets(experiment)[:batch])
    parameters = list(network.parameters())
    attacked = experiment.attack is not None and experiment.attack.share > 0
    network.train()
    with KernelMemory(), PeakMemory([x, y, *parameters, *network.buffers()]) as counted:
        outputs, loss = forward_and_loss(network, heads.loss, x, y, attacked)
        ahead = counted.peak
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        del outputs, loss
        gradients = sum(parameter.nbytes for parameter in parameters)
        most = max(ahead, counted.peak - gradients)
    for parameter in parameters:
        parameter.grad = None
    asked = passing + ASKED * 4 * batch * output_size(network) if experiment.optimizer.needs_closure else 0
    members = experiment.ensemble.members if experiment.ensemble else 1
    joined = 4 * members * batch * output_size(network) if members > 1 else 0
    return max(int(MARGIN * (most + asked)) + joined, passing) + FEW + members * (x.nbytes + y.nbytes)


def forward_and_loss(network: Network, loss: nn.Module, x: Tensor, y: Tensor, attacked: bool) -> tuple[Tensor, Tensor]:
    """The outputs of a batch and their loss, with that of the attacked batch where it is trained on."""
    outputs = network(x)
    found: Tensor = loss(outputs, y)
    return outputs, found + loss(network(torch.empty_like(x)), y) if attacked else found


def evaluation_peak(experiment: Experiment, network: Network, data: Prepared, flops: int) -> int:
    """The most that an evaluation, the tally of an epoch or the instruments take."""
    split = max(len(data.validation_x), len(data.test_x))
    numbers = output_size(network)
    members = experiment.ensemble.members if experiment.ensemble else 1
    with KernelMemory():
        forward = forward_peak(network, torch.empty(min(split, LOOKED), *data.in_shape, device=META))
    each = 4 + (24 if data.source.task == "regression" or network.head_positions else 8)  # R² and sums are in float64
    evaluated = forward + split * numbers * each * (members + 1 if members > 1 else 1)
    tallied = 0 if network.head_positions else 2 * 4 * members * len(data.train_x) * numbers
    probe = int(np.clip(PROBE_FLOPS / max(flops, 1), 24, 256))
    side = int(np.clip((PLANE_FLOPS / max(flops, 1)) ** 0.5, 16, 50))
    points = max(probe, side**2 if data.source.extent else 0)
    outs = [torch.Size(stage.out_shape).numel() for stage in network.stages]
    seen = int(4 * points * (1.5 * sum(outs) + 2 * max(outs))) + 4 * probe * recurrent_size(network)
    largest = max((parameter.nbytes for parameter in network.parameters()), default=0)  # sorted, compared, written
    return tallied + max(evaluated, seen + 2 * largest)


def output_size(network: Network) -> int:
    """Numbers that all ends give for one example."""
    return sum(torch.Size(network.stages[place].out_shape).numel() for place in (*network.head_positions, -1))


def recurrent_size(network: Network) -> int:
    """Numbers of gates and states for one example, which the instruments of recurrent layers look at."""
    found = 0
    for stage in network.stages:
        recurrence = stage.block.recurrence
        if recurrence:
            found += 10 * stage.in_shape[0] * recurrence.units * recurrence.layers
    return found
