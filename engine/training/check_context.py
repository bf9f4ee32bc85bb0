"""The context of a check: an experiment's data, fresh networks, and short training runs with a budget."""

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
from engine.network.build import Network, assemble, build
from engine.network.flops import count_forward_flops
from engine.numerics.seeding import DROPOUT, seed_of
from engine.parts.blocks import Shape
from engine.training.eager import Eager
from engine.training.heads import Heads, WeightedLoss

CPU = torch.device("cpu")
ENOUGH = 2048  # examples that a loss is evaluated on
WORK, CALL = 5e10, 5e5  # flops of one short training; flops in the time of one call of a module
GRADIENTS = 10  # per step of an optimizer that evaluates the loss several times
FEWEST = 100  # steps, however large the network


@dataclass(frozen=True)
class TrainedStep:
    """A step of a short training: its number, the loss of its batch before the update, and the loss of each head."""

    step: int
    loss: float
    losses: tuple[float, ...]


class CheckContext:
    """An experiment on the CPU, ready for checks: a single network without an attack. `original` is the experiment as
    it was given, with its device, attack and ensemble.

    A short training takes at most `steps` steps, fewer for large networks, so that its result depends on the experiment
    and not on the machine. `seconds` is a last resort on a machine that is far too busy; `timed_out` says that it was
    needed.
    """

    def __init__(self, experiment: Experiment, seconds: float = 30.0, steps: int = 3000) -> None:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self.original = experiment
        self.experiment = experiment.model_copy(update={"device": "cpu", "attack": None, "ensemble": None})
        self.seconds = seconds
        self.steps = steps
        self.timed_out = False

    @cached_property
    def data(self) -> Prepared:
        """The prepared splits."""
        return prepare(self.experiment)

    @cached_property
    def heads(self) -> Heads:
        """The heads of its network."""
        return self._build_heads()

    def _build_heads(self) -> Heads:
        data = self.data
        return Heads(self.experiment, data, assemble(self.experiment, *self._sizes(), data.heads), CPU)

    def _sizes(self) -> tuple[Shape, int]:
        return self.data.in_shape, self.data.source.outputs

    @cached_property
    def targets(self) -> Tensor:
        """Targets of the training split as training sees them; `Heads.join_inputs` adds those of reconstructions."""
        return self.heads.encode_training_targets(self.experiment)

    def network(self) -> Network:
        """A new network with its initial weights."""
        return build(self.experiment, *self._sizes(), self.data.heads)

    def loss(self) -> nn.Module:
        """A new loss, with class weights and all heads."""
        return self._build_heads().loss

    @property
    def examples(self) -> tuple[Tensor, Tensor]:
        """The training examples that losses are evaluated on, with their targets."""
        return self.heads.join_inputs(self.data.train_x[:ENOUGH], self.targets[:ENOUGH])

    def count_affordable_steps(self, batch: int) -> int:
        """The number of steps of a short training: fewer for large networks, the same on every machine."""
        network = assemble(self.experiment, *self._sizes(), self.data.heads)
        # small networks spend their time on calls, not on arithmetic, and recurrent ones call once per time step
        calls = sum(1 for module in network.modules() if not list(module.children()))
        for stage in network.stages:
            recurrence = stage.block.recurrence
            calls += stage.in_shape[0] * recurrence.layers if recurrence else 0
        work = 3 * (count_forward_flops(network, self.data.in_shape) * batch + CALL * calls)
        if self.experiment.optimizer.needs_closure:
            work *= GRADIENTS
        return int(min(self.steps, max(FEWEST, WORK / work)))

    def train(
        self, network: Network, loss: nn.Module, x: Tensor, y: Tensor, plan: Experiment, steps: int, blind: bool = False
    ) -> Iterator[TrainedStep]:
        """Take `steps` steps of the experiment `plan` on these examples. `blind`: with all inputs 0."""
        order, augment = Order(x, y, plan.seed), Augment(plan, CPU)
        executor = Eager(plan, network, loss, CPU)
        end = time.perf_counter() + self.seconds
        epoch = 0
        for step in range(steps):
            if order.cursor >= order.count:
                epoch += 1
                order.begin(epoch)
            batch_x, batch_y = self.heads.join_inputs(*augment(*order.take(plan.batch_size), step))
            batch_x = torch.zeros_like(batch_x) if blind else batch_x
            value, outputs = executor.step(batch_x, batch_y, 1.0, seed_of(plan.seed, DROPOUT, step), None)
            each = loss.compute_head_losses(outputs, batch_y) if isinstance(loss, WeightedLoss) else [float(value)]
            yield TrainedStep(step + 1, float(value), tuple(float(one) for one in each))
            if time.perf_counter() > end:
                self.timed_out = True
                return


def disable_randomness(network: Network) -> Network:
    """Set training mode, except for the blocks that draw random numbers."""
    network.train()
    for stage in network.stages:
        if stage.block.is_random:
            stage.module.eval()
    return network


@torch.no_grad()
def evaluate_outputs(network: Network, x: Tensor) -> Tensor:
    """The outputs in evaluation mode, (examples, outputs); each module keeps its mode."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    outputs = torch.cat([network(piece) for piece in torch.split(x, ENOUGH)])
    for module, mode in modes:
        module.training = mode
    return outputs
