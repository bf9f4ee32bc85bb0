"""Early stopping and plateau schedules, updated in O(1) after each epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from engine.experiment.experiment import Experiment


class ValidationMonitor:
    """Follows the validation loss: the best epoch, the schedule's factor, and whether to stop early.

    The rules and the schedule are parts, which hold no state: each returns what it remembers, and that is kept here.
    """

    def __init__(self, experiment: Experiment, losses: Sequence[float] = ()) -> None:
        self.schedule = experiment.schedule
        self.rules = [rule for rule in experiment.regularizers if rule.keeps_best]
        self.losses: list[float] = []
        self.best = math.inf
        self.best_epoch = 0
        self.weights: dict[str, Tensor] | None = None  # of the best epoch, with running statistics
        self.rule_states = [rule.initial_state for rule in self.rules]
        self.schedule_state = self.schedule.initial_state
        for loss in losses:
            self.add_epoch(loss)

    def add_epoch(self, loss: float) -> None:
        """Add the validation loss of one more epoch."""
        self.losses.append(loss)
        if loss < self.best:
            self.best, self.best_epoch = loss, len(self.losses)
        self.rule_states = [
            rule.update_state(one, loss) for rule, one in zip(self.rules, self.rule_states, strict=True)
        ]
        self.schedule_state = self.schedule.update_state(self.schedule_state, loss)

    def store_weights(self, network: nn.Module) -> None:
        """Copy the weights, which are the best so far."""
        self.weights = {key: value.clone() for key, value in network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """The losses and the best weights, for a checkpoint. All else follows from the losses."""
        return {"validation_losses": list(self.losses), "best": self.weights}

    @classmethod
    def restore(cls, experiment: Experiment, state: dict[str, Any]) -> ValidationMonitor:
        """The monitor in a checkpoint."""
        monitor = cls(experiment, state["validation_losses"])
        monitor.weights = state["best"]
        return monitor

    @property
    def factor(self) -> float:
        """The schedule's factor on the learning rate until the next epoch ends."""
        return self.schedule_state[-1]

    @property
    def has_improved(self) -> bool:
        """Whether the newest epoch is the best and a rule will restore its weights."""
        return bool(self.rules) and self.best_epoch == len(self.losses)

    @property
    def should_stop(self) -> bool:
        """Whether a rule has run out of patience."""
        return any(rule.should_stop(one) for rule, one in zip(self.rules, self.rule_states, strict=True))
