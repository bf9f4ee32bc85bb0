"""What was understood of a file, and the controls that correct it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from engine.data.prepare import examples
from engine.datasets import Examples
from engine.datasets.upload import Upload
from engine.errors import InvalidExperiment
from engine.own import kept
from engine.own.about import About
from engine.own.encode import as_bytes
from engine.own.guess import letters, task_of, use
from pages.ui import own, state
from pages.ui.before_after import inline
from pages.ui.literal import literal
from pages.ui.sentences import sentence
from pages.ui.text import _, number, said

Draft = dict[str, Any]
PICTURES = 10


def understanding(about: About, data: Draft) -> None:
    """The file, how it is read, and the button that opens the playground with it."""
    st.markdown(f"### {literal(about.name)}")
    st.caption(" · ".join(facts(about)))
    try:
        loaded: Examples | None = examples(Upload.model_validate({**data, "kind": "upload"}), 0)
    except InvalidExperiment as error:
        loaded = None
        st.error(literal(sentence(error)), icon=":material/error:")
    if about.sort == "table":
        correction(about, data)
    if loaded is not None:
        st.caption(" · ".join(outcome(about, loaded)))
    pressed = st.button(
        _("Use this data"), type="primary", icon=":material/neurology:", key="use_file", disabled=loaded is None
    )
    if pressed and (wrong := own.use(data)) is not None:
        st.error(literal(sentence(wrong)), icon=":material/error:")
    if about.sort == "table":
        table(about, data, loaded)
    elif loaded is not None:
        if loaded.task == "classification":
            balance(loaded)
        if about.sort == "images":
            pictures(about, data)


def facts(about: About) -> list[str]:
    """How the file was read, in a few words."""
    if about.sort == "sequences":
        shape = f"{about.shape[1]} × {about.shape[2]}"
        return [_("{n} sequences", n=number(about.rows, 6)), _("{shape} (time, features)", shape=shape)]
    if about.sort == "images":
        size = f"{about.shape[2]} × {about.shape[1]}"
        color = _("color") if about.shape[0] == 3 else _("gray")
        found = [_("{n} images", n=number(about.rows, 6)), _("{size} pixels", size=size), color]
        several = _("{n} different sizes were cut to the middle and scaled", n=about.sizes)
        return [*found, several] if about.sizes > 1 else found
    found = [_("{n} rows", n=number(about.rows, 6)), _("{n} columns", n=len(about.columns))]
    if about.delimiter:
        signs = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar"), " ": _("space")}
        found.append(_("separator: {sign}", sign=signs[about.delimiter]))
        decimals = {",": _("decimal comma"), ".": _("decimal point"), "": _("decimal commas and points, by column")}
        found.append(decimals[about.decimal])
        found.append(_("first line names the columns") if about.header else _("no line of names"))
        found.append(about.encoding)
    return found


def outcome(about: About, loaded: Examples) -> list[str]:
    """What a network will get."""
    inputs = loaded.x.shape[1] if loaded.x.ndim == 2 else loaded.x[0].size
    left_out = about.rows - len(loaded.x)
    found = [_("{n} rows to learn from", n=number(len(loaded.x), 6))]
    if left_out:
        found.append(_("{n} left out", n=number(left_out, 6)))
    found.append(_("{n} inputs", n=number(inputs, 6)))
    if loaded.task == "classification":
        return [*found, _("{n} classes", n=len(loaded.classes))]
    low, high = float(loaded.y.min()), float(loaded.y.max())
    return [*found, _("target from {low} to {high}", low=number(low), high=number(high))]


def correction(about: About, data: Draft) -> None:
    """Target, task, and what happens to gaps."""
    able = [place for place, column in enumerate(about.columns) if "t" in letters(column)]
    tasks = ("classification", "regression")
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.selectbox(
            _("Target"),
            able,
            format_func=lambda place: about.columns[place].name,
            help=_("What the network has to say."),
            **tied("target", data["uses"].find("t"), lambda place: {**data, **aimed(about, data, place)}),
        )
    with middle:
        st.segmented_control(
            _("Task"),
            tasks,
            required=True,
            format_func=lambda task: _(task),
            **tied("task", data["task"], lambda task: {**data, "task": task}),
        )
    with right:
        st.segmented_control(
            said("field", "Missing"),
            ("fill", "drop"),
            required=True,
            format_func=lambda choice: said("choice", choice),
            help=_(Upload.model_fields["missing"].description or ""),
            **tied("missing", data["missing"], lambda missing: {**data, "missing": missing}),
        )


def tied(name: str, value: Any, changed: Any) -> dict[str, Any]:
    """The arguments that tie a control to a part of what was understood."""
    key = f"own_{name}"
    return state.show_in(key, value, lambda: state.remember(own_data=changed(state.picked(key))))


def aimed(about: About, data: Draft, place: int) -> Draft:
    """Another column is the target; the one before becomes what it looks like."""
    before = data["uses"].find("t")
    uses = list(data["uses"])
    if before >= 0:
        uses[before] = use(about.columns[before])
    uses[place] = "t"
    return {"uses": "".join(uses), "task": task_of(about.columns[place], about.rows)}


def table(about: About, data: Draft, loaded: Examples | None) -> None:
    """The columns, whose use can be changed; the classes; the first rows."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**{_('Columns')}**")
        columns(about, data)
    with right:
        if loaded is not None and loaded.task == "classification":
            balance(loaded)
    st.markdown(f"**{_('First rows')}**")
    st.dataframe(pd.DataFrame(about.head, columns=[c.name for c in about.columns]), hide_index=True, height="content")


