"""A worker's checkpoints: what is in one, and how a run is found again."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.jobs.run_job import RunJob, SavedCheckpoint
from engine.message import Message
from engine.preview.memory_estimate import COPIED_STATE_BYTES
from engine.run_state import RunState
from engine.store import checkpoints
from engine.training.trainer import Trainer

if TYPE_CHECKING:  # a worker does without the database
    from engine.store.reader import Checkpoint, Reader, RunRow

BYTES_A_SECOND = 16 * 2**20  # of checkpoints, on the average of a long run
Record = TypeVar("Record", SavedCheckpoint, "Checkpoint")
SHARE = 0.1  # of the training time that may go into them


@dataclass(frozen=True)
class Snapshot:
    """Run at a step boundary, as bytes; a large one as the tensors themselves, valid until the next step."""

    step: int
    epoch: int
    good: bool
    edits: int
    state: dict[str, Any]
    data: bytes | None = None


@dataclass
class RestoredRun:
    """Trainer restored from a checkpoint, or a new one; the logged edits in it, and what the store is to note."""

    trainer: Trainer
    edits: int = 0
    seconds: float = 0.0
    latest: tuple[float, ...] | None = None
    spoiled: tuple[str, ...] = ()
    note: dict[str, Any] | None = None


def take_snapshot(trainer: Trainer, edits: int, seconds: float, latest: tuple[float, ...] | None) -> Snapshot:
    """The trainer's state with what only the worker knows: plain tensors, numbers, strings and lists."""
    extra = {"edits": edits, "seconds": seconds, "latest": None if latest is None else list(latest)}
    state = {"trainer": trainer.state(), **extra}
    about = (trainer.step, trainer.epoch, trainer.is_sound(), edits)
    if count_tensor_bytes(state) > COPIED_STATE_BYTES:
        return Snapshot(*about, state)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return Snapshot(*about, {}, buffer.getvalue())


def count_tensor_bytes(state: Any) -> int:
    if isinstance(state, torch.Tensor):
        return state.nbytes
    inside = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return sum(map(count_tensor_bytes, inside))


def compute_spacing(seconds: float, taken: int, took: float) -> float:
    """Seconds of training until the next checkpoint: longer where one is large or takes long."""
    return max(seconds, taken / BYTES_A_SECOND, took / SHARE)


def write(job: RunJob, taken: Snapshot, serial: int) -> dict[str, Any]:
    """Put a snapshot on the disk; returns what the store records of it. Every file has a name of its own, so that one
    which is recorded is never written again."""
    name = f"checkpoints/{job.run}/{taken.step}-{job.attempt}-{serial}.pt"
    path = Path(job.home) / name
    if taken.data is None:
        digest = checkpoints.stream(path, lambda file: torch.save(taken.state, file))
    else:
        digest = checkpoints.write(path, taken.data)
    return {"step": taken.step, "path": name, "sha256": digest, "epoch": taken.epoch, "good": taken.good}


def restore_run(job: RunJob) -> RestoredRun:
    """Restore a run from its newest readable checkpoint, or begin it anew."""
    read, damage = find_first_readable(job.checkpoints, Path(job.home))
    spoiled = tuple(saved.path for saved, _ in damage)
    if read:
        saved, found = read
        if spoiled:
            found.spoiled = spoiled
            found.note = _note(job, damage[0], saved.step)
        return found
    lost = bool(spoiled) or (job.stored > 0 and not job.checkpoints)
    note = _note(job, damage[0] if damage else None, 0)
    trainer = Trainer(Experiment.from_json(job.experiment))
    return RestoredRun(trainer, spoiled=spoiled, note=note if lost else None)


def load_newest(reader: Reader, row: RunRow) -> tuple[Trainer, int]:
    """The run at its newest readable checkpoint, or at the last good one if it diverged, and the step of that one.

    Raises: PlaygroundError if there is none.
    """
    wanted = (saved for saved in reader.list_checkpoints(row.id) if saved.good or row.state is not RunState.DIVERGED)
    read, _ = find_first_readable(wanted, reader.layout.home)
    if read is None:
        raise PlaygroundError(Message("Run {run} has no checkpoint that could be read.", run=row.id))
    return read[1].trainer, read[0].step


def find_first_readable(
    recorded: Iterable[Record], home: Path
) -> tuple[tuple[Record, RestoredRun] | None, list[tuple[Record, checkpoints.CorruptCheckpoint]]]:
    """The first of these checkpoints whose file is what was written, and what is wrong with those before it."""
    damage: list[tuple[Record, checkpoints.CorruptCheckpoint]] = []
    for saved in recorded:
        path = home / saved.path
        try:
            checkpoints.verify(path, saved.sha256)
            return (saved, load(path)), damage
        except checkpoints.CorruptCheckpoint as how:
            damage.append((saved, how))
        except FileNotFoundError:  # swept away since it was examined
            damage.append((saved, checkpoints.CorruptCheckpoint(checkpoints.GONE)))
    return None, damage


def load(source: Path | bytes) -> RestoredRun:
    state = torch.load(io.BytesIO(source) if isinstance(source, bytes) else source, weights_only=True)
    latest = None if state["latest"] is None else tuple(state["latest"])
    return RestoredRun(Trainer.restore(state["trainer"], owns_state=True), state["edits"], state["seconds"], latest)


def _note(
    job: RunJob, lost: tuple[SavedCheckpoint, checkpoints.CorruptCheckpoint] | None, back_to: int
) -> dict[str, Any]:
    detail = {"sentence": _explain_fallback(lost, back_to).plain(), "to_step": back_to}
    return {"step": job.stored, "kind": "fallback", "detail": detail}


def _explain_fallback(lost: tuple[SavedCheckpoint, checkpoints.CorruptCheckpoint] | None, back_to: int) -> Message:
    """Which checkpoint is lost and how, and where the run went back to."""
    if lost is None:
        return Message("There was no checkpoint. The run went back to its beginning. It takes the same steps again.")
    saved, how = lost
    if back_to == 0:
        return Message(
            "The checkpoint of step {step} could not be used: {how}. The run went back to its beginning. "
            "It takes the same steps again.",
            step=saved.step,
            how=how.why,
        )
    return Message(
        "The checkpoint of step {step} could not be used: {how}. The run went back to the one of step {back}. "
        "It takes the same steps again.",
        step=saved.step,
        how=how.why,
        back=back_to,
    )
