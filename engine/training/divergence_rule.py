"""Whether a run has gone wrong for good, from the mean losses of its epochs."""

from __future__ import annotations

import math
from typing import Any, Literal

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.network.build import Network
from engine.training.divergence import LOOKED_AT, loss_of, most_grown, runs_away, weight_norms
from engine.training.ensemble import networks
from engine.training.heads import Ends

Rival = Literal["", "epoch 1", "untrained"]
"""What a mean loss does not compare with: that of epoch 1, or those of step 1 and of the untrained network."""
ENOUGH = 64
"""Examples whose mean loss says something before the epoch is over."""


class Judge:
    """Two rules: an epoch's mean loss is over three times that of epoch 1; or it is over three times the loss of step 1
    and over three times that of the untrained network, so that a first epoch which is ruined itself is found too. Both
    losses of the second rule are of the first weights: one has the noise of a batch, the other that of evaluation.

    An edit of how much an end counts makes another loss: nothing is compared in the epoch in which it happens, the
    first whole epoch after it takes the place of epoch 1, and step 1 falls away.

    The untrained network is made once more, and looked at, only when a run is under suspicion.
    """

    def __init__(self, experiment: Experiment, data: Prepared, network: Network, ends: Ends) -> None:
        self.network, self.ends = network, ends
        self.first_norms = weight_norms(network)
        self.experiment, self.data = experiment, data
        self.epochs: list[float] = []  # of epoch 1 and of the newest; infinite in an epoch with another loss
        self.first_step: float | None = None
        self._untrained: float | None = None

    def begin(self, loss: float) -> None:
        """The loss of a step; the first is kept."""
        if self.first_step is None:
            self.first_step = loss

    def reweigh(self) -> None:
        """Another loss from here on."""
        self.epochs, self.first_step, self._untrained = [math.inf], 0.0, None

    @property
    def mixed(self) -> bool:
        """Whether this epoch has two losses."""
        return self.epochs == [math.inf]

    def add(self, mean: float) -> Rival:
        """Take in the mean loss of one more epoch; returns what it does not compare with."""
        mixed = self.mixed
        self.epochs = [] if mixed else [*self.epochs[:1], mean]
        if runs_away((self.epochs or [mean])[0], mean):
            return "epoch 1"
        return "" if mixed else self.compared(mean)

    def compared(self, mean: float) -> Rival:
        """The same for the second rule alone."""
        first = math.inf if self.first_step is None else self.first_step
        if not runs_away(first, mean):
            return ""
        if self._untrained is None:
            self._untrained = self._look()
        return "untrained" if runs_away(self._untrained, mean) else ""

    def _look(self) -> float:
        """The loss of the untrained network on the training split."""
        ends, x = self.ends, self.data.train_x[:LOOKED_AT]
        y = ends.training_targets(self.experiment)[: len(x)]
        untrained = networks(self.experiment, self.data).to(ends.device)
        return loss_of(untrained, ends.loss, *ends.joined(x.to(ends.device), y))

    def steady(self, mean: float, examples: int) -> bool:
        """Whether nothing speaks against a state within an epoch, of which the mean loss so far is given."""
        if len(self.epochs) > 1 and runs_away(*self.epochs):
            return False
        if examples < ENOUGH or self.mixed:
            return True
        return not (self.epochs and runs_away(self.epochs[0], mean)) and not self.compared(mean)

    def blame_epoch(self, epoch: int, rival: Rival) -> Message:
        """Say that an epoch's mean loss ended the run, and which layer grew most."""
        layer = most_grown(self.network, self.first_norms)
        if rival == "epoch 1":
            return Message(
                "The mean loss of epoch {epoch} is over 3 times that of epoch 1; layer {layer} grew most.",
                epoch=epoch,
                layer=layer,
            )
        return Message(
            "The mean loss of epoch {epoch} is over 3 times those of step 1 and of the untrained network; "
            "layer {layer} grew most.",
            epoch=epoch,
            layer=layer,
        )

    def blame_steps(self, steps: int) -> Message:
        """The same of a run that ends within its first epoch."""
        return Message(
            "The mean loss of {n} steps is over 3 times those of step 1 and of the untrained network; "
            "layer {layer} grew most.",
            n=steps,
            layer=most_grown(self.network, self.first_norms),
        )

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"epoch_losses": list(self.epochs), "first_loss": self.first_step}

    def restore(self, state: dict[str, Any]) -> None:
        """From a checkpoint; one from before there was a second rule goes on without it."""
        self.epochs, self.first_step = list(state["epoch_losses"]), state.get("first_loss", math.inf)
