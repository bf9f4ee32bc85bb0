"""What is drawn of a channel, before anything is drawn."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd

from engine.frame import Channel, Frame
from pages.figures.readings import Maps, arrows, distributions, lines, links, maps, mosaic
from pages.session.run_records import Record


def record(channel: Channel, *readings: np.ndarray, scale: float = 1.0) -> Record:
    about = {f"{channel.key}_scale": np.array([scale], np.float32)}
    frames = [Frame(step, 0, 0.0, {channel.key: one, **about}) for step, one in enumerate(readings, 1)]
    return Record("a", np.empty((0, 2)), pd.DataFrame(), frames, {channel.key: channel})


def test_a_logarithmic_line_has_gaps_where_it_is_not_positive() -> None:
    channel = Channel("k", "K", "f", "", "lines", "log", ("1 dense",), (1.0, 2.0))
    info = lines(record(channel, np.array([2.0]), np.array([0.0])), channel)
    assert (info.steps, info.healthy) == ([1, 2], (1.0, 2.0))
    np.testing.assert_array_equal(info.values[:, 0], [2.0, np.nan])


def test_histograms_of_all_steps_share_one_axis() -> None:
    channel = Channel("k", "K", "f", "", "histogram", series=("1 dense",))
    first, second = (np.array([[low, low + 1, *[1] * 32]], float) for low in (0.0, 3.0))
    info = distributions(record(channel, first, second), channel)
    assert (info.edges[0], info.edges[-1]) == (0.0, 4.0)
    np.testing.assert_allclose(info.shares.sum(2), 1.0)
    assert info.shares[0, 0, :12].sum() > 0.99 > 0.01 > info.shares[0, 1, :12].sum()


def test_maps_are_in_their_own_unit_and_pictures_upright() -> None:
    values = np.array([[[127, 0], [0, 0]]], np.int8)
    grid, picture = Channel("k", "K", "f", mark="grid"), Channel("k", "K", "f", mark="pictures")
    np.testing.assert_allclose(maps(record(grid, values, scale=3.0), grid).values[0], [[3, 0], [0, 0]])
    np.testing.assert_allclose(maps(record(picture, values, scale=3.0), picture).values[0], [[0, 0], [3, 0]])


def test_a_mosaic_begins_at_the_top_left() -> None:
    ones = np.arange(1.0, 4.0)[:, None, None] * np.ones((3, 2, 2))
    picture = mosaic(Maps(ones, None, 2))
    assert picture.shape == (5, 5)
    assert (picture[-1, 0], picture[-1, -1], picture[0, 0]) == (1, 2, 3)
    assert np.isnan(picture[0, -1])


def test_arrows_and_links_keep_every_number() -> None:
    move, link = Channel("k", "K", "f", mark="arrows"), Channel("k", "K", "f", mark="links")
    info = arrows(record(move, np.array([[0, 1, 2, 3, 1]], float)), move)
    assert (info.start.tolist(), info.end.tolist(), info.strong.tolist()) == ([[0, 1]], [[2, 3]], [True])
    assert np.isfinite(links(record(link, np.arange(7, dtype=np.int8)), link).values).sum() == 7


def test_readings_know_no_plotly() -> None:
    code = "import sys, pages.figures.readings; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
