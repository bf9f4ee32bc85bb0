"""What the catalogue of presets promises, measured on a trainer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from engine.epochs import EpochRow
from engine.presets import Expectation
from engine.trainer import Trainer


class Watched:
    """A run that is trained to a step and kept in view: its epochs so far, and the gradient norms of the last step."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.epochs: list[EpochRow] = []
        self.gradients = np.empty(0)

    def train(self, step: int) -> None:
        """Goes on to a step, or to the end."""
        while self.trainer.status == "running" and self.trainer.step < step:
            progress = self.trainer.advance(deadline=math.inf, until_step=step, frame_at_end=True)
            self.epochs += progress.epochs
            for frame in progress.frames:
                self.gradients = frame.readings["gradient_norm"]

    def best(self) -> EpochRow:
        """The epoch with the best validation metric."""
        return max(self.epochs, key=lambda row: row.validation_metric)

    def recall(self) -> float:
        """The share of validation examples that are recognized, in the class where it is least."""
        network = self.trainer.network.eval()
        with torch.no_grad():
            right = network(self.trainer.held_x).argmax(1) == self.trainer.data.validation_y
        network.train()
        return min(float(right[self.trainer.data.validation_y == c].double().mean()) for c in range(self.classes))

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.trainer.data.source.classes)

    def near_zero(self) -> float:
        """The share of weights below 0.001."""
        weights = torch.cat([weight.detach().abs().reshape(-1) for weight in self.trainer.executor.penalized])
        return float((weights < 1e-3).double().mean())


MEASURES: dict[str, Callable[[Watched], float]] = {
    "validation_accuracy": lambda run: run.best().validation_metric,
    "validation_r2": lambda run: run.best().validation_metric,
    "training_accuracy": lambda run: run.epochs[-1].train_metric,
    "accuracy_gap": lambda run: run.epochs[-1].train_metric - run.epochs[-1].validation_metric,
    "worst_recall": Watched.recall,
    "gradient_share": lambda run: float(run.gradients[0] / run.gradients[-1]),
    "near_zero": Watched.near_zero,
    "diverges": lambda run: float(run.trainer.status == "diverged"),
    "stops_early": lambda run: float(run.trainer.status == "finished" and "Stopped early" in run.trainer.message),
}


def kept(expectation: Expectation, run: Watched) -> tuple[bool, float]:
    """Whether the run, trained to the expectation's step, does what is expected, and the value that was measured."""
    found = MEASURES[expectation.measure](run)
    if expectation.at_most is not None:
        return found <= expectation.at_most, found
    return found >= expectation.value, found
