"""What the catalogue of presets promises, measured on a trainer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from engine.data.epochs import EpochRow
from engine.experiment.presets import Expectation
from engine.training.trainer import Trainer


class Watched:
    """A run that is trained to a step and kept in view: its epochs so far, and the readings of the last frame."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.epochs: list[EpochRow] = []
        self.readings: Mapping[str, np.ndarray] = {}

    def train(self, step: int) -> None:
        """Goes on to a step, or to the end."""
        while self.trainer.status == "running" and self.trainer.step < step:
            progress = self.trainer.advance(deadline=math.inf, until_step=step, frame_at_end=True)
            self.epochs += progress.epochs
            for frame in progress.frames:
                self.readings = frame.readings

    def best(self) -> EpochRow:
        """The epoch with the best validation metric."""
        return max(self.epochs, key=lambda row: row.validation_metric)

    def recall(self) -> float:
        """The share of validation examples that are recognized, in the class where it is least."""
        network = self.trainer.network.eval()
        with torch.no_grad():
            right = network(self.trainer.validation_x).argmax(1) == self.trainer.data.validation_y
        network.train()
        return min(float(right[self.trainer.data.validation_y == c].double().mean()) for c in range(self.classes))

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.trainer.data.source.classes)

    def near_zero(self) -> float:
        """The share of weights below 0.001."""
        weights = torch.cat([weight.detach().abs().reshape(-1) for weight in self.trainer.learners[0].eager.penalized])
        return float((weights < 1e-3).double().mean())

    def other(self, **changed: Any) -> Watched:
        """The same run as far, of an experiment with another value."""
        run = Watched(Trainer(self.trainer.experiment.model_copy(update=changed)))
        run.train(self.trainer.step)
        return run

    def loss_of_one(self) -> float:
        """Validation loss over that of a single network."""
        return self.epochs[-1].validation_loss / self.other(ensemble=None).epochs[-1].validation_loss

    def attacked(self) -> float:
        """The share of right answers on attacked examples."""
        return float(self.readings["robustness"][1])

    def unprepared(self) -> float:
        """The same where training does without attacks and they are only measured."""
        attack = self.trainer.experiment.attack
        assert attack is not None
        return self.other(attack=attack.model_copy(update={"share": 0.0})).attacked()


MEASURES: dict[str, Callable[[Watched], float]] = {
    "validation_accuracy": lambda run: run.best().validation_metric,
    "validation_r2": lambda run: run.best().validation_metric,
    "training_accuracy": lambda run: run.epochs[-1].train_metric,
    "accuracy_gap": lambda run: run.epochs[-1].train_metric - run.epochs[-1].validation_metric,
    "worst_recall": Watched.recall,
    "gradient_share": lambda run: float(run.readings["gradient_norm"][0] / run.readings["gradient_norm"][-1]),
    "near_zero": Watched.near_zero,
    "diverges": lambda run: float(run.trainer.status == "diverged"),
    "stops_early": lambda run: float(run.trainer.status == "finished" and "Stopped early" in str(run.trainer.message)),
    "ends_accuracy": lambda run: min(run.epochs[-1][9::4]),
    "reconstruction_r2": lambda run: run.epochs[-1][-1],
    "loss_of_one": Watched.loss_of_one,
    "attacked_accuracy": Watched.attacked,
    "attacked_unprepared": Watched.unprepared,
}


def kept(expectation: Expectation, run: Watched) -> tuple[bool, float]:
    """Whether the run, trained to the expectation's step, does what is expected, and the value that was measured."""
    found = MEASURES[expectation.measure](run)
    if expectation.at_most is not None:
        return found <= expectation.at_most, found
    return found >= expectation.value, found
