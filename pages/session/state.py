"""What a session remembers, and what a change in the form sets off. The only user of `st.session_state`.

All of it can be lost at any time: the run and its experiment stand in the URL and in the store.
"""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, cast

import streamlit as st

from engine.errors import InvalidExperiment, PlaygroundError
from engine.experiment import share_link
from engine.experiment.edits import diff_experiments
from engine.experiment.experiment import Experiment
from engine.jobs.preview_process import is_large
from engine.jobs.preview_process import preview_in_job as apart
from engine.preview.preview import Preview, preview
from engine.store.reader import RunRow
from engine.store.row_models import DamagedRun
from pages.session.engine import get_fleet, get_reader
from pages.session.i18n import LANGUAGES, _, speak

Path = tuple[str | int, ...]
Draft = dict[str, Any]


def recall(name: str, default: Any = None) -> Any:
    """What the session remembers under a name of ours."""
    return st.session_state.get(f"our.{name}", default)


def remember(**values: Any) -> None:
    for name, value in values.items():
        st.session_state[f"our.{name}"] = value


def get_visitor() -> str:
    """The session's name among those whose jobs wait for a place."""
    if recall("visitor") is None:
        remember(visitor=secrets.token_hex(8))
    return cast(str, recall("visitor"))


def apply_language() -> str:
    """The language of the page: the URL's, else the session's, else the browser's; spoken from here on."""
    wish = st.query_params.get("lang") or recall("language") or (st.context.locale or "en")[:2].lower()
    chosen = wish if wish in LANGUAGES else "en"
    remember(language=chosen)
    speak(chosen)
    return chosen


def choose_language(key: str) -> None:
    """Callback of the language switch."""
    st.query_params["lang"] = st.session_state[key]
    remember(language=st.session_state[key])


