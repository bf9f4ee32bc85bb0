"""What a loss asks for an answer, and how hard it pulls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.losses import Loss


@dataclass(frozen=True)
class LossCurve:
    """The loss of one example and its slope, over the error (regression) or over the lead of the right class's logit
    of two (classification)."""

    x: np.ndarray
    loss: np.ndarray
    slope: np.ndarray
    over: str


def loss_curve(part: Loss, reach: float = 4.0) -> LossCurve:
    """The loss between −reach and reach."""
    x = torch.linspace(-reach, reach, 401, dtype=torch.float64, requires_grad=True)
    module = part.build()
    if "regression" in part.tasks:
        values = torch.stack([module(error[None, None], torch.zeros(1, 1).double()) for error in x])
    else:
        target = part.encode_targets(torch.tensor([1]), 2)
        target = target.double() if target.is_floating_point() else target
        values = torch.stack([module(torch.stack([0 * lead, lead])[None], target) for lead in x])
    (slope,) = torch.autograd.grad(values.sum(), x)
    over = "error" if "regression" in part.tasks else "lead"
    return LossCurve(x.detach().numpy(), values.detach().numpy(), slope.numpy(), over)
