"""Bagging at work: everything of one network once for each member, so that each trains exactly as it would alone.

A batch holds the members' batches one after the other, (members · batch, …): what passes it on need not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from engine.data.augment import Augment
from engine.data.epochs import Order
from engine.data.prepare import Prepared
from engine.data.targets import loss_module
from engine.experiment.experiment import Experiment
from engine.network.build import Network, build
from engine.numerics.seeding import MEMBER, seed_of
from engine.training.capture import Capture
from engine.training.ensemble import Ensemble
from engine.training.executor import Eager, Loss
from engine.training.members import alone, chosen, samples


def networks(experiment: Experiment, data: Prepared) -> Network:
    """The network with its first weights, or all that answer together."""
    bagging, outputs = chosen(experiment), data.source.outputs
    if bagging is None:
        return build(experiment, data.in_shape, outputs, data.heads)
    members = [build(member, data.in_shape, outputs) for member in alone(experiment)]
    shares, classes = experiment.loss.tasks == ("classification",), data.source.task == "classification"
    return Ensemble(members, bagging.vote, shares, classes)


class Orders:
    """The members' orders: each goes through its own sample in its own order. All are as long."""

    def __init__(
        self, x: Tensor, y: Tensor, members: Sequence[Experiment], own: Sequence[Tensor], classes: Tensor | None
    ) -> None:
        self.x, self.y = x, y
        drawn = [None if classes is None else classes[places] for places in own]
        here = [places.to(x.device) for places in own]
        self.members = [Order(p, p, m.seed, c) for p, m, c in zip(here, members, drawn, strict=True)]
        self.count = len(x)

    def begin(self, epoch: int, cursor: int = 0) -> None:
        """Starts `epoch`, with `cursor` examples of each member already used."""
        for order in self.members:
            order.begin(epoch, cursor)

    @property
    def cursor(self) -> int:
        """Examples of each member already used."""
        return self.members[0].cursor

    def upcoming(self, batch_size: int) -> int:
        """How many examples each member's next batch has."""
        return self.members[0].upcoming(batch_size)

    def take(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """The next batch of each member, one after the other."""
        places = torch.cat([order.take(batch_size)[0] for order in self.members])
        return self.x[places], self.y[places]

    def steps_per_epoch(self, batch_size: int) -> int:
        """Batches in one epoch."""
        return self.members[0].steps_per_epoch(batch_size)

    def steps_left(self, batch_size: int) -> int:
        """Batches until the epoch ends."""
        return self.members[0].steps_left(batch_size)


class Augments:
    """The members' augmentations, each with chance of its own."""

    def __init__(self, members: Sequence[Experiment], device: torch.device) -> None:
        self.parts = [Augment(member, device) for member in members]

    def __call__(self, x: Tensor, y: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """The batches of a step as training sees them."""
        if not self.parts[0].parts:
            return x, y
        pieces = zip(self.parts, x.chunk(len(self.parts)), y.chunk(len(self.parts)), strict=True)
        done = [augment(a, b, step) for augment, a, b in pieces]
        return torch.cat([a for a, _ in done]), torch.cat([b for _, b in done])


class Optimizers:
    """The members' optimizers, as far as a checkpoint is concerned."""

    def __init__(self, members: Sequence[torch.optim.Optimizer]) -> None:
        self.members = members

    def state_dict(self) -> dict[str, Any]:
        """All states by the member's place."""
        return {str(place): optimizer.state_dict() for place, optimizer in enumerate(self.members)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Puts them back."""
        for place, optimizer in enumerate(self.members):
            optimizer.load_state_dict(state[str(place)])


class SideBySide:
    """An executor for each member. A step of all is a step of each; the loss is the mean of theirs."""

    def __init__(self, experiment: Experiment, network: Network, data: Prepared, device: torch.device) -> None:
        self.members = []
        for own, member, places in zip(
            alone(experiment), network.members, samples(experiment, len(data.train_x)), strict=True
        ):
            loss = loss_module(own, replace(data, train_y=data.train_y[places])).to(device)
            self.members.append(Eager(own, member, loss, device))
        self.optimizer = Optimizers([member.optimizer for member in self.members])
        self.cpu = self.members[0].cpu

    def retune(self, experiment: Experiment) -> None:
        """Takes over the live fields of an edited experiment."""
        for member, own in zip(self.members, alone(experiment), strict=True):
            member.retune(own)

    def step(self, x: Tensor, y: Tensor, factor: float, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """One step of every member on its part of the batch; instruments look at member 1."""
        losses: list[Loss] = []
        outputs: list[Tensor] = []
        k = len(self.members)
        for place, (member, own_x, own_y) in enumerate(zip(self.members, x.chunk(k), y.chunk(k), strict=True)):
            own_seed = seed_of(seed, MEMBER, place)
            loss, out = member.step(own_x, own_y, factor, own_seed, capture if place == 0 else None)
            losses.append(loss)
            outputs.append(out)
        if self.cpu:
            return sum(float(loss) for loss in losses) / k, torch.cat(outputs)
        return torch.stack([torch.as_tensor(loss) for loss in losses]).mean(), torch.cat(outputs)

    @property
    def lr(self) -> float:
        """The learning rate of the last step."""
        return self.members[0].lr


def order(experiment: Experiment, x: Tensor, y: Tensor, classes: Tensor | None) -> Order | Orders:
    """The order of a lone network's examples, or of all members'."""
    if chosen(experiment) is None:
        return Order(x, y, experiment.seed, classes)
    return Orders(x, y, alone(experiment), samples(experiment, len(x)), classes)


def augment(experiment: Experiment, device: torch.device) -> Augment | Augments:
    """The augmentation of a lone network's batches, or of all members'."""
    return Augment(experiment, device) if chosen(experiment) is None else Augments(alone(experiment), device)


def executor(
    experiment: Experiment, network: Network, data: Prepared, loss: nn.Module, device: torch.device
) -> Eager | SideBySide:
    """What takes the steps of a lone network, or of all members, each of which has a loss of its own."""
    if chosen(experiment) is None:
        return Eager(experiment, network, loss, device)
    return SideBySide(experiment, network, data, device)
