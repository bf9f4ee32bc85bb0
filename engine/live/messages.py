"""The messages of the live route, each encoded once for all viewers of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from engine.errors import PlaygroundError
from engine.frame import Frame, pack
from engine.message import Message
from engine.store.reader import RunRow, View
from engine.store.run_changes import LogLine
from engine.store.series_chunks import choose_evenly
from engine.store.tables import EPOCH_COLUMNS, list_plain_columns
from engine.strict_json import dump_strict

Packet = str | bytes

COLUMNS = {"losses": ("step", "loss"), "epochs": EPOCH_COLUMNS}
POINTS = 2_000
HISTORY = 160
NEWEST = {"grid", "units", "links", "curve", "arrows", "pictures", "heat", "pairs"}
"""Marks that are drawn from the newest frame alone."""


def pack_table(
    kind: Literal["losses", "epochs"], rows: np.ndarray, *, reset: bool, columns: tuple[str, ...] | None = None
) -> bytes:
    """A TPS1 message: rows of a series, which replace what the viewer has or go after it."""
    head = {"kind": kind, "reset": reset, "rows": len(rows), "columns": columns or COLUMNS[kind]}
    return pack(b"TPS1", head, np.ascontiguousarray(rows, "<f8").tobytes())


def pack_epochs(rows: np.ndarray, channels: Sequence[Mapping[str, Any]], *, reset: bool) -> bytes:
    """The same of epochs as the store has them: of the classes viewers are told the lowest recall alone."""
    columns = list_plain_columns(channels)
    known = next((len(channel["series"]) for channel in channels if channel["key"] == "recall"), 0)
    rows = rows if len(rows) else np.empty((0, len(columns)))
    plain, recalls = rows[:, : len(columns)], rows[:, len(columns) : len(columns) + known]
    if not known:
        return pack_table("epochs", plain, reset=reset, columns=columns)
    worst = np.full(len(rows), np.nan)
    if recalls.shape[1]:  # else written by a version that did not look at classes
        worst = np.where(np.isnan(recalls), np.inf, recalls).min(1)
    told = np.column_stack([plain, np.where(np.isinf(worst), np.nan, worst)])
    return pack_table("epochs", told, reset=reset, columns=(*columns, "worst_recall"))


def write_state(run: tuple[str, Message, int, int]) -> str:
    """A run's state, message, step and epoch."""
    name, message, step, epoch = run
    return dump_strict({"type": "state", "state": name, "message": message.plain(), "step": step, "epoch": epoch})


def write_line(entry: LogLine) -> str:
    """A line of the log."""
    return dump_strict({"type": "log", **_describe_line(entry)})


def write_hello(run: RunRow, log: list[LogLine]) -> str:
    """What a viewer has to know first."""
    said: dict[str, Any] = {"type": "hello", "run": run.id, "state": run.state, "message": run.message.plain()}
    said |= {"step": run.step, "epoch": run.epoch, "experiment": json.loads(run.edited), "channels": run.channels}
    return dump_strict({**said, **describe_structure(run.edited), "log": [_describe_line(entry) for entry in log]})


@lru_cache(maxsize=64)
def describe_structure(document: str) -> dict[str, Any]:
    """What an experiment means for its picture: the network's graph, whether the weights of the best epoch are put
    back, and the task, where the loss has only one or the data state it. Nothing of an experiment that this version
    cannot read."""
    # torch comes with them: a server can answer before it is there
    from engine.experiment.experiment import Experiment
    from engine.network.graph import build_graph

    try:
        experiment = Experiment.from_json(document)
    except PlaygroundError:
        return {}
    nodes = [node.to_json() for node in build_graph(experiment.network)]
    tasks = experiment.loss.tasks
    task = tasks[0] if len(tasks) == 1 else experiment.data.stated_task
    best = any(rule.keeps_best for rule in experiment.regularizers)
    return {"graph": nodes, "keeps_best": best, "task": task or ""}


def pack_snapshot(view: View, run: RunRow, slim: dict[int, bytes]) -> list[Packet]:
    """Everything a viewer needs to draw a run from nothing; `slim` remembers frames without their bulk."""
    messages: list[Packet] = [write_hello(run, view.read_log(run.id))]
    if run.static is not None:
        messages.append(run.static)
    messages.append(pack_table("losses", view.read_losses(run.id, POINTS), reset=True))
    messages.append(pack_epochs(view.read_epochs(run.id, POINTS), run.channels, reset=True))
    steps = view.list_frame_steps(run.id)
    chosen = choose_evenly(steps[:-1], HISTORY)
    for step, payload in view.read_frames_at(run.id, [step for step in chosen if step not in slim]):
        slim[step] = Frame.decode(payload).without(*list_bulk_channels(run.channels)).encode()
    for step in slim.keys() - set(chosen):
        del slim[step]
    messages += [slim[step] for step in chosen]
    if steps:
        messages += [payload for _, payload in view.read_frames_at(run.id, steps[-1:])]
    return messages


def list_bulk_channels(channels: Sequence[Mapping[str, Any]]) -> list[str]:
    """The readings that viewers need of the newest frame alone."""
    keys = [channel["key"] for channel in channels if channel["mark"] in NEWEST]
    return keys + [f"{key}_scale" for key in keys]


def _describe_line(entry: LogLine) -> dict[str, Any]:
    return {"step": entry.step, "kind": entry.kind, "detail": entry.detail}
