"""Estimate of the most memory that a run takes, made on the meta device before anything is allocated.

It has to be no less than what is really taken, since workers are limited to it, and not much more, since runs are
admitted by it: tests hold steps between 1 and 1.3 times what torch's allocator was seen to give out.
"""

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
from engine.preview.peak_memory import PeakMemory, measure_forward_peak
from engine.training.capture import PLANE_FLOPS, PROBE_FLOPS, add_companions
from engine.training.heads import Heads
from engine.training.rollback import LARGEST

META = torch.device("meta")
PROCESS_BYTES = 24 * 2**20
"""Bytes of a worker that trains next to nothing, besides what it shares with the others."""
COPIED_STATE_BYTES = 16 * 2**20
"""A state of up to so many bytes is copied before it is saved; a larger one is streamed to the disk as it is."""
FRAGMENTATION = 1.08
"""4 × dense 4096 with Adam took 1 184 MiB where tensors alone count 1 121: freed pieces stay for a while."""
MARGIN, SCALAR_BYTES = 1.03, 128  # for what some kernels take besides their results, and for single numbers
CLOSURE_OUTPUTS = 8  # times the outputs that a step remembers whose optimizer evaluates the closure itself
EVALUATION_BATCH = 2048  # examples of a split that `evaluate` takes at a time


