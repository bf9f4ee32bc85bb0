"""The metric of a task: accuracy of a classification, R² of a regression."""

from __future__ import annotations

import torch
from torch import Tensor


def compute_metric(outputs: Tensor, targets: Tensor, task: str) -> Tensor:
    """Accuracy, or R² = 1 − Σ(ŷ − y)² / Σ(y − mean y)² over all outputs; float64, on the device of the outputs.

    Targets may be classes or one-hot rows. NaN where it is not defined: of no examples, and R² where no target varies,
    as in a single row.
    """
    if task == "classification":
        classes = targets if targets.dtype == torch.int64 else targets.argmax(1)  # (batch,)
        return compute_accuracy((outputs.argmax(1) == classes).to(torch.float64).sum(), len(outputs))
    varies = (targets != targets[:1]).any()  # compared exactly: the computed spread of equal numbers is rounding error
    outputs, targets = outputs.to(torch.float64), targets.to(torch.float64)  # (batch, outputs)
    spread = ((targets - targets.mean(0)) ** 2).sum()
    return compute_r_squared(((outputs - targets) ** 2).sum(), torch.where(varies, spread, 0.0))


def compute_accuracy(right: Tensor, count: int) -> Tensor:
    """The share of right answers; NaN without examples."""
    return right / count


def compute_r_squared(error: Tensor, spread: Tensor) -> Tensor:
    """R² from the sum of squared errors and the sum of squares around the mean; NaN where the latter is 0."""
    return torch.where(spread > 0, 1 - error / spread, torch.nan)
