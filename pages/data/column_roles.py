"""What each column of a table is for: target, input as a number or a category, index, ignored."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from engine.uploads.infer import choose_input_use, infer_task, list_allowed_uses
from engine.uploads.schema import UploadSchema
from pages.data.reread import find_complaint, request_reading
from pages.form.part_form import draw_complaint
from pages.session import state
from pages.session.i18n import _

Draft = dict[str, Any]
INDEX = "x"  # beside the letters of an experiment's `uses`, in which it is an ignored column


def name_roles() -> dict[str, str]:
    """What each use is called."""
    return {
        "n": _("number"),
        "c": _("category"),
        "t": _("target"),
        INDEX: _("index"),
        "i": _("ignored"),
    }


def draw_columns(schema: UploadSchema, data: Draft) -> None:
    """A line for each column, whose use can be changed."""
    names = name_roles()
    uses = data["uses"] if len(data["uses"]) == len(schema.columns) else "i" * len(schema.columns)
    shown = [INDEX if u == "i" and c.role == "index" else u for u, c in zip(uses, schema.columns, strict=True)]
    frame = pd.DataFrame(
        {
            _("Column"): [column.name for column in schema.columns],
            _("Used as"): [names[letter] for letter in shown],
            _("Missing values"): [column.missing for column in schema.columns],
            _("Different values"): [column.distinct for column in schema.columns],
            _("Because"): [_(column.reason) for column in schema.columns],
        }
    )
    # A new key, a new editor: the old one would lay its edits over the changed table again.
    key = f"own_columns_{hash((data['file'], uses, state.recall('own_turn', 0)))}"
    choice = st.column_config.SelectboxColumn(options=list(names.values()), required=True)
    wide = st.column_config.TextColumn(width="medium")
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="fixed",
        disabled=[_("Column"), _("Missing values"), _("Different values"), _("Because")],
        column_config={_("Used as"): choice, _("Column"): wide, _("Because"): wide},
        on_change=change_role,
        args=(key, schema, {**data, "uses": uses}),
    )
    if complaint := find_complaint("index") or find_complaint("ignore") or state.recall("own_misfit", ""):
        draw_complaint(complaint)


def change_role(key: str, schema: UploadSchema, data: Draft) -> None:
    """A column is used otherwise. What it cannot be is said, and it stays what it was."""
    known = {word: letter for letter, word in name_roles().items()}
    state.remember(own_misfit="", own_turn=state.recall("own_turn", 0) + 1)
    for index, change in state.read_control(key)["edited_rows"].items():
        column, letter = schema.columns[index], known.get(change.get(_("Used as")), "i")
        if (letter == INDEX) != (column.role == "index") and letter in (INDEX, "i"):
            others = tuple(name for name in schema.corrections.index if name != column.name)
            if letter == INDEX:
                request_reading("index", (*others, column.name))
            else:
                request_reading("ignore", (*schema.corrections.ignore, column.name))
        elif letter not in (*list_allowed_uses(column), INDEX):
            state.remember(own_misfit=explain_misfit(letter, column.name, column.distinct))
        elif letter == "t":
            data = {**data, **set_target(schema, data, index)}
        else:
            uses = list(data["uses"])
            uses[index] = "i" if letter == INDEX else letter
            data = {**data, "uses": "".join(uses)}
    state.remember(own_data=data)


def explain_misfit(letter: str, name: str, distinct: int) -> str:
    """Why a column cannot be used so."""
    if letter == "n":
        return _("Column {name} holds words, which are no numbers.", name=name)
    return _("Column {name} has {n} different values: it can only be ignored.", name=name, n=distinct)


def set_target(schema: UploadSchema, data: Draft, index: int) -> Draft:
    """Another column is the target; the one before becomes what it looks like."""
    before = data["uses"].find("t")
    uses = list(data["uses"])
    if before >= 0:
        uses[before] = choose_input_use(schema.columns[before])
    uses[index] = "t"
    return {"uses": "".join(uses), "task": infer_task(schema.columns[index], schema.rows)}
