"""A run's state: what a checkpoint holds, and the way back to it."""

from __future__ import annotations

import copy
from typing import Any, Literal

from engine.data.epochs import Tally
from engine.experiment.experiment import Experiment
from engine.message import NOTHING, Message
from engine.network.build import Network
from engine.parts.schedules import Spans
from engine.training import end_messages
from engine.training.capture import Capture
from engine.training.clock import Speedometer, Stopwatch
from engine.training.divergence_rule import Judge
from engine.training.heads import Ends
from engine.training.learner import Learner, load_optimizer_state, optimizer_state, retune
from engine.training.validation_monitor import Watch

Status = Literal["running", "finished", "diverged"]


class Resumable:
    """What of a run changes while it trains."""

    experiment: Experiment
    network: Network
    learners: tuple[Learner, ...]
    capture: Capture
    ends: Ends
    step: int
    epoch: int
    status: Status
    message: Message
    tally: Tally
    watch: Watch
    judge: Judge
    spans: Spans
    stopwatch: Stopwatch
    speedometer: Speedometer

    def state(self) -> dict[str, Any]:
        """Everything a checkpoint needs, as tensors, numbers, strings, lists and dictionaries."""
        return {
            "experiment": self.experiment.to_json(),
            "step": self.step,
            "epoch": self.epoch,
            "cursor": self.learners[0].order.cursor,
            "seconds": self.stopwatch.seconds,
            "status": self.status,
            "message": self.message.plain() if self.message else "",
            "model": self.network.state_dict(),
            "optimizer": optimizer_state(self.learners),
            "tally": self.tally.state(),
            **self.watch.state(),
            **self.judge.state(),
            "examples": self.speedometer.examples,
            "spans": [list(span) for span in self.spans],
        }

    def put_back(self, state: dict[str, Any], *, own: bool = False) -> None:
        """Back to a state of this run, or on from it; the time of training stays. `own`: nobody else has the state."""
        self.experiment = Experiment.from_json(state["experiment"])
        self.network.load_state_dict(state.pop("model") if own else state["model"])
        optimizer = state["optimizer"] if own else copy.deepcopy(state["optimizer"])  # torch shares its tensors
        load_optimizer_state(self.learners, optimizer)
        retune(self.learners, self.experiment)
        self.capture.retune(self.experiment)
        self.step, self.epoch = state["step"], state["epoch"]
        self.status, self.message = state["status"], Message.of(state["message"])
        for learner in self.learners:
            learner.order.begin(self.epoch, state["cursor"])
        self.tally = self.ends.restored(state["tally"])
        self.watch = Watch.restore(self.experiment, state)
        self.judge.restore(state)
        self.spans = tuple((since, total) for since, total in state.get("spans", ()))
        self.speedometer = Speedometer(self.step, state["examples"], state["seconds"])

    @property
    def stopped(self) -> Message:
        """What is said if the run is stopped by hand now; nothing where only its last weights could be meant."""
        return NOTHING if self.watch.weights is None else end_messages.stop_by_hand(self.watch, self.step)

    @property
    def kept(self) -> tuple[int, float] | None:
        """The epoch whose weights a finished run has put back, and its validation loss."""
        back = self.status == "finished" and self.watch.weights is not None
        return (self.watch.best_epoch, self.watch.best) if back else None
