"""What each column of a table is probably for, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from engine.message import Message
from engine.uploads.notes import REASONS, note
from engine.uploads.refusal import refusal
from engine.uploads.schema import Column, Role, UploadNote, UploadSchema

TARGETS = ("target", "label", "class", "y", "objetivo", "clase", "etiqueta", "species", "outcome")
IDENTIFIERS = (
    *("id", "ids", "identifier", "identificador", "index", "idx", "uuid", "guid", "key", "no", "no.", "nr", "nr.", "#"),
    *("row", "rows", "rowid", "row id", "row number", "rownumber", "rownum", "row names", "rownames", "unnamed: 0"),
    *(
        "serial",
        "serial no.",
        "s.no",
        "s.no.",
        "sno",
        "sl no",
        "sr no",
        "record",
        "number",
        "column 1",
        "fila",
        "indice",
    ),
    *("índice", "__index_level_0__", "nombre", "code", "codigo", "código"),
)
PART = re.compile(r"(^|[ _.\-])(id|uuid|guid|index|idx)$|^(id|uuid|guid)[ _.\-]|[a-z](Id|ID|UUID)$")
NOUN = re.compile(
    "(user|customer|client|patient|subject|sample|record|order|case|employee|passenger|student|item|product|row|obs)"
    "[ _.-]?(id|no|nr|num|number|idx|index|key|code)",
    re.IGNORECASE,
)
MEASURES = (
    "x",
    "t",
    "time",
    "tiempo",
    "date",
    "day",
    "year",
    "month",
    "hour",
    "step",
    "epoch",
    "age",
    "n",
    "second",
    "minute",
    "week",
)
"""Names under which numbers that count up are still measured."""
NONE: Mapping[str, np.ndarray] = {}
MOSTLY = 0.9  # of all values differ, where the name says that it is an identifier


def assign_roles(
    about: UploadSchema, values: Mapping[str, np.ndarray] = NONE, index: Sequence[str] = ()
) -> UploadSchema:
    """The table with a role for each column, and notes on what is left out. `values`: the columns of numbers; `index`:
    the columns that were no columns where the file was written. Raises: InvalidExperiment for corrections that name
    other columns."""
    said = roles_from_corrections(about)
    found = {position: infer_role(column, values, index) for position, column in enumerate(about.columns)}
    chosen, why = choose_target(about, said, found)
    roles = {**found, **{position: (role, "said") for position, role in said.items()}}
    if chosen >= 0:
        roles[chosen] = ("target", why)
    notes = note_identifiers(about, roles)
    columns = tuple(
        column.model_copy(update={"role": roles[position][0], "reason": REASONS.get(roles[position][1], "")})
        for position, column in enumerate(about.columns)
    )
    return about.model_copy(update={"columns": columns, "notes": (*about.notes, *notes)})


def choose_target(
    about: UploadSchema, said: Mapping[int, Role], found: Mapping[int, tuple[Role, str]]
) -> tuple[int, str]:
    """The place of the target and the reason; −1 where the corrections name one, or nothing could be one."""
    if "target" in said.values():
        return -1, ""
    able = [position for position, column in enumerate(about.columns) if column.sort != "text" and position not in said]
    named = [position for position in able if about.columns[position].name.strip().lower() in TARGETS]
    if named:
        return named[-1], "target_named"
    likely = [position for position in able if not found[position][1].startswith(("identifier", "pandas", "one_value"))]
    return (likely or able or [-1])[-1], "target_last"


def note_identifiers(about: UploadSchema, roles: dict[int, tuple[Role, str]]) -> list[UploadNote]:
    """Notes on columns that are left out as identifiers; those that count the rows are put back as inputs where no
    other column is one."""
    inputs = [position for position, (role, _why) in roles.items() if role == "input"]
    notes = []
    for position, (role, why) in list(roles.items()):
        name = about.columns[position].name
        if role == "index" and why == "pandas_index":
            notes.append(note("index", name=name))
        elif role == "ignored" and why.startswith("identifier"):
            if not inputs and about.columns[position].sort == "number":
                roles[position] = ("input", "")
            notes.append(note("identifier" if roles[position][0] == "ignored" else "identifier_used", name=name))
        elif why == "text":
            notes.append(note("text", name=name))
    return notes


def roles_from_corrections(about: UploadSchema) -> dict[int, Role]:
    """What the corrections say of columns, by place."""
    own, names = about.corrections, [column.name for column in about.columns]
    found: dict[int, Role] = {}
    roles: tuple[tuple[Role, tuple[str, ...]], ...] = (
        ("input", own.inputs),
        ("ignored", own.ignore),
        ("index", own.index),
        ("target", (own.target,) if own.target is not None else ()),
    )
    for role, chosen in roles:
        for name in chosen:
            if name not in names:
                raise refusal(Message("a column among {names}", names=", ".join(names)[:60]), name[:40])
            found[names.index(name)] = role
    return found


def infer_role(column: Column, values: Mapping[str, np.ndarray], index: Sequence[str]) -> tuple[Role, str]:
    """What a column that is no target is for; one that is the same everywhere says nothing."""
    if column.name in index:
        return "index", "pandas_index"
    if column.distinct < 2:
        return "ignored", "one_value"
    if why := identifier_reason(column, values.get(column.name)):
        return "ignored", why
    return ("ignored", "text") if column.sort == "text" else ("input", "")


def identifier_reason(column: Column, numbers: np.ndarray | None) -> str:
    """Why a column is taken for an identifier of the rows; "" where it is not."""
    name = column.name.strip()
    called = name.lower() in IDENTIFIERS or PART.search(name) is not None or NOUN.fullmatch(name) is not None
    if numbers is None:
        return "identifier_name" if called and column.sort == "text" else ""
    present = numbers[~np.isnan(numbers)]
    if not len(present) or not (present == np.floor(present)).all():
        return ""
    if called and column.distinct >= MOSTLY * len(numbers):
        return "identifier_name"
    low, high = int(present.min()), int(present.max())
    counts = low in (0, 1) and high - low + 1 == len(numbers) == column.distinct
    measured = name.lower() in MEASURES or any(w in MEASURES for w in re.findall(r"[a-z]{2,}", name.lower()))
    return "identifier_sequence" if counts and not measured else ""
