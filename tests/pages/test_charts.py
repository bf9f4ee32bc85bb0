"""Figures of real runs, made without streamlit."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from engine.data.epochs import EpochRow
from engine.experiment.experiment import Experiment
from engine.store.per_class import ClassMetrics
from engine.store.tables import EPOCH_COLUMNS
from engine.training.trainer import Trainer
from pages.figures import per_class
from pages.figures.charts import overlay_runs
from pages.figures.panels import draw_panel, tabulate_panel
from pages.figures.readings import rebin
from pages.session.adapt_to_dataset import adapt_to_data
from pages.session.run_records import RunRecord
from pages.settings import get_chart_colors

COLORS = get_chart_colors("light")


@cache
def record(kind: str) -> RunRecord:
    """A few steps of a real run."""
    draft = {**adapt_to_data(Experiment().to_dict(), kind), "batch_size": 50}
    trainer = Trainer(Experiment.from_dict(draft))
    losses: list[float] = []
    frames, epochs = [], list[EpochRow]()
    for step in range(1, 25):
        progress = trainer.advance(deadline=time.perf_counter() + 9, until_step=step, frame_at_end=True)
        losses += progress.losses
        frames += progress.frames
        epochs += progress.epochs
    rows = np.column_stack([np.arange(1, len(losses) + 1), losses])
    channels = {channel.key: channel for channel in trainer.channels}
    made = pd.DataFrame([tuple(row) for row in epochs], columns=list(EPOCH_COLUMNS))
    task = trainer.data.source.task
    return RunRecord(kind, rows, made, frames, channels, trainer.static.readings.get("points"), task=task)


@pytest.mark.parametrize("panel", ["loss", "metric", "update_ratio", "gradient_norm", "activation_histogram", "output"])
def test_every_panel_of_the_spiral_is_drawn(panel: str) -> None:
    seen = record("spiral")
    made = draw_panel(seen, panel, COLORS)
    assert len(made.data) > 0
    assert made.layout.xaxis.title.text
    assert made.layout.yaxis.title.text
    assert len(tabulate_panel(seen, panel)) > 0


def test_regression_is_drawn_over_the_plane_and_the_line() -> None:
    assert len(draw_panel(record("plane"), "output", COLORS).data) == 3
    assert len(draw_panel(record("curve"), "curve", COLORS).data) == 3
    assert draw_panel(record("iris"), "output", COLORS).data == ()


def test_the_numbers_are_those_of_the_run() -> None:
    seen = record("spiral")
    made = draw_panel(seen, "update_ratio", COLORS)
    assert made.layout.yaxis.type == "log"
    first = [frame.readings["update_ratio"][0] for frame in seen.frames]
    assert list(made.data[0].y) == pytest.approx(first)
    assert list(made.data[0].x) == [frame.step for frame in seen.frames]
    assert tabulate_panel(seen, "update_ratio").iloc[0].to_list()[1:] == pytest.approx(
        list(seen.frames[0].readings["update_ratio"])
    )
    loss = draw_panel(seen, "loss", COLORS)
    assert list(loss.data[0].y) == pytest.approx(seen.losses[:, 1])
    assert [trace.line.dash for trace in loss.data[1:]] == ["solid", "dash"]


def test_early_stopping_rings_the_best_epoch() -> None:
    seen = record("spiral")
    held = [0.9, 0.4, float("nan"), 0.4, 0.8][: len(seen.epochs)]
    epochs = seen.epochs.assign(validation_loss=held)
    ring = draw_panel(replace(seen, epochs=epochs, keeps_best=True), "loss", COLORS).data[-1]
    assert (list(ring.x), list(ring.y)) == ([epochs["step"].iloc[1]], [0.4])
    assert len(draw_panel(replace(seen, epochs=epochs), "loss", COLORS).data) == 3
    nothing = epochs.assign(validation_loss=float("nan"))
    assert len(draw_panel(replace(seen, epochs=nothing, keeps_best=True), "loss", COLORS).data) == 3


def test_runs_are_overlaid_in_a_color_each() -> None:
    made = overlay_runs([record("spiral"), record("circle")], "loss", COLORS)
    assert [trace.line.dash for trace in made.data] == ["solid", "dash"] * 2
    assert len({trace.line.color for trace in made.data}) == 2
    assert len(overlay_runs([record("spiral"), record("iris")], "update_ratio", COLORS).data) == 2


def test_rebinning_keeps_every_count() -> None:
    row = np.concatenate([[-1.0, 1.0], np.arange(32)])
    shares = rebin(row, np.linspace(-2, 2, 49))
    assert shares.sum() == pytest.approx(1)
    assert np.average(np.linspace(-2, 2, 49)[:-1] + 2 / 48, weights=shares) > 0


def test_charts_know_no_streamlit() -> None:
    code = "import sys, pages.figures.charts; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_recalls_and_the_confusion_matrix_are_drawn_as_counted() -> None:
    names = ("a", "b", "c")
    counts = np.array([[[5, 0, 0], [1, 2, 1], [0, 0, 0]], [[4, 1, 0], [0, 4, 0], [0, 0, 0]]], float)
    shares = np.array([[1.0, 0.5, np.nan], [0.8, 1.0, np.nan]])
    found = ClassMetrics(names, np.array([25.0, 50.0]), shares, counts)
    lines = per_class.draw_recalls(found, names, COLORS)
    assert [(line.name, list(line.x)) for line in lines.data] == [(name, [25, 50]) for name in names]
    np.testing.assert_array_equal([line.y for line in lines.data], shares.T)
    (cells,) = per_class.draw_confusion(found, names, COLORS).data
    np.testing.assert_array_equal(cells.text, counts[1])
    np.testing.assert_allclose(cells.z, np.array([[0.8, 0.2, 0], [0, 1, 0], [0, 0, 0]]))
    many = tuple(f"class {i}" for i in range(40))
    wide = ClassMetrics(many, np.array([1.0]), np.linspace(0, 1, 40)[None], None)
    assert [line.name for line in per_class.draw_recalls(wide, many, COLORS).data] == list(many[:10])
