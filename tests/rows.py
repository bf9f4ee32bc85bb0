"""Rows of the store that a test knows to be there."""

from __future__ import annotations

from engine.store.reader import Checkpoint, Reader, RunRow


def row_of(reader: Reader, run: str) -> RunRow:
    """The row of a run."""
    row = reader.read_run(run)
    assert row is not None, f"no run {run}"
    return row


def checkpoint_of(reader: Reader, run: str, *, good: bool = False) -> Checkpoint:
    """The newest checkpoint of a run."""
    found = reader.find_checkpoint(run, good=good)
    assert found is not None, f"run {run} has no checkpoint"
    return found
