"""When training has gone wrong for good, and which layer went first."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from engine.message import Message, Term
from engine.network.build import Network
from engine.numerics.norms import lengths

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
def first_to_overflow(network: Network, x: Tensor) -> Term | Message:
    """The layer whose numbers stopped being finite first.

    Broken weights come from the step before: the backward pass reaches the layers from last to first, so the last
    one broken was the first. With all weights finite, the forward pass overflows in the first layer that shows it.
    """
    for member in network.members:
        broken = [s.name for s in member.weighted if not all(one.tensor.isfinite().all() for one in s.weights)]
        if broken:
            return of_member(network, member, broken[-1])
    network.eval()
    seen = [member.observe(x)[1] for member in network.members]
    network.train()
    for member, layers in zip(network.members, seen, strict=True):
        names = [s.name for s, out in zip(member.observed, layers, strict=True) if not out.isfinite().all()]
        if names:
            return of_member(network, member, names[0])
    return Term("layer", "output")


def gone(network: Network, loss: nn.Module, x: Tensor, y: Tensor) -> dict[str, np.ndarray]:
    """What a batch whose loss is not finite leaves of each layer, in evaluation mode: the share of its outputs, weights
    and gradients that are no finite numbers, and the largest output that is one. Of member 1, if there are several."""
    member = network.members[0]
    network.eval()
    with torch.enable_grad():
        value = loss(network(x), y)
        layers = [[one.tensor for one in s.weights] for s in member.weighted]
        weights = [weight for layer in layers for weight in layer]
        found = torch.autograd.grad(value, weights, allow_unused=True) if value.requires_grad else [None] * len(weights)
    with torch.no_grad():
        outputs = member.observe(x)[1]
    network.train()
    slopes = iter([torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)])
    gradients = [[next(slopes) for _ in layer] for layer in layers]
    shares = {"outputs_gone": [[out] for out in outputs], "weights_gone": layers, "gradients_gone": gradients}
    readings = {key: [share_gone(tensors) for tensors in of] for key, of in shares.items()}
    readings["outputs_largest"] = [float(t.nan_to_num(0, 0, 0).abs().max()) for t in outputs]
    return {key: np.array(values, np.float32) for key, values in readings.items()}


def share_gone(tensors: Sequence[Tensor]) -> float:
    """The share of numbers that are not finite, of all together."""
    return sum(int((~t.isfinite()).sum()) for t in tensors) / sum(t.numel() for t in tensors)


def of_member(network: Network, member: Network, layer: str) -> Term | Message:
    """The layer's name, with the member's number where several networks answer together."""
    name = Term("layer", layer)
    if len(network.members) == 1:
        return name
    return Message("{layer} of member {n}", layer=name, n=network.members.index(member) + 1)


@torch.no_grad()
def most_grown(network: Network, first_norms: list[float]) -> Term | Message:
    """The layer whose weights have grown most, as a factor on their first norm."""
    norms = weight_norms(network)
    growth = [now / max(then, 1e-12) for now, then in zip(norms, first_norms, strict=True)]
    layers = [of_member(network, member, s.name) for member in network.members for s in member.weighted]
    return layers[growth.index(max(growth))]


@torch.no_grad()
def weight_norms(network: Network) -> list[float]:
    """‖w‖₂ of each layer with weights, all of them together."""
    layers = (s.weights for member in network.members for s in member.weighted)
    return [math.hypot(*lengths([one.tensor for one in weights]).tolist()) for weights in layers]


def finite(network: Network) -> bool:
    """Whether every weight and every running statistic is a finite number."""
    return all(bool(t.isfinite().all()) for t in network.state_dict().values())
