"""What each column of a table is probably for, and why."""

from __future__ import annotations

from engine.own.about import About, Column, Role
from engine.own.notes import REASONS
from engine.own.refusal import refusal

TARGETS = ("target", "label", "class", "y", "objetivo", "clase", "etiqueta", "species", "outcome")


def with_roles(about: About) -> About:
    """The table with a role for each column. Raises: InvalidExperiment for corrections that name other columns."""
    said = told(about)
    able = [place for place, column in enumerate(about.columns) if column.sort != "text" and place not in said]
    named = [place for place in able if about.columns[place].name.lower() in TARGETS]
    chosen = (named or able or [-1])[-1]
    if "target" in said.values():
        chosen = -1
    columns = []
    for place, column in enumerate(about.columns):
        role, reason = (said[place], "said") if place in said else likely(column)
        if place == chosen:
            role, reason = "target", "target_named" if named else "target_last"
        columns.append(column.model_copy(update={"role": role, "reason": REASONS.get(reason, "")}))
    return about.model_copy(update={"columns": tuple(columns)})


def told(about: About) -> dict[int, Role]:
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
                raise refusal(f"a column among {', '.join(names)[:60]}", name[:40])
            found[names.index(name)] = role
    return found


def likely(column: Column) -> tuple[Role, str]:
    """What a column that is no target is for; one that is the same everywhere says nothing."""
    if column.distinct < 2:
        return "ignored", "one_value"
    return ("ignored", "text") if column.sort == "text" else ("input", "")
