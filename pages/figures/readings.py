"""What a channel's readings say, as arrays ready to be drawn: one kind of numbers a mark. No plotly in here."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.frame import Channel, Frame, get_layer
from pages.session.run_records import RunRecord

BINS = 48  # of the common axis that histograms of all steps are drawn on


class Lines(NamedTuple):
    """Numbers over the steps. `values`: (steps, series), gaps where a logarithmic axis has no place for them."""

    steps: list[int]
    names: tuple[str, ...]
    values: np.ndarray
    log: bool
    healthy: tuple[float, float] | None


class Distributions(NamedTuple):
    """Shares of each bin over the steps. `edges`: (bins + 1,); `shares`: (series, steps, bins)."""

    steps: list[int]
    names: tuple[str, ...]
    edges: np.ndarray
    shares: np.ndarray


class Maps(NamedTuple):
    """Maps that stand in rows. `values`: (maps, height, width) in the channel's unit, the first row at the bottom;
    `extent`: of each in the input space, where it has one; `across`: how many in a row."""

    values: np.ndarray
    extent: tuple[float, ...] | None
    across: int


class RowReadings(NamedTuple):
    """Numbers in rows. `values`: (rows, columns)."""

    names: tuple[str, ...]
    values: np.ndarray


class Curves(NamedTuple):
    """Functions of one input. `x`: (points,); `values`: (curves, points)."""

    x: np.ndarray
    values: np.ndarray


class Arrows(NamedTuple):
    """Moves in the plane. `start`, `end`: (arrows, 2); `strong`: (arrows,), those that count."""

    start: np.ndarray
    end: np.ndarray
    strong: np.ndarray
    extent: tuple[float, ...] | None


Info = Lines | Distributions | Maps | RowReadings | Curves | Arrows


def select_frames(record: RunRecord, key: str) -> list[Frame]:
    """The frames that have a reading of the channel."""
    return [frame for frame in record.frames if key in frame.readings]


def read_newest(record: RunRecord, key: str) -> np.ndarray:
    """The newest reading, in the channel's own unit where it was sent in units of a scale; nothing: (0,)."""
    frames = select_frames(record, key)
    if not frames:
        return np.empty(0)
    reading = frames[-1].readings[key]
    scale = frames[-1].readings.get(f"{key}_scale")
    values = reading.astype(float) / 127 if reading.dtype == np.int8 else reading.astype(float)
    if scale is None or values.ndim < 2:
        return values
    if scale.size == 1:
        return values * float(scale.flat[0])
    if scale.ndim == 1 and len(scale) == len(values):
        return np.asarray(values * scale.reshape(-1, *[1] * (values.ndim - 1)))
    return values  # scales of another kind: in units of the largest


def read_trace(record: RunRecord, key: str) -> tuple[list[int], np.ndarray]:
    """Steps, and the readings of a key at them, (steps, series)."""
    frames = select_frames(record, key)
    named = len(record.channels[key].series) if key in record.channels else 0
    width = frames[0].readings[key].size if frames else named
    values = np.array([frame.readings[key] for frame in frames], float).reshape(len(frames), width)
    return [frame.step for frame in frames], values


def take_median(record: RunRecord, key: str) -> tuple[list[int], np.ndarray]:
    """Steps, and at each the median of the layers, (steps,); rows of one kind of a layer's weights do not count."""
    steps, values = read_trace(record, key)
    if not values.size:
        return steps, np.empty(0)
    # Kinds of a layer's weights are in the layer's row already.
    whole = [get_layer(name) == name for name in record.channels[key].series]
    return steps, np.nanmedian(values[:, whole], 1)


def mask_nonpositive(values: np.ndarray) -> np.ndarray:
    """Zeros have no place on a logarithmic axis: a gap."""
    return np.where(values > 0, values, np.nan)


def read_lines(record: RunRecord, channel: Channel) -> Lines:
    """Marks lines, scores and scalar."""
    steps, values = read_trace(record, channel.key)
    log = channel.scale == "log"
    names = tuple(channel.series) or tuple(channel.title for _ in range(values.shape[1]))
    return Lines(steps, names, mask_nonpositive(values) if log else values, log, channel.healthy)


def read_distributions(record: RunRecord, channel: Channel) -> Distributions:
    """Mark histogram: rows of lowest and highest value and of counts between, brought to one axis."""
    frames = select_frames(record, channel.key)
    rows = [np.asarray(frame.readings[channel.key], float) for frame in frames]
    ends = np.array([row[:, :2] for row in rows]).reshape(-1, 2)
    finite = ends[np.isfinite(ends).all(1)]
    low, high = (float(finite[:, 0].min()), float(finite[:, 1].max())) if len(finite) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = [[rebin(row[index], edges) for row in rows] for index in range(len(channel.series))]
    return Distributions(
        [f.step for f in frames], tuple(channel.series), edges, np.array(shares).reshape(-1, len(frames), BINS)
    )


