"""What a run's own charts say, as arrays ready to be drawn: loss, metric, output. No plotly in here."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from pages.figures.readings import read_newest, select_frames
from pages.session.run_records import RunRecord

EPOCHS = {"loss": ("train_loss", "validation_loss"), "metric": ("train_metric", "validation_metric")}
SPLITS = ("train", "validation", "test")  # in the order of the numbers that points carry


class EpochCurves(NamedTuple):
    """A run's loss or metric at the end of each epoch, (epochs,) each. `batches`: (losses, 2), step and loss of each
    batch, None beside a metric; `best`: step and lowest validation loss, where its weights are kept."""

    name: str
    steps: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    batches: np.ndarray | None
    best: tuple[float, float] | None


class ScoreLine(NamedTuple):
    """A series that compares answers, as those of one member, at the steps of its frames; its place in its channel."""

    name: str
    number: int
    steps: list[int]
    values: list[float]


class SplitPoints(NamedTuple):
    """The examples of one split. `values`: (examples, 3), two inputs and the target, or input, target and target."""

    split: str
    values: np.ndarray


class OutputMap(NamedTuple):
    """The newest output over the plane. `z`: (height, width), the output or the number of the likeliest class; `limits`
    of z; `maps`: how many outputs there are; `points_are_classes`: the targets are classes and not values."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    limits: tuple[float, float]
    maps: int
    points: tuple[SplitPoints, ...]
    points_are_classes: bool


class Prediction(NamedTuple):
    """The newest prediction over one input, (points,) each, empty where there is none; and the examples."""

    x: np.ndarray
    y: np.ndarray
    points: tuple[SplitPoints, ...]


def read_epoch_curves(record: RunRecord, panel: str) -> EpochCurves:
    """The run's loss or metric."""
    epochs = record.epochs
    train, validation = (epochs[column].to_numpy(float) for column in EPOCHS[panel])
    loss = panel == "loss"
    best = find_best_epoch(epochs) if loss and record.keeps_best else None
    batches = record.losses if loss else None
    return EpochCurves(record.name, epochs["step"].to_numpy(), train, validation, batches, best)


def find_best_epoch(epochs: pd.DataFrame) -> tuple[float, float] | None:
    """Step and validation loss of the epoch where that was lowest; None if it was never finite."""
    held = epochs["validation_loss"].to_numpy(float)
    if not np.isfinite(held).any():
        return None
    index = int(np.where(np.isfinite(held), held, np.inf).argmin())
    return float(epochs["step"].iloc[index]), float(held[index])


def read_score_lines(record: RunRecord) -> list[ScoreLine]:
    """Every series of the channels that compare answers."""
    found = []
    for channel in record.channels.values():
        if channel.mark == "scores":
            frames = select_frames(record, channel.key)
            steps = [frame.step for frame in frames]
            rows = [frame.readings[channel.key] for frame in frames]
            found += [
                ScoreLine(name, i, steps, [float(row[i]) for row in rows]) for i, name in enumerate(channel.series)
            ]
    return found


def split_points(points: np.ndarray | None) -> tuple[SplitPoints, ...]:
    """The points of each split that has any; they carry the split's number in their last column."""
    if points is None:
        return ()
    each = ((name, points[points[:, 3] == number]) for number, name in enumerate(SPLITS))
    return tuple(SplitPoints(name, chosen[:, :3]) for name, chosen in each if len(chosen))


def read_output_map(record: RunRecord, key: str = "output") -> OutputMap | None:
    """The newest output over the plane; None without one."""
    channel, frames = record.channels.get(key), select_frames(record, key)
    if not channel or not channel.extent or not frames:
        return None
    maps, scale = frames[-1].readings[key], float(frames[-1].readings[f"{key}_scale"][0])
    one = len(maps) == 1
    # Sent as int8 in units of the largest absolute value.
    z = maps[0].astype(float) / 127 * scale if one else maps.argmax(0).astype(float)
    limits = (-scale, scale) if one else (0.0, len(maps) - 1.0)
    x0, x1, y0, y1 = channel.extent
    x, y = np.linspace(x0, x1, z.shape[1]), np.linspace(y0, y1, z.shape[0])
    return OutputMap(x, y, z, limits, len(maps), split_points(record.points), record.task == "classification")


def read_prediction(record: RunRecord, key: str = "curve") -> Prediction:
    """The newest prediction over one input."""
    channel, points = record.channels.get(key), split_points(record.points)
    if not channel or not channel.extent or not select_frames(record, key):
        return Prediction(np.empty(0), np.empty(0), points)
    y = read_newest(record, key)
    return Prediction(np.linspace(channel.extent[0], channel.extent[1], len(y)), y, points)
