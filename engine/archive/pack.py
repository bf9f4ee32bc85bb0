"""Packing of a run: one reading of the store becomes a zip that any machine can take in."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from typing import Any

from engine.archive.tensor_tree import encode_tree, load_tree
from engine.store import checkpoints
from engine.store.reader import Checkpoint, Reader, RunRow

FORMAT, VERSION = "training-playground-run", 1
MANIFEST = "manifest.json"
MEMBERS = ("experiment.json", "run.json", "log.json", "losses.f32", "epochs.f64", "frames.bin", "static.bin")
CHECKPOINT_NAMES = ("newest", "best")
FRAME_HEADER = struct.Struct("<qdI")  # step, seconds since 1970, bytes of the encoded frame that follows


def pack(reader: Reader, row: RunRow) -> bytes:
    """The run as the bytes of a zip: experiment, log, series, frames and up to two checkpoints."""
    with reader.open_view() as view:  # one transaction: a run that trains does not grow between two reads
        row = view.read_run(row.id) or row
        losses = view.read_losses(row.id, None)[:, 1].astype("<f4").tobytes()  # (steps, 2): step, loss
        epochs = view.read_epochs(row.id, None).astype("<f8").tobytes()  # (epochs, columns)
        frames = view.read_frames_with_times(row.id)
        log = view.read_log(row.id)
        saved = view.list_checkpoints(row.id)
    lines = [{"step": line.step, "kind": line.kind, "detail": line.detail, "at": line.at} for line in log]
    members = {
        "experiment.json": row.experiment.encode(),
        "run.json": to_readable_json(describe_run(row)),
        "log.json": to_readable_json(lines),
        "losses.f32": losses,
        "epochs.f64": epochs,
        "frames.bin": b"".join(FRAME_HEADER.pack(step, at, len(data)) + data for step, at, data in frames),
        "static.bin": row.static or b"",
        **pack_checkpoints(saved),
    }
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "run": row.id,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {MANIFEST: to_readable_json(manifest), **members}.items():
            # a bare ZipInfo has a fixed date, so that the same run gives the same bytes, and no compression
            file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def describe_run(row: RunRow) -> dict[str, Any]:
    """The run's row in the store, without its series."""
    names = ("edited", "state", "step", "epoch", "channels", "summary", "created", "name")
    return {**{name: getattr(row, name) for name in names}, "message": row.message.plain()}


def pack_checkpoints(saved: list[Checkpoint]) -> dict[str, bytes]:
    """The newest checkpoint that can be read, and the newest good one if that is another."""
    members: dict[str, bytes] = {}
    for checkpoint in saved:
        name = CHECKPOINT_NAMES[0] if not members else CHECKPOINT_NAMES[1]
        if members and not checkpoint.good:
            continue
        try:
            tree = load_tree(checkpoints.read(checkpoint.path, checkpoint.sha256))
        except checkpoints.CorruptCheckpoint:
            continue  # an older one may be whole
        facts = {"step": checkpoint.step, "epoch": checkpoint.epoch, "good": checkpoint.good}
        members[f"{name}.json"], members[f"{name}.safetensors"] = encode_tree({"facts": facts, "state": tree})
        if checkpoint.good or name == CHECKPOINT_NAMES[1]:
            break
    return members


def to_readable_json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()
