"""Loss curve: the loss of one example and its derivative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.losses import Loss


@dataclass(frozen=True)
class LossCurve:
    """The loss of one example and its derivative, (points,) each.

    `over` names x: "error" (regression), or "lead" of the right class's logit over the other one (classification).
    """

    x: np.ndarray
    loss: np.ndarray
    slope: np.ndarray
    over: str


def sample_loss(part: Loss, reach: float = 4.0) -> LossCurve:
    """The loss at 401 points between −reach and reach."""
    x = torch.linspace(-reach, reach, 401, dtype=torch.float64, requires_grad=True)
    module = part.build()
    if "regression" in part.tasks:
        # one example at a time, (1, 1), since a loss is the mean over its batch
        values = torch.stack([module(error[None, None], torch.zeros(1, 1).double()) for error in x])
    else:
        target = part.encode_targets(torch.tensor([1]), 2)
        target = target.double() if target.is_floating_point() else target
        values = torch.stack([module(torch.stack([0 * lead, lead])[None], target) for lead in x])  # (1, 2)
    (slope,) = torch.autograd.grad(values.sum(), x)
    over = "error" if "regression" in part.tasks else "lead"
    return LossCurve(x.detach().numpy(), values.detach().numpy(), slope.numpy(), over)
