"""The heads of a network: its output, auxiliary heads, reconstructions. Their weighted losses make J = Σ wₑ Lₑ.

A network with one head, its output, trains on that head's loss directly. With several, the outputs of all heads are
concatenated into one tensor, (batch, Σ outputs), and so are their targets: those of the output, those of the auxiliary
heads, and the network's input for reconstructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.epochs import EpochMetrics
from engine.data.prepare import Prepared
from engine.data.targets import build_loss, build_training_targets
from engine.examples import Task
from engine.experiment.experiment import Experiment
from engine.frame import Channel
from engine.network.build import Network
from engine.numerics.metrics import compute_accuracy, compute_metric, compute_r_squared
from engine.parts.losses import Loss, get_default_loss
from engine.training.per_class import ByClass
from engine.training.sum_of_losses import SumOfLosses


@dataclass(frozen=True)
class OutputHead:
    """One head: its loss and its columns in the concatenated outputs and targets.

    `position` is the index of its stage, −1 for the output. `part` is the `Loss` that built `loss`.
    """

    name: str
    position: int
    task: Task
    loss: nn.Module
    outputs: slice
    targets: slice
    part: Loss


class Evaluation(NamedTuple):
    """The evaluation of a split. `scores`: loss and metric, then loss and metric of each head where there are several.
    `classes`: recalls and confusion matrix, see `ByClass`."""

    scores: tuple[float, ...]
    classes: tuple[float, ...]


class WeightedLoss(SumOfLosses):
    """The loss of all heads; the weights wₑ follow live edits."""

    def __init__(self, heads: tuple[OutputHead, ...], experiment: Experiment) -> None:
        columns = [head.outputs for head in heads], [head.targets for head in heads]
        super().__init__([head.loss for head in heads], [], *columns)
        self.heads = heads
        self.update_live_fields(experiment)

    def update_live_fields(self, experiment: Experiment) -> None:
        """Take the loss weights from an edited experiment."""
        blocks = [experiment.network[head.position] if head.position >= 0 else None for head in self.heads]
        self.weights = [experiment.output_weight if block is None else block.loss_weight for block in blocks]


class Heads:
    """Loss, targets and evaluation of a network, whether it has one head or several."""

    def __init__(self, experiment: Experiment, data: Prepared, network: Network, device: torch.device) -> None:
        self.data, self.network, self.device = data, network, device
        self.task = data.source.task
        self.several = bool(network.head_positions)
        main = build_loss(experiment, data)
        self.heads = list_heads(experiment, data, network, main) if self.several else ()
        self.loss: nn.Module = (WeightedLoss(self.heads, experiment) if self.several else main).to(device)
        self.reconstructs = any(network.stages[position].block.reconstructs for position in network.head_positions)
        self.newest_losses: Tensor | None = None  # (heads,), of the last training batch
        self.by_class = ByClass(experiment, data)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of the heads' losses, where there are several heads, and of the classes."""
        if not self.several:
            return self.by_class.channels
        names = tuple(head.name for head in self.heads)
        own = Channel("end_loss", "Loss of each end", "Lₑ of the batch", "", "lines", "log", names)
        return (own, *self.by_class.channels)

    def take_readings(self) -> dict[str, Tensor]:
        """The loss of each head on the newest batch, (heads,)."""
        return {} if self.newest_losses is None else {"end_loss": self.newest_losses}

    def encode_training_targets(self, experiment: Experiment) -> Tensor:
        """The targets of the training split; a reconstruction's are joined batch by batch, after augmentation."""
        return self._concatenate_targets(build_training_targets(experiment, self.data), 0).to(self.device)

    def load_split(self, experiment: Experiment, split: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of the validation split (1) or the test split (2), on the device."""
        data = self.data
        x, y = ((data.validation_x, data.validation_y), (data.test_x, data.test_y))[split - 1]
        targets = self._concatenate_targets(experiment.loss.encode_targets(y, data.source.outputs), split)
        return self.join_inputs(x.to(self.device), targets.to(self.device))

    def _concatenate_targets(self, main: Tensor, split: int) -> Tensor:
        """The targets of the output and of the auxiliary heads, (examples, Σ targets); `main` alone without heads."""
        if not self.several or self.data.splits is None:
            return main
        columns = [reshape_to_rows(main, self.data.source.outputs)]
        for goal in self.data.goals.values():
            columns.append(reshape_to_rows(torch.from_numpy(goal.y[self.data.splits[split]]), goal.outputs))
        return torch.cat(columns, 1)  # (examples, Σ targets)

    def join_inputs(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """A batch with the input appended to the targets, (batch, targets + inputs), if a head reconstructs it."""
        return (x, torch.cat([y, x.flatten(1)], 1)) if self.reconstructs else (x, y)

    def start_epoch_metrics(self) -> EpochMetrics:
        """Metrics of an epoch before its first batch."""
        return HeadMetrics(self) if self.several else EpochMetrics()

    def load_epoch_metrics(self, state: dict[str, Any]) -> EpochMetrics:
        """The metrics of an epoch under way, from a checkpoint."""
        return HeadMetrics.load(self, state) if self.several else EpochMetrics.restore(state, self.device)

    @torch.no_grad()
    def evaluate(self, x: Tensor, y: Tensor) -> Evaluation:
        """Loss, metric and per-class counts of a split, in evaluation mode."""
        self.network.eval()
        self.loss.eval()
        outputs = torch.cat([self.network(piece) for piece in torch.split(x, 2048)])  # (examples, outputs)
        loss = float(self.loss(outputs, y))
        metrics: tuple[float, ...] = (float(compute_metric(outputs, y, self.task)),) if not self.several else ()
        if self.several:
            split_metrics, newest = HeadMetrics(self), self.newest_losses
            split_metrics.add_batch(outputs, y)
            self.newest_losses = newest  # add_batch records the losses of a step; an evaluation is none
            metrics = split_metrics.compute_head_scores()
        self.network.train()
        self.loss.train()
        width = self.data.source.outputs
        main = (outputs[:, :width], y[:, :width]) if self.several else (outputs, y)
        return Evaluation((loss, *metrics), self.by_class(*main))


class HeadMetrics(EpochMetrics):
    """Running sums for each head. Unlike `EpochMetrics` it stores no outputs, so its size does not grow with the data:
    the outputs of several heads, reconstructions above all, can be larger than the inputs."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.heads = heads
        self.count = 0
        widths = [head.targets.stop - head.targets.start for head in heads.heads]
        # loss sum, score sum, Σ targets, Σ targets²: (2 + 2 · targets,) for each head
        self.sums = [torch.zeros(2 + 2 * width, dtype=torch.float64, device=heads.device) for width in widths]
        self.first: Tensor | None = None  # the first row of targets, (Σ targets,)

    @torch.no_grad()
    def add_batch(self, outputs: Tensor, targets: Tensor) -> None:
        """Add a batch to the sums: loss, right answers or squared error, targets and squared targets.

        Targets are measured from the first row. A constant target then has a variance of exactly 0, and a large one
        does not lose its variance to cancellation in Σt² − (Σt)² / n.
        """
        assert isinstance(self.heads.loss, WeightedLoss)
        losses = self.heads.loss.compute_head_losses(outputs, targets)
        self.heads.newest_losses = torch.stack(losses)  # (heads,)
        self.count += len(outputs)
        self.first = targets[0].double().clone() if self.first is None else self.first
        for head, total, loss in zip(self.heads.heads, self.sums, losses, strict=True):
            output, target = outputs[:, head.outputs].double(), targets[:, head.targets].double()  # (batch, targets)
            right = (output.argmax(1) == target.argmax(1)).sum()
            score = right if head.task == "classification" else ((output - target) ** 2).sum()
            loss_and_score = torch.stack([loss.double() * len(outputs), score.double()])  # (2,)
            shifted = target - self.first[head.targets]
            total += torch.cat([loss_and_score, shifted.sum(0), (shifted**2).sum(0)])

    def state(self) -> dict[str, Any]:
        """The sums so far, for a checkpoint."""
        return {**super().state(), "count": self.count, "sums": self.sums, "first": self.first}

    @classmethod
    def load(cls, heads: Heads, state: dict[str, Any]) -> HeadMetrics:
        """The sums in a checkpoint."""
        metrics = cls(heads)
        metrics.loss_sum, metrics.examples, metrics.count = state["loss_sum"], state["examples"], state["count"]
        metrics.sums = [total.to(heads.device).clone() for total in state["sums"]]
        first = state.get("first")
        if first is None and metrics.count:  # older checkpoints measure targets from 0, not from the first row
            first = torch.zeros(max(head.targets.stop for head in heads.heads), dtype=torch.float64)
        metrics.first = None if first is None else first.to(heads.device)
        return metrics

    def compute(self, task: Task) -> tuple[float, ...]:
        """Mean of J, the metric of the output, then mean loss and metric of each head."""
        return (self.mean_loss, *self.compute_head_scores())

    def compute_head_scores(self) -> tuple[float, ...]:
        """The metric of the output, then mean loss and metric of each head: accuracy, or R², NaN for constant
        targets."""
        scores: list[float] = []
        for head, total in zip(self.heads.heads, self.sums, strict=True):
            loss, score, *rest = total.tolist()
            half = len(rest) // 2
            spread = sum(square - one**2 / self.count for one, square in zip(rest[:half], rest[half:], strict=True))
            counted, variance = torch.tensor([score, spread], dtype=torch.float64)
            of = (
                compute_accuracy(counted, self.count)
                if head.task == "classification"
                else compute_r_squared(counted, variance)
            )
            scores += [loss / self.count, float(of)]
        return (scores[1], *scores)


def list_heads(experiment: Experiment, data: Prepared, network: Network, main: nn.Module) -> tuple[OutputHead, ...]:
    """The heads in the order of their columns; `main` is the loss of the output, which comes first."""
    width = data.source.outputs
    heads = [OutputHead("output", -1, data.source.task, main, slice(0, width), slice(0, width), experiment.loss)]
    inputs = width + sum(data.heads.values())  # the input comes last in the targets, and all reconstructions share it
    output_start = target_start = width
    for position in network.head_positions:
        stage = network.stages[position]
        size = torch.Size(stage.out_shape).numel()
        outputs = slice(output_start, output_start + size)
        output_start += size
        if position in data.goals:
            task: Task = data.goals[position].task
            part = stage.block.loss_override or get_default_loss(task)
            targets = slice(target_start, target_start + size)
            target_start += size
        else:
            task, part, targets = "regression", get_default_loss("regression"), slice(inputs, inputs + size)
        heads.append(OutputHead(stage.name, position, task, part.build(), outputs, targets, part))
    return tuple(heads)


def reshape_to_rows(y: Tensor, outputs: int) -> Tensor:
    """Targets as float rows, (examples, outputs): classes become one-hot."""
    return nn.functional.one_hot(y, outputs).to(torch.float32) if y.dtype == torch.int64 else y
