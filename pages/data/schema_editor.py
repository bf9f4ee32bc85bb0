"""What was understood of a file, and the controls that correct it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from engine.data.prepare import load_examples
from engine.errors import InvalidExperiment
from engine.examples import Examples
from engine.parts.datasets.upload import Upload
from engine.uploads import library
from engine.uploads.encode import to_bytes
from engine.uploads.infer import list_allowed_uses
from engine.uploads.schema import UploadSchema
from pages.data.column_roles import draw_columns, set_target
from pages.data.reading_options import draw_reading, list_fields
from pages.form import uploads
from pages.form.before_after import encode_inline
from pages.session import state
from pages.session.i18n import _, format_number, pgettext
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error

Draft = dict[str, Any]
PICTURES = 10


def draw_schema(schema: UploadSchema, data: Draft) -> None:
    """The file, how it is read, what a network gets of it, and the button that opens the playground with it."""
    try:
        loaded: Examples | None = load_examples(Upload.model_validate({**data, "kind": "upload"}), 0)
        wrong: InvalidExperiment | None = None
    except InvalidExperiment as error:
        loaded, wrong = None, error
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="own_head"):
        with st.container(gap=None):
            st.markdown(f"### {escape_markdown(schema.name)}")
            st.caption(" · ".join([*list_facts(schema), *(list_outcome(schema, loaded) if loaded is not None else [])]))
        icon = ":material/neurology:"
        off = loaded is None
        pressed = st.button(_("Use this data"), type="primary", icon=icon, key="use_file", disabled=off)
    wrong = uploads.open_with_data(data) if pressed else wrong
    if wrong is not None:
        st.error(escape_markdown(translate_error(wrong)), icon=":material/error:")
    if list_fields(schema) or schema.notes or schema.sort == "table":
        draw_reading(schema)
    if schema.sort == "table":
        draw_target(schema, data, loaded)
    elif loaded is not None:
        if loaded.task == "classification":
            draw_balance(loaded)
        if schema.sort == "images":
            draw_images(schema, data)


def list_facts(schema: UploadSchema) -> list[str]:
    """What the file holds, in a few words."""
    if schema.sort == "sequences":
        shape = f"{schema.shape[1]} × {schema.shape[2]}"
        return [_("{n} sequences", n=format_number(schema.rows, 6)), _("{shape} (time, features)", shape=shape)]
    if schema.sort == "images":
        size = f"{schema.shape[2]} × {schema.shape[1]}"
        color = _("color") if schema.shape[0] == 3 else _("gray")
        found = [_("{n} images", n=format_number(schema.rows, 6)), _("{size} pixels", size=size), color]
        several = _("{n} different sizes were cut to the middle and scaled", n=schema.sizes)
        return [*found, several] if schema.sizes > 1 else found
    return [_("{n} rows", n=format_number(schema.rows, 6)), _("{n} columns", n=len(schema.columns))]


def list_outcome(schema: UploadSchema, loaded: Examples) -> list[str]:
    """What a network will get."""
    inputs = loaded.x.shape[1] if loaded.x.ndim == 2 else loaded.x[0].size
    left_out = schema.rows - len(loaded.x)
    found = [_("{n} rows to learn from", n=format_number(len(loaded.x), 6))]
    if left_out:
        found.append(_("{n} left out", n=format_number(left_out, 6)))
    found.append(_("{n} inputs", n=format_number(inputs, 6)))
    if loaded.task == "classification":
        return [*found, _("{n} classes", n=len(loaded.classes))]
    low, high = float(loaded.y.min()), float(loaded.y.max())
    return [*found, _("target from {low} to {high}", low=format_number(low), high=format_number(high))]


def draw_target(schema: UploadSchema, data: Draft, loaded: Examples | None) -> None:
    """What is learned of a table: the target, what each column is for, and how many rows each class has."""
    with st.container(border=True, key="own_learned"):
        st.markdown(f"**{_('What is learned from it')}**")
        draw_aims(schema, data)
        if loaded is not None and loaded.task == "classification":
            left, right = st.columns([3, 2], gap="medium")
            with left:
                draw_columns(schema, data)
            with right:
                draw_balance(loaded)
        else:
            draw_columns(schema, data)


def draw_aims(schema: UploadSchema, data: Draft) -> None:
    """Target, task, and what happens to gaps."""
    able = [index for index, column in enumerate(schema.columns) if "t" in list_allowed_uses(column)]
    tasks = ("classification", "regression")
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.selectbox(
            _("Target"),
            able,
            format_func=lambda index: schema.columns[index].name,
            help=_("What the network has to say."),
            **bind_schema("target", data["uses"].find("t"), lambda index: change_target(schema, data, index)),
        )
    with middle:
        st.segmented_control(
            _("Task"),
            tasks,
            required=True,
            format_func=lambda task: _(task),
            **bind_schema("task", data["task"], lambda task: {**data, "task": task}),
        )
    with right:
        st.segmented_control(
            pgettext("field", "Missing"),
            ("fill", "drop"),
            required=True,
            format_func=lambda choice: pgettext("choice", choice),
            help=_(Upload.model_fields["missing"].description or ""),
            **bind_schema("missing", data["missing"], lambda missing: {**data, "missing": missing}),
        )


def change_target(schema: UploadSchema, data: Draft, index: Any) -> Draft:
    """Another target; nothing where the browser still says the name of a column of the file before."""
    return {**data, **set_target(schema, data, index)} if isinstance(index, int) else data


def bind_schema(name: str, value: Any, changed: Any) -> dict[str, Any]:
    """The arguments that tie a control to a part of what was understood."""
    key = f"own_{name}"
    return state.bind_key(key, value, lambda: state.remember(own_data=changed(state.read_control(key))))


def draw_balance(loaded: Examples) -> None:
    """How many rows each class has."""
    counts = np.bincount(loaded.y, minlength=len(loaded.classes))
    frame = pd.DataFrame({_("Class"): loaded.classes, _("Rows"): counts, _("Share"): counts / counts.sum()})
    bar = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")
    st.dataframe(frame, hide_index=True, column_config={_("Share"): bar})


def draw_images(schema: UploadSchema, data: Draft) -> None:
    """Some of the images, of every class in turn."""
    _about, arrays = library.load_upload(data["file"], data["called"])
    # Files come folder by folder; evenly spaced in this order, every class has its turn.
    order = np.argsort(arrays["labels"], kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, PICTURES).round().astype(int)]
    drawn = to_bytes(schema, arrays["images"][chosen])
    images = [encode_inline(np.squeeze(one.transpose(1, 2, 0))) for one in drawn]
    st.image(images, caption=[escape_markdown(schema.classes[label]) for label in arrays["labels"][chosen]], width=72)
