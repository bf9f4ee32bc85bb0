"""Import of a run: the process that unpacked it leaves it in a file, and the supervisor stores that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import wire
from engine.message import Message
from engine.run_state import RunState
from engine.store import checkpoints
from engine.store.layout import StoreLayout
from engine.store.records import CheckpointRow, FrameRow, LogRow, NewRun, RunUpdate

if TYPE_CHECKING:
    from engine.archive.unpack import UnpackedRun

ARRIVALS = "arrivals"


def write_arrival(layout: StoreLayout, run: str, unpacked: UnpackedRun) -> str:
    """Write an unpacked run where the supervisor finds it; returns the file's name."""
    from engine.archive.unpack import find_epoch_width

    metadata = unpacked.metadata
    state = metadata.state if metadata.state.is_final else RunState.PAUSED
    header = {
        "experiment": unpacked.experiment.to_json(),
        "edited": unpacked.edited.to_json(),
        "digest": unpacked.experiment.digest,
        "state": state,
        "message": metadata.message.plain() if state.is_final else "",
        "channels": json.dumps(metadata.channels),
        "summary": json.dumps(metadata.summary),
        "name": metadata.name,
        "step": metadata.step,
        "epoch": metadata.epoch,
        "width": find_epoch_width(unpacked.epochs, metadata.channels),
        "log": unpacked.log,
        "frames": [[step, at] for step, at, _ in unpacked.frames],
        "checkpoints": [[saved.step, saved.epoch, saved.good] for saved in unpacked.checkpoints],
    }
    blobs = [unpacked.losses, unpacked.epochs, unpacked.static]
    blobs += [data for _, _, data in unpacked.frames] + [saved.data for saved in unpacked.checkpoints]
    folder = layout.home / ARRIVALS
    folder.mkdir(exist_ok=True, mode=0o700)
    (folder / run).write_bytes(wire.pack(header, blobs))
    return run


def read_arrival(layout: StoreLayout, run: str) -> list[RunUpdate]:
    """The updates that store the run, after its checkpoint files were written."""
    # `run` comes over the socket: a path in it must not lead out of the folder
    header, blobs = wire.unpack((layout.home / ARRIVALS / Path(run).name).read_bytes())
    losses, epochs, static, *rest = blobs
    frames = zip(header["frames"], rest, strict=False)  # the checkpoints follow them in `rest`
    rows = np.frombuffer(epochs, "<f8").reshape(-1, header["width"])  # (epochs, columns)
    state, message = RunState(header["state"]), Message.of(header["message"])
    new = NewRun(header["experiment"], header["digest"], state, message, name=header["name"])
    changes: dict[str, Any] = {name: header[name] for name in ("edited", "channels", "summary", "step", "epoch")}
    first = RunUpdate(
        run,
        create=new,
        first_step=1,
        losses=np.frombuffer(losses, "<f4"),
        epochs=tuple(tuple(row) for row in rows.tolist()),
        frames=tuple(FrameRow(step, at, data) for (step, at), data in frames),
        log=tuple(LogRow(**line) for line in header["log"]),
        changes={**changes, "static": static or None, "attempt": 1},
    )
    updates = [first]  # the run's row before its checkpoints, which refer to it
    saved = rest[len(header["frames"]) :]
    for serial, ((step, epoch, good), data) in enumerate(zip(header["checkpoints"], saved, strict=True)):
        path = f"checkpoints/{run}/{step}-0-{serial}.pt"
        digest = checkpoints.write(layout.home / path, data)
        updates.append(RunUpdate(run, checkpoint=CheckpointRow(step, path, digest, epoch, good)))
    return updates


def delete_arrival(layout: StoreLayout, run: str) -> None:
    (layout.home / ARRIVALS / Path(run).name).unlink(missing_ok=True)
