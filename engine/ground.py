"""What a check stands on: an experiment's data, fresh networks, and a short training with a budget."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from engine.augment import Augment
from engine.build import Network, build
from engine.chance import DROPOUT, seed_of
from engine.epochs import Order
from engine.executor import Eager
from engine.experiment import Experiment
from engine.prepare import Prepared, prepare
from engine.targets import loss_module, training_targets

CPU = torch.device("cpu")
ENOUGH = 2048  # examples that a loss is looked at on


@dataclass(frozen=True)
class Taken:
    """One step of a short training: how many there were, and the loss of its batch before it."""

    step: int
    loss: float


class Ground:
    """An experiment on the CPU, ready to be examined. `seconds` bounds each training; `steps` too."""

    def __init__(self, experiment: Experiment, seconds: float = 6.0, steps: int = 3000) -> None:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self.experiment = experiment.model_copy(update={"device": "cpu"})
        self.seconds = seconds
        self.steps = steps

    @cached_property
    def data(self) -> Prepared:
        """The prepared splits."""
        return prepare(self.experiment)

    @cached_property
    def targets(self) -> Tensor:
        """Targets of the training split as training sees them."""
        return training_targets(self.experiment, self.data)

    def network(self) -> Network:
        """A network with its first weights."""
        return build(self.experiment, self.data.in_shape, self.data.source.outputs)

    def loss(self) -> nn.Module:
        """The loss, class weights and all."""
        return loss_module(self.experiment, self.data)

    @property
    def seen(self) -> tuple[Tensor, Tensor]:
        """The training examples that losses are looked at on, and their targets."""
        return self.data.train_x[:ENOUGH], self.targets[:ENOUGH]

    def train(
        self, network: Network, loss: nn.Module, x: Tensor, y: Tensor, plan: Experiment, steps: int = 0
    ) -> Iterator[Taken]:
        """Steps of `plan` on these examples, in the plan's own order, until the budget is spent; or exactly `steps`."""
        order, augment = Order(x, y, plan.seed), Augment(plan, CPU)
        executor = Eager(plan, network, loss, CPU)
        end = time.perf_counter() + self.seconds
        epoch = 0
        for step in range(steps or self.steps):
            if order.cursor >= order.count:
                epoch += 1
                order.begin(epoch)
            batch = augment(*order.take(plan.batch_size), step)
            value, _ = executor.step(*batch, 1.0, seed_of(plan.seed, DROPOUT, step), None)
            yield Taken(step + 1, float(value))
            if not steps and time.perf_counter() > end:
                return


def calm(network: Network) -> Network:
    """The network in training mode, except that nothing in it draws random numbers."""
    network.train()
    for stage in network.stages:
        if stage.block.draws:
            stage.module.eval()
    return network


@torch.no_grad()
def outputs(network: Network, x: Tensor) -> Tensor:
    """What a network gives in evaluation mode; it stays in the mode that each module had."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    found = torch.cat([network(piece) for piece in torch.split(x, ENOUGH)])
    for module, mode in modes:
        module.training = mode
    return found
