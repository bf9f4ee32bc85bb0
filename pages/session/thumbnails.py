"""What the data-set picker draws: a few points, a curve or a picture, made by the data sets themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from engine.catalogue.part import catalogue
from engine.downloads.fetch import is_fetched
from engine.errors import PlaygroundError
from engine.examples import Examples
from engine.parts.datasets import Dataset

POINTS = 90
AWAY = {"mark": "down"}  # a sign that says: to be fetched


@cache
def list_thumbnails() -> tuple[dict[str, Any], ...]:
    """One item a data set, in the catalogue's order, without its title. What would have to be fetched first has the
    sign of that, until it is there and the server starts anew: opening the page must not wait for a download."""
    return tuple({"kind": kind, **sketch_dataset(part)} for kind, part in catalogue(Dataset).items())


def sketch_dataset(part: type[Dataset]) -> dict[str, Any]:
    """What one data set shows of itself."""
    if not all(map(is_fetched, part.remote)):
        return AWAY
    try:
        return sketch_examples(part().load(0))
    except PlaygroundError:  # a file is there and damaged
        return AWAY


def sketch_examples(loaded: Examples) -> dict[str, Any]:
    """Images show an example, sequences and 1-D inputs a curve, words a row for each sequence, everything else points;
    tables are seen along their main axes."""
    if loaded.vocabulary_size:
        return {"mark": "image", "image": np.round(loaded.x[:12] / loaded.vocabulary_size, 2).tolist()}
    if loaded.x.ndim == 3:
        return {"mark": "curve", "points": sketch_sequence(loaded.x[0])}
    if loaded.extent is None and loaded.task == "classification" and is_square(loaded.x[0]):
        picture = loaded.x[3] if loaded.x.ndim == 4 else loaded.x[3].reshape(1, round(loaded.x[3].size ** 0.5), -1)
        return {"mark": "image", "image": np.round(picture.mean(0), 2).tolist()}
    if loaded.x[0].size == 1:
        order = np.argsort(loaded.x[:, 0])
        return {
            "mark": "curve",
            "points": sample_rows(loaded.x[order, 0], smooth(loaded.y[order, 0]), np.zeros(len(order))),
        }
    plane = loaded.x if loaded.x.shape[1] == 2 else project_on_main_axes(loaded.x.reshape(len(loaded.x), -1))
    colors = loaded.y.astype(float).reshape(len(loaded.y), -1)[:, 0]
    if loaded.task == "regression":
        colors = (colors - np.median(colors)) / (np.abs(colors - np.median(colors)).max() or 1) * 0.999
    return {"mark": "points", "points": sample_rows(plane[:, 0], plane[:, 1], colors)}


def sketch_sequence(example: np.ndarray) -> list[list[float]]:
    """The most lively feature of a sequence (time, features) against time."""
    feature = example[:, np.abs(example[0]).argmax()] if example.shape[1] > 2 else example[:, 0]
    time = np.arange(len(feature))
    return sample_rows(time, feature, np.zeros(len(time)))


def is_square(example: np.ndarray) -> bool:
    """Whether an example is a small square picture, perhaps in one row."""
    return example.ndim == 3 or (example.size > 32 and round(example.size**0.5) ** 2 == example.size)


def project_on_main_axes(x: np.ndarray) -> np.ndarray:
    """The first two principal components of standardized features, (examples, 2)."""
    spread = x.std(0)
    z = (x - x.mean(0)) / np.where(spread > 0, spread, 1)
    return np.asarray(z @ np.linalg.svd(z, full_matrices=False)[2][:2].T)


def smooth(y: np.ndarray) -> np.ndarray:
    """A running mean, so that noise does not hide the curve."""
    return np.convolve(np.pad(y, 4, mode="edge"), np.ones(9) / 9, "valid")


def sample_rows(x: np.ndarray, y: np.ndarray, c: np.ndarray) -> list[list[float]]:
    """At most so many evenly chosen rows of x, y, color; x and y as shares of their range, which may be tiny or far
    from 0."""
    chosen = np.linspace(0, len(x) - 1, min(POINTS, len(x))).round().astype(int)
    low, span = (f(np.stack([x, y], 1)[chosen].astype(float), 0) for f in (np.min, np.ptp))
    scaled = (np.stack([x, y], 1)[chosen] - low) / np.where(span > 0, span, 1)
    found: list[list[float]] = np.column_stack([scaled, c[chosen]]).astype(float).round(3).tolist()
    return found
