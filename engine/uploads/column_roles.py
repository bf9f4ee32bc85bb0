"""Roles of a table's columns: what each is probably for, and why."""

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
    schema: UploadSchema, values: Mapping[str, np.ndarray] = NONE, index: Sequence[str] = ()
) -> UploadSchema:
    """Assign a role to each column, with notes on what is left out.

    `values`: the columns of numbers, (rows,) each, by name; `index`: the columns that were the index where the file was
    written. Raises: InvalidExperiment for corrections that name other columns.
    """
    corrected = derive_roles(schema)
    found = {position: infer_role(column, values, index) for position, column in enumerate(schema.columns)}
    chosen, why = choose_target(schema, corrected, found)
    roles = {**found, **{position: (role, "said") for position, role in corrected.items()}}
    if chosen >= 0:
        roles[chosen] = ("target", why)
    notes = settle_identifiers(schema, roles)
    columns = tuple(
        column.model_copy(update={"role": roles[position][0], "reason": REASONS.get(roles[position][1], "")})
        for position, column in enumerate(schema.columns)
    )
    return schema.model_copy(update={"columns": columns, "notes": (*schema.notes, *notes)})


def choose_target(
    schema: UploadSchema, corrected: Mapping[int, Role], found: Mapping[int, tuple[Role, str]]
) -> tuple[int, str]:
    """Choose the position of the target, and the reason; −1 where the corrections name one, or nothing could be one."""
    if "target" in corrected.values():
        return -1, ""
    columns = enumerate(schema.columns)
    candidates = [position for position, column in columns if column.sort != "text" and position not in corrected]
    named = [position for position in candidates if schema.columns[position].name.strip().lower() in TARGETS]
    if named:
        return named[-1], "target_named"
    unlikely = ("identifier", "pandas", "one_value")
    likely = [position for position in candidates if not found[position][1].startswith(unlikely)]
    return (likely or candidates or [-1])[-1], "target_last"


def settle_identifiers(schema: UploadSchema, roles: dict[int, tuple[Role, str]]) -> list[UploadNote]:
    """Note the columns that are left out as identifiers. Where no other column is an input, those of numbers are put
    back as inputs, in `roles` itself."""
    inputs = [position for position, (role, _why) in roles.items() if role == "input"]
    notes = []
    for position, (role, why) in list(roles.items()):
        name = schema.columns[position].name
        if role == "index" and why == "pandas_index":
            notes.append(note("index", name=name))
        elif role == "ignored" and why.startswith("identifier"):
            if not inputs and schema.columns[position].sort == "number":
                roles[position] = ("input", "")
            notes.append(note("identifier" if roles[position][0] == "ignored" else "identifier_used", name=name))
        elif why == "text":
            notes.append(note("text", name=name))
    return notes


def derive_roles(schema: UploadSchema) -> dict[int, Role]:
    """Read the roles that the corrections give, by position. Raises: InvalidExperiment for names of no column."""
    corrections, names = schema.corrections, [column.name for column in schema.columns]
    found: dict[int, Role] = {}
    roles: tuple[tuple[Role, tuple[str, ...]], ...] = (
        ("input", corrections.inputs),
        ("ignored", corrections.ignore),
        ("index", corrections.index),
        ("target", (corrections.target,) if corrections.target is not None else ()),
    )
    for role, chosen in roles:
        for name in chosen:
            if name not in names:
                raise refusal(Message("a column among {names}", names=", ".join(names)[:60]), name[:40])
            found[names.index(name)] = role
    return found


def infer_role(column: Column, values: Mapping[str, np.ndarray], index: Sequence[str]) -> tuple[Role, str]:
    """Infer the role of a column that is no target, and why; one of a single value says nothing."""
    if column.name in index:
        return "index", "pandas_index"
    if column.distinct < 2:
        return "ignored", "one_value"
    if why := explain_identifier(column, values.get(column.name)):
        return "ignored", why
    return ("ignored", "text") if column.sort == "text" else ("input", "")


def explain_identifier(column: Column, numbers: np.ndarray | None) -> str:
    """Say why a column is taken for an identifier of the rows; "" where not. `numbers`: (rows,), None for words."""
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
    # a permutation of 0 … n − 1 or 1 … n, in any order: a shuffled index counts the rows too
    counts = low in (0, 1) and high - low + 1 == len(numbers) == column.distinct
    measured = name.lower() in MEASURES or any(w in MEASURES for w in re.findall(r"[a-z]{2,}", name.lower()))
    return "identifier_sequence" if counts and not measured else ""
