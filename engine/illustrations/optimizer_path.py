"""An optimizer's way down a ravine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.optimizers import Optimizer

START = (-0.9, 0.5)
STEEP = 10.0
REACH = 1.2


@dataclass(frozen=True)
class OptimizerPath:
    """The points visited, (steps + 1, 2), the loss at each, and the surface (side, side) over `axis` in both
    directions."""

    path: np.ndarray
    losses: np.ndarray
    axis: np.ndarray
    surface: np.ndarray


def ravine(w: np.ndarray) -> np.ndarray:
    """L(w) = (w₁² + 10 w₂²) / 2, ten times as steep across as along."""
    return np.asarray((w[..., 0] ** 2 + STEEP * w[..., 1] ** 2) / 2)


def optimizer_path(part: Optimizer, steps: int) -> OptimizerPath:
    """So many steps with exact gradients; a path that leaves for infinity ends there."""
    weight = torch.nn.Parameter(torch.tensor([START]))
    optimizer = part.build([weight])
    for group in optimizer.param_groups:
        group.update(part.settings)
    scale = torch.tensor([[1.0, STEEP]])

    def closure() -> float:
        weight.grad = scale * weight.detach()
        return float((scale * weight.detach() ** 2).sum() / 2)

    path = [weight.detach().double().numpy()[0].copy()]
    for _ in range(steps):
        closure()
        optimizer.step(closure if part.needs_closure else None)
        path.append(weight.detach().double().numpy()[0].copy())
        if not np.abs(path[-1]).max() < 1e3:
            path.pop()
            break
    points = np.array(path)
    axis = np.linspace(-REACH, REACH, 81)
    surface = ravine(np.stack(np.meshgrid(axis, axis), 2))
    return OptimizerPath(points, ravine(points), axis, surface)
