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
from pages.dialogs.job_progress import begin, cancel, follow, stop_button
from pages.session import state
from pages.session.engine import reader
from pages.session.i18n import _, number
from pages.session.literal import literal
from pages.session.messages import phrase

UNITS = ("B", "kB", "MB", "GB")


def cost() -> None:
    """Start measuring an epoch's time and open the dialog."""
    experiment: Experiment = state.memory("accepted")
    begin(MeasureCost, experiment.to_json())
    st.dialog(_("Cost"), width="large", on_dismiss=cancel)(costs)()


@lru_cache(maxsize=64)
def compute_cost(experiment: Experiment) -> Cost:
    """What is known without training."""
    return cost_in_job(experiment, state.visitor())


def costs() -> None:
    """Numbers, operations, memory, time; then the number formats."""
    state.language()
    found = compute_cost(state.memory("accepted"))
    table(_("To train"), (_("Amount"),), list_costs(found))
    epoch, formats = st.empty(), st.empty()
    wait, stop = st.empty(), stop_button()
    rows: list[dict[str, Any]] = []
    for answer in follow(wait):
        if "epoch_seconds" in answer:
            with epoch.container(key="epoch_time"):
                if answer["epoch_seconds"] is None:
                    st.caption(_("The loss is not finite after a few steps, so there was nothing to measure."))
                    continue
                table(_("Time"), (_("Seconds"),), list_times(answer))
        elif "format" in answer:
            rows.append(answer)
            with formats.container(key="formats"):
                sizes(rows)
    stop.empty()
    if not rows:
        st.button(
            _("Try smaller number formats"), icon=":material/compress:", key="smaller", on_click=begin,
            args=(QuantizeRun, json.dumps(state.shown_run())),
        )  # fmt: skip


def list_costs(found: Cost) -> list[tuple[str, ...]]:
    """What is known at once."""
    return [
        (_("Parameters"), number(found.parameters, 12)),
        (_("FLOPs, forward, one example"), number(found.flops_forward, 12)),
        (_("FLOPs, training, one example"), number(found.flops_training, 12)),
        (_("Memory for training, batch of {n}", n=found.batch_size), size(found.training)),
        (_("– weights"), size(found.weights)),
        (_("– gradients"), size(found.gradients)),
        (_("– optimizer state"), size(found.optimizer)),
        (_("– activations, and what operations take for a while"), size(found.activations)),
        (_("Examples, prepared and in order"), size(found.data)),
        (_("The whole process, at most"), size(found.run)),
        (_("Memory for inference, batch of {n}", n=found.batch_size), size(found.serving)),
    ]


def list_times(answer: dict[str, Any]) -> list[tuple[str, ...]]:
    """The estimate, and what the run on the page has taken so far."""
    estimate = _(
        "One epoch, estimated from {n} steps taken just now ({device})",
        n=answer["steps_measured"], device=answer["device"],
    )  # fmt: skip
    rows: list[tuple[str, ...]] = [(estimate, number(answer["epoch_seconds"]))]
    row = reader().run(state.shown_run())
    if row is not None and row.epoch and row.summary.get("seconds"):
        rows.append((_("One epoch, measured over {n} epochs of this run", n=row.epoch),
                     number(row.summary["seconds"] / row.epoch)))  # fmt: skip
    return rows


def sizes(rows: list[dict[str, Any]]) -> None:
    """The number formats, with what could not be made smaller."""
    row = reader().run(state.shown_run())
    classes = row is not None and tells_classes(row.experiment)
    word = _("Accuracy on validation") if classes else _("Metric on validation")
    lines = [(one["format"], size(one["bytes"]), number(one["metric"], 4)) for one in rows]
    table(_("Number format"), (_("Saved weights"), word), lines)
    for one in rows:
        if one["note"]["text"]:
            st.caption(literal(phrase(one["note"])))


def tells_classes(document: str) -> bool:
    """Whether the loss of an experiment is one of classes, whose metric is the accuracy."""
    kind: str = json.loads(document)["loss"]["kind"]
    return "regression" not in catalogue(Loss)[kind].tasks


def table(head: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    lines = [f"| {head} | {' | '.join(columns)} |", f"| :--- | {' | '.join('---:' for _column in columns)} |"]
    st.markdown("\n".join([*lines, *(f"| {' | '.join(map(literal, row))} |" for row in rows)]))


def size(count: int) -> str:
    """A number of bytes in the unit that suits it."""
    value, place = float(count), 0
    while value >= 1000 and place < len(UNITS) - 1:
        value, place = value / 1000, place + 1
    return f"{number(value, 4 if place else 12)} {UNITS[place]}"
