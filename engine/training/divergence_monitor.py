"""Divergence from the mean losses of the epochs: whether training has failed for good."""

from __future__ import annotations

import math
from typing import Any, Literal

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.network.build import Network
from engine.training.divergence import (
    EXAMPLES,
    compute_untrained_loss,
    compute_weight_norms,
    find_most_grown,
    runs_away,
)
from engine.training.ensemble import build_networks
from engine.training.heads import Heads

Rival = Literal["", "epoch 1", "untrained"]
"""The reference that a mean loss exceeds: that of epoch 1, or those of step 1 and of the untrained network."""
ENOUGH = 64
"""Examples after which the mean loss of an unfinished epoch is meaningful."""


class DivergenceMonitor:
    """Compares mean losses with two references. A run has diverged where an epoch's mean loss is over three times

    - that of epoch 1; or
    - the loss of step 1 and also the loss of the untrained network. This finds a first epoch that is ruined itself.
      Both are losses of the first weights: one has the noise of a batch, the other dropout off.

    A live edit of a loss weight changes the loss itself. Nothing is compared in the epoch of the edit; the first whole
    epoch after it becomes the reference, and step 1 is dropped.

    The untrained network is built again, and evaluated, only for a run under suspicion.
    """

    def __init__(self, experiment: Experiment, data: Prepared, network: Network, heads: Heads) -> None:
        self.network, self.heads = network, heads
        self.first_norms = compute_weight_norms(network)
        self.experiment, self.data = experiment, data
        self.epochs: list[float] = []  # of epoch 1 and of the newest; [inf] in an epoch whose loss was edited
        self.first_step: float | None = None
        self._untrained: float | None = None  # computed when first needed

    def add_step(self, loss: float) -> None:
        """Add the loss of a step; only that of the first matters."""
        if self.first_step is None:
            self.first_step = loss

    def start_over(self) -> None:
        """Forget the references: an edit has changed the loss. 0.0 for step 1 makes every later loss suspicious, which
        leaves the decision to the untrained network, computed with the new weights."""
        self.epochs, self.first_step, self._untrained = [math.inf], 0.0, None

    @property
    def mixed(self) -> bool:
        """Whether the loss was edited in this epoch, so that its mean is of two losses."""
        return self.epochs == [math.inf]

    def add_epoch(self, mean: float) -> Rival:
        """Add the mean loss of an epoch. Returns the reference that it exceeds, if any."""
        mixed = self.mixed
        self.epochs = [] if mixed else [*self.epochs[:1], mean]
        if runs_away((self.epochs or [mean])[0], mean):
            return "epoch 1"
        return "" if mixed else self.compare_to_start(mean)

    def compare_to_start(self, mean: float) -> Rival:
        """Compare a mean loss with step 1 and the untrained network alone."""
        first = math.inf if self.first_step is None else self.first_step
        if not runs_away(first, mean):
            return ""
        if self._untrained is None:
            self._untrained = self._evaluate_untrained()
        return "untrained" if runs_away(self._untrained, mean) else ""

    def _evaluate_untrained(self) -> float:
        """The loss of the untrained network on the training split."""
        heads, x = self.heads, self.data.train_x[:EXAMPLES]  # (examples, *in_shape)
        y = heads.encode_training_targets(self.experiment)[: len(x)]
        untrained = build_networks(self.experiment, self.data).to(heads.device)
        return compute_untrained_loss(untrained, heads.loss, *heads.join_inputs(x.to(heads.device), y))

    def is_steady(self, mean: float, examples: int) -> bool:
        """Whether a state within an epoch shows no sign of divergence. `mean`: the loss over its `examples` so far."""
        if len(self.epochs) > 1 and runs_away(*self.epochs):
            return False
        if examples < ENOUGH or self.mixed:
            return True
        return not (self.epochs and runs_away(self.epochs[0], mean)) and not self.compare_to_start(mean)

    def blame_epoch(self, epoch: int, rival: Rival) -> Message:
        """Say that an epoch's mean loss ended the run, and which layer grew most."""
        layer = find_most_grown(self.network, self.first_norms)
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
            layer=find_most_grown(self.network, self.first_norms),
        )

    def state(self) -> dict[str, Any]:
        """The references, for a checkpoint."""
        return {"epoch_losses": list(self.epochs), "first_loss": self.first_step}

    def restore(self, state: dict[str, Any]) -> None:
        """Load the references. Older checkpoints have no loss of step 1; infinity is never exceeded."""
        self.epochs, self.first_step = list(state["epoch_losses"]), state.get("first_loss", math.inf)
