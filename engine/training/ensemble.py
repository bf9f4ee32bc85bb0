"""Several networks that answer together, seen as one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.network.build import Network, build
from engine.parts.ensembles import Vote
from engine.training.members import member_experiments


class EnsembleNetwork(Network):
    """The members side by side. What belongs to one network (stages, layers, weights) is member 1's; the answer, the
    state and the parameters are everyone's.

    Shape: (batch, *in_shape) → (batch, outputs)
    """

    def __init__(self, members: Sequence[Network], vote: Vote, shares: bool, classes: bool) -> None:
        super().__init__(members[0].stages)
        self.others = nn.ModuleList(members[1:])
        self.everyone = tuple(members)
        self.vote = vote if classes else "mean"
        self.shares = shares

    @property
    def members(self) -> tuple[Network, ...]:
        """Every network."""
        return self.everyone

    def forward(self, x: Tensor) -> Tensor:
        return combined(self.each(x), self.vote, self.shares)

    def each(self, x: Tensor) -> Tensor:
        """Every member's outputs, (members, batch, outputs)."""
        return torch.stack([member(x) for member in self.everyone])

    def slope_outputs(self, x: Tensor) -> Tensor:
        """The mean's outputs, whatever the vote: a majority has no gradient."""
        return combined(self.each(x), "mean", self.shares)

    def observe(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The common outputs, and member 1's layers."""
        first, layers = super().observe(x)
        rest = [member(x) for member in self.everyone[1:]]
        return combined(torch.stack([first, *rest]), self.vote, self.shares), layers


def networks(experiment: Experiment, data: Prepared) -> Network:
    """The network with its first weights, or all that answer together."""
    outputs = data.source.outputs
    if experiment.ensemble is None:
        return build(experiment, data.in_shape, outputs, data.heads)
    members = [build(member, data.in_shape, outputs) for member in member_experiments(experiment)]
    shares, classes = experiment.loss.tasks == ("classification",), data.source.task == "classification"
    return EnsembleNetwork(members, experiment.ensemble.vote, shares, classes)


def combined(outputs: Tensor, vote: Vote, shares: bool) -> Tensor:
    """What members say together, (members, batch, outputs) → (batch, outputs).

    Mean: ln of the mean probability where outputs are logits (`shares`), whose softmax is that mean; else the mean.
    Majority: shares of the votes, for logits with one vote more, spread evenly, whose ln stays finite.
    """
    if vote == "mean":
        # ln mean p = logsumexp ln p − ln k
        return (
            outputs.log_softmax(2).logsumexp(0) - torch.tensor(float(len(outputs))).log() if shares else outputs.mean(0)
        )
    votes = nn.functional.one_hot(outputs.argmax(2), outputs.shape[2]).sum(0).to(outputs.dtype)  # (batch, classes)
    return ((votes + 1 / outputs.shape[2]) / (len(outputs) + 1)).log() if shares else votes / len(outputs)
