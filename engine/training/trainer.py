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

from engine.data.epochs import EpochRow, fetch_all, test_sentence
from engine.data.prepare import prepare
from engine.experiment import edits
from engine.experiment.experiment import Experiment
from engine.frame import Channel, Frame
from engine.network.build import forward_flops, named_tensors
from engine.numerics.seeding import DROPOUT, seed_of
from engine.parts.schedules import Progress as ScheduleProgress
from engine.parts.schedules import lengthened
from engine.training import bagging, divergence
from engine.training.capture import Capture, fetch
from engine.training.clock import FrameClock, Speedometer, Stopwatch
from engine.training.device import pick_device
from engine.training.divergence_rule import ENOUGH, Judge
from engine.training.executor import Loss
from engine.training.frame_grid import on_grid
from engine.training.heads import Ends
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
        self.network = bagging.networks(experiment, self.data)
        flops = forward_flops(self.network, self.data.in_shape)
        self.network.to(self.device)
        self.ends = Ends(experiment, self.data, self.network, self.device)
        self.executor = bagging.executor(experiment, self.network, self.data, self.ends.loss, self.device)
        self.capture = Capture(experiment, self.data, self.network, flops, self.device)
        self.clock = clock or FrameClock()
        self._place_data()
        self.step = self.epoch = 0
        self.stopwatch = Stopwatch()
        self.status, self.message = "running", ""
        self.watch = Watch(experiment)
        self.judge = Judge(experiment, self.data, self.network, self.ends)
        self.best, self.spans = None, ()
        self.tally = self.ends.tally()
        self.speedometer = Speedometer()
        self.rewind = Rewind()
        self.framed = 0  # the step of the newest frame
        self._pending: list[tuple[Loss, Tensor, Tensor]] = []  # losses not yet settled, their inputs and targets

    def _place_data(self) -> None:
        data, experiment = self.data, self.experiment
        targets = self.ends.training_targets(experiment)
        classes = data.train_y if experiment.balance == "resampling" else None
        self.order = bagging.order(experiment, data.train_x.to(self.device), targets, classes)
        self.augment = bagging.augment(experiment, self.device)
        self.held_x, self.held_y = self.ends.held_out(experiment, 1)
        self.tested = self.ends.held_out(experiment, 2)

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
        while self.status == "running":
            last, final = self._is_last(until_step, until_epoch), self._is_final()
            if not self._pending:
                self.rewind.offer(self.state, self.stopwatch)
            due = self.clock.due() or (self.clock.grid and on_grid(self.step + 1))
            self._take(due or final or (last and frame_at_end), final, progress)
            if last or time.perf_counter() >= deadline:
                break
        self._settle(progress)
        self.stopwatch.stop()
        return progress

    def _ends_epoch(self) -> bool:
        return self.order.cursor + self.order.upcoming(self.experiment.batch_size) >= self.order.count

    def _is_last(self, until_step: int | None, until_epoch: int | None) -> bool:
        if until_step is not None and self.step + 1 >= until_step:
            return True
        return until_epoch is not None and self.epoch + 1 >= until_epoch and self._ends_epoch()

    def _is_final(self) -> bool:
        return self._is_last(self.experiment.steps, self.experiment.epochs)

    def _take(self, sampled: bool, final: bool, progress: Progress) -> None:
        """One optimizer step with all that hangs on it."""
        ends_epoch = self._ends_epoch()
        self.spans = lengthened(self.spans, self.step, total := self.total_steps)
        where = ScheduleProgress(self.step, self.epoch, total, self.spans)
        x, y = self.ends.joined(*self.augment(*self.order.take(self.experiment.batch_size), self.step))
        factor = self.experiment.schedule.factor(where) * self.watch.factor
        seed = seed_of(self.experiment.seed, DROPOUT, self.step)
        may_end = ends_epoch and (self.experiment.stopping.divergence or bool(self.watch.rules))
        loss, outputs = self.executor.step(x, y, factor, seed, self.capture if sampled or may_end else None)
        self.step += 1
        self.speedometer.examples += len(x)
        self.tally.see(outputs, y)
        self._pending.append((loss, x, y))
        # on a GPU fetching each loss would stall the pipeline; there they are fetched in groups
        if self.executor.cpu or sampled or ends_epoch or len(self._pending) >= 32:
            self._settle(progress)
        if self.status == "running" and sampled:
            progress.frames.append(self._frame(progress.losses[-1]))
        if self.status == "running" and ends_epoch:
            self._end_epoch(progress, sampled)
        if self.status == "running" and final:
            self._end_by_length()

    def _settle(self, progress: Progress) -> None:
        """Fetches the pending losses; the first that is not finite ends the run at its step."""
        pending, self._pending = self._pending, []
        values = fetch_all([loss for loss, _, _ in pending])
        for place, (loss, (_, x, y)) in enumerate(zip(values, pending, strict=True)):
            progress.losses.append(loss)
            if not math.isfinite(loss):
                self.step += place + 1 - len(pending)
                layer = divergence.first_to_overflow(self.network, x)
                self._diverge(f"The loss is not finite at step {self.step}; the numbers of layer {layer} went first.")
                if not self.rewind.going:
                    self._show_the_end(loss, x, y, progress)
                return
            self.judge.begin(loss)
            self.tally.add(loss, len(x))

    def _frame(self, loss: float) -> Frame:
        began, cpu = time.perf_counter(), time.process_time()
        readings: dict[str, np.ndarray] = {"loss": scalar(loss), "lr": scalar(self.executor.lr)}
        readings.update(fetch({**self.capture.readings(), **self.ends.readings()}))
        seconds = self.stopwatch.seconds
        readings["speed"] = self.speedometer.read(self.step, seconds)
        readings["cost"] = scalar(self.clock.share)
        self.clock.took(time.perf_counter() - began, time.process_time() - cpu, seconds)
        self.framed = self.step
        return Frame(self.step, self.epoch, seconds, readings, "grid" if on_grid(self.step) else "")

    def _show_the_end(self, loss: float, x: Tensor, y: Tensor, progress: Progress) -> None:
        """The last good step before one whose loss is not finite, and the numbers that went."""
        gone = {"loss": scalar(loss), "lr": scalar(self.executor.lr)}
        gone |= divergence.gone(self.network, self.ends.loss, x, y)
        end, before = Frame(self.step, self.epoch, self.stopwatch.seconds, gone, "not finite"), self.step - 1
        kept = self.rewind.begin(self.state) if 0 < before != self.framed else None
        if kept:
            again, self.framed = Progress(0), before
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
        self.order.begin(self.epoch)
        progress.epochs.append(EpochRow.of(self.epoch, self.step, train, held))
        progress.classes.append(classes)
        self._watch_validation()
        if diverges:
            self._diverge(self.judge.sentence(f"The mean loss of epoch {self.epoch}", against))

    def _watch_validation(self) -> None:
        if self.watch.improved:
            self.best = {key: value.clone() for key, value in self.network.state_dict().items()}
        if self.watch.stops:
            self.message = f"Stopped early after epoch {self.epoch}; the weights are those of {self.watch.said}."
            self._finish()

    def _finish(self) -> None:
        self.status = "finished"
        if self.best is not None:
            self.network.load_state_dict(self.best)
            last = f"that of the last epoch was {self.watch.losses[-1]:.4g}"
            self.message = self.message or f"The weights are those of {self.watch.said}; {last}."
        if len(self.tested[0]):
            found = self.ends.evaluate(*self.tested).scores
            self.message = f"{self.message} {test_sentence(found[0], found[1], self.task)}".strip()

    def _end_by_length(self) -> None:
        """A run whose steps end within its first epoch is judged by them."""
        if self.epoch == 0 and self.order.cursor >= ENOUGH and self.experiment.stopping.divergence:
            against = self.judge.compared(self.tally.loss_sum / self.tally.examples)
            if against:
                return self._diverge(self.judge.sentence(f"The mean loss of {self.step} steps", against))
        return self._finish()

    def _diverge(self, message: str) -> None:
        self.status, self.message = "diverged", self.with_best(message)

    def edit(self, edit: edits.Edit) -> None:
        """Applies a live edit before the next step. Raises: InvalidExperiment, with nothing changed."""
        self.experiment = edits.apply(self.experiment, edit)
        self.rewind.note(self.step, edit)
        self.executor.retune(self.experiment)
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
