"""Filling what is missing in a table, with values of the training split alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.examples import Examples


def impute(source: Examples, train: np.ndarray) -> Examples:
    """The examples without gaps (NaN): a number gets the median of the training rows that have it, a category the word
    most of them have; where none has it, 0 and the first word."""
    gaps = np.isnan(source.x).reshape(len(source.x), -1).any(0)
    if not gaps.any():
        return source
    x = source.x.copy()
    grouped = np.zeros(x.shape[1], bool)
    for start, stop in source.gaps:
        grouped[start:stop] = True
        if gaps[start]:
            lacking = np.isnan(x[:, start])
            counts = np.nansum(x[train, start:stop], 0)
            x[lacking, start:stop] = np.arange(stop - start) == counts.argmax()
    for place in np.flatnonzero(gaps & ~grouped):
        known = x[train, place]
        known = known[~np.isnan(known)]
        x[np.isnan(x[:, place]), place] = np.median(known) if len(known) else 0.0
    return replace(source, x=x)
