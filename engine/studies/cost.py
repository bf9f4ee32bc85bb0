"""What a network costs before it is trained: numbers, operations, memory, and time measured in a few real steps."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch

from engine.build import assemble
from engine.data.prepare import prepare
from engine.experiment import Experiment
from engine.preview import preview
from engine.studies.alive import forward_peak
from engine.trainer import Trainer

BACKWARD = 2  # a backward pass takes twice the products of the forward one
WARM, SECONDS = 3, 1.0


@dataclass(frozen=True)
class Cost:
    """All memory is in bytes; activations are those of one batch. `serving` is for the forward pass alone: weights,
    running statistics and the most that is alive at once. All members of a bagged network count; `flops_training`
    counts the gradients of an attack too."""

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


def cost(experiment: Experiment) -> Cost:
    """Everything that can be known on the meta device. Raises: InvalidExperiment."""
    found, data = preview(experiment), prepare(experiment)
    network = assemble(experiment, found.in_shape, found.outputs, data.heads)
    weights = 4 * found.parameters
    kept = weights * experiment.optimizer.kept()
    batch = torch.empty(experiment.batch_size, *found.in_shape, device="meta")
    buffers = found.members * sum(buffer.untyped_storage().nbytes() for buffer in network.buffers())
    serving = weights + buffers + batch.untyped_storage().nbytes() + forward_peak(network, batch)
    flops = found.flops_per_example
    return Cost(
        found.parameters, flops, (1 + BACKWARD) * flops * found.cost, weights, weights, kept,
        found.memory_bytes - 2 * weights - kept, found.memory_bytes, serving, experiment.batch_size,
    )  # fmt: skip


def measured(experiment: Experiment) -> Iterator[dict[str, Any]]:
    """The cost, and then the seconds that an epoch takes here, estimated from real steps of this very network."""
    yield asdict(cost(experiment))
    yield epoch_seconds(experiment)


def epoch_seconds(experiment: Experiment, seconds: float = SECONDS) -> dict[str, Any]:
    """Real steps for about a second, instruments on, the first few not counted; then one look at the validation split.

    An epoch is its steps at that pace and one validation. Where every step ends an epoch, validations are subtracted.
    """
    free = {"steps": 10**7, "epochs": None, "stopping": experiment.stopping.model_copy(update={"divergence": False})}
    lasting = tuple(rule for rule in experiment.regularizers if not rule.keeps_best)  # none that ends it early
    trainer = Trainer(experiment.model_copy(update={**free, "regularizers": lasting}))
    trainer.advance(deadline=math.inf, until_step=WARM)
    began = time.perf_counter()
    plain: list[float] = []
    ending: list[float] = []
    while trainer.status == "running" and time.perf_counter() - began < seconds:
        before = time.perf_counter()
        ends = trainer.advance(deadline=0.0).epochs
        (ending if ends else plain).append(time.perf_counter() - before)
    before = time.perf_counter()
    trainer.ends.evaluate(trainer.held_x, trainer.held_y)
    looked = time.perf_counter() - before
    steps = plain or [max(0.0, one - looked) for one in ending]
    each = sum(steps) / len(steps) if steps else None
    epoch = trainer.order.steps_per_epoch(experiment.batch_size)
    return {"steps_measured": len(steps), "step_seconds": each, "steps_per_epoch": epoch, "validation_seconds": looked,
            "epoch_seconds": None if each is None else each * epoch + looked,
            "device": trainer.device.type}  # fmt: skip
