"""Reading a file once more as a person says: what was asked for, what came of it, and why it did not fit."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from engine.data.prepare import load_examples
from engine.errors import InvalidExperiment, PlaygroundError
from engine.message import Message
from engine.uploads import ingest, library
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.infer import list_allowed_uses
from engine.uploads.schema import UploadSchema
from pages.form import uploads
from pages.session import state
from pages.session.engine import get_reader
from pages.session.i18n import _
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error

Draft = dict[str, Any]
OF_COLUMNS = ("target", "inputs", "index", "ignore")  # they name columns, whose names may become others
KEEPING = {*OF_COLUMNS, "gaps", "white"}  # after these the columns are the same


def request_reading(field: str, value: Any) -> None:
    """Another reading is wanted; it is done when the page is drawn, so that it can say that it is at work. What was
    asked for just before, and is not done yet, is not forgotten."""
    state.remember(own_asked={**(state.recall("own_asked") or {}), field: value})


def reset_corrections() -> None:
    """What was said of the file is taken back."""
    state.remember(own_asked={"": None})


def find_complaint(field: str) -> str:
    """Why what was asked for last did not fit this control; nothing if it did."""
    wrong = state.recall("own_wrong")
    return translate_error(wrong[1]) if wrong and wrong[0] == field else ""


def reread_file() -> None:
    """Reads the chosen file again if that was asked for. Of what does not fit only the reason is kept."""
    asked, data = state.recall("own_asked"), state.recall("own_data")
    if not asked or data is None:
        return
    wrong = None
    try:
        schema = library.find_schema(data["file"], data["called"])
        with st.spinner(_("Reading {name}", name=escape_markdown(schema.name))):
            digest = ingest.reread_upload(
                data["file"], merge_corrections(schema.corrections, asked), state.get_visitor()
            )
            chosen = carry_roles(schema, data, digest)
    except PlaygroundError as error:
        wrong = (list(asked)[-1], error)
    state.remember(own_asked=None, own_wrong=wrong)  # not before: a click meanwhile makes the page begin anew
    if wrong is not None:
        return
    state.remember(own_data=chosen)
    if digest != data["file"] and schema.corrections != NO_CORRECTIONS and not is_used(data["file"]):
        library.delete(data["file"])
        # It may hold examples of the file that was just deleted.
        load_examples.cache_clear()


def merge_corrections(before: Corrections, asked: Draft) -> Corrections:
    """The corrections with other values; what they say of columns goes where columns may become others."""
    if "" in asked:
        return NO_CORRECTIONS
    gone = {} if asked.keys() <= KEEPING else dict.fromkeys(OF_COLUMNS[1:], ()) | {"target": None}
    try:
        return Corrections.model_validate({**before.model_dump(), **gone, **asked})
    except ValidationError as error:
        raise InvalidExperiment("$.data.file", Message("a value"), str(list(asked.values())[-1])[:40]) from error


def carry_roles(before: UploadSchema, data: Draft, digest: str) -> Draft:
    """The file as it is read now, its columns used as they were where they are the same. Raises: InvalidExperiment for
    one that nothing could be learned from."""
    schema = library.find_schema(digest)
    chosen = uploads.propose_data(digest, schema)
    if chosen is None:
        raise InvalidExperiment("$.data.file", Message("a target and at least one input"), Message("none"))
    same = [(c.name, c.sort) for c in schema.columns] == [(c.name, c.sort) for c in before.columns]
    uses = data["uses"]
    if same and len(uses) == len(schema.columns) and all(map(is_allowed, uses, schema.columns)):
        roles = [c.role for c in schema.columns]
        if roles == [c.role for c in before.columns]:
            # A person's choices of columns survive a change of, say, the word for a gap.
            chosen |= {name: data[name] for name in ("uses", "task", "missing")}
    return chosen


def is_allowed(letter: str, column: Any) -> bool:
    """Whether a column can be used so."""
    return letter in list_allowed_uses(column)


def is_used(digest: str) -> bool:
    """Whether a run or the page's own experiment names a kept file."""
    draft = state.get_draft() or {}
    return draft.get("data", {}).get("file") == digest or any(
        digest in row.edited for row in get_reader().list_runs(1000)
    )
