"""From the zip to what the supervisor takes in. Nothing of a file that is not whole and sound comes through.

Members are read by their names into memory, never written to a path of the file's choosing, and never through pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine import naming
from engine.archive.packing import FORMAT, KEPT, MANIFEST, MEMBERS, VERSION
from engine.archive.tree import from_bytes, torch_bytes
from engine.edits import Edit, apply
from engine.errors import PlaygroundError
from engine.experiment import Experiment
from engine.frame import Channel, Frame
from engine.store.tables import FINAL, epoch_columns

LARGEST = 512 * 2**20
"""Bytes that a run may take up when it is unpacked."""
DENSEST = 300
"""How many times larger than the zip that may be; losses that repeat, and zeros in momenta, compress well."""
STATES = FINAL | {"running", "queued", "held", "paused"}


@dataclass(frozen=True)
class Kept:
    """A checkpoint, as the store keeps it."""

    step: int
    epoch: int
    good: bool
    data: bytes


@dataclass(frozen=True)
class Parcel:
    """A run on its way into the store."""

    experiment: Experiment
    edited: Experiment
    about: dict[str, Any]
    log: list[dict[str, Any]]
    losses: bytes
    epochs: bytes
    frames: list[tuple[int, float, bytes]]
    static: bytes
    checkpoints: list[Kept] = field(default_factory=list)


class Unsound(Exception):
    """Why a file is refused, as a clause."""


def read_file(path: Path) -> Parcel:
    """The run in a file. Raises: PlaygroundError."""
    try:
        if path.stat().st_size > LARGEST:
            raise PlaygroundError(f"This file cannot be imported: it is larger than {LARGEST // 2**20} MB.")
        return read(path.read_bytes())
    except OSError as error:
        raise PlaygroundError(f"{path} cannot be read: {error.strerror}.") from error


def read(data: bytes) -> Parcel:
    """The run in a zip's bytes. Raises: PlaygroundError in one sentence."""
    try:
        return parcel(members(data))
    except Unsound as error:
        raise PlaygroundError(f"This file cannot be imported: {error}.") from error
    except RecursionError as error:
        raise PlaygroundError("This file cannot be imported: what it says of the run makes no sense.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PlaygroundError("This file cannot be imported: it is no whole zip file.") from error
    except (PlaygroundError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise PlaygroundError("This file cannot be imported: what it says of the run makes no sense.") from error


def members(data: bytes) -> dict[str, bytes]:
    """The zip's members, each checked against the manifest."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = file.infolist()
        names = [entry.filename for entry in entries]
        allowed = {MANIFEST, *MEMBERS, *(f"{name}.{end}" for name in KEPT for end in ("json", "safetensors"))}
        if len(set(names)) < len(names) or not set(names) <= allowed:
            raise Unsound("it holds files that do not belong to a run")
        total = sum(entry.file_size for entry in entries)
        if total > LARGEST or total > DENSEST * len(data) + 2**20:
            raise Unsound("it would unpack to far more than a run")
        found = {entry.filename: take(file, entry) for entry in entries}
    if MANIFEST not in found or not set(MEMBERS) <= set(found):
        raise Unsound("it is not a run of the playground, or a part of it is missing")
    manifest = json.loads(found.pop(MANIFEST))
    if manifest["format"] != FORMAT or manifest["version"] != VERSION:
        raise Unsound("it was written by another version of the playground")
    if manifest["sha256"] != {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}:
        raise Unsound("it was damaged or changed since it was written")
    return found


def take(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One member, no longer than it says."""
    with file.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise Unsound("it would unpack to far more than a run")
    return content


def parcel(found: dict[str, bytes]) -> Parcel:
    """The members as values, each of which makes sense."""
    about, log = json.loads(found["run.json"]), json.loads(found["log.json"])
    experiment = edited = Experiment.from_json(found["experiment.json"])
    for line in log:
        if set(line) != {"step", "kind", "detail", "at"} or not isinstance(line["detail"], dict):
            raise Unsound("its log makes no sense")
        if not (isinstance(line["step"], int) and len(str(line["kind"])) <= 16 and isinstance(line["at"], float)):
            raise Unsound("its log makes no sense")
        if line["kind"] == "edit":
            edited = apply(edited, Edit(path=line["detail"]["path"], value=line["detail"]["value"]))
    if about["state"] not in STATES or edited != Experiment.from_json(about["edited"]):
        raise Unsound("its edits do not lead to the experiment that it ended with")
    about["name"] = naming.plain(about.get("name", ""))  # older archives have none
    expect_lengths(found, about)
    for channel in about["channels"]:
        Channel(**channel)
    if found["static.bin"]:
        Frame.decode(found["static.bin"])
    frames = split(found["frames.bin"])
    if not all(isinstance(v, int | float | None) for v in about["summary"].values()) or len(about["message"]) > 2_000:
        raise Unsound("its numbers make no sense")
    kept = [checkpoint(found, name, experiment, edited) for name in reversed(KEPT) if f"{name}.json" in found]
    series = (found["losses.f32"], found["epochs.f64"], frames, found["static.bin"])
    return Parcel(experiment, edited, about, log, *series, kept)


def expect_lengths(found: dict[str, bytes], about: dict[str, Any]) -> None:
    """As many losses as steps, whole rows of epochs."""
    width = len(epoch_columns(about["channels"]))
    if len(found["losses.f32"]) != 4 * about["step"] or len(found["epochs.f64"]) % (8 * width):
        raise Unsound("it has not as many losses as steps")
    epochs = np.frombuffer(found["epochs.f64"], "<f8").reshape(-1, width)
    if not (np.diff(epochs[:, 0]) > 0).all() or not isinstance(about["epoch"], int):
        raise Unsound("its epochs are out of order")


def split(data: bytes) -> list[tuple[int, float, bytes]]:
    """The frames, in order: step, time, bytes."""
    found: list[tuple[int, float, bytes]] = []
    place, head = 0, struct.calcsize("<qdI")
    while place < len(data):
        step, at, length = struct.unpack_from("<qdI", data, place)
        payload = data[place + head : place + head + length]
        if Frame.decode(payload).step != step or (found and step <= found[-1][0]):
            raise Unsound("its frames are out of order")
        found.append((step, at, payload))
        place += head + length
    return found


def checkpoint(found: dict[str, bytes], name: str, experiment: Experiment, edited: Experiment) -> Kept:
    """A checkpoint whose state a run of this experiment can have."""
    from engine.fleet import memory

    tree = from_bytes(found[f"{name}.json"], found[f"{name}.safetensors"])
    facts, data = tree["facts"], torch_bytes(tree["state"])
    trainer = memory.load(data).trainer
    versions = (trainer.experiment.network, trainer.experiment.data)
    if versions[1] != experiment.data or len(versions[0]) != len(edited.network) or trainer.step != facts["step"]:
        raise Unsound("its checkpoint belongs to another run")
    return Kept(int(facts["step"]), int(facts["epoch"]), bool(facts["good"]), data)
