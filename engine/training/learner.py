"""A learner: one network with all that its steps need. A run has one, or one for each member of an ensemble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.augment import Augment
from engine.data.epochs import Order
from engine.data.prepare import Prepared
from engine.data.targets import build_loss
from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.training.capture import Capture
from engine.training.descent import Loss
from engine.training.eager import Eager
from engine.training.heads import Heads
from engine.training.members import build_member_experiments, draw_member_samples


class Batch(NamedTuple):
    """The inputs and targets of a step."""

    x: Tensor  # (batch, *in_shape)
    y: Tensor  # (batch,) classes or (batch, targets)


class Learner:
    """A network with its loss, its order of examples, its augmentation and its optimizer.

    `join`: `Heads.join_inputs`, applied after augmentation: a reconstruction's target is the augmented input.
    """

    def __init__(
        self,
        experiment: Experiment,
        network: Network,
        loss: nn.Module,
        order: Order,
        device: torch.device,
        join: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    ) -> None:
        self.network, self.order, self.join = network, order, join
        self.augment = Augment(experiment, device)
        self.eager = Eager(experiment, network, loss, device)

    def take_batch(self, size: int, step: int) -> Batch:
        """The next batch: taken in order, augmented, with the targets of reconstructions."""
        return Batch(*self.join(*self.augment(*self.order.take(size), step)))

    def step(self, batch: Batch, factor: float, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """Take one optimizer step. Returns the loss of the batch and the outputs, (batch, outputs)."""
        return self.eager.step(batch.x, batch.y, factor, seed, capture)


class SampledOrder(Order):
    """The order of a member's bootstrap sample. It orders indices into examples that all members share, so that an
    ensemble takes no more memory for data than one network."""

    def __init__(self, x: Tensor, y: Tensor, sample: Tensor, seed: int, classes: Tensor | None) -> None:
        indices = sample.to(x.device)  # (examples,)
        super().__init__(indices, indices, seed, None if classes is None else classes[sample])
        self.shared_x, self.shared_y = x, y

    def take(self, batch_size: int) -> tuple[Tensor, Tensor]:
        indices = super().take(batch_size)[0]  # (batch,)
        return self.shared_x[indices], self.shared_y[indices]


def build_learners(
    experiment: Experiment, data: Prepared, network: Network, heads: Heads, device: torch.device
) -> tuple[Learner, ...]:
    """The learner of a single network, or one for each member of an ensemble, with its own sample, seed and loss.

    Each member trains exactly as it would alone.
    """
    x, y = data.train_x.to(device), heads.encode_training_targets(experiment)
    classes = data.train_y if experiment.balance == "resampling" else None
    if experiment.ensemble is None:
        order = Order(x, y, experiment.seed, classes)
        return (Learner(experiment, network, heads.loss, order, device, heads.join_inputs),)
    learners = []
    members = (build_member_experiments(experiment), network.members, draw_member_samples(experiment, len(x)))
    for own, member, sample in zip(*members, strict=True):
        # class weights come from the member's own sample
        loss = build_loss(own, replace(data, train_y=data.train_y[sample])).to(device)
        order = SampledOrder(x, y, sample, own.seed, classes)
        learners.append(Learner(own, member, loss, order, device, heads.join_inputs))
    return tuple(learners)


def update_live_fields(learners: Sequence[Learner], experiment: Experiment) -> None:
    """Take the live fields from an edited experiment; optimizer states are kept."""
    for learner, own in zip(learners, build_member_experiments(experiment), strict=True):
        learner.eager.update_live_fields(own)


def collect_optimizer_state(learners: Sequence[Learner]) -> dict[str, Any]:
    """The optimizer state for a checkpoint; of several learners their states by number."""
    states = [learner.eager.optimizer.state_dict() for learner in learners]
    return states[0] if len(states) == 1 else {str(number): state for number, state in enumerate(states)}


def load_optimizer_state(learners: Sequence[Learner], state: dict[str, Any]) -> None:
    """Load the optimizer state of a checkpoint."""
    for number, learner in enumerate(learners):
        learner.eager.optimizer.load_state_dict(state if len(learners) == 1 else state[str(number)])
