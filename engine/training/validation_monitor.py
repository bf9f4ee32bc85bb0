"""What the validation losses of the epochs lead to, in the same time however many there were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from engine.experiment.experiment import Experiment


class Watch:
    """The validation losses so far; the schedule's factor, the best epoch, and whether it is time to stop."""

    def __init__(self, experiment: Experiment, losses: Sequence[float] = ()) -> None:
        self.schedule = experiment.schedule
        self.rules = [rule for rule in experiment.regularizers if rule.keeps_best]
        self.losses: list[float] = []
        self.best = math.inf
        self.best_epoch = 0
        self.weights: dict[str, Tensor] | None = None  # of the best epoch, and running statistics
        self.seen = [rule.blank for rule in self.rules]
        self.followed = self.schedule.blank
        for loss in losses:
            self.add(loss)

    def add(self, loss: float) -> None:
        """One more epoch."""
        self.losses.append(loss)
        if loss < self.best:
            self.best, self.best_epoch = loss, len(self.losses)
        self.seen = [rule.follow(seen, loss) for rule, seen in zip(self.rules, self.seen, strict=True)]
        self.followed = self.schedule.follow(self.followed, loss)

    def keep(self, network: nn.Module) -> None:
        """Copies the weights: they are the best so far."""
        self.weights = {key: value.clone() for key, value in network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"validation_losses": list(self.losses), "best": self.weights}

    @classmethod
    def restore(cls, experiment: Experiment, state: dict[str, Any]) -> Watch:
        """From a checkpoint."""
        watch = cls(experiment, state["validation_losses"])
        watch.weights = state["best"]
        return watch

    @property
    def factor(self) -> float:
        """The schedule's factor on the learning rate from here on."""
        return self.followed[-1]

    @property
    def improved(self) -> bool:
        """Whether the newest epoch is the best and someone wants to keep it."""
        return bool(self.rules) and self.best_epoch == len(self.losses)

    @property
    def stops(self) -> bool:
        """Whether a rule has waited long enough."""
        return any(rule.ends(seen) for rule, seen in zip(self.rules, self.seen, strict=True))
