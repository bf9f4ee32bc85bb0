"""The training loop. It takes steps while it is called, so pausing and stopping are the caller's: do not call again."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data.epochs import EpochRow, Order
from engine.data.prepare import prepare
from engine.experiment import edits
from engine.experiment.experiment import Experiment
from engine.frame import Channel, Frame
from engine.message import NOTHING, Message
from engine.network.flops import count_forward_flops
from engine.parts.schedules import ScheduleProgress, extend_spans
from engine.training import divergence, end_messages
from engine.training.capture import Capture, fetch
from engine.training.clock import FrameClock, RunTimer, Stopwatch
from engine.training.device import pick_device
from engine.training.divergence_monitor import ENOUGH, DivergenceMonitor
from engine.training.ensemble import build_networks
from engine.training.executor import EagerExecutor, Executor, Plan, StopCondition
from engine.training.frame_grid import find_next_on_grid, is_on_grid
from engine.training.heads import Heads
from engine.training.learner import build_learners, update_live_fields
from engine.training.progress import CHANNELS, CLOCKED, Progress, scalar
from engine.training.rollback import Rollback
from engine.training.trainer_state import Resumable
from engine.training.validation_monitor import ValidationMonitor


class Trainer(Resumable):
    """One run in this process.

    The same experiment and seed give the same losses, epochs, weights and readings, bit for bit on the CPU. Only the
    choice of the steps that have a frame beside the grid's depends on the clock. Sets torch to one thread and flushes
    denormals to zero for the whole process, because the numbers depend on both.

    Raises: InvalidExperiment if the network does not fit the data or the device does not exist.
    """

    def __init__(self, experiment: Experiment, clock: FrameClock | None = None) -> None:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self.experiment = experiment
        self.device = pick_device(experiment.device)
        self.data = prepare(experiment)
        self.network = build_networks(experiment, self.data)
        flops = count_forward_flops(self.network, self.data.in_shape)  # counted before .to(device)
        self.network.to(self.device)
        self.heads = Heads(experiment, self.data, self.network, self.device)
        self.learners = build_learners(experiment, self.data, self.network, self.heads, self.device)
        self.executor: Executor = EagerExecutor()
        self.capture = Capture(experiment, self.data, self.network, flops, self.device)
        self.timer = RunTimer(clock or FrameClock())
        self.validation_x, self.validation_y = self.heads.load_split(experiment, 1)
        self.test = self.heads.load_split(experiment, 2)
        self.step = self.epoch = 0  # steps taken, epochs finished
        self.status, self.message = "running", NOTHING
        self.validation_monitor = ValidationMonitor(experiment)
        self.divergence_monitor = DivergenceMonitor(experiment, self.data, self.network, self.heads)
        self.spans = ()
        self.epoch_metrics = self.heads.start_epoch_metrics()
        self.rollback = Rollback()

    @property
    def order(self) -> Order:
        """The first learner's order. All learners' orders have the same length, so it tells where an epoch ends."""
        return self.learners[0].order

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of this run's frames, in drawing order."""
        return self.capture.channels + self.heads.channels + CHANNELS

    @property
    def static(self) -> Frame:
        """A frame at step −1 with what never changes: the data points, where inputs are 1-D or 2-D."""
        points = self.data.points
        return Frame(-1, 0, 0.0, {} if points is None else {"points": points})

    @property
    def total_steps(self) -> int:
        """The number of steps at the end of the run if nothing stops it early: the steps so far, the rest of this
        epoch, and all later epochs at the current batch size, which a live edit may change."""
        size, epochs, steps = self.experiment.batch_size, self.experiment.epochs, self.experiment.steps
        left = self.order.count_steps_left(size)
        by_epochs = self.step + left + ((epochs or 0) - self.epoch - 1) * self.order.count_steps(size)
        return int(min(math.inf if epochs is None else by_epochs, math.inf if steps is None else steps))

    def advance(
        self,
        *,
        deadline: float,
        until_step: int | None = None,
        until_epoch: int | None = None,
        frame_at_end: bool = False,
    ) -> Progress:
        """Take steps, at least one, until `time.perf_counter()` passes the deadline, a target is reached or the run
        ends. With `frame_at_end` the step that reaches a target has a frame, whether or not the clock is due."""
        progress = Progress(self.step + 1)
        self.timer.stopwatch.start()
        due = False  # whether the clock asks for a frame of the next step
        while self.status == "running":
            self.rollback.copy_if_due(self.state, self.timer.stopwatch)
            due = due or self.timer.clock.due()
            steps = 0 if due else self._count_steps_before_edge(until_step)
            if steps:
                until = StopCondition(steps, deadline, self.timer.clock.due)
                self._run(until, progress)
                due = until.due
            else:
                last, final = self._is_last(until_step, until_epoch), self._is_final()
                on_clock, due = due or (self.timer.clock.grid and is_on_grid(self.step + 1)), False
                self._take_edge_step(on_clock or final or (last and frame_at_end), final, progress)
                if last:
                    break
            if not due and time.perf_counter() >= deadline:
                break
        self.timer.stopwatch.stop()
        return progress

    def _count_steps_before_edge(self, until_step: int | None) -> int:
        """How many steps one stretch may take. The step after it ends an epoch, the run or the call, or has a frame."""
        before = [self.order.count_steps_left(self.experiment.batch_size)]
        before += [end - self.step for end in (self.experiment.steps, until_step) if end is not None]
        before += [find_next_on_grid(self.step) - self.step] if self.timer.clock.grid else []
        return max(0, min(before) - 1)

    def _ends_epoch(self) -> bool:
        return self.order.cursor + self.order.count_upcoming(self.experiment.batch_size) >= self.order.count

    def _is_last(self, until_step: int | None, until_epoch: int | None) -> bool:
        if until_step is not None and self.step + 1 >= until_step:
            return True
        return until_epoch is not None and self.epoch + 1 >= until_epoch and self._ends_epoch()

    def _is_final(self) -> bool:
        return self._is_last(self.experiment.steps, self.experiment.epochs)

    def _take_edge_step(self, sampled: bool, final: bool, progress: Progress) -> None:
        """One step at the edge of a stretch, with its frame, the end of its epoch and the end of the run."""
        ends_epoch = self._ends_epoch()
        # an epoch may turn out to end the run, and its last step then has a frame: capture it before that is known
        may_end = ends_epoch and (self.experiment.stopping.divergence or bool(self.validation_monitor.rules))
        self._run(StopCondition(1), progress, self.capture if sampled or may_end else None)
        if self.status == "running" and sampled:
            progress.frames.append(self._take_frame(progress.losses[-1]))
        if self.status == "running" and ends_epoch:
            self._end_epoch(progress, sampled)
        if self.status == "running" and final:
            self._end_by_length()

    def _run(self, until: StopCondition, progress: Progress, capture: Capture | None = None) -> None:
        """Run one stretch. The first loss that is not finite ends the run as diverged, at its step."""
        stretch = self.executor.run(self.learners, self._plan(), until, self.epoch_metrics.add_batch, capture)
        self.timer.speedometer.examples += sum(stretch.examples)
        self.step += len(stretch.losses)
        progress.losses += stretch.losses
        finite = stretch.losses[:-1] if stretch.broken else stretch.losses
        for loss, examples in zip(finite, stretch.examples, strict=False):  # a GPU counts examples past a broken loss
            self.divergence_monitor.add_step(loss)
            self.epoch_metrics.add_loss(loss, examples)
        if stretch.broken:
            x, y = stretch.broken
            layer = divergence.find_first_overflow(self.network, x)
            self._diverge(end_messages.lose_finite_loss(self.step, layer))
            if not self.rollback.is_replaying:
                self._add_overflow_frames(stretch.losses[-1], x, y, progress)

    def _plan(self) -> Plan:
        """The plan of the next stretch. It is valid until the epoch ends or an edit changes the experiment."""
        self.spans = extend_spans(self.spans, self.step, total := self.total_steps)
        schedule, epoch, spans = self.experiment.schedule, self.epoch, self.spans
        epoch_factor = self.validation_monitor.factor

        def factor(step: int) -> float:
            return schedule.compute_factor(ScheduleProgress(step, epoch, total, spans)) * epoch_factor

        return Plan(self.step, self.experiment.batch_size, factor, self.experiment.seed)

    def _take_frame(self, loss: float) -> Frame:
        readings: dict[str, np.ndarray] = {"loss": scalar(loss), "lr": scalar(self.learners[0].eager.lr)}
        with self.capture.cost:
            readings.update(fetch({**self.capture.take_readings(), **self.heads.take_readings()}))
        seconds = self.timer.stopwatch.seconds
        readings.update(self.timer.read(self.step, seconds))
        self.timer.clock.record_cost(self.capture.cost, seconds)  # sets the pace of the next frames
        self.rollback.last_frame = self.step
        return Frame(self.step, self.epoch, seconds, readings, "grid" if is_on_grid(self.step) else "")

    def _add_overflow_frames(self, loss: float, x: Tensor, y: Tensor, progress: Progress) -> None:
        """Add a frame of the overflow and, before it, one of the last finite step.

        That step is over and may have had no frame, so the run goes back to the newest copy of its state, repeats the
        steps up to it with the edits made since, and then returns to where it was.
        """
        readings = {"loss": scalar(loss), "lr": scalar(self.learners[0].eager.lr)}
        readings |= divergence.measure_overflow(self.network, self.heads.loss, x, y)
        overflow, before = (
            Frame(self.step, self.epoch, self.timer.stopwatch.seconds, readings, "not finite"),
            self.step - 1,
        )
        now = self.rollback.start_replay(self.state) if 0 < before != self.rollback.last_frame else None
        if now:
            replay, self.rollback.last_frame = Progress(0), before
            self.load_state(self.rollback.state)
            while self.status == "running" and self.step < before:
                for edit in self.rollback.list_edits_at(self.step):
                    self.edit(edit)
                self._take_edge_step(self.step + 1 == before, False, replay)
            frames = [frame for frame in replay.frames if frame.step == before]
            progress.frames += [replace(frame.without(*CLOCKED), why="last good") for frame in frames]
            self.load_state(now)
        progress.frames.append(overflow)

    def _end_epoch(self, progress: Progress, sampled: bool) -> None:
        """Evaluate the epoch, record its row, then check divergence and early stopping. If the run ends here, its last
        step has a frame."""
        train = self.epoch_metrics.compute(self.data.source.task)
        validation, classes = self.heads.evaluate(self.validation_x, self.validation_y)
        against = self.divergence_monitor.add_epoch(train[0])
        self.validation_monitor.add_epoch(validation[0])
        diverges = self.experiment.stopping.divergence and against
        ends = diverges or self.validation_monitor.should_stop
        if ends and not sampled:  # now, before the best weights are restored
            progress.frames.append(self._take_frame(progress.losses[-1]))
        self.epoch += 1
        self.epoch_metrics = self.heads.start_epoch_metrics()
        for learner in self.learners:
            learner.order.begin(self.epoch)
        progress.epochs.append(EpochRow.build(self.epoch, self.step, train, validation))
        progress.classes.append(classes)
        self._apply_validation()
        if diverges:
            self._diverge(self.divergence_monitor.blame_epoch(self.epoch, against))

    def _apply_validation(self) -> None:
        if self.validation_monitor.has_improved:
            self.validation_monitor.store_weights(self.network)
        if self.validation_monitor.should_stop:
            self.message = end_messages.stop_early(self.validation_monitor, self.epoch)
            self._finish()

    def _finish(self) -> None:
        self.status = "finished"
        if self.validation_monitor.weights is not None:
            self.network.load_state_dict(self.validation_monitor.weights)
            self.message = self.message or end_messages.restore_best(self.validation_monitor)
        if len(self.test[0]):
            scores = self.heads.evaluate(*self.test).scores
            task = self.data.source.task
            self.message = end_messages.add_test(self.message, scores[0], scores[1], task)

    def _end_by_length(self) -> None:
        """A run whose steps end within its first epoch is judged by them."""
        judged = self.epoch == 0 and self.order.cursor >= ENOUGH and self.experiment.stopping.divergence
        if judged and self.divergence_monitor.compare_to_start(self.epoch_metrics.mean_loss):
            return self._diverge(self.divergence_monitor.blame_steps(self.step))
        return self._finish()

    def _diverge(self, message: Message) -> None:
        self.status, self.message = "diverged", end_messages.add_best(message, self.validation_monitor)

    def edit(self, edit: edits.Edit) -> None:
        """Apply a live edit before the next step. Raises: InvalidExperiment, with nothing changed."""
        self.experiment = edits.apply_edit(self.experiment, edit)
        self.rollback.record(self.step, edit)
        update_live_fields(self.learners, self.experiment)
        self.capture.update_live_fields(self.experiment)
        if edit.path.endswith("weight"):
            self.divergence_monitor.start_over()

    @classmethod
    def restore(cls, state: dict[str, Any], clock: FrameClock | None = None, *, owns_state: bool = False) -> Trainer:
        """A trainer that resumes from `state` with the same numbers. `owns_state`: the caller gives the state away."""
        trainer = cls(Experiment.from_json(state["experiment"]), clock)
        trainer.load_state(state, owns_state=owns_state)
        trainer.timer.stopwatch = Stopwatch(state["seconds"])
        return trainer


def train(experiment: Experiment, clock: FrameClock | None = None) -> Iterator[Frame]:
    """Train to the end and yield frames: those of the grid, about ten a second beside them, and the last step's."""
    trainer = Trainer(experiment, clock)
    while trainer.status == "running":
        yield from trainer.advance(deadline=time.perf_counter() + 0.05).frames