def rebin(row: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """A reading's bins on shared edges, as shares."""
    own = np.linspace(row[0], row[1] if row[1] > row[0] else row[0] + 1e-9, len(row) - 1)
    # Interpolates cumulative counts: that keeps the total, whatever the bins.
    whole = np.concatenate([[0.0], np.cumsum(row[2:])]) / max(row[2:].sum(), 1)
    return np.asarray(np.diff(np.interp(edges, own, whole)))


def read_maps(record: RunRecord, channel: Channel) -> Maps:
    """Marks grid, units, pictures and pairs."""
    values = read_newest(record, channel.key)
    if values.ndim < 2:
        return Maps(np.empty((0, 1, 1)), channel.extent, 1)
    values = values.reshape(-1, *values.shape[-2:])
    pictures = channel.mark in ("pictures", "pairs")  # their first row is at the top
    across = len(values) // 2 if channel.mark == "pairs" else ceil(sqrt(len(values)))
    return Maps(values[:, ::-1] if pictures else values, channel.extent, max(across, 1))


def make_mosaic(info: Maps, gap: int = 1) -> np.ndarray:
    """All maps in one picture, row after row from the top, gaps between them; the picture's first row at the bottom."""
    count, height, width = info.values.shape
    down = ceil(count / info.across)
    # NaN is transparent: gaps look like the page.
    picture = np.full((down * (height + gap) - gap, info.across * (width + gap) - gap), np.nan)
    for index, one in enumerate(info.values):
        row, column = divmod(index, info.across)
        bottom = (down - 1 - row) * (height + gap)
        picture[bottom : bottom + height, column * (width + gap) : column * (width + gap) + width] = one
    return picture


def read_rows(record: RunRecord, channel: Channel) -> RowReadings:
    """Mark heat."""
    values = read_newest(record, channel.key)
    values = values if values.ndim == 2 else values.reshape(1, -1)
    return RowReadings(tuple(channel.series) or tuple(str(i + 1) for i in range(len(values))), values)


def read_links(record: RunRecord, channel: Channel) -> RowReadings:
    """Mark links: all numbers in reading order, in as many rows as columns."""
    values = read_newest(record, channel.key).reshape(-1)
    across = max(1, ceil(sqrt(len(values))))
    padded = np.full(ceil(len(values) / across) * across, np.nan)
    padded[: len(values)] = values
    return RowReadings(tuple(str(i * across + 1) for i in range(len(padded) // across)), padded.reshape(-1, across))


def read_curves(record: RunRecord, channel: Channel) -> Curves:
    """Mark curve."""
    values = np.atleast_2d(read_newest(record, channel.key))
    first, last = (channel.extent or (0.0, float(max(values.shape[1] - 1, 1))))[:2]
    return Curves(np.linspace(first, last, values.shape[1]), values)


def read_arrows(record: RunRecord, channel: Channel) -> Arrows:
    """Mark arrows: rows of x, y, to x, to y, whether it counts."""
    values = read_newest(record, channel.key).reshape(-1, 5)
    return Arrows(values[:, :2], values[:, 2:4], values[:, 4] > 0, channel.extent)


INFO: dict[str, Callable[[RunRecord, Channel], Info]] = {
    "lines": read_lines,
    "scores": read_lines,
    "scalar": read_lines,
    "histogram": read_distributions,
    "grid": read_maps,
    "units": read_maps,
    "pictures": read_maps,
    "pairs": read_maps,
    "heat": read_rows,
    "links": read_links,
    "curve": read_curves,
    "arrows": read_arrows,
}


def tabulate_channel(record: RunRecord, channel: Channel) -> pd.DataFrame:
    """A channel's numbers for download: a row a step of what is drawn over the steps, else the newest reading."""
    frames = select_frames(record, channel.key)
    if channel.mark == "histogram":
        width = frames[0].readings[channel.key].shape[-1] if frames else 2
        columns = ["step", "layer", "low", "high", *(f"bin {i}" for i in range(width - 2))]
        found = [
            [f.step, n, *row] for f in frames for n, row in zip(channel.series, f.readings[channel.key], strict=True)
        ]
        return pd.DataFrame(found, columns=columns)
    if channel.mark in ("lines", "scores", "scalar"):
        names = channel.series or (channel.key,)
        read = [[f.step, *f.readings[channel.key].reshape(-1)] for f in frames]
        width = len(read[0]) - 1 if read else len(names)
        labels = names if len(names) == width else [f"{channel.key} {i + 1}" for i in range(width)]
        return pd.DataFrame(read, columns=["step", *labels])
    last = frames[-1].readings[channel.key] if frames else np.empty(0)
    return pd.DataFrame(last.reshape(-1, last.shape[-1]) if last.ndim > 1 else last)
