"""The frame clock: ten frames a second, fewer where frames are expensive; and the clocks of training time and speed."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

BUDGET = 0.05  # share of the run's computing time that frames may take


class Stopwatch:
    """Training time in seconds. It runs while steps are taken, and stands still during pauses, while waiting for
    commands, and in a checkpoint."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since: float | None = None

    def start(self) -> None:
        """Start, or go on."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Stand still until the next start."""
        self._before, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """Training time so far."""
        return self._before if self._since is None else self._before + time.perf_counter() - self._since


class CostMeter:
    """Wall and CPU seconds spent inside its `with` blocks."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = self._began
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu

    def reset(self) -> None:
        """Start again from zero."""
        self.wall = self.cpu = 0.0


class FrameClock:
    """Ten frames a second; fewer when a frame costs more than 5 % of the time between two.

    With `grid` the steps of `engine.training.frame_grid` have a frame as well; these do not move the clock.

    Costs are CPU time of this process, not wall time. On a crowded machine a run therefore does not reduce its frames
    because others slow it down: it keeps at least five a second, unless its frames alone exceed the budget.
    """

    grid = True

    def __init__(self, interval: float = 0.1, adaptive: bool = True) -> None:
        self.shortest = self.interval = interval
        self.adaptive = adaptive
        self.last_trained: float | None = None
        self.next_due = float("-inf")
        self.last_cpu = time.process_time()
        self.share = 0.0

    def due(self) -> bool:
        """Whether the next step should have a frame."""
        return time.perf_counter() >= self.next_due

    def record_cost(self, cost: CostMeter, trained: float) -> None:
        """Record what frames have cost since the last one, and set when the next is due; the meter starts again.

        `trained`: the training time so far.
        """
        now, cpu_now = time.perf_counter(), time.process_time()
        between = 0.0 if self.last_trained is None else trained - self.last_trained
        self.share = cost.wall / between if between > 0 else 0.0
        used = max(cpu_now - self.last_cpu, 1e-6)
        if self.adaptive and between > 0:
            crowding = max(1.0, between / used)  # wall time per second of CPU time
            affordable = cost.cpu / BUDGET
            self.interval = max(self.shortest, min(affordable * crowding, max(1.6 * self.shortest, affordable)))
        cost.reset()
        self.last_trained, self.last_cpu = trained, cpu_now
        if now < self.next_due:  # a frame of the grid
            return
        # from when the frame was due, not from when it was taken: else each delay would lower the rate
        on_beat = now - self.next_due < self.interval
        self.next_due = (self.next_due if on_beat else now) + self.interval


class Speedometer:
    """Examples and optimizer steps per second of training, since the last reading."""

    def __init__(self, step: int = 0, examples: int = 0, seconds: float = 0.0) -> None:
        self.examples = examples
        self.mark = (step, examples, seconds)

    def read(self, step: int, seconds: float) -> np.ndarray:
        """(examples / s, steps / s), float32 (2,), at `seconds` of training time."""
        then_step, then_examples, then = self.mark
        span = max(seconds - then, 1e-9)
        self.mark = (step, self.examples, seconds)
        return np.array([(self.examples - then_examples) / span, (step - then_step) / span], np.float32)


class RunTimer:
    """The times of a run: when a frame is due, how long it has trained, how fast, and what its frames cost."""

    def __init__(self, clock: FrameClock) -> None:
        self.clock = clock
        self.stopwatch = Stopwatch()
        self.speedometer = Speedometer()

    def read(self, step: int, seconds: float) -> dict[str, np.ndarray]:
        """The readings of a frame: the speed since the one before, and the share of time that frames take."""
        return {"speed": self.speedometer.read(step, seconds), "cost": np.array([self.clock.share], np.float32)}

    def resume(self, step: int, state: dict[str, Any]) -> None:
        """Measure the speed from a loaded state on; the time of training goes on as it is."""
        self.speedometer = Speedometer(step, state["examples"], state["seconds"])
