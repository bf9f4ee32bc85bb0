"""The live picture of a run, and what its buttons ask of the page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.live import token
from engine.parts.blocks import Block
from engine.parts.probes import Probe
from pages.form.component import locate_source, locate_translations, register_component
from pages.form.part_help import capitalize, read_section, translate_part_title
from pages.session import state
from pages.session.i18n import _, current_language, lower_title, pgettext, read_live_texts, speak
from pages.session.run_records import find_task

FRESH_SECONDS = 600


def mount_live_view(run: str, experiment: Experiment) -> Any:
    """Mounts the picture; the result carries the triggers `command`, `enlarge` and `token`."""
    data = {
        "source": locate_source("main"),
        "run": run,
        "token": issue_token(run),
        "url": "/",
        "lang": current_language(),
        "texts": collect_texts(current_language()),
        "catalogue": locate_translations(current_language()),
        "task": find_task(experiment),
        "readOnly": False,
    }
    # Streamlit gives a trigger's value only to components that have a callback for it.
    none = {f"on_{name}_change": lambda: None for name in ("command", "enlarge", "token")}
    return register_component("main")(key="live", data=data, **none)


def issue_token(run: str) -> str:
    """A token for the live route, the same for some minutes."""
    kept_run, kept, at = state.recall("pass", ("", "", 0.0))
    # A new one with every script run would be new data, and each new data makes the component connect again.
    if kept_run != run or time.monotonic() - at > FRESH_SECONDS:
        kept = token.issue(run)
        state.remember(**{"pass": (run, kept, time.monotonic())})
    return str(kept)


@cache
def collect_texts(language: str) -> dict[str, str]:
    """Every text of the component in a language."""
    # Cached by language: what is translated here must not depend on who asks first.
    speak(language)
    kinds = {f"kind_{kind}": lower_title(pgettext("part", part.title())) for kind, part in catalogue(Block).items()}
    probes = dict(describe_probes())
    return {key: _(text) for key, text in read_live_texts().items()} | kinds | probes


def describe_probes() -> Iterator[tuple[str, str]]:
    """What each probe is called and how its picture is read, as the probe says it, in the language spoken."""
    for kind, probe in catalogue(Probe).items():
        yield f"title_{kind}", translate_part_title(probe)
        if reading := read_section(probe, "Reading"):
            yield f"reading_{kind}", capitalize(reading)
