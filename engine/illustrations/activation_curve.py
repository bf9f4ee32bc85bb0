"""An activation and its slope, with the zones in which a unit does not learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.activations import Activation

REACH, POINTS = 6.0, 601


@dataclass(frozen=True)
class ActivationCurve:
    """f and f′ at x; `dead` is where both are exactly zero, `saturated` the other flat ends, as (from, to) on x."""

    x: np.ndarray
    f: np.ndarray
    slope: np.ndarray
    dead: tuple[tuple[float, float], ...]
    saturated: tuple[tuple[float, float], ...]


def activation_curve(part: Activation) -> ActivationCurve:
    """The activation between −6 and 6; the slope comes from torch's own differentiation."""
    x = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64, requires_grad=True)
    function = part.build().double()
    f = function(x)
    (slope,) = torch.autograd.grad(f.sum(), x)
    f, at = f.detach(), x.detach().numpy()
    flat = part.find_saturated(x.detach(), function)
    dead = (f == 0) & (slope == 0)
    none = torch.zeros(POINTS, dtype=torch.bool)
    return ActivationCurve(
        at, f.numpy(), slope.numpy(), zones(at, dead), zones(at, none if flat is None else flat & ~dead)
    )


def zones(x: np.ndarray, inside: torch.Tensor) -> tuple[tuple[float, float], ...]:
    """The stretches of x that lie inside; a lone point is none."""
    edges = np.diff(np.concatenate([[0], inside.numpy().astype(int), [0]]))
    pairs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)
    return tuple((round(float(x[a]), 9), round(float(x[b]), 9)) for a, b in pairs if b > a)
