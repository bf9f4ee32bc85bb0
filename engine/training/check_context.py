"""What a check stands on: an experiment's data, fresh networks, and a short training with a budget."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from engine.data.augment import Augment
from engine.data.epochs import Order
from engine.data.prepare import Prepared, prepare
from engine.experiment.experiment import Experiment
from engine.network.build import Network, assemble, build, forward_flops
from engine.numerics.seeding import DROPOUT, seed_of
from engine.parts.blocks import Shape
from engine.training.eager import Eager
from engine.training.heads import Ends, Weighed

CPU = torch.device("cpu")
ENOUGH = 2048  # examples that a loss is looked at on
WORK, CALL = 5e10, 5e5  # floating-point operations of one short training; what calling one operation is worth
ASKED = 10  # gradients in a step of an optimizer that asks for them itself
FEWEST = 100  # steps, however large the network


@dataclass(frozen=True)
class Taken:
    """One step of a short training: how many there were, the loss of its batch before it, and that of each end."""

    step: int
    loss: float
    losses: tuple[float, ...]


class Ground:
    """An experiment on the CPU, ready to be examined: one network alone, without an attack. `asked` is it with both.

    How many steps a short training has depends on the network's size, at most `steps`; `seconds` only ends it on a
    machine that is far too busy, and `late` says that it did.
    """

    def __init__(self, experiment: Experiment, seconds: float = 30.0, steps: int = 3000) -> None:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self.asked = experiment
        self.experiment = experiment.model_copy(update={"device": "cpu", "attack": None, "ensemble": None})
        self.seconds = seconds
        self.steps = steps
        self.late = False

    @cached_property
    def data(self) -> Prepared:
        """The prepared splits."""
        return prepare(self.experiment)

    @cached_property
    def ends(self) -> Ends:
        """The ends of its network, with a loss of their own."""
        return self._ends()

    def _ends(self) -> Ends:
        data = self.data
        return Ends(self.experiment, data, assemble(self.experiment, *self._sizes(), data.heads), CPU)

    def _sizes(self) -> tuple[Shape, int]:
        return self.data.in_shape, self.data.source.outputs

    @cached_property
    def targets(self) -> Tensor:
        """Targets of the training split as training sees them; what reconstructions aim at is `joined` later."""
        return self.ends.training_targets(self.experiment)

    def network(self) -> Network:
        """A network with its first weights."""
        return build(self.experiment, *self._sizes(), self.data.heads)

    def loss(self) -> nn.Module:
        """The loss, class weights and all ends included; a new one each time."""
        return self._ends().loss

    @property
    def seen(self) -> tuple[Tensor, Tensor]:
        """The training examples that losses are looked at on, and their targets."""
        return self.ends.joined(self.data.train_x[:ENOUGH], self.targets[:ENOUGH])

    def affordable(self, batch: int) -> int:
        """How many steps a short training may have: fewer for large networks, the same on every machine."""
        network = assemble(self.experiment, *self._sizes(), self.data.heads)
        calls = sum(1 for module in network.modules() if not list(module.children()))
        for stage in network.stages:
            recurrence = stage.block.recurrence
            calls += stage.in_shape[0] * recurrence.layers if recurrence else 0
        work = 3 * (forward_flops(network, self.data.in_shape) * batch + CALL * calls)
        if self.experiment.optimizer.needs_closure:
            work *= ASKED
        return int(min(self.steps, max(FEWEST, WORK / work)))

    def train(
        self, network: Network, loss: nn.Module, x: Tensor, y: Tensor, plan: Experiment, steps: int, blind: bool = False
    ) -> Iterator[Taken]:
        """So many steps of `plan` on these examples, in the plan's own order; `blind`: all inputs are 0."""
        order, augment = Order(x, y, plan.seed), Augment(plan, CPU)
        executor = Eager(plan, network, loss, CPU)
        end = time.perf_counter() + self.seconds
        epoch = 0
        for step in range(steps):
            if order.cursor >= order.count:
                epoch += 1
                order.begin(epoch)
            own_x, own_y = self.ends.joined(*augment(*order.take(plan.batch_size), step))
            own_x = torch.zeros_like(own_x) if blind else own_x
            value, given = executor.step(own_x, own_y, 1.0, seed_of(plan.seed, DROPOUT, step), None)
            parts = loss.parts(given, own_y) if isinstance(loss, Weighed) else [torch.tensor(float(value))]
            yield Taken(step + 1, float(value), tuple(float(part) for part in parts))
            if time.perf_counter() > end:
                self.late = True
                return


def calm(network: Network) -> Network:
    """The network in training mode, except that nothing in it draws random numbers."""
    network.train()
    for stage in network.stages:
        if stage.block.is_random:
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
