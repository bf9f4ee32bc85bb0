"""The ends of a network: its output, its heads, its reconstructions. Their losses make one, J = Σ wₑ Lₑ.

With one end everything is as it always was. With several, the outputs of all ends stand side by side in one tensor,
(batch, numbers), and so do their targets: the output's, the heads', and the input itself for reconstructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.epochs import Tally
from engine.data.prepare import Prepared
from engine.data.targets import loss_module, training_targets
from engine.examples import Task
from engine.experiment.experiment import Experiment
from engine.frame import Channel
from engine.network.build import Network
from engine.numerics.metrics import accuracy, metric, r_squared
from engine.parts.losses import Loss, usual_loss
from engine.training.per_class import ByClass
from engine.training.sum_of_losses import SumOfLosses


@dataclass(frozen=True)
class End:
    """One end: its stage, its loss, where its outputs and its targets stand. `place` is −1 for the output; `chosen`
    is the part that `loss` comes from."""

    name: str
    place: int
    task: Task
    loss: nn.Module
    outputs: slice
    targets: slice
    chosen: Loss


class Judged(NamedTuple):
    """How a split fares: loss and metric, of several ends then those of each one; and what is known of each class."""

    scores: tuple[float, ...]
    classes: tuple[float, ...]


class Weighed(SumOfLosses):
    """The loss of all ends; its weights follow live edits."""

    def __init__(self, ends: tuple[End, ...], experiment: Experiment) -> None:
        columns = [end.outputs for end in ends], [end.targets for end in ends]
        super().__init__([end.loss for end in ends], [], *columns)
        self.ends = ends
        self.retune(experiment)

    def retune(self, experiment: Experiment) -> None:
        """Takes over the weights of an edited experiment."""
        given = [experiment.network[end.place] if end.place >= 0 else None for end in self.ends]
        self.weights = [experiment.output_weight if block is None else block.loss_weight for block in given]


class Ends:
    """What the trainer asks of the ends, however many there are."""

    def __init__(self, experiment: Experiment, data: Prepared, network: Network, device: torch.device) -> None:
        self.data, self.network, self.device = data, network, device
        self.task = data.source.task
        self.several = bool(network.ends)
        main = loss_module(experiment, data)
        self.ends = listed(experiment, data, network, main) if self.several else ()
        self.loss: nn.Module = (Weighed(self.ends, experiment) if self.several else main).to(device)
        self.inputs = any(network.stages[place].block.reconstructs for place in network.ends)
        self.newest: Tensor | None = None
        self.by_class = ByClass(experiment, data)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What the frames of a network with several ends say beside those of others, and the epochs of classes."""
        if not self.several:
            return self.by_class.channels
        names = tuple(end.name for end in self.ends)
        own = Channel("end_loss", "Loss of each end", "Lₑ of the batch", "", "lines", "log", names)
        return (own, *self.by_class.channels)

    def readings(self) -> dict[str, Tensor]:
        """Each end's loss on the batch of the newest step."""
        return {} if self.newest is None else {"end_loss": self.newest}

    def training_targets(self, experiment: Experiment) -> Tensor:
        """The targets of the training split, without the inputs."""
        return self._beside(training_targets(experiment, self.data), 0).to(self.device)

    def held_out(self, experiment: Experiment, part: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of the validation split (1) or the test split (2)."""
        data = self.data
        x, y = ((data.validation_x, data.validation_y), (data.test_x, data.test_y))[part - 1]
        targets = self._beside(experiment.loss.targets(y, data.source.outputs), part)
        return self.joined(x.to(self.device), targets.to(self.device))

    def _beside(self, main: Tensor, part: int) -> Tensor:
        """The output's targets with those of the heads beside them, in rows of numbers."""
        if not self.several or self.data.splits is None:
            return main
        columns = [rows(main, self.data.source.outputs)]
        for goal in self.data.goals.values():
            columns.append(rows(torch.from_numpy(goal.y[self.data.splits[part]]), goal.outputs))
        return torch.cat(columns, 1)

    def joined(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """A batch whose targets also hold the input, if something reconstructs it."""
        return (x, torch.cat([y, x.flatten(1)], 1)) if self.inputs else (x, y)

    def tally(self) -> Tally:
        """An empty tally of an epoch."""
        return EndsTally(self) if self.several else Tally()

    def restored(self, state: dict[str, Any]) -> Tally:
        """The tally in a checkpoint."""
        return EndsTally.load(self, state) if self.several else Tally.restore(state, self.device)

    @torch.no_grad()
    def evaluate(self, x: Tensor, y: Tensor) -> Judged:
        """How a split fares in evaluation mode."""
        self.network.eval()
        self.loss.eval()
        outputs = torch.cat([self.network(piece) for piece in torch.split(x, 2048)])
        found = float(self.loss(outputs, y))
        metrics: tuple[float, ...] = (float(metric(outputs, y, self.task)),) if not self.several else ()
        if self.several:
            tally, newest = EndsTally(self), self.newest
            tally.see(outputs, y)
            self.newest = newest  # a look at a split is no step
            metrics = tally.metrics()
        self.network.train()
        self.loss.train()
        width = self.data.source.outputs
        own = (outputs[:, :width], y[:, :width]) if self.several else (outputs, y)
        return Judged((found, *metrics), self.by_class(*own))


class EndsTally(Tally):
    """Sums over an epoch for each end, so that nothing of the size of the data has to be kept."""

    def __init__(self, ends: Ends) -> None:
        super().__init__()
        self.of = ends
        self.count = 0
        numbers = [end.targets.stop - end.targets.start for end in ends.ends]
        self.sums = [torch.zeros(2 + 2 * n, dtype=torch.float64, device=ends.device) for n in numbers]
        self.first: Tensor | None = None  # the first row of targets

    @torch.no_grad()
    def see(self, outputs: Tensor, targets: Tensor) -> None:
        """Per end: loss, right answers or squared error, and the sums of the targets and of their squares. Targets are
        counted from the first row, so that those which do not vary have no spread at all, and large ones a true one."""
        assert isinstance(self.of.loss, Weighed)
        losses = self.of.loss.parts(outputs, targets)
        self.of.newest = torch.stack(losses)
        self.count += len(outputs)
        self.first = targets[0].double().clone() if self.first is None else self.first
        for end, total, loss in zip(self.of.ends, self.sums, losses, strict=True):
            given, wanted = outputs[:, end.outputs].double(), targets[:, end.targets].double()
            right = (given.argmax(1) == wanted.argmax(1)).sum()
            found = right if end.task == "classification" else ((given - wanted) ** 2).sum()
            head = torch.stack([loss.double() * len(outputs), found.double()])
            apart = wanted - self.first[end.targets]
            total += torch.cat([head, apart.sum(0), (apart**2).sum(0)])

    def state(self) -> dict[str, Any]:
        """The tally so far, for a checkpoint."""
        return {**super().state(), "count": self.count, "sums": self.sums, "first": self.first}

    @classmethod
    def load(cls, ends: Ends, state: dict[str, Any]) -> EndsTally:
        """The tally in a checkpoint."""
        tally = cls(ends)
        tally.loss_sum, tally.examples, tally.count = state["loss_sum"], state["examples"], state["count"]
        tally.sums = [total.to(ends.device).clone() for total in state["sums"]]
        first = state.get("first")
        if first is None and tally.count:  # written before targets were counted from the first row
            first = torch.zeros(max(end.targets.stop for end in ends.ends), dtype=torch.float64)
        tally.first = None if first is None else first.to(ends.device)
        return tally

    def mean_and_metric(self, task: Task) -> tuple[float, ...]:
        """Mean of J, the output's metric, then each end's loss and metric."""
        return (self.loss_sum / self.examples, *self.metrics())

    def metrics(self) -> tuple[float, ...]:
        """The output's metric, then mean loss and metric of each end: accuracy, or R² of numbers, NaN where no target
        varies."""
        found: list[float] = []
        for end, total in zip(self.of.ends, self.sums, strict=True):
            loss, score, *rest = total.tolist()
            half = len(rest) // 2
            spread = sum(square - one**2 / self.count for one, square in zip(rest[:half], rest[half:], strict=True))
            known, apart = torch.tensor([score, spread], dtype=torch.float64)
            of = accuracy(known, self.count) if end.task == "classification" else r_squared(known, apart)
            found += [loss / self.count, float(of)]
        return (found[1], *found)


def listed(experiment: Experiment, data: Prepared, network: Network, main: nn.Module) -> tuple[End, ...]:
    """The ends in the order in which their outputs stand side by side."""
    width = data.source.outputs
    ends = [End("output", -1, data.source.task, main, slice(0, width), slice(0, width), experiment.loss)]
    inputs = width + sum(data.heads.values())  # the input comes last in the targets
    given = wanted = width
    for place in network.ends:
        stage = network.stages[place]
        size = torch.Size(stage.out_shape).numel()
        outputs = slice(given, given + size)
        given += size
        if place in data.goals:
            task: Task = data.goals[place].task
            own = stage.block.own_loss or usual_loss(task)
            ends.append(End(stage.name, place, task, own.build(), outputs, slice(wanted, wanted + size), own))
            wanted += size
        else:
            targets = slice(inputs, inputs + size)
            own = usual_loss("regression")
            ends.append(End(stage.name, place, "regression", own.build(), outputs, targets, own))
    return tuple(ends)


def rows(y: Tensor, outputs: int) -> Tensor:
    """Targets as rows of numbers: classes as shares, all of it for the right one."""
    return nn.functional.one_hot(y, outputs).to(torch.float32) if y.dtype == torch.int64 else y
