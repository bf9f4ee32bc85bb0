"""Probes: instruments that read a training step. What they need is captured in sampled steps only.

A probe reduces what it reads on the device that trains; the capture then fetches all readings in one transfer. So a
probe avoids whatever waits for a GPU, such as `float(tensor)` or a branch on a tensor's value.
"""

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
from engine.numerics.metrics import compute_metric

T = TypeVar("T")
Need = Literal[
    "activations", "saturation", "gradients", "updates", "plane", "weights", "inputs", "gates", "attack", "members"
]


@dataclass(frozen=True)
class Subject:
    """What is probed: a run, as far as it is the same in all of its steps.

    `observed`, `shapes`: names of the layers whose outputs are observed, and the shapes of these without the batch.
    `weighted`: names of the rows of weights: one for each layer with weights, all of its weights together ("2 lstm"),
    and for a layer with several kinds one more for each kind ("2 lstm · input", "2 lstm · recurrent"). `parts`: for
    each row the indices of the tensors in it. `linked`: shapes of the weight matrices if all weights connect units that
    are drawn, else empty. `outputs`: size of the network's output. `softmax`: whether outputs are logits. `in_shape`,
    `extent`: the inputs before preprocessing; the extent is None unless they are 1-D or 2-D. `attacked`: whether the
    experiment has an attack. `gates`: names of the gates. `reconstructions`: indices of the observed layers that
    reconstruct the input.
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

    `attacked_x`, `attacked_outputs`: the same under the attack. `before`, `after`: `x` and `attacked_x` before
    preprocessing, for 2-D inputs whose preprocessing can be inverted. `out_of_bag`: predictions for training examples,
    each by the members whose bootstrap sample excludes it. `member_planes`: the members' outputs over the input space.
    """

    targets: Tensor  # classes (examples,) or values (examples, outputs)
    x: Tensor  # (examples, *in_shape), after preprocessing
    outputs: Tensor  # (examples, outputs)
    attacked_x: Tensor | None = None  # (examples, *in_shape)
    attacked_outputs: Tensor | None = None  # (examples, outputs)
    before: Tensor | None = None  # (examples, 2)
    after: Tensor | None = None  # (examples, 2)
    member_outputs: Tensor | None = None  # (members, examples, outputs)
    out_of_bag: Tensor | None = None  # (answered, outputs)
    out_of_bag_targets: Tensor | None = None  # as targets, (answered, …)
    member_planes: Tensor | None = None  # (members, points, outputs)


@dataclass(frozen=True)
class Moment:
    """One sampled step, on the training device. Only what the due probes need is filled.

    `activations`: outputs of the observed layers on the probe batch, after the step, in evaluation mode. The probe
    batch is a fixed sample of the training split, so that two moments can be compared whatever the batch size.
    `saturated`: for each of them which numbers come from a flat end of the activation, or None. `gradient_norms`: of
    the batch's gradient, penalties included, before clipping. `weight_norms`: before the step. `update_norms`: of the
    weights after the step minus the weights before it. `weights`: all weight tensors, after the step, counted as in
    `parts` of the subject. `plane`: the network's outputs over the input space; `plane_units`: those of the observed
    layers. `inputs`: the probe batch. `gates`: the mean of each gate at each step of the sequence.
    """

    activations: tuple[Tensor, ...] = ()  # each (batch, *shape)
    saturated: tuple[Tensor | None, ...] = ()  # each bool, shaped as what the activation takes
    gradient_norms: Tensor | None = None  # (rows,)
    weight_norms: Tensor | None = None  # (rows,)
    update_norms: Tensor | None = None  # (rows,)
    weights: tuple[Tensor, ...] = ()
    plane: Tensor | None = None  # (points, outputs)
    plane_units: tuple[Tensor, ...] = ()  # each (points, *shape)
    inputs: Tensor | None = None  # (batch, *in_shape), after preprocessing
    gates: tuple[Tensor, ...] = ()  # each (steps,)
    holdout: HoldoutOutputs | None = None


class Probe(Part, family="probes", position=13):
    """An instrument: it reduces a moment to readings, and describes the channel that draws them.

    `needs`: what the capture has to fill of a moment. `is_automatic`: it need not be chosen, and is part of every run
    in which it has a channel. `compares_runs`: runs can be compared by the median over the layers of its lines.
    """

    compares_runs: ClassVar[bool] = False
    is_automatic: ClassVar[bool] = False
    needs: ClassVar[frozenset[Need]] = frozenset()

    @abstractmethod
    def channel(self, subject: Subject) -> Channel | None:
        """How to draw the reading; None for a run in which there is nothing to measure."""

    @abstractmethod
    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        """The readings by key, on the device of the moment.

        int8 and float64 (coordinates in uploaded tables) keep their type; everything else is sent as float32.
        """


def require(filled: T | None) -> T:
    """A field of a moment that the capture has to have filled. Raises: RuntimeError if it is None."""
    if filled is None:
        raise RuntimeError("a probe reads what it does not declare in `needs`")
    return filled


def sample_evenly(values: Tensor, count: int) -> Tensor:
    """About `count` of the values, evenly spaced through the flattened tensor, (about count,).

    The step shares no factor with the size of one example (or of one unit's weights), so that it does not always meet
    the same units.
    """
    flat = values.reshape(-1)
    each, step = flat.numel() // max(len(values), 1), -(-flat.numel() // count)
    while step > 1 and gcd(step, each) > 1:
        step += 1
    return flat[::step]


def quantize(values: Tensor) -> Tensor:
    """Values from −1 to 1 as int8 in units of 1/127, shaped as before; NaN becomes 0.

    A map goes to the browser ten times a second: a byte a point is a quarter of float32, and finer than a color scale.
    """
    return (values * 127).round().nan_to_num(0.0).to(torch.int8)


def measure_share(mask: Tensor) -> Tensor:
    """The share of a mask that is true, (); in half the time that the mean of its numbers takes."""
    return torch.count_nonzero(mask) / mask.numel()


def find_unit_axis(dimensions: int) -> int:
    """The axis that counts units in a batch of outputs with so many dimensions.

    Shape: (batch, units), (batch, time, units) or (batch, units, height, width)
    """
    return 2 if dimensions == 3 else 1


def average_per_unit(outputs: Tensor) -> Tensor:
    """One number for each example and unit: of a sequence the mean over time, of a map the mean over its pixels.

    Shape: (batch, units), (batch, time, units) or (batch, units, height, width) → (batch, units)
    """
    others = [axis for axis in range(1, outputs.dim()) if axis != find_unit_axis(outputs.dim())]
    return outputs.mean(others) if others else outputs


def measure_score(outputs: Tensor, targets: Tensor, subject: Subject) -> Tensor:
    """The task's metric as a reading, float32, (); NaN where it is not defined, as where no target varies."""
    return compute_metric(outputs, targets, subject.task).to(torch.float32)
