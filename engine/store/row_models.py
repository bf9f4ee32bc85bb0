"""Models of what a store may hold: the same for rows that are read and for runs that come from outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isfinite, prod
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from engine.catalogue.part import Value
from engine.errors import PlaygroundError
from engine.frame import DTYPES, MAGIC, Channel, Frame, FrameReason, unpack
from engine.message import MAX_CHARACTERS, Message
from engine.run_state import RunState
from engine.store import run_names

DAMAGED = Message("What is stored of this run is damaged; it can be deleted.")
NAMELESS = "damaged-"
"""Prefix of the id by which a run with a damaged id is known; its rowid follows."""
MOST_STEPS = 10**12
LATEST = 2.5e11  # seconds; somewhat before the year 10 000, where calendars end
LONGEST_CHANNELS = 2**18  # characters
MOST_CLASSES = 1_000  # of a confusion matrix: each cell has a column
LONGEST_SENTENCE = 2_000
LARGEST_FRAME = 64 * 2**20
MARKS_BY_LINE = ("lines", "histogram", "scores")


class DamagedRun(PlaygroundError):
    """A run of which nothing can be shown."""

    def __init__(self) -> None:
        super().__init__(DAMAGED)


def expect_encodable(text: str) -> str:
    """The text, if it can be written as UTF-8: half of a surrogate pair cannot."""
    text.encode()
    return text


@lru_cache(maxsize=2048)
def expect_json_object(text: str) -> str:
    """The text, if it is a JSON object."""
    if not isinstance(json.loads(text), dict):
        raise ValueError(text[:20])
    return text


def to_run_state(stored: object) -> RunState:
    """The run state of a stored string; pydantic's strict mode would take the enum's members alone."""
    if not isinstance(stored, str):
        raise ValueError("not a string")
    return RunState(stored)


def parse_message(raw: object) -> Message:
    """Parse a message from plain JSON values, or from the sentence that an older version stored. Raises: ValueError."""
    if len(expect_encodable(json.dumps(raw, ensure_ascii=False))) > MAX_CHARACTERS:
        refuse()
    if isinstance(raw, str):
        return Message.of(raw) if len(raw) <= LONGEST_SENTENCE else refuse()
    try:
        found = Message.of(raw) if isinstance(raw, dict) else refuse()
        return found if found.plain() == raw else refuse()
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no message") from error


Text = Annotated[str, AfterValidator(expect_encodable)]
Sentence = Annotated[Text, Field(max_length=LONGEST_SENTENCE)]
StoredMessage = Annotated[Message, PlainValidator(parse_message)]
MessageJson = Annotated[Text, Field(max_length=MAX_CHARACTERS)]
Document = Annotated[Text, Field(max_length=100_000), AfterValidator(expect_json_object)]
Name = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
State = Annotated[RunState, BeforeValidator(to_run_state)]
Steps = Annotated[int, Field(ge=0, le=MOST_STEPS)]
Time = Annotated[float, Field(ge=0, le=LATEST, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Real = Annotated[float, Field(allow_inf_nan=True), AfterValidator(lambda value: value if isfinite(value) else None)]
Summary = Annotated[dict[Key, Real | None], Field(max_length=64)]
ValidChannel = checked(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))(Channel)
Channels = Annotated[list[ValidChannel], Field(max_length=256)]  # type: ignore[valid-type]
Plain = Sentence | Number | bool | None | StoredMessage


class RunMetadata(Value):
    """A run in an archive, besides its series."""

    edited: Document
    state: State
    message: StoredMessage
    step: Steps
    epoch: Steps
    channels: Annotated[list[dict[str, Any]], AfterValidator(lambda found: expect_channels(found))]
    summary: Summary
    created: Time
    name: Annotated[Text, Field(max_length=240), AfterValidator(run_names.clean)] = ""  # older archives have none


class CheckpointInfo(Value):
    """A checkpoint in an archive, besides its bytes."""

    step: Steps
    epoch: Steps
    good: bool


class TrainerScalars(Value):
    """The values in a trainer's state that are no tensors."""

    experiment: Document
    step: Steps
    epoch: Steps
    seconds: Annotated[Number, Field(ge=0)]
    status: State
    message: StoredMessage


class CheckpointExtras(Value):
    """The values in a checkpoint besides the trainer's state."""

    edits: Steps
    seconds: Annotated[Number, Field(ge=0)]
    latest: Annotated[list[Annotated[float, Field(allow_inf_nan=True)]], Field(max_length=256)] | None


class EditDetail(Value):
    """The detail of an edit."""

    path: Annotated[Text, Field(max_length=200)]
    value: Annotated[int, Field(ge=-(2**63), lt=2**63)] | Number


class StepDetail(Value):
    """The detail of a single batch or epoch."""

    unit: Literal["batch", "epoch"]
    until_step: Steps | None = None
    until_epoch: Steps | None = None


class ResetDetail(Value):
    """The detail of a reset, and of a stop that it brought about."""

    predecessor: Name | None = None
    successor: Name | None = None


DETAILS: Mapping[str, TypeAdapter[Any]] = {
    "edit": TypeAdapter(EditDetail),
    "step": TypeAdapter(StepDetail),
    "stop": TypeAdapter(ResetDetail),
    "reset": TypeAdapter(ResetDetail),
}
PLAIN_DETAIL: TypeAdapter[Any] = TypeAdapter(
    Annotated[dict[Key, Plain | Annotated[list[Plain], Field(max_length=10_000)]], Field(max_length=16)]
)


