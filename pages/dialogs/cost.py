"""The dialog of what the network costs: before it is trained, and how small it can be made afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.jobs.cost import Cost, MeasureCost
from engine.jobs.preview_process import cost_in_job
from engine.jobs.quantize import QuantizeRun
from engine.parts.losses import Loss
from pages.dialogs.job_progress import cancel_job, draw_stop_button, follow_job, start_job
from pages.session import state
from pages.session.engine import get_reader
from pages.session.i18n import _, format_number
from pages.session.literal import escape_markdown
from pages.session.messages import translate_plain

UNITS = ("B", "kB", "MB", "GB")


def open_cost() -> None:
    """Start measuring an epoch's time and open the dialog."""
    experiment: Experiment = state.recall("accepted")
    start_job(MeasureCost, experiment.to_json())
    st.dialog(_("Cost"), width="large", on_dismiss=cancel_job)(draw_costs)()


@lru_cache(maxsize=64)
def compute_cost(experiment: Experiment) -> Cost:
    """What is known without training."""
    return cost_in_job(experiment, state.get_visitor())


def draw_costs() -> None:
    """Numbers, operations, memory, time; then the number formats."""
    state.apply_language()
    found = compute_cost(state.recall("accepted"))
    draw_table(_("To train"), (_("Amount"),), list_costs(found))
    epoch, formats = st.empty(), st.empty()
    wait, stop = st.empty(), draw_stop_button()
    rows: list[dict[str, Any]] = []
    for answer in follow_job(wait):
        if "epoch_seconds" in answer:
            with epoch.container(key="epoch_time"):
                if answer["epoch_seconds"] is None:
                    st.caption(_("The loss is not finite after a few steps, so there was nothing to measure."))
                    continue
                draw_table(_("Time"), (_("Seconds"),), list_times(answer))
        elif "format" in answer:
            rows.append(answer)
            with formats.container(key="formats"):
                draw_formats(rows)
    stop.empty()
    if not rows:
        st.button(
            _("Try smaller number formats"), icon=":material/compress:", key="smaller", on_click=start_job,
            args=(QuantizeRun, json.dumps(state.get_shown_run())),
        )  # fmt: skip


def list_costs(found: Cost) -> list[tuple[str, ...]]:
    """What is known at once."""
    return [
        (_("Parameters"), format_number(found.parameters, 12)),
        (_("FLOPs, forward, one example"), format_number(found.flops_forward, 12)),
        (_("FLOPs, training, one example"), format_number(found.flops_training, 12)),
        (_("Memory for training, batch of {n}", n=found.batch_size), format_bytes(found.training)),
        (_("– weights"), format_bytes(found.weights)),
        (_("– gradients"), format_bytes(found.gradients)),
        (_("– optimizer state"), format_bytes(found.optimizer)),
        (_("– activations, and what operations take for a while"), format_bytes(found.activations)),
        (_("Examples, prepared and in order"), format_bytes(found.data)),
        (_("The whole process, at most"), format_bytes(found.run)),
        (_("Memory for inference, batch of {n}", n=found.batch_size), format_bytes(found.serving)),
    ]


def list_times(answer: dict[str, Any]) -> list[tuple[str, ...]]:
    """The estimate, and what the run on the page has taken so far."""
    estimate = _(
        "One epoch, estimated from {n} steps taken just now ({device})",
        n=answer["steps_measured"], device=answer["device"],
    )  # fmt: skip
    rows: list[tuple[str, ...]] = [(estimate, format_number(answer["epoch_seconds"]))]
    row = get_reader().read_run(state.get_shown_run())
    if row is not None and row.epoch and row.summary.get("seconds"):
        rows.append((_("One epoch, measured over {n} epochs of this run", n=row.epoch),
                     format_number(row.summary["seconds"] / row.epoch)))  # fmt: skip
    return rows


def draw_formats(rows: list[dict[str, Any]]) -> None:
    """The number formats, with what could not be made smaller."""
    row = get_reader().read_run(state.get_shown_run())
    classes = row is not None and is_classification(row.experiment)
    word = _("Accuracy on validation") if classes else _("Metric on validation")
    lines = [(one["format"], format_bytes(one["bytes"]), format_number(one["metric"], 4)) for one in rows]
    draw_table(_("Number format"), (_("Saved weights"), word), lines)
    for one in rows:
        if one["note"]["text"]:
            st.caption(escape_markdown(translate_plain(one["note"])))


def is_classification(document: str) -> bool:
    """Whether the loss of an experiment is one of classes, whose metric is the accuracy."""
    kind: str = json.loads(document)["loss"]["kind"]
    return "regression" not in catalogue(Loss)[kind].tasks


def draw_table(head: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    lines = [f"| {head} | {' | '.join(columns)} |", f"| :--- | {' | '.join('---:' for _column in columns)} |"]
    st.markdown("\n".join([*lines, *(f"| {' | '.join(map(escape_markdown, row))} |" for row in rows)]))


def format_bytes(count: int) -> str:
    """A number of bytes in the unit that suits it."""
    value, power = float(count), 0
    while value >= 1000 and power < len(UNITS) - 1:
        value, power = value / 1000, power + 1
    return f"{format_number(value, 4 if power else 12)} {UNITS[power]}"
