"""A run that comes from outside: the client hands it to the supervisor in a file, the supervisor stores it."""

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
    from engine.archive.unpack import Parcel

ARRIVALS = "arrivals"


def lay_down(place: StoreLayout, run: str, parcel: Parcel) -> str:
    """Writes a checked run where the supervisor finds it; returns the file's name."""
    from engine.archive.unpack import width

    about = parcel.about
    state = about.state if about.state.is_final else RunState.PAUSED
    header = {
        "experiment": parcel.experiment.to_json(),
        "edited": parcel.edited.to_json(),
        "digest": parcel.experiment.digest,
        "state": state,
        "message": about.message.plain() if state.is_final else "",
        "channels": json.dumps(about.channels),
        "summary": json.dumps(about.summary),
        "name": about.name,
        "step": about.step,
        "epoch": about.epoch,
        "width": width(parcel.epochs, about.channels),
        "log": parcel.log,
        "frames": [[step, at] for step, at, _ in parcel.frames],
        "checkpoints": [[kept.step, kept.epoch, kept.good] for kept in parcel.checkpoints],
    }
    blobs = [parcel.losses, parcel.epochs, parcel.static]
    blobs += [data for _, _, data in parcel.frames] + [kept.data for kept in parcel.checkpoints]
    folder = place.home / ARRIVALS
    folder.mkdir(exist_ok=True, mode=0o700)
    (folder / run).write_bytes(wire.pack(header, blobs))
    return run


def pick_up(place: StoreLayout, run: str) -> list[RunUpdate]:
    """What the store is to take in; checkpoint files are written on the way."""
    header, blobs = wire.unpack((place.home / ARRIVALS / Path(run).name).read_bytes())
    losses, epochs, static, *rest = blobs
    frames = zip(header["frames"], rest, strict=False)
    rows = np.frombuffer(epochs, "<f8").reshape(-1, header["width"])
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
    entries = [first]
    saved = rest[len(header["frames"]) :]
    for serial, ((step, epoch, good), data) in enumerate(zip(header["checkpoints"], saved, strict=True)):
        path = f"checkpoints/{run}/{step}-0-{serial}.pt"
        digest = checkpoints.write(place.home / path, data)
        entries.append(RunUpdate(run, checkpoint=CheckpointRow(step, path, digest, epoch, good)))
    return entries


def clear(place: StoreLayout, run: str) -> None:
    """Removes the file."""
    (place.home / ARRIVALS / Path(run).name).unlink(missing_ok=True)
