"""The dialogs in which a run is taken away and brought back."""

from __future__ import annotations

import tempfile
from typing import Any

import streamlit as st

from engine.archive.unpack import MAX_BYTES
from engine.catalogue.part import catalogue
from engine.errors import PlaygroundError
from engine.export.export_job import ExportRun, write_request
from engine.export.exporters import Exporter
from engine.live import import_route, token
from engine.processes.execution import Execution, JobState
from engine.store import row_models
from pages.dialogs.job_progress import cancel_job, draw_stop_button, follow_job, start_job
from pages.form.component import locate_source, register_component
from pages.session import state
from pages.session.engine import get_fleet
from pages.session.i18n import _, current_language, pgettext
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error


def open_export() -> None:
    """Open the export dialog of the run that is shown."""
    st.dialog(_("Export this run"), width="medium", on_dismiss=cancel_job)(draw_formats)(state.get_shown_run())


def draw_formats(run: str) -> None:
    """Every format with its sentence and a button; a file is made when its button is pressed."""
    state.apply_language()  # a dialog is drawn anew without the shell, in a thread that knows no language yet
    for kind, exporter in catalogue(Exporter).items():
        text, button = st.columns((5, 1.3), vertical_alignment="center")
        about = _(exporter.summary().split(": ", 1)[1])
        text.markdown(f"**{pgettext('part', exporter.title())}**  \n{about[:1].upper()}{about[1:]}")
        placeholder = button.empty()
        if (state.recall("made") or ("", ""))[:2] == (run, kind):
            with placeholder:
                draw_save_button(kind)
        elif placeholder.button(_("Make"), icon=":material/build:", key=f"make_{kind}", width="stretch"):
            with placeholder.container():
                make_file(run, kind)
        fault = state.recall("not_made")
        if fault is not None and fault[0] == (run, kind):
            st.error(escape_markdown(translate_error(fault[1])))


def make_file(run: str, kind: str) -> None:
    """Make the file in a job and draw the dialog anew: with a button that saves it, or with what is wrong."""
    with tempfile.TemporaryFile() as result:
        start_job(ExportRun, write_request(run, kind), result)
        execution: Execution = state.recall("job")
        wait, _stop = st.empty(), draw_stop_button("stretch")
        names = [event["name"] for event in follow_job(wait)]
        if not execution.over:  # something else was clicked
            cancel_job()
            return
        result.seek(0)
        made = (run, kind, names[0], result.read()) if execution.state is JobState.DONE else None
    error = execution.error
    state.remember(made=made, not_made=None if error is None else ((run, kind), error))
    st.rerun(scope="fragment")


def draw_save_button(kind: str) -> None:
    """Draw the button that saves what was made."""
    *_run, name, data = state.recall("made")
    size = f"{len(data) / 1000:,.0f} kB"
    icon = ":material/download:"
    text = _("Save ({size})", size=size)
    st.download_button(
        text, data, name, icon=icon, key=f"save_{kind}", on_click="ignore", type="primary", width="stretch"
    )


def open_import() -> None:
    """Open the import dialog."""
    state.remember(imported=None)
    st.dialog(_("Import a run"))(draw_import)()


def draw_import() -> None:
    """A place for the file; a good one leads to the run."""
    state.apply_language()
    st.markdown(_("The zip that the export called whole run has made."))
    texts = {
        "choose": _("Choose a file"),
        "large": import_route.name_too_large().plain(),
        "broken": import_route.BROKEN.plain(),
    }
    shown = {
        "source": locate_source("controls/file_drop"),
        "token": token.issue(import_route.SUBJECT),
        "most": MAX_BYTES,
        "texts": texts,
    }
    answer = register_component("controls/file_drop")(key="bring", data=shown, on_brought_change=lambda: None).brought
    if answer:
        with st.spinner(_("Reading the run…")):
            state.remember(imported=import_run(answer))
    run, error = state.recall("imported") or ("", None)
    if error is not None:
        st.error(escape_markdown(translate_error(error)))
    if run:
        st.success(_("The run is here as {run}.", run=run))
        if st.button(_("Open"), type="primary", icon=":material/open_in_new:", key="open_imported"):
            st.switch_page("playground/page.py", query_params={"run": run, "lang": current_language()})


def read_refusal(answer: object) -> PlaygroundError:
    """Why a file did not arrive, as the browser heard it."""
    try:
        return PlaygroundError(row_models.parse_message(answer))
    except ValueError:
        return PlaygroundError(import_route.BROKEN)


def import_run(answer: dict[str, Any]) -> tuple[str, PlaygroundError | None]:
    """The name of the run in the file that came, or what is wrong with it."""
    if "file" not in answer:
        return "", read_refusal(answer.get("error"))
    file = import_route.locate_import(str(answer["file"]))
    try:
        return get_fleet().bring(file, state.get_visitor()), None
    except PlaygroundError as error:
        return "", error
    finally:
        file.unlink(missing_ok=True)
