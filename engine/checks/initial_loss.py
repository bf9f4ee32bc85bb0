from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.build import Network
from engine.checks import Check, Outcome
from engine.ground import Ground, calm
from engine.losses import Loss
from engine.losses.huber import Huber
from engine.said import Said

CLOSE, HIGH, WILD = 0.01, 1.5, 3.0  # off the theory; times the theory


class InitialLoss(Check):
    """Initial loss: with outputs near 0 it is ln C for cross-entropy, the mean of y² for squared errors.

    Regularization is off. The output layer is first made a thousand times smaller, which tests the loss itself; then
    the first weights are taken as they are, which tests their scale. Class weights have mean 1 and smoothed labels
    still sum to 1, so neither moves ln C.

    Source: Karpathy, CS231n: Convolutional neural networks for visual recognition, 2016, Sanity checks.
    """

    rank: ClassVar[int] = 0
    kind: Literal["initial_loss"] = "initial_loss"

    @torch.no_grad()
    def examine(self, ground: Ground) -> Outcome:
        x, y = ground.data.train_x, ground.targets
        x, y = (x, y) if x.numel() < 4_000_000 else ground.seen
        network, loss = calm(ground.network()), ground.loss()
        actual = float(loss(network(x), y))
        small = float(loss(shrunk(network)(x), y))
        zeros = torch.zeros(len(x), ground.data.source.outputs)
        theory, expected = in_theory(ground, y, float(loss(zeros, y)), len(x) == len(ground.data.train_x))
        numbers = {"theory": theory, "small": small, "initial": actual, "examples": len(x)}
        found = Said("{initial} as initialized, {small} with small output weights.", initial=actual, small=small)
        if not math.isfinite(actual) or abs(small - theory) > CLOSE * theory + 1e-4:
            remedy = Said("The loss itself is not what it should be: look at its targets, its mean and its sign.")
            if math.isfinite(small) and abs(small - theory) <= CLOSE * theory + 1e-4:
                remedy = Said("The first outputs are not finite: take an initializer with smaller weights.")
            return Outcome("fail", expected, found, remedy, numbers)
        if actual > HIGH * theory + 1e-4:
            remedy = Said(
                "The network is sure of itself before it has learned: take Glorot or He weights and standardize "
                "the inputs, or the targets of a regression."
            )
            return Outcome("fail" if actual > WILD * theory else "warn", expected, found, remedy, numbers)
        return Outcome("pass", expected, found, numbers=numbers)


def shrunk(network: Network) -> Network:
    """The network with an output layer a thousand times smaller."""
    for parameter in network.stages[-1].module.parameters():
        parameter.mul_(1e-3)
    return network


def in_theory(ground: Ground, y: Tensor, zero: float, whole: bool) -> tuple[float, Said]:
    """The loss of outputs that are all 0, worked out by hand for the losses known here, and how it comes about."""
    loss: Loss = ground.experiment.loss
    if loss.name() == "cross_entropy" and (whole or ground.experiment.balance != "weights"):
        classes = ground.data.source.outputs
        value = math.log(classes)
        return value, Said("ln C = ln {classes} = {value}", classes=classes, value=value)
    if ground.experiment.balance == "weights" or loss.name() not in ("mse", "mae", "huber"):
        return zero, Said("{value}, the loss of outputs that are all 0", value=zero)
    rows = (y if y.is_floating_point() else loss.targets(y, ground.data.source.outputs)).to(torch.float64)
    if loss.name() == "mse":
        value = float((rows**2).mean())
        spread = float(rows.var(0, correction=0).mean())
        return value, Said("mean of y² = {value}, of which the variance of y is {spread}", value=value, spread=spread)
    size = rows.abs()
    if loss.name() == "mae":
        return float(size.mean()), Said("mean of |y| = {value}", value=float(size.mean()))
    delta = loss.delta if isinstance(loss, Huber) else 1.0
    value = float(torch.where(size <= delta, size**2 / 2, delta * (size - delta / 2)).mean())
    return value, Said("mean of the Huber loss of y = {value}", value=value)
