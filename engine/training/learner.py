"""A learner: one network and all that its steps need. A run has one, or one for each member of an ensemble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.data.augment import Augment
from engine.data.epochs import Order
from engine.data.prepare import Prepared
from engine.data.targets import loss_module
from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.training.capture import Capture
from engine.training.eager import Eager, Loss
from engine.training.heads import Ends
from engine.training.members import member_experiments, member_samples


class Batch(NamedTuple):
    """Inputs and targets of a step."""

    x: Tensor  # (batch, *in_shape)
    y: Tensor  # (batch,) classes or (batch, targets)


class Learner:
    """A network with its loss, its order of examples, its augmentation and its optimizer; it takes single steps.

    `join` puts the inputs beside the targets where the network reconstructs them.
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

    def batch(self, size: int, step: int) -> Batch:
        """The next batch as training sees it."""
        return Batch(*self.join(*self.augment(*self.order.take(size), step)))

    def step(self, batch: Batch, factor: float, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """One optimizer step: the loss of the batch and the outputs, (batch, outputs)."""
        return self.eager.step(batch.x, batch.y, factor, seed, capture)


class SampledOrder(Order):
    """The order of a member's own sample. The examples stay where all members share them; only their places are kept
    in order."""

    def __init__(self, x: Tensor, y: Tensor, sample: Tensor, seed: int, classes: Tensor | None) -> None:
        here = sample.to(x.device)  # (examples,)
        super().__init__(here, here, seed, None if classes is None else classes[sample])
        self.shared_x, self.shared_y = x, y

    def take(self, batch_size: int) -> tuple[Tensor, Tensor]:
        places = super().take(batch_size)[0]  # (batch,)
        return self.shared_x[places], self.shared_y[places]


def learners_of(
    experiment: Experiment, data: Prepared, network: Network, ends: Ends, device: torch.device
) -> tuple[Learner, ...]:
    """The learner of a lone network; of an ensemble one for each member, with a sample, a seed and a loss of its own.

    Each member trains exactly as it would alone.
    """
    x, y = data.train_x.to(device), ends.training_targets(experiment)
    classes = data.train_y if experiment.balance == "resampling" else None
    if experiment.ensemble is None:
        order = Order(x, y, experiment.seed, classes)
        return (Learner(experiment, network, ends.loss, order, device, ends.joined),)
    made = []
    each = (member_experiments(experiment), network.members, member_samples(experiment, len(x)))
    for own, member, sample in zip(*each, strict=True):
        loss = loss_module(own, replace(data, train_y=data.train_y[sample])).to(device)
        order = SampledOrder(x, y, sample, own.seed, classes)
        made.append(Learner(own, member, loss, order, device, ends.joined))
    return tuple(made)


def retune(learners: Sequence[Learner], experiment: Experiment) -> None:
    """Takes over the live fields of an edited experiment; the optimizers' states stay."""
    for learner, own in zip(learners, member_experiments(experiment), strict=True):
        learner.eager.retune(own)


def optimizer_state(learners: Sequence[Learner]) -> dict[str, Any]:
    """The optimizer's state, of several learners all states by the member's place: as checkpoints have them."""
    states = [learner.eager.optimizer.state_dict() for learner in learners]
    return states[0] if len(states) == 1 else {str(place): state for place, state in enumerate(states)}


def load_optimizer_state(learners: Sequence[Learner], state: dict[str, Any]) -> None:
    """Puts the optimizers' states back."""
    for place, learner in enumerate(learners):
        learner.eager.optimizer.load_state_dict(state if len(learners) == 1 else state[str(place)])
