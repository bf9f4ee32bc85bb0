"""When the next frame is due: on the wall clock, and rarely enough to stay cheap."""

from __future__ import annotations

import time

import numpy as np

BUDGET = 0.05  # share of the run's own computing time that frames may take


class FrameClock:
    """Ten frames a second; fewer when a frame costs more than 5 % of the time between two.

    Costs are counted in CPU time of this process, so a crowded machine slows all runs alike: each then still gives
    at least five frames a second, unless its frames alone would break the budget.
    """

    def __init__(self, interval: float = 0.1, adaptive: bool = True) -> None:
        self.shortest = self.interval = interval
        self.adaptive = adaptive
        self.last_wall = self.next_due = float("-inf")
        self.last_cpu = time.process_time()
        self.share = 0.0

    def due(self) -> bool:
        """Whether this step should be sampled."""
        return time.perf_counter() >= self.next_due

    def took(self, wall: float, cpu: float) -> None:
        """A frame was taken and cost this much."""
        now, cpu_now = time.perf_counter(), time.process_time()
        between = now - self.last_wall
        self.share = wall / between if 0 < between < 60 else 0.0
        used = max(cpu_now - self.last_cpu, 1e-6)
        if self.adaptive and 0 < between < 60:
            stretch = max(1.0, between / used)
            alone = cpu / BUDGET
            self.interval = max(self.shortest, min(alone * stretch, max(1.6 * self.shortest, alone)))
        self.last_wall, self.last_cpu = now, cpu_now
        # counted from when the frame was due, not from when a crowded machine let it be taken
        on_beat = now - self.next_due < self.interval
        self.next_due = (self.next_due if on_beat else now) + self.interval


class Speedometer:
    """Examples and optimizer steps per second since it was last read."""

    def __init__(self, step: int = 0, examples: int = 0) -> None:
        self.examples = examples
        self.mark = (step, examples, time.perf_counter())

    def read(self, step: int) -> np.ndarray:
        """(examples / s, steps / s), float32."""
        then_step, then_examples, then = self.mark
        now = time.perf_counter()
        span = max(now - then, 1e-9)
        self.mark = (step, self.examples, now)
        return np.array([(self.examples - then_examples) / span, (step - then_step) / span], np.float32)
