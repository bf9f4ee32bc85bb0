"""Unpacking of an archive: a zip of unknown origin becomes a run, or is refused whole.

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

from engine.archive.pack import CHECKPOINT_NAMES, FORMAT, MANIFEST, MEMBERS, VERSION
from engine.archive.tensor_tree import from_bytes, torch_bytes
from engine.errors import PlaygroundError, unreadable
from engine.experiment.edits import Edit, apply
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.preview.preview import preview
from engine.store import row_models
from engine.store.tables import EPOCH_COLUMNS, list_epoch_columns, list_plain_columns

LARGEST = 512 * 2**20
"""Bytes that a run may take up when it is unpacked."""
DENSEST = 300
"""How many times larger than the zip that may be; losses that repeat, and zeros in momenta, compress well."""
PARSE_ERRORS = (PlaygroundError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, struct.error)
"""What reading values that no run has may raise."""
MOST_LINES = 50_000
MOST_FRAMES = 20_000


@dataclass(frozen=True)
class ArchivedCheckpoint:
    """A checkpoint from an archive; `data` is in the store's own format."""

    step: int
    epoch: int
    good: bool
    data: bytes


@dataclass(frozen=True)
class UnpackedRun:
    """A run whose every part was validated, ready to be stored.

    `losses`: little-endian float32, one a step. `epochs`: float64 rows, see `epoch_width`. `frames`: step, seconds
    since 1970, encoded frame.
    """

    experiment: Experiment
    edited: Experiment
    metadata: row_models.RunMetadata
    log: list[dict[str, Any]]
    losses: bytes
    epochs: bytes
    frames: list[tuple[int, float, bytes]]
    static: bytes
    checkpoints: list[ArchivedCheckpoint] = field(default_factory=list)


class InvalidArchive(Exception):
    """An archive is refused; `why` is a clause."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def explain_refusal(why: Message) -> Message:
    """The refusal as a sentence; `why` is its clause."""
    return Message("This file cannot be imported: {why}.", why=why)


def read_file(path: Path) -> UnpackedRun:
    """The run in a file. Raises: PlaygroundError."""
    try:
        if path.stat().st_size > LARGEST:
            why = Message("it is larger than {n} MB", n=LARGEST // 2**20)
            raise PlaygroundError(explain_refusal(why))
        return unpack(path.read_bytes())
    except OSError as error:
        raise unreadable(str(path), error.strerror) from error


def unpack(data: bytes) -> UnpackedRun:
    """The run in a zip's bytes. Raises: PlaygroundError in one sentence."""
    try:
        return parse_run(read_members(data))
    except InvalidArchive as error:
        raise PlaygroundError(explain_refusal(error.why)) from error
    except RecursionError as error:
        raise PlaygroundError(explain_refusal(Message("what it says of the run makes no sense"))) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PlaygroundError(explain_refusal(Message("it is no whole zip file"))) from error
    except PARSE_ERRORS as error:
        raise PlaygroundError(explain_refusal(Message("what it says of the run makes no sense"))) from error


def read_members(data: bytes) -> dict[str, bytes]:
    """The zip's members, each checked against the manifest."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = file.infolist()
        names = [entry.filename for entry in entries]
        allowed = {
            MANIFEST,
            *MEMBERS,
            *(f"{name}.{end}" for name in CHECKPOINT_NAMES for end in ("json", "safetensors")),
        }
        if len(set(names)) < len(names) or not set(names) <= allowed:
            raise InvalidArchive(Message("it holds files that do not belong to a run"))
        total = sum(entry.file_size for entry in entries)
        if total > LARGEST or total > DENSEST * len(data) + 2**20:
            raise InvalidArchive(Message("it would unpack to far more than a run"))
        found = {entry.filename: read_member(file, entry) for entry in entries}
    if MANIFEST not in found or not set(MEMBERS) <= set(found):
        raise InvalidArchive(Message("it is not a run of the playground, or a part of it is missing"))
    manifest = json.loads(found.pop(MANIFEST))
    if manifest["format"] != FORMAT or manifest["version"] != VERSION:
        raise InvalidArchive(Message("it was written by another version of the playground"))
    if manifest["sha256"] != {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}:
        raise InvalidArchive(Message("it was damaged or changed since it was written"))
    return found


def read_member(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One member, of exactly the size that the zip's directory names."""
    with file.open(entry) as stream:
        content = stream.read(entry.file_size + 1)  # one byte more: a size that is understated shows
    if len(content) != entry.file_size:
        raise InvalidArchive(Message("it would unpack to far more than a run"))
    return content


def parse_run(found: dict[str, bytes]) -> UnpackedRun:
    """The members as values, each of which could be one of our own runs'."""
    metadata = parse_metadata(parse_json(found["run.json"]))
    lines = parse_log(parse_json(found["log.json"]), metadata.step)
    experiments = [Experiment.from_json(found["experiment.json"])]
    for line in lines:
        if line["kind"] == "edit":
            experiments.append(apply(experiments[-1], Edit(**line["detail"])))
    if experiments[-1] != Experiment.from_json(metadata.edited):
        raise InvalidArchive(Message("its edits do not lead to the experiment that it ended with"))
    expect_lengths(found, metadata)
    expect_memory(experiments)
    if found["static.bin"]:
        row_models.decode_frame(found["static.bin"], metadata.channels)
    frames = split_frames(found["frames.bin"], metadata)
    checkpoints = [
        parse_checkpoint(found, name, metadata, experiments)
        for name in reversed(CHECKPOINT_NAMES)  # the newest last: the store takes the last row for the newest
        if f"{name}.json" in found
    ]
    series = (found["losses.f32"], found["epochs.f64"], frames, found["static.bin"])
    return UnpackedRun(experiments[0], experiments[-1], metadata, lines, *series, checkpoints)


