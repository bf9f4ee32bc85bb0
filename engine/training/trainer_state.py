"""The state of a run, as checkpoints store it."""

from __future__ import annotations

import copy
from typing import Any, Literal

from torch import Tensor

from engine.data.epochs import EpochMetrics
from engine.experiment.experiment import Experiment
from engine.message import NOTHING, Message
from engine.network.build import Network, collect_tensors
from engine.parts.schedules import Spans
from engine.training import divergence, end_messages
from engine.training.capture import Capture
from engine.training.clock import RunTimer
from engine.training.divergence_monitor import DivergenceMonitor
from engine.training.heads import Heads
from engine.training.learner import Learner, collect_optimizer_state, load_optimizer_state, update_live_fields
from engine.training.validation_monitor import ValidationMonitor

Status = Literal["running", "finished", "diverged"]


class Resumable:
    """The part of a trainer that changes while it trains, with `state` and `load_state`."""

    experiment: Experiment
    network: Network
    learners: tuple[Learner, ...]
    capture: Capture
    heads: Heads
    step: int
    epoch: int
    status: Status
    message: Message
    epoch_metrics: EpochMetrics
    validation_monitor: ValidationMonitor
    divergence_monitor: DivergenceMonitor
    spans: Spans
    timer: RunTimer

    def state(self) -> dict[str, Any]:
        """The state for a checkpoint: tensors, numbers, strings, lists and dictionaries only.

        Its keys are stored, so they outlive the names of the attributes.
        """
        return {
            "experiment": self.experiment.to_json(),
            "step": self.step,
            "epoch": self.epoch,
            "cursor": self.learners[0].order.cursor,
            "seconds": self.timer.stopwatch.seconds,
            "status": self.status,
            "message": self.message.plain() if self.message else "",
            "model": self.network.state_dict(),
            "optimizer": collect_optimizer_state(self.learners),
            "tally": self.epoch_metrics.state(),
            **self.validation_monitor.state(),
            **self.divergence_monitor.state(),
            "examples": self.timer.speedometer.examples,
            "spans": [list(span) for span in self.spans],
        }

    def load_state(self, state: dict[str, Any], *, owns_state: bool = False) -> None:
        """Load a state of this run; its training time is left alone. `owns_state`: the caller gives the state away, and
        its tensors need no copy."""
        self.experiment = Experiment.from_json(state["experiment"])
        self.network.load_state_dict(state.pop("model") if owns_state else state["model"])
        optimizer = state["optimizer"] if owns_state else copy.deepcopy(state["optimizer"])
        # torch's optimizers keep the tensors they are given, and would go on changing those of the caller
        load_optimizer_state(self.learners, optimizer)
        update_live_fields(self.learners, self.experiment)
        self.capture.update_live_fields(self.experiment)
        self.step, self.epoch = state["step"], state["epoch"]
        self.status, self.message = state["status"], Message.of(state["message"])
        for learner in self.learners:
            learner.order.begin(self.epoch, state["cursor"])
        self.epoch_metrics = self.heads.load_epoch_metrics(state["tally"])
        self.validation_monitor = ValidationMonitor.restore(self.experiment, state)
        self.divergence_monitor.restore(state)
        self.spans = tuple((since, total) for since, total in state.get("spans", ()))
        self.timer.resume(self.step, state)

    def is_sound(self) -> bool:
        """Whether a checkpoint of this state is worth resuming from: finite weights and no sign of divergence."""
        steady = self.divergence_monitor.is_steady(self.epoch_metrics.mean_loss, self.learners[0].order.cursor)
        return self.status != "diverged" and steady and divergence.is_finite(self.network)

    def model_tensors(self) -> dict[str, Tensor]:
        """Parameters and running statistics by name, on the CPU."""
        return collect_tensors(self.network)

    @property
    def stop_message(self) -> Message:
        """The message of a run that is stopped by hand now; empty unless it has best weights to be confused with."""
        monitor = self.validation_monitor
        return NOTHING if monitor.weights is None else end_messages.stop_by_hand(monitor, self.step)

    @property
    def restored_epoch(self) -> tuple[int, float] | None:
        """The epoch whose weights a finished run has restored, and its validation loss."""
        monitor = self.validation_monitor
        restored = self.status == "finished" and monitor.weights is not None
        return (monitor.best_epoch, monitor.best) if restored else None