def columns(about: About, data: Draft) -> None:
    """A line for each column."""
    names = {"n": _("number"), "c": _("category"), "t": _("target"), "i": _("ignored")}
    uses = data["uses"] if len(data["uses"]) == len(about.columns) else "i" * len(about.columns)
    frame = pd.DataFrame(
        {
            _("Column"): [column.name for column in about.columns],
            _("Used as"): [names[letter] for letter in uses],
            _("Missing values"): [column.missing for column in about.columns],
            _("Different values"): [column.distinct for column in about.columns],
        }
    )
    key = f"own_columns_{hash((data['file'], uses))}"
    choice = st.column_config.SelectboxColumn(options=list(names.values()), required=True)
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="fixed",
        disabled=[_("Column"), _("Missing values"), _("Different values")],
        column_config={_("Used as"): choice, _("Column"): st.column_config.TextColumn(width="medium")},
        on_change=edited,
        args=(key, about, {**data, "uses": uses}, {word: letter for letter, word in names.items()}, _("Used as")),
    )


def edited(key: str, about: About, data: Draft, known: dict[str, str], column: str) -> None:
    """A column is used otherwise."""
    for place, change in state.picked(key)["edited_rows"].items():
        letter = known.get(change.get(column), "i")
        if letter == "t":
            data = {**data, **aimed(about, data, place)}
        else:
            uses = list(data["uses"])
            uses[place] = letter
            data = {**data, "uses": "".join(uses)}
    state.remember(own_data=data)


def balance(loaded: Examples) -> None:
    """How many rows each class has."""
    counts = np.bincount(loaded.y, minlength=len(loaded.classes))
    st.markdown(f"**{_('Class balance')}**")
    frame = pd.DataFrame({_("Class"): loaded.classes, _("Rows"): counts, _("Share"): counts / counts.sum()})
    bar = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")
    st.dataframe(frame, hide_index=True, column_config={_("Share"): bar})


def pictures(about: About, data: Draft) -> None:
    """Some of the images, of every class in turn."""
    _about, arrays = kept.arrays(data["file"], data["called"])
    order = np.argsort(arrays["labels"], kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, PICTURES).round().astype(int)]
    drawn = as_bytes(about, arrays["images"][chosen])
    images = [inline(np.squeeze(one.transpose(1, 2, 0))) for one in drawn]
    st.image(images, caption=[literal(about.classes[label]) for label in arrays["labels"][chosen]], width=72)