def parse_json(data: bytes) -> Any:
    """A member that is JSON. Raises: ValueError, for texts too that cannot be written as UTF-8."""
    value = json.loads(data)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def parse_metadata(document: dict[str, Any]) -> row_models.RunMetadata:
    """The run's row in the store, without its series."""
    try:
        return row_models.RunMetadata(**document)
    except ValidationError as error:
        where = {str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False)}
        if where == {"state"}:
            raise InvalidArchive(Message("no run is ever in the state that it says")) from error
        raise InvalidArchive(Message("its numbers make no sense")) from error


def parse_log(entries: list[dict[str, Any]], steps: int) -> list[dict[str, Any]]:
    """The entries of the log, with the edits in the order of their steps."""
    try:
        lines = [row_models.LogEntry(**line) for line in entries]
    except (ValidationError, TypeError) as error:
        raise InvalidArchive(Message("its log makes no sense")) from error
    edits = [line.step for line in lines if line.kind == "edit"]
    late = any(line.step > steps for line in lines)
    if late or edits != sorted(edits) or len(lines) > MOST_LINES or not all(line.is_sound() for line in lines):
        raise InvalidArchive(Message("its log makes no sense"))
    return entries


def expect_lengths(found: dict[str, bytes], metadata: row_models.RunMetadata) -> None:
    """Refuse unless there is one loss a step and the epochs are whole rows that rise in number and in step."""
    if len(found["losses.f32"]) != 4 * metadata.step:
        raise InvalidArchive(Message("it has not as many losses as steps"))
    wide = epoch_width(found["epochs.f64"], metadata.channels)
    numbers = np.frombuffer(found["epochs.f64"]).reshape(-1, wide)[:, :2]
    steps = numbers[:, 1]
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    if not whole or (np.diff(numbers[:, 0]) <= 0).any() or (np.diff(steps) < 0).any():
        raise InvalidArchive(Message("its epochs are out of order"))
    if len(numbers) and (numbers.min() < 0 or steps[-1] > metadata.step or numbers[-1, 0] > metadata.epoch):
        raise InvalidArchive(Message("its epochs are out of order"))


def epoch_width(data: bytes, channels: list[dict[str, Any]]) -> int:
    """How many numbers an epoch has: those of all runs, and in a network with several ends each end's."""
    numbers = np.frombuffer(data)
    for wide in map(len, (list_epoch_columns(channels), list_plain_columns(channels), EPOCH_COLUMNS)):
        if len(numbers) % wide == 0 and (np.diff(numbers[::wide]) > 0).all():
            return wide
    raise InvalidArchive(Message("its epochs are out of order"))


def expect_memory(experiments: list[Experiment]) -> None:
    """Refuse a run that this machine could not hold. Of what an edit can change, only the batch size changes memory."""
    largest = max(experiments, key=lambda each: each.batch_size)
    for each in dict.fromkeys((experiments[0].to_json(), largest.to_json(), experiments[-1].to_json())):
        try:
            preview(Experiment.from_json(each))
        except PlaygroundError as error:
            raise InvalidArchive(error.message) from error


def split_frames(data: bytes, metadata: row_models.RunMetadata) -> list[tuple[int, float, bytes]]:
    """The frames in order of their steps: step, seconds since 1970, encoded frame."""
    found: list[tuple[int, float, bytes]] = []
    offset, head = 0, struct.calcsize("<qdI")
    while offset < len(data):
        step, at, length = struct.unpack_from("<qdI", data, offset)
        payload = data[offset + head : offset + head + length]
        frame = row_models.decode_frame(payload, metadata.channels)
        if frame.step != step or step > metadata.step or (found and step <= found[-1][0]) or len(found) >= MOST_FRAMES:
            raise InvalidArchive(Message("its frames are out of order"))
        if not 0 <= at <= row_models.LATEST:
            raise InvalidArchive(Message("its frames are out of order"))
        found.append((step, at, payload))
        offset += head + length
    return found


def parse_checkpoint(
    found: dict[str, bytes], name: str, metadata: row_models.RunMetadata, experiments: list[Experiment]
) -> ArchivedCheckpoint:
    """A checkpoint whose state a run of this experiment can have."""
    from engine.jobs import checkpoint as run_checkpoint

    tree = from_bytes(found[f"{name}.json"], found[f"{name}.safetensors"])
    facts, state = row_models.CheckpointInfo(**tree["facts"]), tree["state"]
    scalars = row_models.TrainerScalars(
        **{name: state["trainer"][name] for name in row_models.TrainerScalars.model_fields}
    )
    row_models.CheckpointExtras(**{name: value for name, value in state.items() if name != "trainer"})
    versions = experiments[state["edits"] : state["edits"] + 1]
    belongs = facts.step <= metadata.step and (scalars.step, scalars.epoch) == (facts.step, facts.epoch)
    if not belongs or versions != [Experiment.from_json(scalars.experiment)]:
        raise InvalidArchive(Message("its checkpoint belongs to another run"))  # before a trainer is built from it
    data = torch_bytes(state)
    run_checkpoint.load(data)  # what does not load here would fail in the worker
    return ArchivedCheckpoint(facts.step, facts.epoch, facts.good, data)
