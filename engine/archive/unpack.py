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

from engine.archive.pack import CHECKPOINT_NAMES, FORMAT, FRAME_HEADER, MANIFEST, MEMBERS, VERSION
from engine.archive.tensor_tree import decode_tree, save_tree
from engine.errors import PlaygroundError, explain_unreadable
from engine.experiment.edits import Edit, apply_edit
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.preview.preview import preview
from engine.store import row_models
from engine.store.tables import EPOCH_COLUMNS, list_epoch_columns, list_plain_columns

MAX_BYTES = 512 * 2**20  # of the file, and of all its members unpacked
MAX_COMPRESSION_RATIO = 300  # losses that repeat, and zeros in momenta, compress well
PARSE_ERRORS = (PlaygroundError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, struct.error)
"""What parsing a document that no run has may raise."""
MAX_LOG_ENTRIES = 50_000
MAX_FRAMES = 20_000


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
        if path.stat().st_size > MAX_BYTES:
            why = Message("it is larger than {n} MB", n=MAX_BYTES // 2**20)
            raise PlaygroundError(explain_refusal(why))
        return unpack(path.read_bytes())
    except OSError as error:
        raise explain_unreadable(str(path), error.strerror) from error


def unpack(data: bytes) -> UnpackedRun:
    """The run in a zip's bytes. Raises: PlaygroundError in one sentence."""
    try:
        return parse_run(read_members(data))
    except InvalidArchive as error:
        raise PlaygroundError(explain_refusal(error.why)) from error
    except RecursionError as error:  # before RuntimeError, which it is a kind of
        raise PlaygroundError(explain_refusal(Message("what it says of the run makes no sense"))) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # an encrypted member is a RuntimeError of zipfile, an unknown method a NotImplementedError
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
        # a zip may hold one name twice, and a checksum would then speak of only one of the two
        if len(set(names)) < len(names) or not set(names) <= allowed:
            raise InvalidArchive(Message("it holds files that do not belong to a run"))
        total = sum(entry.file_size for entry in entries)
        # before anything is unpacked; that a member keeps to the size it claims is seen when it is read
        if total > MAX_BYTES or total > MAX_COMPRESSION_RATIO * len(data) + 2**20:
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
        content = stream.read(entry.file_size)  # zipfile ends here and checks the CRC: a member that goes on fails
    if len(content) != entry.file_size:
        raise InvalidArchive(Message("it would unpack to far more than a run"))
    return content


def parse_run(members: dict[str, bytes]) -> UnpackedRun:
    """The members as values, each one that a run of the playground can have."""
    metadata = parse_metadata(parse_json(members["run.json"]))
    lines = parse_log(parse_json(members["log.json"]), metadata.step)
    experiments = [Experiment.from_json(members["experiment.json"])]
    for line in lines:
        if line["kind"] == "edit":
            experiments.append(apply_edit(experiments[-1], Edit(**line["detail"])))
    if experiments[-1] != Experiment.from_json(metadata.edited):
        raise InvalidArchive(Message("its edits do not lead to the experiment that it ended with"))
    check_lengths(members, metadata)
    check_memory(experiments)
    if members["static.bin"]:
        row_models.decode_frame(members["static.bin"], metadata.channels)
    frames = split_frames(members["frames.bin"], metadata)
    checkpoints = [
        parse_checkpoint(members, name, metadata, experiments)
        for name in reversed(CHECKPOINT_NAMES)  # the newest last: the store takes the last row for the newest
        if f"{name}.json" in members
    ]
    series = (members["losses.f32"], members["epochs.f64"], frames, members["static.bin"])
    return UnpackedRun(experiments[0], experiments[-1], metadata, lines, *series, checkpoints)


def parse_json(data: bytes) -> Any:
    """A member that is JSON. Raises: ValueError, for texts too that cannot be written as UTF-8."""
    value = json.loads(data)
    json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair passes json.loads, and SQLite refuses it
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
    if late or edits != sorted(edits) or len(lines) > MAX_LOG_ENTRIES or not all(line.is_sound() for line in lines):
        raise InvalidArchive(Message("its log makes no sense"))
    return entries


def check_lengths(members: dict[str, bytes], metadata: row_models.RunMetadata) -> None:
    """Refuse unless there is one loss a step and the epochs are whole rows that rise in number and in step."""
    if len(members["losses.f32"]) != 4 * metadata.step:
        raise InvalidArchive(Message("it has not as many losses as steps"))
    width = find_epoch_width(members["epochs.f64"], metadata.channels)
    numbers = np.frombuffer(members["epochs.f64"]).reshape(-1, width)[:, :2]  # (epochs, 2): number, step
    steps = numbers[:, 1]
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    if not whole or (np.diff(numbers[:, 0]) <= 0).any() or (np.diff(steps) < 0).any():
        raise InvalidArchive(Message("its epochs are out of order"))
    if len(numbers) and (numbers.min() < 0 or steps[-1] > metadata.step or numbers[-1, 0] > metadata.epoch):
        raise InvalidArchive(Message("its epochs are out of order"))


def find_epoch_width(data: bytes, channels: list[dict[str, Any]]) -> int:
    """Numbers of one epoch's row: an archive does not name its columns, and older stores have fewer of them."""
    numbers = np.frombuffer(data)
    for width in map(len, (list_epoch_columns(channels), list_plain_columns(channels), EPOCH_COLUMNS)):
        if len(numbers) % width == 0 and (np.diff(numbers[::width]) > 0).all():
            return width
    raise InvalidArchive(Message("its epochs are out of order"))


def check_memory(experiments: list[Experiment]) -> None:
    """Refuse a run that this machine could not hold. Of what an edit can change, only the batch size changes memory."""
    largest = max(experiments, key=lambda each: each.batch_size)
    for each in dict.fromkeys((experiments[0].to_json(), largest.to_json(), experiments[-1].to_json())):
        try:
            preview(Experiment.from_json(each))
        except PlaygroundError as error:
            raise InvalidArchive(error.message) from error


def split_frames(data: bytes, metadata: row_models.RunMetadata) -> list[tuple[int, float, bytes]]:
    """The frames in order of their steps: step, seconds since 1970, encoded frame."""
    frames: list[tuple[int, float, bytes]] = []
    offset, head = 0, FRAME_HEADER.size
    while offset < len(data):
        step, at, length = FRAME_HEADER.unpack_from(data, offset)
        payload = data[offset + head : offset + head + length]
        frame = row_models.decode_frame(payload, metadata.channels)
        rises = not frames or step > frames[-1][0]
        if frame.step != step or step > metadata.step or not rises or len(frames) >= MAX_FRAMES:
            raise InvalidArchive(Message("its frames are out of order"))
        if not 0 <= at <= row_models.LATEST:
            raise InvalidArchive(Message("its frames are out of order"))
        frames.append((step, at, payload))
        offset += head + length
    return frames


def parse_checkpoint(
    members: dict[str, bytes], name: str, metadata: row_models.RunMetadata, experiments: list[Experiment]
) -> ArchivedCheckpoint:
    """A checkpoint whose state a run of this experiment can have."""
    from engine.jobs import checkpoint as run_checkpoint

    tree = decode_tree(members[f"{name}.json"], members[f"{name}.safetensors"])
    info, state = row_models.CheckpointInfo(**tree["facts"]), tree["state"]
    scalars = row_models.TrainerScalars(
        **{name: state["trainer"][name] for name in row_models.TrainerScalars.model_fields}
    )
    row_models.CheckpointExtras(**{name: value for name, value in state.items() if name != "trainer"})
    versions = experiments[state["edits"] : state["edits"] + 1]
    belongs = info.step <= metadata.step and (scalars.step, scalars.epoch) == (info.step, info.epoch)
    if not belongs or versions != [Experiment.from_json(scalars.experiment)]:
        raise InvalidArchive(Message("its checkpoint belongs to another run"))  # before a trainer is built from it
    data = save_tree(state)
    run_checkpoint.load(data)  # what does not load here would fail in the worker
    return ArchivedCheckpoint(info.step, info.epoch, info.good, data)
