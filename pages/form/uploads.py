"""Own data in the rest of the app: their pictures in the picker, what stands below it, what a link lacks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from engine.data.impute import impute
from engine.data.prepare import load_examples
from engine.errors import InvalidExperiment, PlaygroundError
from engine.examples import Examples
from engine.experiment import share_link
from engine.experiment.experiment import Experiment
from engine.parts.datasets.points import Points
from engine.parts.datasets.upload import Upload
from engine.uploads import library
from engine.uploads.infer import infer_uses
from engine.uploads.schema import UploadSchema
from pages.form.part_form import Form, draw_complaint
from pages.session import adapt_to_dataset, state
from pages.session.i18n import _, current_language, format_number
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error
from pages.session.thumbnails import project_on_main_axes, sample_rows, sketch_examples

Draft = dict[str, Any]
LAYOUTS = {"images": "image", "sequences": "sequence"}
ASKED = {"mark": "up"}  # a sign that says: bring a file


def recall_own_data(kind: str) -> Draft | None:
    """What is known of the person's own data of that kind: the file or the points last looked at, else the newest
    file; None where there is nothing yet."""
    if kind == "points":
        drawn = state.recall("drawn")
        return {name: drawn[name] for name in ("drawn", "task")} if drawn and drawn["drawn"] else None
    if kind != "upload":
        return None
    chosen: Draft | None = state.recall("own_data")
    if chosen and library.locate_file(chosen["file"]).is_file():
        return chosen
    return next((propose_data(file.digest, file.schema) for file in library.list_uploads()), None)


def propose_data(digest: str, schema: UploadSchema) -> Draft | None:
    """A kept file as a data set, its columns used as seems right."""
    try:
        uses, task = infer_uses(schema)
    except InvalidExperiment:  # taken in before the rules were as they are
        return None
    return {"kind": "upload", "file": digest, "called": schema.name, "uses": uses, "task": task, "missing": "fill"}


def list_tiles(items: Sequence[Draft], data: Draft) -> list[Draft]:
    """The picker's items, with this person's own points and file in place of what stands for them."""
    own = {kind: data if data["kind"] == kind else recall_own_data(kind) for kind in ("upload", "points")}
    return [{"kind": item["kind"], **make_tile(item, own.get(item["kind"]))} for item in items]


def make_tile(item: Draft, data: Draft | None) -> Draft:
    """What one tile shows."""
    if item["kind"] not in ("upload", "points"):
        return item
    if data is None:
        return item if item["kind"] == "points" else ASKED
    try:
        part = (Points if item["kind"] == "points" else Upload).model_validate({**data, "kind": item["kind"]})
        return make_thumbnail(part)
    except (PlaygroundError, ValueError):
        return ASKED if item["kind"] == "upload" else item


@lru_cache(maxsize=32)
def make_thumbnail(part: Points | Upload) -> Draft:
    """Points as they are, images as one of them, tables along their main axes."""
    layout = LAYOUTS.get(library.find_schema(part.file, part.called).sort) if isinstance(part, Upload) else None
    if layout is not None:
        return sketch_examples(load_examples(part.model_copy(update={"layout": layout}), 0))
    loaded = load_examples(part, 0)
    whole = impute(loaded, np.arange(len(loaded.x)))
    return {"mark": "points", "points": sample_rows(*flatten_to_plane(whole), scale_colors(whole))}


def flatten_to_plane(loaded: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers for each row."""
    if loaded.x.shape[1] == 1:
        return loaded.x[:, 0], loaded.y.reshape(len(loaded.y), -1)[:, 0]
    both = loaded.x if loaded.x.shape[1] == 2 else project_on_main_axes(loaded.x)
    return both[:, 0], both[:, 1]


def scale_colors(loaded: Examples) -> np.ndarray:
    """Classes, or values around their median."""
    values = loaded.y.astype(float).reshape(len(loaded.y), -1)[:, 0]
    if loaded.task == "classification":
        return values
    away = values - np.median(values)
    # Under 1, because the picker takes whole numbers for classes.
    return np.asarray(away / (np.abs(away).max() or 1) * 0.999)


def draw_own_data(form: Form, data: Draft) -> None:
    """What stands under the picker while own data are chosen, and the way to their page."""
    if data["kind"] == "points":
        count = data["drawn"].count(";") + 1 if data["drawn"] else 0
        st.caption(_("{n} points of your own", n=count))
        st.page_link("data/page.py", label=_("Edit the points"), icon=":material/draw:", query_params={"show": "draw"})
    elif data["kind"] == "upload":
        try:
            schema = library.find_schema(data["file"], data["called"])
        except InvalidExperiment as error:
            schema = None
            if state.get_fault() is None:  # else it stands above the tabs
                draw_complaint(translate_error(error))
        if schema is not None:
            st.caption(_("{name} · {n} rows", name=escape_markdown(schema.name), n=format_number(schema.rows, 6)))
            form.draw_fields(Upload, data, ("data",), only=("missing",) if schema.sort == "table" else ("layout",))
        query = {"show": "file", "lang": current_language()}
        st.page_link("data/page.py", label=_("Your data"), icon=":material/upload_file:", query_params=query)


def explain_missing_file() -> str:
    """What is said of a link whose data are not here; nothing if that is not what is wrong with it."""
    error = state.recall("notice")
    lacks = isinstance(error, InvalidExperiment) and error.where == "$.data.file"
    return translate_error(error) if lacks else ""


def open_with_data(data: Draft) -> InvalidExperiment | None:
    """Opens the playground with these data; what is wrong with them, if they cannot be learned from."""
    draft = state.get_draft() or Experiment().to_dict()
    wanted = adapt_to_dataset.adapt_to_data(draft, data["kind"], data)
    try:
        # Tried before it is submitted: a person who brings data should see it train, not a complaint.
        wanted = adapt_network(wanted)
        state.preview_experiment(Experiment.from_dict(wanted))
    except InvalidExperiment as error:
        return error
    state.submit(wanted)
    query = {
        "run": state.get_shown_run(),
        "x": share_link.encode_link(Experiment.from_dict(wanted)),
        "lang": current_language(),
    }
    st.switch_page("playground/page.py", query_params=query)
    return None


def adapt_network(wanted: Draft) -> Draft:
    """The draft with the usual network where its own does not fit these data."""
    try:
        state.preview_experiment(Experiment.from_dict(wanted))
    except InvalidExperiment as error:
        if not error.where.startswith("$.network"):
            raise
        usual = {"network": Experiment().to_dict()["network"]}
        data = {**wanted["data"], "layout": "vector"} if wanted["data"]["kind"] == "upload" else wanted["data"]
        return {**wanted, **usual, "data": data}
    return wanted