@dataclass(frozen=True)
class MemoryEstimate:
    """Memory of a run, in bytes.

    `step`: the most that tensors take while a step is taken: weights, gradients, optimizer state, and `activations`,
    which is all else: what the forward pass keeps and the scratch of operations. `evaluation`: the most that an
    evaluation or the instruments take besides weights, gradients and optimizer state. `state`: a checkpoint. `copies`:
    weights that are remembered, and a state on its way to the disk. `data`: the examples. `run` is the most that the
    whole process takes, everything together.
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
    def persistent(self) -> int:
        """What stays from step to step."""
        return self.weights + self.gradients + self.optimizer

    @property
    def step(self) -> int:
        """The most that tensors take in a step."""
        return self.persistent + self.activations

    @property
    def run(self) -> int:
        """The most that the process takes: while data are prepared, or while it trains."""
        training = self.data.resident + self.copies + self.persistent + max(self.activations, self.evaluation)
        return PROCESS_BYTES + int(FRAGMENTATION * max(self.data.preparing, training))


def estimate_memory(experiment: Experiment, network: Network, data: Prepared, flops: int) -> MemoryEstimate:
    """Estimate the memory of a run. `network`: on the meta device, one member; `flops`: of its forward pass."""
    members = experiment.ensemble.members if experiment.ensemble else 1
    shapes = [parameter.shape for parameter in network.parameters()]
    sizes = [4 * shape.numel() for shape in shapes]
    weights = sum(sizes)
    optimizer_state = sum(
        size * experiment.optimizer.count_state(len(shape)) for size, shape in zip(sizes, shapes, strict=True)
    )
    every, largest = experiment.optimizer.scratch
    matrix = max((4 * shape.numel() for shape in shapes if len(shape) == 2), default=0)
    scratch = int(every * weights + largest * matrix) + weights * sum(rule.scratch for rule in experiment.regularizers)
    buffers = sum(buffer.nbytes for buffer in network.buffers())
    state = members * (weights + optimizer_state + buffers)
    best = members * weights if any(rule.keeps_best for rule in experiment.regularizers) else 0
    before = weights if any("updates" in probe.needs for probe in add_companions(experiment.probes)) else 0
    saved = 2 * (state + best) if state + best <= COPIED_STATE_BYTES else 0
    saved += 3 * state if state <= LARGEST else 0  # the way back, the next one, and the end to come back to
    batch = count_longest_batch(len(data.train_x), experiment.batch_size)
    return MemoryEstimate(
        weights=members * weights,
        gradients=members * weights,
        optimizer=members * optimizer_state,
        activations=estimate_step_peak(experiment, network, data, batch, scratch),
        evaluation=estimate_evaluation_peak(experiment, network, data, flops),
        state=state + best,
        copies=best + before + saved,
        data=estimate_size(experiment, data.source).add_batches(
            members * (2 if experiment.augmentations else 1) * batch
        ),
    )


def count_longest_batch(count: int, batch_size: int) -> int:
    """Count the examples of the longest batch: one that would be left over joins the last; see `Order`."""
    left_over = count % batch_size == 1 and batch_size > 1
    return min(count, batch_size + 1 if left_over else batch_size)


def estimate_step_peak(experiment: Experiment, network: Network, data: Prepared, batch: int, scratch: int) -> int:
    """Estimate the most that a step takes besides weights, gradients and optimizer state, in bytes.

    `scratch`: what the optimizer and the regularizers take for a while.
    """
    heads = Heads(experiment, data, network, META)
    x = torch.empty(batch, *data.in_shape, device=META)  # (batch, *in_shape)
    x, y = heads.join_inputs(x, heads.encode_training_targets(experiment)[:batch])
    parameters = list(network.parameters())
    attacked = experiment.attack is not None and experiment.attack.share > 0
    network.train()
    with KernelMemory(), PeakMemory([x, y, *parameters, *network.buffers()]) as counter:
        outputs, loss = run_forward(network, heads.loss, x, y, attacked)
        forward = counter.peak
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        del outputs, loss
        gradients = sum(parameter.nbytes for parameter in parameters)
        # gradients are counted as such; those of the step before are there until the backward pass begins
        most = max(forward, counter.peak - gradients)
    for parameter in parameters:
        parameter.grad = None
    outputs_bytes = 4 * batch * count_outputs(network)
    closure = scratch + CLOSURE_OUTPUTS * outputs_bytes if experiment.optimizer.needs_closure else 0
    members = experiment.ensemble.members if experiment.ensemble else 1
    joined = members * outputs_bytes if members > 1 else 0  # all members' outputs, stacked
    # an optimizer steps when activations are gone, but for one that evaluates the closure meanwhile
    return max(int(MARGIN * (most + closure)) + joined, scratch) + SCALAR_BYTES + members * (x.nbytes + y.nbytes)


def run_forward(network: Network, loss: nn.Module, x: Tensor, y: Tensor, attacked: bool) -> tuple[Tensor, Tensor]:
    """Run a batch forward: its outputs (batch, outputs) and its loss (), with that of the attacked batch where it is
    trained on."""
    outputs = network(x)
    mean_loss: Tensor = loss(outputs, y)
    return outputs, mean_loss + loss(network(torch.empty_like(x)), y) if attacked else mean_loss


def estimate_evaluation_peak(experiment: Experiment, network: Network, data: Prepared, flops: int) -> int:
    """Estimate the most that an evaluation, the metrics of an epoch or the instruments take, in bytes."""
    split = max(len(data.validation_x), len(data.test_x))
    outputs = count_outputs(network)
    members = experiment.ensemble.members if experiment.ensemble else 1
    with KernelMemory():
        forward = measure_forward_peak(network, torch.empty(min(split, EVALUATION_BATCH), *data.in_shape, device=META))
    each = 4 + (24 if data.source.task == "regression" or network.head_positions else 8)  # R² and sums are in float64
    evaluation = forward + split * outputs * each * (members + 1 if members > 1 else 1)
    # the outputs of all batches of an epoch, and as long as they are joined a second time
    epoch = 0 if network.head_positions else 2 * 4 * members * len(data.train_x) * outputs
    probe = int(np.clip(PROBE_FLOPS / max(flops, 1), 24, 256))  # examples and points as `Capture` chooses them
    side = int(np.clip((PLANE_FLOPS / max(flops, 1)) ** 0.5, 16, 50))
    points = max(probe, side**2 if data.source.extent else 0)
    sizes = [torch.Size(stage.out_shape).numel() for stage in network.stages]
    probes = int(4 * points * (1.5 * sum(sizes) + 2 * max(sizes))) + 4 * probe * count_recurrent_numbers(network)
    largest = max((parameter.nbytes for parameter in network.parameters()), default=0)  # sorted, compared, written
    return epoch + max(evaluation, probes + 2 * largest)


def count_outputs(network: Network) -> int:
    """Count the numbers that all heads give for one example."""
    return sum(torch.Size(network.stages[position].out_shape).numel() for position in (*network.head_positions, -1))


def count_recurrent_numbers(network: Network) -> int:
    """Count the numbers of gates and states for one example, which the probes of recurrent layers look at."""
    count = 0
    for stage in network.stages:
        recurrence = stage.block.recurrence
        if recurrence:
            count += 10 * stage.in_shape[0] * recurrence.units * recurrence.layers
    return count
