"""Probes: instruments that read a training step. What they need is captured in sampled steps only."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import ClassVar, Literal, TypeVar

import torch
from torch import Tensor

from engine.catalogue.part import Part
from engine.examples import Task
from engine.frame import Channel
from engine.numerics.metrics import metric

T = TypeVar("T")
Need = Literal[
    "activations", "saturation", "gradients", "updates", "plane", "weights", "inputs", "gates", "attack", "members"
]


@dataclass(frozen=True)
class Subject:
    """What is being probed: the layers whose outputs are observed with the shapes of these, those that have weights,
    the task and the inputs before preprocessing. `extent` is None unless they are 1-D or 2-D.

    `weighted`: a row for each layer with weights, which takes all of them together ("2 lstm"), and for those with
    several kinds one more for each kind ("2 lstm · input", "2 lstm · recurrent"). `parts`: which tensors each row takes
    together. `reconstructions`: which of the observed layers give the network's input again. `linked`: the matrices of
    a network whose weights all lie between units that are drawn, or none.
    """

    observed: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    weighted: tuple[str, ...]
    parts: tuple[tuple[int, ...], ...]
    linked: tuple[tuple[int, ...], ...]
    task: Task
    outputs: int
    softmax: bool
    in_shape: tuple[int, ...]
    extent: tuple[float, ...] | None
    attacked: bool = False
    members: int = 1
    gates: tuple[str, ...] = ()
    reconstructions: tuple[int, ...] = ()


@dataclass(frozen=True)
class HoldoutOutputs:
    """Outputs after the step, in evaluation mode, for the first validation examples.

    `targets`: their classes or values. `x`, `outputs`: as they are; `attacked_x`, `attacked_outputs`: under the attack.
    `before`, `after`: both on the plane of 2-D inputs, before preprocessing, (examples, 2). `member_outputs`: those of
    each member, (members, examples, outputs). `out_of_bag`, `out_of_bag_targets`: predictions for training examples,
    each by the members whose bootstrap sample excludes it. `member_planes`: the members' outputs over the input space,
    (members, points, outputs).
    """

    targets: Tensor
    x: Tensor
    outputs: Tensor
    attacked_x: Tensor | None = None
    attacked_outputs: Tensor | None = None
    before: Tensor | None = None
    after: Tensor | None = None
    member_outputs: Tensor | None = None
    out_of_bag: Tensor | None = None
    out_of_bag_targets: Tensor | None = None
    member_planes: Tensor | None = None


@dataclass(frozen=True)
class Moment:
    """One sampled step, on the training device. Only what the due probes need is filled.

    `activations`: each observed layer's outputs on the probe batch, after the step, in evaluation mode — a fixed
    sample of the training split, so that two moments can be compared whatever the batch size.
    `saturated`: for each of them which numbers come from a flat end of the activation, or None.
    `gradient_norms`: of the batch's gradient, penalties included, before clipping, (rows of weights,).
    `weight_norms`: before the step. `update_norms`: of the weights after the step less the weights before it.
    `weights`: every kind of every layer's weights, after the step, as `parts` of the subject counts them.
    `plane`: the network's outputs over the input space, (points, outputs); `plane_units`: the observed layers' there.
    `holdout`: outputs for validation examples, under attack or of each member.
    `inputs`: the probe batch. `gates`: the mean of each gate at each step of the sequence, (steps,).
    """

    activations: tuple[Tensor, ...] = ()
    saturated: tuple[Tensor | None, ...] = ()
    gradient_norms: Tensor | None = None
    weight_norms: Tensor | None = None
    update_norms: Tensor | None = None
    weights: tuple[Tensor, ...] = ()
    plane: Tensor | None = None
    plane_units: tuple[Tensor, ...] = ()
    inputs: Tensor | None = None
    gates: tuple[Tensor, ...] = ()
    holdout: HoldoutOutputs | None = None


class Probe(Part, family="probes", position=13):
    """An instrument. One that `comes_along` need not be chosen: it is there whenever it has something to say. Runs are
    compared by one that `compares_runs`, of its lines the median over the layers."""

    compares_runs: ClassVar[bool] = False
    comes_along: ClassVar[bool] = False
    needs: ClassVar[frozenset[Need]] = frozenset()

    @abstractmethod
    def channel(self, subject: Subject) -> Channel | None:
        """How to draw the reading; None where the probe has nothing to say."""

    @abstractmethod
    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        """The readings by key; int8 stays int8, places in own tables float64, all else becomes float32."""


def got(filled: T | None) -> T:
    """What capture has to have filled."""
    if filled is None:
        raise RuntimeError("a probe reads what it does not declare in `needs`")
    return filled


def sampled(values: Tensor, most: int) -> Tensor:
    """About `most` of the values, evenly spaced, flat. The step shares no factor with the size of one example (or of
    one unit's weights), so that it does not always meet the same units."""
    flat = values.reshape(-1)
    each, step = flat.numel() // max(len(values), 1), -(-flat.numel() // most)
    while step > 1 and gcd(step, each) > 1:
        step += 1
    return flat[::step]


def share(mask: Tensor) -> Tensor:
    """Which part of a mask is true; in half the time that the mean of its numbers takes."""
    return torch.count_nonzero(mask) / mask.numel()


def unit_axis(dimensions: int) -> int:
    """Which axis counts a layer's units, of a batch of so many dimensions: the features of a vector or of a sequence,
    which has them last, or the maps of an image."""
    return 2 if dimensions == 3 else 1


def per_unit(outputs: Tensor) -> Tensor:
    """One number for each example and unit: of a sequence the mean over time, of a map the mean over its pixels.

    Shape: (batch, units), (batch, time, units) or (batch, units, height, width) → (batch, units)
    """
    others = [axis for axis in range(1, outputs.dim()) if axis != unit_axis(outputs.dim())]
    return outputs.mean(others) if others else outputs


def score(outputs: Tensor, targets: Tensor, subject: Subject) -> Tensor:
    """The task's metric as a reading, float32; NaN where it is not defined, as where no target varies."""
    return metric(outputs, targets, subject.task).to(torch.float32)
