"""When training has gone wrong for good, and which layer went first."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.build import Network

FACTOR = 3.0


def runs_away(first_epoch_loss: float, epoch_loss: float) -> bool:
    """Whether an epoch's mean loss is over three times that of epoch 1 (or not finite)."""
    return not math.isfinite(epoch_loss) or epoch_loss > FACTOR * first_epoch_loss


@torch.no_grad()
def first_to_overflow(network: Network, x: Tensor) -> str:
    """The layer whose numbers stopped being finite first.

    Broken weights come from the step before: the backward pass reaches the layers from last to first, so the last
    one broken was the first. With all weights finite, the forward pass overflows in the first layer that shows it.
    """
    broken = [s.name for s in network.weighted if s.weight is not None and not s.weight.isfinite().all()]
    if broken:
        return broken[-1]
    network.eval()
    _, seen = network.observe(x)
    network.train()
    names = [s.name for s, out in zip(network.observed, seen, strict=True) if not out.isfinite().all()]
    return names[0] if names else "output"


@torch.no_grad()
def most_grown(network: Network, first_norms: list[float]) -> str:
    """The layer whose weights have grown most, as a factor on their first norm."""
    norms = weight_norms(network)
    growth = [now / max(then, 1e-12) for now, then in zip(norms, first_norms, strict=True)]
    return network.weighted[growth.index(max(growth))].name


@torch.no_grad()
def weight_norms(network: Network) -> list[float]:
    """‖w‖₂ of each layer with weights."""
    return [float(s.weight.norm()) for s in network.weighted if s.weight is not None]


def finite(network: Network) -> bool:
    """Whether every weight and every running statistic is a finite number."""
    return all(bool(t.isfinite().all()) for t in network.state_dict().values())
