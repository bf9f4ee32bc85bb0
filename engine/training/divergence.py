"""Signs of divergence: a loss that runs away, numbers that overflow, and the layer where it began."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from engine.message import Message, Term
from engine.network.build import Network
from engine.numerics.norms import compute_norms

FACTOR = 3.0
ROUNDING = 1e-9  # a loss under it is rounding error, and a multiple of it means nothing
EXAMPLES = 1024  # examples of the training split


def runs_away(before: float, now: float) -> bool:
    """Whether a mean loss is over three times an earlier one, or not finite."""
    return not math.isfinite(now) or now > FACTOR * max(before, ROUNDING)


@torch.no_grad()
def compute_untrained_loss(network: nn.Module, loss: nn.Module, x: Tensor, y: Tensor) -> float:
    """The loss of an untrained network on the first examples, in evaluation mode."""
    network.eval()
    outputs = torch.cat([network(piece) for piece in torch.split(x[:EXAMPLES], 256)])  # (examples, outputs)
    return float(loss(outputs, y[:EXAMPLES]))


@torch.no_grad()
def find_first_overflow(network: Network, x: Tensor) -> Term | Message:
    """The layer whose numbers stopped being finite first.

    Weights that are not finite come from the step before. Its backward pass ran from the last layer to the first, so
    of the broken layers the last one broke first. With all weights finite the forward pass itself overflows, in the
    first layer with an output that is not finite.
    """
    for member in network.members:
        broken = [s.name for s in member.weighted if not all(one.tensor.isfinite().all() for one in s.weights)]
        if broken:
            return name_layer(network, member, broken[-1])
    network.eval()
    outputs = [member.observe(x)[1] for member in network.members]
    network.train()
    for member, layers in zip(network.members, outputs, strict=True):
        names = [s.name for s, out in zip(member.observed, layers, strict=True) if not out.isfinite().all()]
        if names:
            return name_layer(network, member, names[0])
    return Term("layer", "output")


def measure_overflow(network: Network, loss: nn.Module, x: Tensor, y: Tensor) -> dict[str, np.ndarray]:
    """The readings of a batch whose loss is not finite: for each layer the share of outputs, weights and gradients that
    are not finite, and the largest finite output, (layers,) each. In evaluation mode; of an ensemble, its first member.
    """
    member = network.members[0]
    network.eval()
    with torch.enable_grad():
        value = loss(network(x), y)
        layers = [[one.tensor for one in s.weights] for s in member.weighted]
        weights = [weight for layer in layers for weight in layer]
        slopes = (
            torch.autograd.grad(value, weights, allow_unused=True) if value.requires_grad else [None] * len(weights)
        )
    with torch.no_grad():
        outputs = member.observe(x)[1]
    network.train()
    flat = iter([torch.zeros_like(w) if g is None else g for w, g in zip(weights, slopes, strict=True)])
    gradients = [[next(flat) for _ in layer] for layer in layers]
    groups = {"outputs_gone": [[out] for out in outputs], "weights_gone": layers, "gradients_gone": gradients}
    readings = {key: [compute_non_finite_share(tensors) for tensors in of] for key, of in groups.items()}
    readings["outputs_largest"] = [float(t.nan_to_num(0, 0, 0).abs().max()) for t in outputs]
    return {key: np.array(values, np.float32) for key, values in readings.items()}


def compute_non_finite_share(tensors: Sequence[Tensor]) -> float:
    """The share of numbers that are not finite, over all tensors."""
    return sum(int((~t.isfinite()).sum()) for t in tensors) / sum(t.numel() for t in tensors)


def name_layer(network: Network, member: Network, layer: str) -> Term | Message:
    """The layer's name, with the member's number where several networks answer together."""
    name = Term("layer", layer)
    if len(network.members) == 1:
        return name
    return Message("{layer} of member {n}", layer=name, n=network.members.index(member) + 1)


@torch.no_grad()
def find_most_grown(network: Network, first_norms: list[float]) -> Term | Message:
    """The layer whose weights have grown most, as a factor on their first norm."""
    norms = compute_weight_norms(network)
    growth = [now / max(then, 1e-12) for now, then in zip(norms, first_norms, strict=True)]
    layers = [name_layer(network, member, s.name) for member in network.members for s in member.weighted]
    return layers[growth.index(max(growth))]


@torch.no_grad()
def compute_weight_norms(network: Network) -> list[float]:
    """‖w‖₂ of each layer, over all its weights."""
    layers = (s.weights for member in network.members for s in member.weighted)
    return [math.hypot(*compute_norms([one.tensor for one in weights]).tolist()) for weights in layers]


def is_finite(network: Network) -> bool:
    """Whether all parameters and running statistics are finite."""
    return all(bool(t.isfinite().all()) for t in network.state_dict().values())
