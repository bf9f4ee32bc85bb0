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
from pydantic import ValidationError

from engine.archive.pack import FORMAT, KEPT, MANIFEST, MEMBERS, VERSION
from engine.archive.tensor_tree import from_bytes, torch_bytes
from engine.errors import PlaygroundError, unreadable
from engine.experiment.edits import Edit, apply
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.preview.preview import preview
from engine.store import row_models
from engine.store.tables import EPOCH_COLUMNS, epoch_columns, plain_columns

LARGEST = 512 * 2**20
"""Bytes that a run may take up when it is unpacked."""
DENSEST = 300
"""How many times larger than the zip that may be; losses that repeat, and zeros in momenta, compress well."""
NONSENSE = (PlaygroundError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, struct.error)
"""What reading values that no run has may raise."""
MOST_LINES = 50_000
MOST_FRAMES = 20_000


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
    about: row_models.RunMetadata
    log: list[dict[str, Any]]
    losses: bytes
    epochs: bytes
    frames: list[tuple[int, float, bytes]]
    static: bytes
    checkpoints: list[Kept] = field(default_factory=list)


class Unsound(Exception):
    """Why a file is refused, as a clause."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def explain_refusal(why: Message) -> Message:
    """That a file is not taken in, with the reason as a clause."""
    return Message("This file cannot be imported: {why}.", why=why)


def read_file(path: Path) -> Parcel:
    """The run in a file. Raises: PlaygroundError."""
    try:
        if path.stat().st_size > LARGEST:
            why = Message("it is larger than {n} MB", n=LARGEST // 2**20)
            raise PlaygroundError(explain_refusal(why))
        return read(path.read_bytes())
    except OSError as error:
        raise unreadable(str(path), error.strerror) from error


def read(data: bytes) -> Parcel:
    """The run in a zip's bytes. Raises: PlaygroundError in one sentence."""
    try:
        return parcel(members(data))
    except Unsound as error:
        raise PlaygroundError(explain_refusal(error.why)) from error
    except RecursionError as error:
        raise PlaygroundError(explain_refusal(Message("what it says of the run makes no sense"))) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PlaygroundError(explain_refusal(Message("it is no whole zip file"))) from error
    except NONSENSE as error:
        raise PlaygroundError(explain_refusal(Message("what it says of the run makes no sense"))) from error


def members(data: bytes) -> dict[str, bytes]:
    """The zip's members, each checked against the manifest."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = file.infolist()
        names = [entry.filename for entry in entries]
        allowed = {MANIFEST, *MEMBERS, *(f"{name}.{end}" for name in KEPT for end in ("json", "safetensors"))}
        if len(set(names)) < len(names) or not set(names) <= allowed:
            raise Unsound(Message("it holds files that do not belong to a run"))
        total = sum(entry.file_size for entry in entries)
        if total > LARGEST or total > DENSEST * len(data) + 2**20:
            raise Unsound(Message("it would unpack to far more than a run"))
        found = {entry.filename: take(file, entry) for entry in entries}
    if MANIFEST not in found or not set(MEMBERS) <= set(found):
        raise Unsound(Message("it is not a run of the playground, or a part of it is missing"))
    manifest = json.loads(found.pop(MANIFEST))
    if manifest["format"] != FORMAT or manifest["version"] != VERSION:
        raise Unsound(Message("it was written by another version of the playground"))
    if manifest["sha256"] != {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}:
        raise Unsound(Message("it was damaged or changed since it was written"))
    return found


def take(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One member, no longer than it says."""
    with file.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise Unsound(Message("it would unpack to far more than a run"))
    return content


def parcel(found: dict[str, bytes]) -> Parcel:
    """The members as values, each of which could be one of our own runs'."""
    about = said(document(found["run.json"]))
    lines = log(document(found["log.json"]), about.step)
    experiments = [Experiment.from_json(found["experiment.json"])]
    for line in lines:
        if line["kind"] == "edit":
            experiments.append(apply(experiments[-1], Edit(**line["detail"])))
    if experiments[-1] != Experiment.from_json(about.edited):
        raise Unsound(Message("its edits do not lead to the experiment that it ended with"))
    expect_lengths(found, about)
    expect_memory(experiments)
    if found["static.bin"]:
        row_models.decode_frame(found["static.bin"], about.channels)
    frames = split(found["frames.bin"], about)
    kept = [checkpoint(found, name, about, experiments) for name in reversed(KEPT) if f"{name}.json" in found]
    series = (found["losses.f32"], found["epochs.f64"], frames, found["static.bin"])
    return Parcel(experiments[0], experiments[-1], about, lines, *series, kept)


