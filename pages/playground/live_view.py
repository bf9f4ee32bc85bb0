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
from pages.form.component import component, source, translations
from pages.form.part_help import capitalize, section, title
from pages.session import state
from pages.session.i18n import _, current_language, live_texts, pgettext, small, speak
from pages.session.run_records import task_of

FRESH_SECONDS = 600


def live(run: str, experiment: Experiment) -> Any:
    """Mounts the picture; the result carries the triggers `command`, `enlarge` and `token`."""
    data = {
        "source": source("main"),
        "run": run,
        "token": pass_for(run),
        "url": "/",
        "lang": current_language(),
        "texts": texts(current_language()),
        "catalogue": translations(current_language()),
        "task": task_of(experiment),
        "readOnly": False,
    }
    none = {f"on_{name}_change": lambda: None for name in ("command", "enlarge", "token")}
    return component("main")(key="live", data=data, **none)


def pass_for(run: str) -> str:
    """A token for the live route, the same for some minutes."""
    kept_run, kept, at = state.memory("pass", ("", "", 0.0))
    if kept_run != run or time.monotonic() - at > FRESH_SECONDS:
        kept = token.issue(run)
        state.remember(**{"pass": (run, kept, time.monotonic())})
    return str(kept)


@cache
def texts(language: str) -> dict[str, str]:
    """Every text of the component in a language."""
    speak(language)
    kinds = {f"kind_{kind}": small(pgettext("part", part.title())) for kind, part in catalogue(Block).items()}
    probes = dict(instruments())
    return {key: _(text) for key, text in live_texts().items()} | kinds | probes


def instruments() -> Iterator[tuple[str, str]]:
    """What each probe is called and how its picture is read, as the probe says it, in the language spoken."""
    for kind, probe in catalogue(Probe).items():
        yield f"title_{kind}", title(probe)
        if reading := section(probe, "Reading"):
            yield f"reading_{kind}", capitalize(reading)
