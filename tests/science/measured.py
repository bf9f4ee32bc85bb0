"""One sampled step of a real run beside its float64 twin."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.frame import Frame
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer
from tests.science import twin


class Never(FrameClock):
    """No frame but those that are asked for."""

    grid = False

    def due(self) -> bool:
        return False


class Always(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


@dataclass
class Sample:
    """A step that was taken: what the run says of it, and what the twin says."""

    trainer: Trainer
    frame: Frame
    before: twin.Weights
    after: twin.Weights  # float64 copies of what the run's weights became
    step: twin.Step

    def series(self, key: str) -> tuple[str, ...]:
        """The names along a channel's first axis."""
        return next(channel.series for channel in self.trainer.channels if channel.key == key)

    def weighted(self) -> list[tuple[int, str]]:
        """Where the watched weight of each layer with weights stands."""
        names = ("0.weight", "weight")
        return [(p, key) for p, own in enumerate(self.before) for key in names if key in own]

    def observed(self, x: Tensor) -> list[Tensor]:
        """The twin's outputs of every layer that the activation instruments watch, after the step, in evaluation."""
        blocks = twin.blocks_of(self.trainer.experiment, self.trainer.data.source.outputs)
        outputs = twin.forward(blocks, self.after, x)
        watched = ("dense", "conv2d", "batch_norm", "activation")
        return [out for block, out in zip(blocks, outputs, strict=True) if block.name() in watched]


def sample(
    experiment: Experiment, at: int, factor: float = 1.0, meddle: Callable[[Trainer], None] | None = None
) -> Sample:
    """Step `at` of the experiment; `factor` is what the schedule should give; `meddle` acts just before the step."""
    trainer = Trainer(experiment, Never())
    trainer.advance(deadline=math.inf, until_step=at - 1)
    if meddle:
        meddle(trainer)
    before = twin.weights_of(trainer)
    state = copy.deepcopy(trainer.learners[0].eager.optimizer.state_dict()["state"])
    start, size = trainer.order.cursor, trainer.experiment.batch_size
    assert start + size < trainer.order.count, "choose a step inside an epoch"
    x, y = (part[start : start + size].clone() for part in (trainer.order.epoch_x, trainer.order.epoch_y))
    frames = trainer.advance(deadline=math.inf, until_step=at, frame_at_end=True).frames
    assert [frame.step for frame in frames] == [at]
    lr = trainer.experiment.optimizer.settings["lr"] * factor
    step = twin.take(trainer.experiment, before, x, y, state, lr)
    return Sample(trainer, frames[0], before, twin.weights_of(trainer), step)


def close(got: np.ndarray, expected: object, rtol: float, atol: float = 0.0) -> None:
    """Equal within a tolerance, shapes too."""
    wanted = np.asarray(expected, np.float64)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)


def norm(tensor: Tensor) -> float:
    """Euclidean length."""
    return float((tensor**2).sum().sqrt())


def torch_array(array: np.ndarray) -> Tensor:
    """The array as a float64 tensor."""
    return torch.from_numpy(np.asarray(array, np.float64))
