"""When the next frame is due: on the wall clock, and rarely enough to stay cheap."""

from __future__ import annotations

import time

import numpy as np

BUDGET = 0.05  # share of the run's own computing time that frames may take


class Stopwatch:
    """Seconds of training: runs while steps are taken and stands still in between. A pause, a run that is held, one
    that waits for commands or lies in a checkpoint has no time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since: float | None = None

    def start(self) -> None:
        """Steps are taken from here on."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """None until the next start."""
        self._before, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """So far."""
        return self._before if self._since is None else self._before + time.perf_counter() - self._since


class FrameClock:
    """Ten frames a second; fewer when a frame costs more than 5 % of the time between two.

    With `grid` (see `engine.training.frame_grid`) some steps have a frame besides, which moves nothing on the clock.

    Costs are counted in CPU time of this process, so a crowded machine slows all runs alike: each then still gives
    at least five frames a second, unless its frames alone would break the budget.
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
        """Whether this step should be sampled."""
        return time.perf_counter() >= self.next_due

    def took(self, wall: float, cpu: float, trained: float) -> None:
        """A frame was taken and cost this much; `trained` is the stopwatch's time."""
        now, cpu_now = time.perf_counter(), time.process_time()
        between = 0.0 if self.last_trained is None else trained - self.last_trained
        self.share = wall / between if between > 0 else 0.0
        used = max(cpu_now - self.last_cpu, 1e-6)
        if self.adaptive and between > 0:
            stretch = max(1.0, between / used)
            alone = cpu / BUDGET
            self.interval = max(self.shortest, min(alone * stretch, max(1.6 * self.shortest, alone)))
        self.last_trained, self.last_cpu = trained, cpu_now
        if now < self.next_due:
            return
        # counted from when the frame was due, not from when a crowded machine let it be taken
        on_beat = now - self.next_due < self.interval
        self.next_due = (self.next_due if on_beat else now) + self.interval


class Speedometer:
    """Examples and optimizer steps per second of training since it was last read."""

    def __init__(self, step: int = 0, examples: int = 0, seconds: float = 0.0) -> None:
        self.examples = examples
        self.mark = (step, examples, seconds)

    def read(self, step: int, seconds: float) -> np.ndarray:
        """(examples / s, steps / s), float32, at this time of the stopwatch."""
        then_step, then_examples, then = self.mark
        span = max(seconds - then, 1e-9)
        self.mark = (step, self.examples, seconds)
        return np.array([(self.examples - then_examples) / span, (step - then_step) / span], np.float32)
