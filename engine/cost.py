"""What a network costs before it is trained: numbers, operations, memory, and time measured in a few real steps."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch

from engine.alive import forward_peak
from engine.build import assemble
from engine.experiment import Experiment
from engine.preview import preview, saved_bytes
from engine.trainer import Trainer

BACKWARD = 2  # a backward pass takes twice the products of the forward one
WARM, SECONDS = 3, 1.0


@dataclass(frozen=True)
class Cost:
    """All memory is in bytes; activations are those of one batch. `serving` is for the forward pass alone: weights,
    running statistics and the most that is alive at once. Recurrent layers' operations
    are not counted, nor what their kernels keep inside: `uncounted` says that there are some."""

    parameters: int
    flops_forward: int
    flops_training: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    training: int
    serving: int
    batch_size: int
    uncounted: bool


def cost(experiment: Experiment) -> Cost:
    """Everything that can be known on the meta device. Raises: InvalidExperiment."""
    found = preview(experiment)
    network = assemble(experiment, found.in_shape, found.outputs)
    weights = 4 * found.parameters
    kept = weights * experiment.optimizer.kept()
    saved = saved_bytes(network, found.in_shape, experiment.batch_size)
    batch = torch.empty(experiment.batch_size, *found.in_shape, device="meta")
    buffers = sum(buffer.untyped_storage().nbytes() for buffer in network.buffers())
    serving = weights + buffers + batch.untyped_storage().nbytes() + forward_peak(network, batch)
    flops = found.flops_per_example
    training = 2 * weights + kept + saved
    uncounted = any(isinstance(module, torch.nn.RNNBase) for module in network.modules())
    return Cost(
        found.parameters, flops, (1 + BACKWARD) * flops, weights, weights, kept, saved, training, serving,
        experiment.batch_size, uncounted,
    )  # fmt: skip


def measured(experiment: Experiment) -> Iterator[dict[str, Any]]:
    """The cost, and then the seconds that an epoch takes here, estimated from real steps of this very network."""
    yield asdict(cost(experiment))
    yield epoch_seconds(experiment)


def epoch_seconds(experiment: Experiment, seconds: float = SECONDS) -> dict[str, Any]:
    """Real steps for about a second, instruments on, the first few not counted; then one look at the validation split.

    An epoch is its steps at that pace and one validation.
    """
    free = {"steps": 10**7, "epochs": None, "stopping": experiment.stopping.model_copy(update={"divergence": False})}
    trainer = Trainer(experiment.model_copy(update=free))
    trainer.advance(deadline=0.0, until_step=WARM)
    began, taken, steps = time.perf_counter(), 0.0, 0
    while trainer.status == "running" and time.perf_counter() - began < seconds:
        before = time.perf_counter()
        if trainer.advance(deadline=0.0).epochs:
            continue  # it had a validation in it
        taken, steps = taken + time.perf_counter() - before, steps + 1
    before = time.perf_counter()
    trainer.ends.evaluate(trainer.held_x, trainer.held_y)
    looked = time.perf_counter() - before
    each = taken / steps if steps else math.nan
    epoch = trainer.order.steps_per_epoch(experiment.batch_size)
    return {"steps_measured": steps, "step_seconds": each, "steps_per_epoch": epoch, "validation_seconds": looked,
            "epoch_seconds": each * epoch + looked, "device": trainer.device.type}  # fmt: skip
