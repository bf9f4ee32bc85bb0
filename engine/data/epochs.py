"""Epochs: shuffled batches, and the loss and metric of an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.examples import Task
from engine.numerics.metrics import compute_metric
from engine.numerics.seeding import ORDER, seed_of


class EpochRow(NamedTuple):
    """The metrics of one epoch, as the store records them.

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
    def build(cls, epoch: int, step: int, train: Sequence[float], validation: Sequence[float]) -> EpochRow:
        """Build a row from loss and metric of training and of validation.

        Where a network has several heads, loss and metric of each one follow in both, and stand behind the row's
        fields: training loss, validation loss, training metric, validation metric of the first head, and so on.
        """
        more = [value for i in range(2, len(train)) for value in (train[i], validation[i])]
        return tuple.__new__(cls, (epoch, step, *train[:2], *validation[:2], *more))

    def __repr__(self) -> str:
        return f"EpochRow{tuple(self)}"  # a named tuple's own fails where several heads make it longer


class Order:
    """Batches of the training split `x` (examples, …), `y` (examples, …), in a new order each epoch.

    The order depends on seed and epoch alone. The last batch takes what is left; a single example that would be left
    over joins the batch before it. With `classes` (examples,) an epoch is as long, but every class comes as often as
    the others: examples of rare classes several times, of frequent ones not all.
    """

    def __init__(self, x: Tensor, y: Tensor, seed: int, classes: Tensor | None = None) -> None:
        self.x, self.y, self.seed = x, y, seed
        self.class_indices = (
            [] if classes is None else [(classes == c).nonzero()[:, 0] for c in sorted(set(classes.tolist()))]
        )
        self.count = len(x)
        self.begin(0)

    def begin(self, epoch: int, cursor: int = 0) -> None:
        """Start `epoch` (finished epochs before it), with `cursor` examples already used."""
        # drawn on the CPU, so that the order is the same on every device
        generator = torch.Generator().manual_seed(seed_of(self.seed, ORDER, epoch))
        order = torch.randperm(self.count, generator=generator)  # (examples,)
        if self.class_indices:
            order = self._draw_balanced(generator)[order]
        order = order.to(self.x.device)
        self.epoch_x, self.epoch_y = self.x[order], self.y[order]  # gathered once, so that each batch is a view
        self.cursor = cursor

    def _draw_balanced(self, generator: torch.Generator) -> Tensor:
        """Draw as many examples as there are, equally many of each class, each as often as the others of its class."""
        drawn = []
        for position, indices in enumerate(self.class_indices):
            quota = (self.count + position) // len(self.class_indices)  # these sum to the count
            rounds = [torch.randperm(len(indices), generator=generator) for _ in range(-(-quota // len(indices)))]
            drawn.append(indices[torch.cat(rounds)[:quota]])
        return torch.cat(drawn)  # (examples,)

    def count_upcoming(self, batch_size: int) -> int:
        """Count the examples of the next batch."""
        left = self.count - self.cursor
        # one example alone has no variance to normalize by, so it joins the batch before it
        return left if left <= batch_size or (left == batch_size + 1 and batch_size > 1) else batch_size

    def take(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """Take the next batch: inputs (batch, …) and targets (batch, …)."""
        start = self.cursor
        self.cursor = end = start + self.count_upcoming(batch_size)
        return self.epoch_x[start:end], self.epoch_y[start:end]

    def count_steps(self, batch_size: int) -> int:
        """Count the batches of one epoch."""
        return count_batches(self.count, batch_size)

    def count_steps_left(self, batch_size: int) -> int:
        """Count the batches until the epoch ends."""
        return count_batches(self.count - self.cursor, batch_size)


def count_batches(count: int, batch_size: int) -> int:
    """Count the batches of one epoch of `count` examples, as `Order` cuts them."""
    full, rest = divmod(count, batch_size)
    joined = rest == 1 and batch_size > 1 and full > 0
    return max(1, full + (rest > 0 and not joined))


class EpochMetrics:
    """Loss and metric of the epoch under way, over its own batches.

    Outputs stay on their device until the epoch ends: a metric such as R² needs all of them.
    """

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
        """Add the mean loss of a batch of so many examples."""
        self.loss_sum += loss * examples
        self.examples += examples

    def state(self) -> dict[str, Any]:
        """Sums and outputs so far, for a checkpoint."""
        batches = {"outputs": torch.cat(self.outputs), "targets": torch.cat(self.targets)} if self.outputs else {}
        return {"loss_sum": self.loss_sum, "examples": self.examples, **batches}

    @classmethod
    def restore(cls, state: dict[str, Any], device: torch.device) -> EpochMetrics:
        """Restore what `state` gave, on a device."""
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
        """Compute mean loss and metric of the epoch."""
        return self.mean_loss, float(compute_metric(torch.cat(self.outputs), torch.cat(self.targets), task))


@torch.no_grad()
def evaluate(network: nn.Module, loss: nn.Module, x: Tensor, y: Tensor, task: Task) -> tuple[float, float]:
    """Compute loss and metric of a split, `x` (examples, …) and `y` (examples, …), in evaluation mode."""
    network.eval()
    loss.eval()
    outputs = torch.cat([network(piece) for piece in torch.split(x, 2048)])  # (examples, outputs); bounds the memory
    mean_loss = float(loss(outputs, y))
    network.train()
    loss.train()
    return mean_loss, float(compute_metric(outputs, y, task))


def format_metric(value: float, digits: str = ".4f") -> str:
    """Format a metric as a clause: a number, or that it is not defined, as R² is of targets that do not vary."""
    return "is not defined" if math.isnan(value) else format(value, digits)


def fetch_all(losses: Sequence[float | Tensor]) -> list[float]:
    """Fetch losses as numbers; those still on the device in one transfer. They are all numbers or all tensors ()."""
    on_device = [loss for loss in losses if isinstance(loss, Tensor)]
    if not on_device:
        return [float(loss) for loss in losses]
    fetched = torch.stack(on_device).tolist()  # one wait for the device instead of one a loss
    return [float(loss) for loss in fetched]