class LogEntry(Value):
    """A line of a run's log."""

    step: Steps
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,16}$")]
    detail: dict[str, Any]
    at: Time

    def is_sound(self) -> bool:
        """Whether the detail is one of a line of this kind."""
        return is_valid(DETAILS.get(self.kind, PLAIN_DETAIL), self.detail, strict=True)


COLUMNS: Mapping[str, tuple[TypeAdapter[Any], Any]] = {
    "id": (TypeAdapter(Name), ""),
    "created": (TypeAdapter(Time), 0.0),
    "updated": (TypeAdapter(Time), 0.0),
    "experiment": (TypeAdapter(Document), ""),
    "edited": (TypeAdapter(Document), ""),
    "digest": (TypeAdapter(Annotated[Text, Field(max_length=64)]), ""),
    "state": (TypeAdapter(State), RunState.FAILED),
    "message": (TypeAdapter(MessageJson), ""),
    "parent": (TypeAdapter(Name | None), None),
    "parent_step": (TypeAdapter(Steps | None), None),
    "step": (TypeAdapter(Steps), 0),
    "epoch": (TypeAdapter(Steps), 0),
    "attempt": (TypeAdapter(Steps), 0),
    "static": (TypeAdapter(bytes | None), None),
    "name": (TypeAdapter(Annotated[Text, Field(max_length=240)]), ""),
}
"""What each column of a run may hold, and what stands in its place when it holds something else."""

NAME: TypeAdapter[Any] = TypeAdapter(Name)
CHANNELS: TypeAdapter[Any] = TypeAdapter(Channels)
SUMMARY: TypeAdapter[Any] = TypeAdapter(Summary)


def is_valid(kind: TypeAdapter[Any], value: object, *, strict: bool) -> bool:
    """Whether a value is of a type, without raising, whatever the value."""
    try:
        kind.validate_python(value, strict=strict)
    except (ValidationError, ValueError, OverflowError, RecursionError):
        return False
    return True


def validate_row(raw: Mapping[Any, Any]) -> tuple[dict[str, Any], str]:
    """Validate a run's columns; returns them, with harmless values for damaged ones, and the names of the latter."""
    found, bad = dict(raw), []
    for name, (kind, instead) in COLUMNS.items():
        if name in raw and not is_valid(kind, raw[name], strict=True):
            found[name] = instead
            bad.append(name)
    for name, read, empty in (("channels", parse_channels, []), ("summary", parse_summary, {})):
        try:
            found[name] = read(raw[name])
        except (ValueError, TypeError, RecursionError):
            found[name] = empty
            bad.append(name)
    return found, ", ".join(bad)


def parse_channels(text: str) -> list[dict[str, Any]]:
    """Parse the channels of a run from JSON. Raises: ValueError, TypeError."""
    return list(_parse_channels(text))  # a new list: the cached one must not be changed


@lru_cache(maxsize=256)
def _parse_channels(text: str) -> list[dict[str, Any]]:
    return expect_channels(json.loads(text)) if len(text) <= LONGEST_CHANNELS else refuse()


def expect_channels(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the channels, if they are valid ones in bounds. Raises: ValueError."""
    text = json.dumps(found, ensure_ascii=False)
    CHANNELS.validate_json(text.encode(), strict=True)
    classes = max((len(each.get("series", ())) for each in found if each["key"] == "confusion"), default=0)
    return found if len(text) <= LONGEST_CHANNELS and classes <= MOST_CLASSES else refuse()


def parse_summary(text: str) -> dict[str, float | None]:
    """Parse the summary of a run from JSON; None where a number is not finite. Raises: ValueError, TypeError."""
    found: dict[str, float | None] = SUMMARY.validate_python(json.loads(text), strict=True)
    return found


def refuse() -> Any:
    """Refuse a value inside a validator. Raises: ValueError."""
    raise ValueError("too long")


def decode_frame(data: bytes, channels: Iterable[Mapping[str, Any]]) -> Frame:
    """Decode a frame whose readings are whole and in the shapes that its channels say. Raises: ValueError."""
    if len(data) > LARGEST_FRAME:
        refuse()
    head, start = unpack(MAGIC, data)
    FRAME_HEADER.validate_python(head)
    lines = {channel["key"]: len(channel["series"]) for channel in channels if channel["mark"] in MARKS_BY_LINE}
    for key, code, shape, offset in head["readings"]:
        if start + offset + prod(shape) * int(code[1]) > len(data) or offset % 8:
            # a browser reads buffers in place, which typed arrays allow at multiples of their numbers' size alone
            raise ValueError(f"{key} is cut short")
        if lines.get(key) and shape[:1] != [lines[key]]:
            raise ValueError(f"{key} has another shape than its channel says")
    return Frame.decode(data)


class FrameHeader(Value):
    """A frame's header; what never changes in a run is its frame of step −1."""

    step: Annotated[int, Field(ge=-1, le=MOST_STEPS)]
    epoch: Steps
    seconds: Annotated[Number, Field(ge=0)]
    readings: Annotated[list[Any], Field(max_length=256)]
    why: FrameReason = ""


class ReadingHeader(Value):
    """One reading in a frame's header."""

    key: Key
    code: Literal[*DTYPES]  # type: ignore[valid-type]
    shape: Annotated[list[Annotated[int, Field(ge=0, le=2**24)]], Field(max_length=8)]
    offset: Annotated[int, Field(ge=0, le=LARGEST_FRAME)]


def _expect_readings(head: dict[str, Any]) -> dict[str, Any]:
    for line in FrameHeader(**head).readings:
        ReadingHeader(**dict(zip(("key", "code", "shape", "offset"), line, strict=True)))
    return head


FRAME_HEADER: TypeAdapter[Any] = TypeAdapter(Annotated[dict[str, Any], AfterValidator(_expect_readings)])
