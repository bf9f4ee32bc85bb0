"""Epochs: the order of the examples, and the metrics of an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.examples import Task
from engine.numerics.metrics import metric
from engine.numerics.seeding import ORDER, seed_of


class EpochRow(NamedTuple):
    """What is recorded of every epoch.

    The training loss and metric are over the epoch's own batches, as they were seen: weights moving, dropout on. The
    training loss is what is minimized, without penalties: of smoothed and mixed labels, of attacked inputs too, rare
    classes weighed more or shown more often if the experiment says so. Validation is after the epoch, in evaluation
    mode, the plain mean over the examples as they are, so that it can be compared between runs; early stopping, the
    best epoch and the schedule look at it. The metric is accuracy, or R² of a regression.
    """

    epoch: float
    step: float
    train_loss: float
    train_metric: float
    validation_loss: float
    validation_metric: float

    @classmethod
    def of(cls, epoch: int, step: int, train: Sequence[float], held: Sequence[float]) -> EpochRow:
        """A row from what training and validation gave: loss, metric, and where a network has several ends, loss and
        metric of each one. The latter stand behind the fields: training loss, validation loss, training metric,
        validation metric of the first end, and so on."""
        more = [value for i in range(2, len(train)) for value in (train[i], held[i])]
        return tuple.__new__(cls, (epoch, step, *train[:2], *held[:2], *more))

    def __repr__(self) -> str:
        return f"EpochRow{tuple(self)}"  # a named tuple's own fails where several ends make it longer


class Order:
    """The training split in a new order each epoch; the order depends on seed and epoch alone.

    The last batch takes what is left; a single example that would be left over joins the batch before it. With
    `classes` (that of each example) an epoch is as long, but every class comes as often as the others: examples of rare
    classes several times, of frequent ones not all.
    """

    def __init__(self, x: Tensor, y: Tensor, seed: int, classes: Tensor | None = None) -> None:
        self.x, self.y, self.seed = x, y, seed
        self.members = (
            [] if classes is None else [(classes == c).nonzero()[:, 0] for c in sorted(set(classes.tolist()))]
        )
        self.count = len(x)
        self.begin(0)

    def begin(self, epoch: int, cursor: int = 0) -> None:
        """Starts `epoch` (finished epochs before it), with `cursor` examples already used."""
        generator = torch.Generator().manual_seed(seed_of(self.seed, ORDER, epoch))
        order = torch.randperm(self.count, generator=generator)
        if self.members:
            order = self._balanced(generator)[order]
        order = order.to(self.x.device)
        self.epoch_x, self.epoch_y = self.x[order], self.y[order]
        self.cursor = cursor

    def _balanced(self, generator: torch.Generator) -> Tensor:
        """As many examples as there are, equally many of each class, each as often as the others of its class."""
        drawn = []
        for place, own in enumerate(self.members):
            wanted = (self.count + place) // len(self.members)
            rounds = [torch.randperm(len(own), generator=generator) for _ in range(-(-wanted // len(own)))]
            drawn.append(own[torch.cat(rounds)[:wanted]])
        return torch.cat(drawn)

    def upcoming(self, batch_size: int) -> int:
        """How many examples the next batch has."""
        left = self.count - self.cursor
        return left if left <= batch_size or (left == batch_size + 1 and batch_size > 1) else batch_size

    def take(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """The next batch."""
        start = self.cursor
        self.cursor = end = start + self.upcoming(batch_size)
        return self.epoch_x[start:end], self.epoch_y[start:end]

    def steps_per_epoch(self, batch_size: int) -> int:
        """Batches in one epoch."""
        return count_batches(self.count, batch_size)

    def steps_left(self, batch_size: int) -> int:
        """Batches until the epoch ends."""
        return count_batches(self.count - self.cursor, batch_size)


def count_batches(count: int, batch_size: int) -> int:
    """Batches in one epoch of so many examples: see `Order`."""
    full, rest = divmod(count, batch_size)
    joined = rest == 1 and batch_size > 1 and full > 0
    return max(1, full + (rest > 0 and not joined))


class EpochMetrics:
    """Loss and metric of the epoch under way, from its batches."""

    def __init__(self) -> None:
        self.loss_sum = 0.0
        self.examples = 0
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []

    def add_batch(self, outputs: Tensor, targets: Tensor) -> None:
        """Add the outputs and the targets of a batch, (batch, …)."""
        self.outputs.append(outputs)
        self.targets.append(targets)

    def add_loss(self, loss: float, examples: int) -> None:
        """Add the mean loss of a batch."""
        self.loss_sum += loss * examples
        self.examples += examples

    def state(self) -> dict[str, Any]:
        """The sums so far, for a checkpoint."""
        seen = {"outputs": torch.cat(self.outputs), "targets": torch.cat(self.targets)} if self.outputs else {}
        return {"loss_sum": self.loss_sum, "examples": self.examples, **seen}

    @classmethod
    def restore(cls, state: dict[str, Any], device: torch.device) -> EpochMetrics:
        """The sums in a checkpoint."""
        metrics = cls()
        metrics.loss_sum, metrics.examples = state["loss_sum"], state["examples"]
        if "outputs" in state:
            metrics.outputs, metrics.targets = [state["outputs"].to(device)], [state["targets"].to(device)]
        return metrics

    @property
    def mean_loss(self) -> float:
        """The mean loss of the examples so far; 0 before the first."""
        return self.loss_sum / max(1, self.examples)

    def compute(self, task: Task) -> tuple[float, ...]:
        """Mean loss and metric of the epoch."""
        return self.mean_loss, float(metric(torch.cat(self.outputs), torch.cat(self.targets), task))


@torch.no_grad()
def evaluate(network: nn.Module, loss: nn.Module, x: Tensor, y: Tensor, task: Task) -> tuple[float, float]:
    """Loss and metric of a split in evaluation mode."""
    network.eval()
    loss.eval()
    outputs = torch.cat([network(piece) for piece in torch.split(x, 2048)])
    found = float(loss(outputs, y))
    network.train()
    loss.train()
    return found, float(metric(outputs, y, task))


def format_metric(found: float, digits: str = ".4f") -> str:
    """A metric in words."""
    return "is not defined" if math.isnan(found) else format(found, digits)


def fetch_all(losses: Sequence[float | Tensor]) -> list[float]:
    """Losses as numbers; those still on the device in one transfer."""
    waiting = [loss for loss in losses if isinstance(loss, Tensor)]
    if not waiting:
        return [float(loss) for loss in losses]
    fetched = torch.stack(waiting).tolist()
    return [float(loss) for loss in fetched]