def bind(path: Path, value: Any, wrap: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """The arguments that tie a control to a place in the draft: it shows `value`, and a change goes there."""
    key = "form." + ".".join(str(step) for step in path)
    put(key, value)
    return {"key": key, "on_change": store_control, "args": (key, path, wrap)}


def put(key: str, value: Any) -> None:
    """Let a control show `value`. One that shows it already is left alone: what is set here goes to the browser and
    would undo what a person did there while the script ran, such as the next press of an arrow key."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def bind_key(key: str, value: Any, changed: Callable[[], None]) -> dict[str, Any]:
    """The arguments of a control that shows `value` and says when a person has changed it."""
    put(key, value)
    return {"key": key, "on_change": changed}


def store_control(key: str, path: Path, wrap: Callable[[Any], Any] | None) -> None:
    """A control has a new value."""
    value = st.session_state[key]
    change(path, wrap(value) if wrap else value)


def recall_tryout(part: str, start: Draft) -> Draft:
    """The values with which the page Reference shows a part: those tried last, or the first ones."""
    return cast(Draft, recall(f"tried.{part}", start))


def bind_tryout(path: Path, value: Any, wrap: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """As `bind`, for a part that is only looked at: its path begins with the part's name and its values."""
    key = "tried." + ".".join(str(step) for step in path)
    put(key, value)
    return {"key": key, "on_change": store_tryout, "args": (key, path, wrap)}


def store_tryout(key: str, path: Path, wrap: Callable[[Any], Any] | None) -> None:
    """A control of such a part has a new value."""
    value = st.session_state[key]
    wanted = copy.deepcopy(recall(f"tried.{path[0]}"))
    node: Any = wanted
    for step in path[1:-1]:
        node = node[step]
    node[path[-1]] = wrap(value) if wrap else value
    remember(**{f"tried.{path[0]}": wanted})


def read_control(key: str) -> Any:
    """What a menu or a component of that key was asked for."""
    return st.session_state[key]


def change(path: Path, value: Any) -> None:
    """Put a value into the draft and carry it out."""
    wanted = copy.deepcopy(get_draft())
    node: Any = wanted
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    submit(wanted)


def get_draft() -> Draft:
    """What the form shows: the experiment of the run, or that with changes that are not valid yet."""
    return cast(Draft, recall("draft"))


def get_fault() -> InvalidExperiment | None:
    """What is wrong with the draft."""
    return cast(InvalidExperiment | None, recall("fault"))


def pop_notice() -> PlaygroundError | None:
    """What else could not be done; said once."""
    said = recall("notice")
    remember(notice=None)
    return cast(PlaygroundError | None, said)


def get_shown_run() -> str:
    return cast(str, recall("run", ""))


def submit(wanted: Draft) -> None:
    """Carry out a draft: live edits where they do, else a new run. What is not valid waits, and the run goes on."""
    remember(draft=wanted, fault=None)
    try:
        experiment = Experiment.from_dict(wanted)
        preview_experiment(experiment)
        carry_out(experiment)
    except InvalidExperiment as error:
        remember(fault=error)
    except PlaygroundError as error:
        remember(notice=error)


def carry_out(experiment: Experiment) -> None:
    """Bring the shown run to this experiment, or start another one."""
    row = get_reader().read_run(get_shown_run())
    edits = diff_experiments(recall("accepted"), experiment) if row and not row.state.is_final else None
    if edits is None:
        start_run(experiment)
        return
    for edit in edits:
        get_fleet().edit(get_shown_run(), edit)
    remember(accepted=experiment)
    write_url(experiment)


def start_run(experiment: Experiment) -> None:
    """Start a run and show it. The one that this session started before is stopped."""
    before, own = get_shown_run(), recall("own", frozenset())
    show_run(get_fleet().start(experiment), experiment)  # first: if it cannot be started, the other one goes on
    if before in own:
        stop_run(before)
    remember(own=frozenset({get_shown_run()}))


def stop_run(run: str) -> None:
    """Stop a run if it still goes; it may end by itself at the same moment."""
    row = get_reader().read_run(run)
    if row and not row.state.is_final:
        with suppress(PlaygroundError):
            get_fleet().stop(run)


def show_run(run: str, experiment: Experiment) -> None:
    """This run is on the page now, with this experiment."""
    remember(run=run, accepted=experiment, draft=experiment.to_dict(), fault=None)
    write_url(experiment)


def write_url(experiment: Experiment) -> None:
    """Write run and experiment into the URL."""
    st.query_params.update({"run": get_shown_run(), "x": share_link.encode_link(experiment)})


def run_command(do: str) -> None:
    """Reset (the same first weights) or a new seed, as the transport bar asks."""
    try:
        if do == "reset":
            again = get_fleet().reset(get_shown_run())
            remember(own=recall("own", frozenset()) | {again})
            show_run(again, recall("accepted"))
        elif do == "seed":
            accepted: Experiment = recall("accepted")
            start_run(accepted.model_copy(update={"seed": (accepted.seed + 1) % 2**31}))
    except PlaygroundError as error:
        remember(notice=error)


def open_page() -> RunRow | None:
    """The run that the URL asks for; without one, the session's; else a new run of the URL's experiment."""
    asked = st.query_params.get("run", "")
    if get_shown_run() and asked in ("", get_shown_run()):
        row = get_reader().read_run(get_shown_run())
        if row is not None:
            if not asked:
                write_url(recall("accepted"))
            return row
    row = get_reader().read_run(asked) if asked else None
    if row is None:
        start_run(read_asked_experiment())
        return get_reader().read_run(get_shown_run())
    if row.damage:
        raise DamagedRun
    show_run(row.id, Experiment.from_json(row.edited))
    return row


def read_asked_experiment() -> Experiment:
    """The URL's experiment. A link that holds none that can be trained leaves a notice and gives the default."""
    text = st.query_params.get("x", "")
    try:
        asked = share_link.decode_link(text) if text else Experiment()
        preview_experiment(asked)
        return asked
    except InvalidExperiment as error:
        remember(notice=error, broken_link=True)
        return Experiment()


@lru_cache(maxsize=256)
def preview_experiment(experiment: Experiment) -> Preview:
    """The preview of an experiment; the last few are kept. Raises: InvalidExperiment."""
    if not is_large(experiment):
        return preview(experiment)
    with st.spinner(_("Counting what these data and this network take …")):
        return apart(experiment, get_visitor())


def load_document(document: str) -> None:
    """Start what a preset or a file holds."""
    submit(json.loads(document))
