"""A file of one's own: taken in, kept, chosen, deleted."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from engine.data.prepare import load_examples
from engine.errors import PlaygroundError
from engine.uploads import library
from engine.uploads.corrections import NO_CORRECTIONS
from engine.uploads.ingest import ingest_upload
from pages.data.reread import reread_file
from pages.data.schema_editor import draw_schema
from pages.form import uploads
from pages.session import state
from pages.session.i18n import _, format_number
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error


def draw_upload() -> None:
    """Where files come in, which ones are here, and what was understood of the chosen one."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        draw_file_field()
    if uploads.recall_own_data("upload") is not None:
        state.remember(own_data=uploads.recall_own_data("upload"))
    reread_file()
    files = library.list_uploads()
    chosen = uploads.recall_own_data("upload")
    with right:
        draw_files(files, chosen)
    if chosen is None:
        return
    state.remember(own_data=chosen)
    schema = next((file.schema for file in files if file.digest == chosen["file"]), None)
    if schema is not None:
        draw_schema(schema, chosen)


def draw_file_field() -> None:
    """The field for a file, and what was wrong with the last one."""
    words = _("Choose a file").replace("\\", "").replace('"', "")
    inner = '[data-testid="stFileUploaderDropzone"] button'
    # Streamlit's own words cannot be translated
    st.html(
        f'<style>.st-key-own_drop {inner} * {{display: none}} .st-key-own_drop {inner}::after {{content: "{words}"}}'
        '.st-key-own_drop [data-testid="stFileUploaderDropzoneInstructions"] {display: none}</style>'
    )
    with st.container(key="own_drop"):
        file = st.file_uploader(_("A table (CSV, Excel, Parquet, NPZ) or a zip of images with a folder for each class"))
    st.caption(_("At most 20 MB. The file stays on this machine; it is read by a process of its own."))
    if file is not None and file.file_id != state.recall("own_taken"):
        state.remember(own_taken=file.file_id)
        with st.spinner(_("Reading {name}", name=escape_markdown(file.name))):
            receive_file(file.name, file.getvalue())
    error = state.recall("own_error")
    if file is not None and error is not None:
        st.error(escape_markdown(translate_error(error)), icon=":material/error:")


def receive_file(name: str, raw: bytes) -> None:
    """Take a file in; it is the chosen one then."""
    state.remember(own_error=None, own_wrong=None, own_misfit="")
    try:
        digest = ingest_upload(name, raw, visitor=state.get_visitor())
        state.remember(own_data=uploads.propose_data(digest, library.find_schema(digest)))
    except PlaygroundError as error:
        state.remember(own_error=error)


def draw_files(files: list[library.StoredUpload], chosen: uploads.Draft | None) -> None:
    """The files that are here."""
    st.markdown(f"**{_('Files on this machine')}**")
    if not files:
        st.caption(_("None yet. What you upload is listed here until you delete it."))
    for file in files:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"kept_{file.digest[:12]}"):
            on = chosen is not None and chosen["file"] == file.digest
            st.button(
                escape_markdown(file.schema.name),
                key=f"open_{file.digest}",
                type="primary" if on else "secondary",
                icon=":material/image:" if file.schema.sort == "images" else ":material/table:",
                on_click=choose_file,
                args=(file,),
            )
            came = datetime.fromtimestamp(file.uploaded).strftime("%Y-%m-%d %H:%M")
            rows = _("{n} rows", n=format_number(file.schema.rows, 6))
            facts = [
                rows,
                format_size(file.size),
                came,
                *([_("corrected")] if file.schema.corrections != NO_CORRECTIONS else []),
            ]
            st.caption(" · ".join(facts), width="content")
            st.button(
                ":material/delete:",
                key=f"forget_{file.digest}",
                help=_("Delete this file"),
                type="tertiary",
                on_click=delete_file,
                args=(file.digest,),
            )


def format_size(count: int) -> str:
    """Bytes as people say them."""
    return f"{format_number(count / 1e6)} MB" if count >= 1e6 else f"{format_number(max(1, round(count / 1e3)))} kB"


def choose_file(file: library.StoredUpload) -> None:
    """Another file is looked at."""
    state.remember(
        own_data=uploads.propose_data(file.digest, file.schema), own_error=None, own_wrong=None, own_misfit=""
    )


def delete_file(digest: str) -> None:
    """A file goes; nothing that was read from it is served from memory any more."""
    library.delete(digest)
    load_examples.cache_clear()
    state.preview_experiment.cache_clear()
    uploads.make_thumbnail.cache_clear()
