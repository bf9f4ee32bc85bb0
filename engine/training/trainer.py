"""The loop: a generator of frames. Pause and stop are not calling it again."""

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
from engine.network.build import forward_flops, named_tensors
from engine.parts.schedules import Progress as ScheduleProgress
from engine.parts.schedules import lengthened
from engine.training import divergence, end_messages
from engine.training.capture import Capture, fetch
from engine.training.clock import FrameClock, Speedometer, Stopwatch
from engine.training.device import pick_device
from engine.training.divergence_rule import ENOUGH, Judge
from engine.training.ensemble import networks
from engine.training.executor import EagerExecutor, Executor, Plan, Until
from engine.training.frame_grid import next_on_grid, on_grid
from engine.training.heads import Ends
from engine.training.learner import learners_of, retune
from engine.training.progress import CHANNELS, CLOCKED, Progress, scalar
from engine.training.rollback import Rewind
from engine.training.trainer_state import Resumable
from engine.training.validation_monitor import Watch


class Trainer(Resumable):
    """One run in this process.

    Same experiment and seed: the same losses, epochs, weights and readings, bit for bit on the CPU; which steps have
    a frame beside those of the grid depends on the clock. Sets torch to one thread and denormals to zero for the whole
    process, because the numbers depend on both.

    Raises: InvalidExperiment if the network does not fit the data or the device is not there.
    """

    def __init__(self, experiment: Experiment, clock: FrameClock | None = None) -> None:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self.experiment = experiment
        self.device = pick_device(experiment.device)
        self.data = prepare(experiment)
        self.task = self.data.source.task
        self.network = networks(experiment, self.data)
        flops = forward_flops(self.network, self.data.in_shape)
        self.network.to(self.device)
        self.ends = Ends(experiment, self.data, self.network, self.device)
        self.learners = learners_of(experiment, self.data, self.network, self.ends, self.device)
        self.executor: Executor = EagerExecutor()
        self.capture = Capture(experiment, self.data, self.network, flops, self.device)
        self.clock = clock or FrameClock()
        self.held_x, self.held_y = self.ends.held_out(experiment, 1)
        self.tested = self.ends.held_out(experiment, 2)
        self.step = self.epoch = 0
        self.stopwatch = Stopwatch()
        self.status, self.message = "running", NOTHING
        self.watch = Watch(experiment)
        self.judge = Judge(experiment, self.data, self.network, self.ends)
        self.spans = ()
        self.tally = self.ends.tally()
        self.speedometer = Speedometer()
        self.rewind = Rewind()

    @property
    def order(self) -> Order:
        """The order of the first learner; those of all others are as long."""
        return self.learners[0].order

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What frames say, in the order in which it is drawn."""
        return self.capture.channels + self.ends.channels + CHANNELS

    @property
    def static(self) -> Frame:
        """What never changes: the data points of 1-D and 2-D inputs. Its step is −1."""
        points = self.data.points
        return Frame(-1, 0, 0.0, {} if points is None else {"points": points})

    @property
    def total_steps(self) -> int:
        """The steps this run will have taken at its end if nothing ends it before: those so far, those that are left
        of this epoch, and as many in each further epoch as the batch size makes now."""
        size, epochs, steps = self.experiment.batch_size, self.experiment.epochs, self.experiment.steps
        left = self.order.steps_left(size)
        by_epochs = self.step + left + ((epochs or 0) - self.epoch - 1) * self.order.steps_per_epoch(size)
        return int(min(math.inf if epochs is None else by_epochs, math.inf if steps is None else steps))

    def advance(
        self,
        *,
        deadline: float,
        until_step: int | None = None,
        until_epoch: int | None = None,
        frame_at_end: bool = False,
    ) -> Progress:
        """Takes steps, at least one, until `time.perf_counter()` passes the deadline, a target is reached or the run
        ends. With `frame_at_end` the last step before a target has a frame, whatever the clock says."""
        progress = Progress(self.step + 1)
        self.stopwatch.start()
        due = False
        while self.status == "running":
            self.rewind.offer(self.state, self.stopwatch)
            due = due or self.clock.due()
            plain = 0 if due else self._steps_before_edge(until_step)
            if plain:
                until = Until(plain, deadline, self.clock.due)
                self._run(until, progress)
                due = until.due
            else:
                last, final = self._is_last(until_step, until_epoch), self._is_final()
                on_clock, due = due or (self.clock.grid and on_grid(self.step + 1)), False
                self._take(on_clock or final or (last and frame_at_end), final, progress)
                if last:
                    break
            if not due and time.perf_counter() >= deadline:
                break
        self.stopwatch.stop()
        return progress

    def _steps_before_edge(self, until_step: int | None) -> int:
        """How many steps may be taken in one stretch: the next one after them ends an epoch, the run or the call, or
        has a frame on the grid."""
        before = [self.order.steps_left(self.experiment.batch_size)]
        before += [end - self.step for end in (self.experiment.steps, until_step) if end is not None]
        before += [next_on_grid(self.step) - self.step] if self.clock.grid else []
        return max(0, min(before) - 1)

    def _ends_epoch(self) -> bool:
        return self.order.cursor + self.order.upcoming(self.experiment.batch_size) >= self.order.count

    def _is_last(self, until_step: int | None, until_epoch: int | None) -> bool:
        if until_step is not None and self.step + 1 >= until_step:
            return True
        return until_epoch is not None and self.epoch + 1 >= until_epoch and self._ends_epoch()

    def _is_final(self) -> bool:
        return self._is_last(self.experiment.steps, self.experiment.epochs)

    def _take(self, sampled: bool, final: bool, progress: Progress) -> None:
        """The edge of a stretch: one step with all that hangs on it."""
        ends_epoch = self._ends_epoch()
        may_end = ends_epoch and (self.experiment.stopping.divergence or bool(self.watch.rules))
        self._run(Until(1), progress, self.capture if sampled or may_end else None)
        if self.status == "running" and sampled:
            progress.frames.append(self._frame(progress.losses[-1]))
        if self.status == "running" and ends_epoch:
            self._end_epoch(progress, sampled)
        if self.status == "running" and final:
            self._end_by_length()

    def _run(self, until: Until, progress: Progress, capture: Capture | None = None) -> None:
        """A stretch of steps; the first loss that is not finite ends the run at its step."""
        stretch = self.executor.run(self.learners, self._plan(), until, self.tally.see, capture)
        self.speedometer.examples += sum(stretch.examples)
        self.step += len(stretch.losses)
        progress.losses += stretch.losses
        good = stretch.losses[:-1] if stretch.broken else stretch.losses
        for loss, examples in zip(good, stretch.examples, strict=False):
            self.judge.begin(loss)
            self.tally.add(loss, examples)
        if stretch.broken:
            x, y = stretch.broken
            layer = divergence.first_to_overflow(self.network, x)
            self._diverge(end_messages.lose_finite_loss(self.step, layer))
            if not self.rewind.going:
                self._show_the_end(stretch.losses[-1], x, y, progress)

    def _plan(self) -> Plan:
        """What the next steps of this epoch share."""
        self.spans = lengthened(self.spans, self.step, total := self.total_steps)
        schedule, epoch, spans, beside = self.experiment.schedule, self.epoch, self.spans, self.watch.factor

        def factor(step: int) -> float:
            return schedule.factor(ScheduleProgress(step, epoch, total, spans)) * beside

        return Plan(self.step, self.experiment.batch_size, factor, self.experiment.seed)

    def _frame(self, loss: float) -> Frame:
        began, cpu = time.perf_counter(), time.process_time()
        readings: dict[str, np.ndarray] = {"loss": scalar(loss), "lr": scalar(self.learners[0].eager.lr)}
        readings.update(fetch({**self.capture.readings(), **self.ends.readings()}))
        seconds = self.stopwatch.seconds
        readings["speed"] = self.speedometer.read(self.step, seconds)
        readings["cost"] = scalar(self.clock.share)
        self.clock.took(time.perf_counter() - began, time.process_time() - cpu, seconds)
        self.rewind.framed = self.step
        return Frame(self.step, self.epoch, seconds, readings, "grid" if on_grid(self.step) else "")

    def _show_the_end(self, loss: float, x: Tensor, y: Tensor, progress: Progress) -> None:
        """The last good step before one whose loss is not finite, and the numbers that went."""
        gone = {"loss": scalar(loss), "lr": scalar(self.learners[0].eager.lr)}
        gone |= divergence.gone(self.network, self.ends.loss, x, y)
        end, before = Frame(self.step, self.epoch, self.stopwatch.seconds, gone, "not finite"), self.step - 1
        kept = self.rewind.begin(self.state) if 0 < before != self.rewind.framed else None
        if kept:
            again, self.rewind.framed = Progress(0), before
            self.put_back(self.rewind.back)
            while self.status == "running" and self.step < before:
                for edit in self.rewind.edits_at(self.step):
                    self.edit(edit)
                self._take(self.step + 1 == before, False, again)
            found = [frame for frame in again.frames if frame.step == before]
            progress.frames += [replace(frame.without(*CLOCKED), why="last good") for frame in found]
            self.put_back(kept)
        progress.frames.append(end)

    def _end_epoch(self, progress: Progress, sampled: bool) -> None:
        """The epoch's row, and what follows from it. A run that ends here has a frame of its last step."""
        train = self.tally.mean_and_metric(self.task)
        held, classes = self.ends.evaluate(self.held_x, self.held_y)
        against = self.judge.add(train[0])
        self.watch.add(held[0])
        diverges = self.experiment.stopping.divergence and against
        if (diverges or self.watch.stops) and not sampled:  # before the best weights come back
            progress.frames.append(self._frame(progress.losses[-1]))
        self.epoch += 1
        self.tally = self.ends.tally()
        for learner in self.learners:
            learner.order.begin(self.epoch)
        progress.epochs.append(EpochRow.of(self.epoch, self.step, train, held))
        progress.classes.append(classes)
        self._watch_validation()
        if diverges:
            self._diverge(self.judge.blame_epoch(self.epoch, against))

    def _watch_validation(self) -> None:
        if self.watch.improved:
            self.watch.keep(self.network)
        if self.watch.stops:
            self.message = end_messages.stop_early(self.watch, self.epoch)
            self._finish()

    def _finish(self) -> None:
        self.status = "finished"
        if self.watch.weights is not None:
            self.network.load_state_dict(self.watch.weights)
            self.message = self.message or end_messages.put_back_best(self.watch)
        if len(self.tested[0]):
            found = self.ends.evaluate(*self.tested).scores
            self.message = end_messages.add_test(self.message, found[0], found[1], self.task)

    def _end_by_length(self) -> None:
        """A run whose steps end within its first epoch is judged by them."""
        judged = self.epoch == 0 and self.order.cursor >= ENOUGH and self.experiment.stopping.divergence
        if judged and self.judge.compared(self.tally.loss_sum / self.tally.examples):
            return self._diverge(self.judge.blame_steps(self.step))
        return self._finish()

    def _diverge(self, message: Message) -> None:
        self.status, self.message = "diverged", end_messages.add_best(message, self.watch)

    def edit(self, edit: edits.Edit) -> None:
        """Applies a live edit before the next step. Raises: InvalidExperiment, with nothing changed."""
        self.experiment = edits.apply(self.experiment, edit)
        self.rewind.note(self.step, edit)
        retune(self.learners, self.experiment)
        self.capture.retune(self.experiment)
        if edit.path.endswith("weight"):
            self.judge.reweigh()

    def good(self) -> bool:
        """Whether this state is worth coming back to: weights finite, loss not running away."""
        tally = self.tally
        steady = self.judge.steady(tally.loss_sum / max(1, tally.examples), self.order.cursor)
        return self.status != "diverged" and steady and divergence.finite(self.network)

    def model_tensors(self) -> dict[str, Tensor]:
        """Weights and running statistics by name, on the CPU."""
        return named_tensors(self.network)

    @classmethod
    def restore(cls, state: dict[str, Any], clock: FrameClock | None = None, *, own: bool = False) -> Trainer:
        """The run as it was when `state` was taken; it goes on with the same numbers. `own`: nobody else has it."""
        trainer = cls(Experiment.from_json(state["experiment"]), clock)
        trainer.put_back(state, own=own)
        trainer.stopwatch = Stopwatch(state["seconds"])
        return trainer


def train(experiment: Experiment, clock: FrameClock | None = None) -> Iterator[Frame]:
    """Trains to the end and yields frames: those of the grid, about ten a second besides, the last step's."""
    trainer = Trainer(experiment, clock)
    while trainer.status == "running":
        yield from trainer.advance(deadline=time.perf_counter() + 0.05).frames
