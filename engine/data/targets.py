"""Training targets and loss: softened labels, class shares to be mixed, weights for rare classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment


def build_training_targets(experiment: Experiment, data: Prepared) -> Tensor:
    """Build the targets of the training split.

    Shape: classes (examples,) int64, or class shares (examples, classes) where something softens or mixes them; values
    of a regression (examples, outputs).
    """
    soft = [rule for rule in experiment.regularizers if rule.smooths_targets]
    mixed = any(part.mixes for part in experiment.augmentations)
    y = experiment.loss.encode_targets(data.train_y, data.source.outputs)
    if y.dtype == torch.int64 and (soft or mixed):
        y = nn.functional.one_hot(y, data.source.outputs).to(torch.float32)  # (examples, classes)
    for rule in soft:
        y = rule.smooth_targets(y)
    return y


def build_loss(experiment: Experiment, data: Prepared) -> nn.Module:
    """Build the mean loss of a batch, in training weighted by class if the experiment says so."""
    loss = experiment.loss.build()
    if experiment.balance != "weights":
        return loss
    return ClassWeightedLoss(loss, compute_class_weights(data.train_y, data.source.outputs))


def compute_class_weights(y: Tensor, classes: int) -> Tensor:
    """Weigh class c by n / (C · n_c), 0 where `y` (examples,) lacks it; returns (classes,) float32.

    C counts the classes that `y` has, so that the mean weight of its examples is 1.
    """
    counts = torch.bincount(y, minlength=classes).to(torch.float64)  # (classes,)
    present = counts > 0
    weights = torch.where(present, len(y) / (present.sum() * counts.clamp_min(1)), 0)
    return weights.to(torch.float32)


class ClassWeightedLoss(nn.Module):
    """Mean of w · loss over a batch, w the weight of an example's class; of a blend of classes, the blend of weights.

    Over the whole training split it is the mean of the classes' mean losses, however frequent they are. (torch divides
    by the batch's own sum of weights instead, so that a batch of a single class is not weighted at all.) In evaluation
    mode it is the plain mean: what is measured on held-out examples can be compared with that of any other run.

    Shape: outputs (batch, classes); targets of classes (batch,) or of shares (batch, classes).

    Source: King and Zeng, Logistic regression in rare events data, 2001.
    """

    weights: Tensor

    def __init__(self, loss: nn.Module, weights: Tensor) -> None:
        super().__init__()
        vars(loss)["reduction"] = "none"  # every torch loss reads it at each call
        self.loss = loss
        self.register_buffer("weights", weights)

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        each: Tensor = self.loss(outputs, targets)  # (batch,) or (batch, outputs)
        each = each if each.ndim == 1 else each.flatten(1).mean(1)  # (batch,)
        if not self.training:
            return each.mean()
        is_class = targets.dtype == torch.int64
        return ((self.weights[targets] if is_class else targets @ self.weights) * each).mean()
