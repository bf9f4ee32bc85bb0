"""What is drawn of a channel, before anything is drawn."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.frame import Channel, Frame
from pages.figures.outcomes import read_epoch_curves, read_output_map, read_prediction, read_score_lines
from pages.figures.readings import (
    Maps,
    make_mosaic,
    read_arrows,
    read_distributions,
    read_lines,
    read_links,
    read_maps,
    take_median,
)
from pages.session.run_records import RunRecord


def record(channel: Channel, *readings: np.ndarray, scale: float = 1.0) -> RunRecord:
    about = {f"{channel.key}_scale": np.array([scale], np.float32)}
    frames = [Frame(step, 0, 0.0, {channel.key: one, **about}) for step, one in enumerate(readings, 1)]
    return RunRecord("a", np.empty((0, 2)), pd.DataFrame(), frames, {channel.key: channel})


def test_a_logarithmic_line_has_gaps_where_it_is_not_positive() -> None:
    channel = Channel("k", "K", "f", "", "lines", "log", ("1 dense",), (1.0, 2.0))
    info = read_lines(record(channel, np.array([2.0]), np.array([0.0])), channel)
    assert (info.steps, info.healthy) == ([1, 2], (1.0, 2.0))
    np.testing.assert_array_equal(info.values[:, 0], [2.0, np.nan])


def test_histograms_of_all_steps_share_one_axis() -> None:
    channel = Channel("k", "K", "f", "", "histogram", series=("1 dense",))
    first, second = (np.array([[low, low + 1, *[1] * 32]], float) for low in (0.0, 3.0))
    info = read_distributions(record(channel, first, second), channel)
    assert (info.edges[0], info.edges[-1]) == (0.0, 4.0)
    np.testing.assert_allclose(info.shares.sum(2), 1.0)
    assert info.shares[0, 0, :12].sum() > 0.99 > 0.01 > info.shares[0, 1, :12].sum()


def test_maps_are_in_their_own_unit_and_pictures_upright() -> None:
    values = np.array([[[127, 0], [0, 0]]], np.int8)
    grid, picture = Channel("k", "K", "f", mark="grid"), Channel("k", "K", "f", mark="pictures")
    np.testing.assert_allclose(read_maps(record(grid, values, scale=3.0), grid).values[0], [[3, 0], [0, 0]])
    np.testing.assert_allclose(read_maps(record(picture, values, scale=3.0), picture).values[0], [[0, 0], [3, 0]])


def test_a_mosaic_begins_at_the_top_left() -> None:
    ones = np.arange(1.0, 4.0)[:, None, None] * np.ones((3, 2, 2))
    picture = make_mosaic(Maps(ones, None, 2))
    assert picture.shape == (5, 5)
    assert (picture[-1, 0], picture[-1, -1], picture[0, 0]) == (1, 2, 3)
    assert np.isnan(picture[0, -1])


def test_arrows_and_links_keep_every_number() -> None:
    move, link = Channel("k", "K", "f", mark="arrows"), Channel("k", "K", "f", mark="links")
    info = read_arrows(record(move, np.array([[0, 1, 2, 3, 1]], float)), move)
    assert (info.start.tolist(), info.end.tolist(), info.strong.tolist()) == ([[0, 1]], [[2, 3]], [True])
    assert np.isfinite(read_links(record(link, np.arange(7, dtype=np.int8)), link).values).sum() == 7


def finished(*validation: float) -> RunRecord:
    """A run of two inputs, one output, and as many epochs as validation losses."""
    steps = np.arange(1, len(validation) + 1) * 5
    rows = {"step": steps, "train_loss": 1.0 / steps, "validation_loss": np.array(validation)}
    channel = Channel("output", "Output", "f(x)", extent=(-1.0, 1.0, -2.0, 2.0))
    seen = record(channel, np.array([[[127, 0, -127], [0, 0, 0]]], np.int8), scale=3.0)
    points = np.array([[0, 0, 1, 0], [1, 1, -1, 0], [2, 2, 1, 2]], np.float32)
    return replace(seen, losses=np.array([[1, 0.5]]), epochs=pd.DataFrame(rows), points=points, keeps_best=True)


def test_the_best_epoch_is_the_lowest_that_is_finite() -> None:
    seen = read_epoch_curves(finished(np.nan, 0.4, 0.2, 0.3), "loss")
    assert seen.best == (15.0, 0.2)
    assert seen.batches is not None
    np.testing.assert_array_equal(seen.batches, [[1, 0.5]])
    np.testing.assert_allclose(seen.train, [1 / 5, 1 / 10, 1 / 15, 1 / 20])
    assert read_epoch_curves(finished(np.nan, np.inf), "loss").best is None
    assert read_epoch_curves(replace(finished(0.1), keeps_best=False), "loss").best is None


def test_an_output_is_a_map_in_its_own_unit_and_classes_the_likeliest() -> None:
    seen = read_output_map(finished(0.1))
    assert seen is not None
    np.testing.assert_allclose(seen.z, [[3, 0, -3], [0, 0, 0]])
    assert (seen.limits, seen.maps, list(seen.x), list(seen.y)) == ((-3.0, 3.0), 1, [-1, 0, 1], [-2, 2])
    assert [(one.split, len(one.values)) for one in seen.points] == [("train", 2), ("test", 1)]
    assert not seen.points_are_classes
    shares = np.array([[[127, 0]], [[0, 60]], [[0, 67]]], np.int8)
    channel = Channel("output", "Output", "p(c)", extent=(-1.0, 1.0, -2.0, 2.0))
    classes = read_output_map(replace(record(channel, shares), task="classification"))
    assert classes is not None
    np.testing.assert_array_equal(classes.z, [[0, 2]])
    assert (classes.limits, classes.points, classes.points_are_classes) == ((0.0, 2.0), (), True)
    assert read_output_map(record(Channel("other", "O", "f"), np.zeros(1))) is None


def test_a_prediction_lies_over_its_input() -> None:
    channel = Channel("curve", "Prediction", "f(x)", extent=(-4.0, 4.0))
    seen = read_prediction(record(channel, np.zeros(3), np.array([1.0, 2.0, 3.0])))
    np.testing.assert_array_equal([seen.x, seen.y], [[-4, 0, 4], [1, 2, 3]])
    assert not len(read_prediction(record(Channel("other", "O", "f"), np.zeros(1))).x)


def test_scores_are_lines_at_the_steps_of_their_frames() -> None:
    channel = Channel("members", "Members", "f", mark="scores", series=("together", "member 1"))
    first, second = read_score_lines(record(channel, np.array([0.5, 0.25]), np.array([0.75, 0.5])))
    assert (first.name, first.number, first.steps, first.values) == ("together", 0, [1, 2], [0.5, 0.75])
    assert (second.name, second.number, second.values) == ("member 1", 1, [0.25, 0.5])


def test_the_median_is_that_of_layers_and_not_of_kinds_of_their_weights() -> None:
    channel = Channel("k", "K", "f", "", "lines", "log", ("1 lstm", "1 lstm · input", "2 dense"))
    steps, middle = take_median(record(channel, np.array([1.0, 100.0, 3.0])), "k")
    assert (steps, list(middle)) == ([1], [2.0])
    assert not len(take_median(record(channel), "k")[1])


def test_readings_know_no_plotly() -> None:
    code = "import sys, pages.figures.readings, pages.figures.outcomes; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
