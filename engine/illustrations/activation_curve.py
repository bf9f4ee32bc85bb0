"""Activation curve: an activation and its derivative, with the intervals in which a unit does not learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.activations import Activation

REACH, POINTS = 6.0, 601


@dataclass(frozen=True)
class ActivationCurve:
    """f and f′ at x, (points,) each.

    `dead`: intervals of x, (from, to), where both are exactly zero; `saturated`: the other flat ones.
    """

    x: np.ndarray
    f: np.ndarray
    slope: np.ndarray
    dead: tuple[tuple[float, float], ...]
    saturated: tuple[tuple[float, float], ...]


def sample_activation(part: Activation) -> ActivationCurve:
    """The activation between −6 and 6; its derivative comes from autograd."""
    x = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64, requires_grad=True)  # (points,)
    function = part.build().double()
    f = function(x)
    (slope,) = torch.autograd.grad(f.sum(), x)  # each f depends on its own x: the sum's gradient is f′ at every point
    f, points = f.detach(), x.detach().numpy()
    flat = part.find_saturated(x.detach(), function)
    dead = (f == 0) & (slope == 0)
    saturated = torch.zeros_like(dead) if flat is None else flat & ~dead
    return ActivationCurve(points, f.numpy(), slope.numpy(), find_zones(points, dead), find_zones(points, saturated))


def find_zones(x: np.ndarray, inside: torch.Tensor) -> tuple[tuple[float, float], ...]:
    """The intervals of x, (from, to), on which `inside` holds at two points or more."""
    edges = np.diff(np.concatenate([[0], inside.numpy().astype(int), [0]]))
    pairs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)
    # rounded, since linspace misses 0 by 1e-16
    return tuple((round(float(x[a]), 9), round(float(x[b]), 9)) for a, b in pairs if b > a)
