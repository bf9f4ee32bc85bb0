"""When training has gone wrong for good, and which layer went first."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.build import Network
from engine.lengths import lengths

FACTOR = 3.0
ROUNDING = 1e-9  # losses under it are rounding, however many times another they are
LOOKED_AT = 1024  # examples of the training split


def runs_away(before: float, now: float) -> bool:
    """Whether a mean loss is over three times an earlier one (or not finite)."""
    return not math.isfinite(now) or now > FACTOR * max(before, ROUNDING)


@torch.no_grad()
def loss_of(network: nn.Module, loss: nn.Module, x: Tensor, y: Tensor) -> float:
    """The loss of a network that nobody has trained, in evaluation mode, on the first examples."""
    network.eval()
    return float(loss(torch.cat([network(piece) for piece in torch.split(x[:LOOKED_AT], 256)]), y[:LOOKED_AT]))


@torch.no_grad()
def first_to_overflow(network: Network, x: Tensor) -> str:
    """The layer whose numbers stopped being finite first.

    Broken weights come from the step before: the backward pass reaches the layers from last to first, so the last
    one broken was the first. With all weights finite, the forward pass overflows in the first layer that shows it.
    """
    for member in network.members:
        broken = [s.name for s in member.weighted if s.weight is not None and not s.weight.isfinite().all()]
        if broken:
            return of_member(network, member, broken[-1])
    network.eval()
    seen = [member.observe(x)[1] for member in network.members]
    network.train()
    for member, layers in zip(network.members, seen, strict=True):
        names = [s.name for s, out in zip(member.observed, layers, strict=True) if not out.isfinite().all()]
        if names:
            return of_member(network, member, names[0])
    return "output"


def of_member(network: Network, member: Network, layer: str) -> str:
    """The layer's name, with the member's number where several networks answer together."""
    many = len(network.members) > 1
    return f"{layer} of member {network.members.index(member) + 1}" if many else layer


@torch.no_grad()
def most_grown(network: Network, first_norms: list[float]) -> str:
    """The layer whose weights have grown most, as a factor on their first norm."""
    norms = weight_norms(network)
    growth = [now / max(then, 1e-12) for now, then in zip(norms, first_norms, strict=True)]
    layers = [of_member(network, member, s.name) for member in network.members for s in member.weighted]
    return layers[growth.index(max(growth))]


@torch.no_grad()
def weight_norms(network: Network) -> list[float]:
    """‖w‖₂ of each layer with weights."""
    layers = (s for member in network.members for s in member.weighted)
    found: list[float] = lengths([s.weight for s in layers if s.weight is not None]).tolist()
    return found


def finite(network: Network) -> bool:
    """Whether every weight and every running statistic is a finite number."""
    return all(bool(t.isfinite().all()) for t in network.state_dict().values())
