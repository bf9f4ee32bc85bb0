"""Optimizer path: the steps of an optimizer on a quadratic whose curvature differs between its two axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.optimizers import Optimizer

START = (-0.9, 0.5)
CURVATURE = 10.0  # of the second axis; the first one's is 1
REACH = 1.2


@dataclass(frozen=True)
class OptimizerPath:
    """The points visited, (steps + 1, 2), the loss at each, and the surface (side, side) over `axis` in both
    directions."""

    path: np.ndarray
    losses: np.ndarray
    axis: np.ndarray
    surface: np.ndarray


def evaluate_ravine(w: np.ndarray) -> np.ndarray:
    """L(w) = (w₁² + 10 w₂²) / 2 for w (…, 2)."""
    return np.asarray((w[..., 0] ** 2 + CURVATURE * w[..., 1] ** 2) / 2)


def trace_optimizer(part: Optimizer, steps: int) -> OptimizerPath:
    """Take steps with exact gradients from (−0.9, 0.5); a path that diverges ends early."""
    weight = torch.nn.Parameter(torch.tensor([START]))  # (1, 2)
    optimizer = part.build([weight])
    for group in optimizer.param_groups:
        group.update(part.settings)  # as in training: an optimizer gets its live fields once it is built
    scale = torch.tensor([[1.0, CURVATURE]])

    def closure() -> float:
        weight.grad = scale * weight.detach()
        return float((scale * weight.detach() ** 2).sum() / 2)

    path = [weight.detach().double().numpy()[0].copy()]
    for _ in range(steps):
        closure()
        optimizer.step(closure if part.needs_closure else None)
        path.append(weight.detach().double().numpy()[0].copy())
        if not np.abs(path[-1]).max() < 1e3:  # so put, it holds for NaN too
            path.pop()
            break
    points = np.array(path)
    axis = np.linspace(-REACH, REACH, 81)
    surface = evaluate_ravine(np.stack(np.meshgrid(axis, axis), 2))
    return OptimizerPath(points, evaluate_ravine(points), axis, surface)
