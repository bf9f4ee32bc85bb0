"""An ensemble: several networks whose outputs are combined, used as one network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.network.build import Network, build
from engine.parts.ensembles import Vote
from engine.training.members import build_member_experiments


class EnsembleNetwork(Network):
    """An ensemble: the members' outputs combined by a vote.

    To the probes it looks like one network, its first member: `stages` and weights are that member's. Outputs,
    parameters and state are those of all members.

    Shape: (batch, *in_shape) → (batch, outputs)
    """

    def __init__(self, members: Sequence[Network], vote: Vote, shares: bool, classes: bool) -> None:
        super().__init__(members[0].stages)
        self.others = nn.ModuleList(members[1:])  # the first member's modules are registered by Network
        self.all_members = tuple(members)
        self.vote = vote if classes else "mean"
        self.shares = shares

    @property
    def members(self) -> tuple[Network, ...]:
        """All members."""
        return self.all_members

    def forward(self, x: Tensor) -> Tensor:
        return combine(self.compute_member_outputs(x), self.vote, self.shares)

    def compute_member_outputs(self, x: Tensor) -> Tensor:
        """The outputs of each member, (members, batch, outputs)."""
        return torch.stack([member(x) for member in self.all_members])

    def slope_outputs(self, x: Tensor) -> Tensor:
        """The mean vote's outputs, (batch, outputs), for gradients: a majority vote has none."""
        return combine(self.compute_member_outputs(x), "mean", self.shares)

    def observe(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The combined outputs, and the first member's layers."""
        first, layers = super().observe(x)
        rest = [member(x) for member in self.all_members[1:]]
        return combine(torch.stack([first, *rest]), self.vote, self.shares), layers


def build_networks(experiment: Experiment, data: Prepared) -> Network:
    """The network of an experiment, or its ensemble, with initial weights."""
    outputs = data.source.outputs
    if experiment.ensemble is None:
        return build(experiment, data.in_shape, outputs, data.heads)
    members = [build(member, data.in_shape, outputs) for member in build_member_experiments(experiment)]
    shares, classes = experiment.loss.tasks == ("classification",), data.source.task == "classification"
    return EnsembleNetwork(members, experiment.ensemble.vote, shares, classes)


def combine(outputs: Tensor, vote: Vote, shares: bool) -> Tensor:
    """Combine the members' outputs, (members, batch, outputs) → (batch, outputs). `shares`: the outputs are logits.

    Mean: the mean output; for logits ln of the mean probability, whose softmax is that mean.
    Majority: the share of votes; for logits its ln, with one more vote spread evenly, so that no share is 0.
    """
    if vote == "mean":
        # ln mean p = logsumexp ln p − ln k: probabilities that are 0 in float32 still count
        return (
            outputs.log_softmax(2).logsumexp(0) - torch.tensor(float(len(outputs))).log() if shares else outputs.mean(0)
        )
    votes = nn.functional.one_hot(outputs.argmax(2), outputs.shape[2]).sum(0).to(outputs.dtype)  # (batch, classes)
    return ((votes + 1 / outputs.shape[2]) / (len(outputs) + 1)).log() if shares else votes / len(outputs)
