"""Run states, by the same words in the store, in workers, on pages and in the browser."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """State of a run; the value is what the store holds. `assets/live/stream/run_state.js` has the same table."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    OUT_OF_MEMORY = "out_of_memory"

    @property
    def is_final(self) -> bool:
        """Whether the run is over: no run leaves this state."""
        return self not in (RunState.PAUSED, *ACTIVE)

    @property
    def is_active(self) -> bool:
        """Whether the run trains, or will do so unasked: a supervisor that starts resumes it."""
        return self in ACTIVE

    @property
    def is_error(self) -> bool:
        return self in (RunState.DIVERGED, RunState.FAILED, RunState.OUT_OF_MEMORY)


ACTIVE = (RunState.QUEUED, RunState.RUNNING, RunState.HELD)
