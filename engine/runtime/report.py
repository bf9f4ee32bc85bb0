"""What a worker has to say since it last spoke, and the same on the supervisor's side."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import wire
from engine.store.records import CheckpointRow, FrameRow, LogRow, RunUpdate

if TYPE_CHECKING:
    from engine.training.progress import Progress
    from engine.training.trainer import Trainer


class Report:
    """Telemetry of a worker, gathered between two messages."""

    def __init__(self) -> None:
        self.first_step = 0
        self.losses: list[np.ndarray] = []
        self.epochs: list[tuple[float, ...]] = []
        self.frames: list[tuple[int, float, bytes]] = []
        self.began = time.perf_counter()
        self.header: dict[str, Any] = {}
        self.static = b""

    def add(self, progress: Progress) -> None:
        """Add the progress of some steps; frames are encoded here, once for all viewers."""
        if not self.losses:
            self.first_step = progress.first_step
        self.losses.append(np.asarray(progress.losses, np.float32))
        self.epochs += [(*row, *classes) for row, classes in zip(progress.epochs, progress.classes, strict=True)]
        self.frames += [(frame.step, time.time(), frame.encode()) for frame in progress.frames]

    def introduce(self, trainer: Trainer) -> None:
        """Add the channels and the readings that never change."""
        self.header["channels"] = json.dumps([channel.to_json() for channel in trainer.channels])
        self.static = trainer.static.encode() if trainer.static.readings else b""

    def due(self, seconds: float) -> bool:
        """Whether to send it now: frames go at once, the rest may wait."""
        return bool(self.frames) or time.perf_counter() - self.began >= seconds

    @property
    def empty(self) -> bool:
        return not (self.losses or self.epochs or self.frames or self.header)

    def message(self, progress: dict[str, Any], extra: dict[str, Any]) -> bytes:
        """The report as a wire message."""
        # Little-endian whatever the machine: the same bytes go to the disk and to the browser.
        losses = np.concatenate([np.empty(0, np.float32), *self.losses]).astype("<f4", copy=False)
        header = {
            "first_step": self.first_step,
            "epochs": self.epochs,
            "frames": [[step, at] for step, at, _ in self.frames],
            "progress": progress,
            **self.header,
            **extra,
        }
        return wire.pack(header, [losses.tobytes(), self.static, *(payload for _, _, payload in self.frames)])


def entry(run: str, attempt: int, header: dict[str, Any], parts: list[bytes]) -> RunUpdate:
    """A worker's message as what the store takes."""
    changes: dict[str, Any] = {}
    if "channels" in header:
        changes = {"channels": header["channels"], "static": parts[1] or None}
    checkpoint = header.get("checkpoint")
    claim, end = header.get("claim"), header.get("end")
    # In one transaction with the telemetry: a reader never sees a final state without the last losses.
    changes |= (claim or {}).get("changes", {}) | (end or {}).get("changes", {})
    notes = header.get("notes", []) + (claim or {}).get("log", []) + (end or {}).get("log", [])
    frames = zip(header["frames"], parts[2:], strict=True)
    return RunUpdate(
        run=run,
        attempt=attempt,
        first_step=header["first_step"],
        losses=np.frombuffer(parts[0], "<f4"),
        epochs=tuple(tuple(row) for row in header["epochs"]),
        frames=tuple(FrameRow(step, at, payload) for (step, at), payload in frames),
        checkpoint=CheckpointRow(**checkpoint) if checkpoint else None,
        spoiled=tuple(header.get("spoiled", ())),
        log=tuple(LogRow(**note) for note in notes),
        changes=changes,
        progress=header["progress"],
    )