def document(data: bytes) -> Any:
    """A member that is JSON. Raises: ValueError, for texts too that cannot be written as UTF-8."""
    value = json.loads(data)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def said(told: dict[str, Any]) -> row_models.RunMetadata:
    """What the file says of the run besides its series."""
    try:
        return row_models.RunMetadata(**told)
    except ValidationError as error:
        where = {str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False)}
        if where == {"state"}:
            raise Unsound(Message("no run is ever in the state that it says")) from error
        raise Unsound(Message("its numbers make no sense")) from error


def log(told: list[dict[str, Any]], steps: int) -> list[dict[str, Any]]:
    """The lines of the log; edits are in order."""
    try:
        lines = [row_models.LogEntry(**line) for line in told]
    except (ValidationError, TypeError) as error:
        raise Unsound(Message("its log makes no sense")) from error
    edits = [line.step for line in lines if line.kind == "edit"]
    late = any(line.step > steps for line in lines)
    if late or edits != sorted(edits) or len(lines) > MOST_LINES or not all(line.is_sound() for line in lines):
        raise Unsound(Message("its log makes no sense"))
    return told


def expect_lengths(found: dict[str, bytes], about: row_models.RunMetadata) -> None:
    """As many losses as steps, whole rows of epochs in their order."""
    if len(found["losses.f32"]) != 4 * about.step:
        raise Unsound(Message("it has not as many losses as steps"))
    wide = width(found["epochs.f64"], about.channels)
    numbers = np.frombuffer(found["epochs.f64"]).reshape(-1, wide)[:, :2]
    steps = numbers[:, 1]
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    if not whole or (np.diff(numbers[:, 0]) <= 0).any() or (np.diff(steps) < 0).any():
        raise Unsound(Message("its epochs are out of order"))
    if len(numbers) and (numbers.min() < 0 or steps[-1] > about.step or numbers[-1, 0] > about.epoch):
        raise Unsound(Message("its epochs are out of order"))


def width(data: bytes, channels: list[dict[str, Any]]) -> int:
    """How many numbers an epoch has: those of all runs, and in a network with several ends each end's."""
    numbers = np.frombuffer(data)
    for wide in map(len, (epoch_columns(channels), plain_columns(channels), EPOCH_COLUMNS)):
        if len(numbers) % wide == 0 and (np.diff(numbers[::wide]) > 0).all():
            return wide
    raise Unsound(Message("its epochs are out of order"))


def expect_memory(experiments: list[Experiment]) -> None:
    """Each could be started here. The batch is what an edit can change about memory."""
    largest = max(experiments, key=lambda each: each.batch_size)
    for each in dict.fromkeys((experiments[0].to_json(), largest.to_json(), experiments[-1].to_json())):
        try:
            preview(Experiment.from_json(each))
        except PlaygroundError as error:
            raise Unsound(error.message) from error


def split(data: bytes, about: row_models.RunMetadata) -> list[tuple[int, float, bytes]]:
    """The frames, in order: step, time, bytes."""
    found: list[tuple[int, float, bytes]] = []
    place, head = 0, struct.calcsize("<qdI")
    while place < len(data):
        step, at, length = struct.unpack_from("<qdI", data, place)
        payload = data[place + head : place + head + length]
        frame = row_models.decode_frame(payload, about.channels)
        if frame.step != step or step > about.step or (found and step <= found[-1][0]) or len(found) >= MOST_FRAMES:
            raise Unsound(Message("its frames are out of order"))
        if not 0 <= at <= row_models.LATEST:
            raise Unsound(Message("its frames are out of order"))
        found.append((step, at, payload))
        place += head + length
    return found


def checkpoint(
    found: dict[str, bytes], name: str, about: row_models.RunMetadata, experiments: list[Experiment]
) -> Kept:
    """A checkpoint whose state a run of this experiment can have."""
    from engine.jobs import checkpoint as memory

    tree = from_bytes(found[f"{name}.json"], found[f"{name}.safetensors"])
    facts, state = row_models.CheckpointInfo(**tree["facts"]), tree["state"]
    held = row_models.TrainerScalars(
        **{name: state["trainer"][name] for name in row_models.TrainerScalars.model_fields}
    )
    row_models.CheckpointExtras(**{name: value for name, value in state.items() if name != "trainer"})
    versions = experiments[state["edits"] : state["edits"] + 1]
    belongs = facts.step <= about.step and (held.step, held.epoch) == (facts.step, facts.epoch)
    if not belongs or versions != [Experiment.from_json(held.experiment)]:
        raise Unsound(Message("its checkpoint belongs to another run"))  # before anything is made from it
    data = torch_bytes(state)
    memory.load(data)
    return Kept(facts.step, facts.epoch, facts.good, data)
