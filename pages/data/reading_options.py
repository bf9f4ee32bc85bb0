"""How a file was read: a control for everything that was guessed, showing the guess, and its first and last rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pandas as pd
import streamlit as st

from engine.uploads.corrections import ENCODINGS, MAX_SKIPPED_LINES, NO_CORRECTIONS, Separator
from engine.uploads.schema import UploadSchema
from pages.data.reread import find_complaint, request_reading, reset_corrections
from pages.form.part_form import draw_complaint
from pages.session import state
from pages.session.i18n import _
from pages.session.literal import escape_markdown
from pages.session.messages import translate

TEXT = ("header", "separator", "decimal", "encoding", "first_row", "gaps")
FIRST, LAST = 5, 3  # rows that are shown
WORKBOOKS = (".xlsx", ".xlsm")


def draw_reading(schema: UploadSchema) -> None:
    """The controls, what was noticed, and the rows as they were understood."""
    fields = list_fields(schema)
    with st.container(border=True, key="own_reading"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="own_reading_head"):
            st.markdown(f"**{_('How the file is read')}**", width="stretch")
            if schema.corrections != NO_CORRECTIONS:
                icon = ":material/undo:"
                st.button(
                    _("Back to the guesses"), icon=icon, type="tertiary", key="own_back", on_click=reset_corrections
                )
        if complaint := find_complaint(""):
            draw_complaint(complaint)
        for start in range(0, len(fields), 3):
            for column, field in zip(st.columns(3, gap="medium"), fields[start : start + 3], strict=False):
                with column:
                    CONTROLS[field](label_field(schema, field), schema)
                    if complaint := find_complaint(field):
                        draw_complaint(complaint)
        for note in schema.notes:
            st.caption(f":material/info: {escape_markdown(translate(note.message))}")
        if schema.sort == "table":
            draw_rows(schema)


def list_fields(schema: UploadSchema) -> tuple[str, ...]:
    """What was guessed of such a file."""
    name = schema.name.lower()
    if schema.sort != "table":
        both = name.endswith(".npz")
        return (*(("sort",) if both else ()), *(("white",) if schema.sort == "images" else ()))
    if name.endswith(".arff"):
        return ("encoding", "gaps")
    if schema.encoding:
        return TEXT
    return ("header", "first_row", "gaps") if name.endswith(WORKBOOKS) else ("gaps",)


def label_field(schema: UploadSchema, field: str) -> str:
    """The name of a control, and whether its value was guessed or said."""
    names = {
        "header": _("First line"),
        "separator": _("Separator"),
        "decimal": _("Decimal sign"),
        "encoding": _("Encoding"),
        "first_row": _("Lines before the table"),
        "gaps": _("More words for gaps"),
        "sort": _("The array holds"),
        "white": _("White is"),
    }
    given = vars(schema.corrections)[field] not in (None, ())
    if field == "gaps" and not given:
        return names[field]
    return f"{names[field]} :gray[· {_('as you said') if given else _('guessed')}]"


def bind_correction(field: str, value: Any) -> dict[str, Any]:
    """The arguments that tie a control to what is said of the file."""
    key = f"own_read_{field}"
    return state.bind_key(key, value, lambda: request_reading(field, state.read_control(key)))


def draw_header(name: str, schema: UploadSchema) -> None:
    """Whether the first line names the columns."""
    words = {True: _("column names"), False: _("a row")}
    st.segmented_control(
        name, list(words), required=True, format_func=words.__getitem__, **bind_correction("header", schema.header)
    )


def draw_separator(name: str, schema: UploadSchema) -> None:
    """What stands between two columns."""
    words = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar"), " ": _("space")}
    st.selectbox(
        name, get_args(Separator), format_func=words.__getitem__, **bind_correction("separator", schema.delimiter)
    )


def draw_decimal(name: str, schema: UploadSchema) -> None:
    """What stands before tenths; neither where columns differ or hold no fractions."""
    words = {".": _("point, 1.5"), ",": _("comma, 1,5")}
    st.segmented_control(
        name,
        list(words),
        format_func=words.__getitem__,
        help=_("None is chosen where the columns differ."),
        **bind_correction("decimal", schema.decimal or None),
    )


def draw_encoding(name: str, schema: UploadSchema) -> None:
    """How letters became bytes."""
    st.selectbox(name, list(ENCODINGS), **bind_correction("encoding", schema.encoding))


def draw_first_row(name: str, schema: UploadSchema) -> None:
    """How many lines are skipped."""
    st.number_input(name, 0, MAX_SKIPPED_LINES, step=1, **bind_correction("first_row", schema.first_row))


def draw_gaps(name: str, schema: UploadSchema) -> None:
    """What else stands for a gap."""
    key = "own_read_gaps"
    written = ", ".join(schema.corrections.gaps)
    st.text_input(
        name,
        max_chars=200,
        placeholder=_("such as -999, unknown"),
        help=_("Empty cells and words such as NA are gaps already. Commas separate more of them."),
        **state.bind_key(key, written, lambda: request_reading("gaps", split_words(state.read_control(key)))),
    )


def split_words(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def draw_sort(name: str, schema: UploadSchema) -> None:
    """What an array of three axes is."""
    words = {"images": _("images"), "sequences": _("sequences")}
    st.segmented_control(
        name, list(words), required=True, format_func=words.__getitem__, **bind_correction("sort", schema.sort)
    )


def draw_white(name: str, schema: UploadSchema) -> None:
    """Which value of a pixel is white."""
    st.number_input(name, min_value=1e-9, max_value=1e9, format="%.6g", **bind_correction("white", float(schema.white)))


CONTROLS: dict[str, Callable[[str, UploadSchema], None]] = {
    "header": draw_header,
    "separator": draw_separator,
    "decimal": draw_decimal,
    "encoding": draw_encoding,
    "first_row": draw_first_row,
    "gaps": draw_gaps,
    "sort": draw_sort,
    "white": draw_white,
}


def draw_rows(schema: UploadSchema) -> None:
    """The first and the last rows, each with its number."""
    st.markdown(f"**{_('First and last rows, as understood')}**")
    head = schema.head[:FIRST] if schema.tail else schema.head  # kept before there were last rows
    tail = schema.tail[-LAST:]
    between = schema.rows > len(head) + len(tail) and bool(tail)
    numbers = [
        *range(1, len(head) + 1),
        *(["⋮"] if between else []),
        *range(schema.rows - len(tail) + 1, schema.rows + 1),
    ]
    cells = [*head, *([("⋮",) * len(schema.columns)] if between else []), *tail]
    names = [column.name for column in schema.columns]
    frame = pd.DataFrame(cells, columns=names, index=pd.Index(map(str, numbers), name=_("Row")))
    st.dataframe(frame, height="content", key="own_rows")
