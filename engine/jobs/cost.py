"""What a network costs before it is trained: numbers, operations, memory, and time measured in a few real steps."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.network.build import Network, assemble
from engine.parts.blocks import Shape
from engine.preview.memory_estimate import count_longest_batch
from engine.preview.peak_memory import measure_forward_peak
from engine.preview.preview import preview
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits
from engine.training.trainer import Trainer

WARM, SECONDS = 3, 1.0


class MeasureCost(Job):
    """The cost of training an experiment, the document: what is known without training, then an epoch's seconds."""

    limits: ClassVar[Limits] = Limits(memory=8 * GIB, seconds=900.0, cpu_seconds=900)

    def events(self, task: Task) -> Iterator[Event]:
        """Work the cost out and measure it. Raises: InvalidExperiment."""
        yield from measure_cost(Experiment.from_json(task.text()))


@dataclass(frozen=True)
class Cost:
    """All memory is in bytes. `training` is the most that tensors take in a step; `activations` are those of one batch
    with all that operations take for a while. `data`: the examples, prepared and in the order of an epoch. `run`: the
    most that the run's process takes, data and copies too. `serving` is for the forward pass alone: weights, running
    statistics and the most that is alive at once. All members of a bagged network count; `flops_training` counts the
    gradients of an attack too, and none of the inputs where nobody asks for it."""

    parameters: int
    flops_forward: int
    flops_training: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    training: int
    data: int
    run: int
    serving: int
    batch_size: int


def count_cost(experiment: Experiment) -> Cost:
    """Everything that can be known on the meta device. Raises: InvalidExperiment."""
    found, data = preview(experiment), prepare(experiment)
    network = assemble(experiment, found.in_shape, found.outputs, data.heads)
    own = found.memory
    batch = torch.empty(count_longest_batch(len(data.train_x), experiment.batch_size), *found.in_shape, device="meta")
    buffers = found.members * sum(buffer.untyped_storage().nbytes() for buffer in network.buffers())
    serving = own.weights + buffers + batch.untyped_storage().nbytes() + measure_forward_peak(network, batch)
    return Cost(
        found.parameters, found.flops_per_example,
        found.members * count_step_flops(network, found.in_shape, experiment),
        own.weights, own.gradients, own.optimizer, own.activations, own.step, own.data.resident, own.run, serving,
        experiment.batch_size,
    )  # fmt: skip


def count_step_flops(network: Network, in_shape: Shape, experiment: Experiment) -> int:
    """Operations of a step for one example: forward and backward, where the gradient of the inputs is not made; where
    an attack is trained on, twice, and once more with that gradient alone for each that the attack takes."""
    counter = FlopCounterMode(display=False)
    with counter:
        network.train()(torch.zeros(2, *in_shape, device="meta")).sum().backward()
    attack = experiment.attack if experiment.attack and experiment.attack.share > 0 else None
    seen = FlopCounterMode(display=False)
    if attack:
        x = torch.zeros(2, *in_shape, device="meta", requires_grad=True) + 0.0  # no leaf, which the counter cannot take
        with seen:
            torch.autograd.grad(network.eval()(x).sum(), x, allow_unused=True)
    gradients = attack.gradients if attack else 0
    return (counter.get_total_flops() * (2 if attack else 1) + gradients * seen.get_total_flops()) // 2


def measure_cost(experiment: Experiment) -> Iterator[dict[str, Any]]:
    """The cost, and then the seconds that an epoch takes here, estimated from real steps of this very network."""
    yield asdict(count_cost(experiment))
    yield measure_epoch_seconds(experiment)


def measure_epoch_seconds(experiment: Experiment, seconds: float = SECONDS) -> dict[str, Any]:
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
    trainer.heads.evaluate(trainer.validation_x, trainer.validation_y)
    looked = time.perf_counter() - before
    steps = plain or [max(0.0, one - looked) for one in ending]
    each = sum(steps) / len(steps) if steps else None
    epoch = trainer.order.count_steps(experiment.batch_size)
    return {"steps_measured": len(steps), "step_seconds": each, "steps_per_epoch": epoch, "validation_seconds": looked,
            "epoch_seconds": None if each is None else each * epoch + looked,
            "device": trainer.device.type}  # fmt: skip
