"""Imputation of missing values in a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.examples import Examples


def impute(source: Examples, train: np.ndarray) -> Examples:
    """Examples without NaN: the median of a numeric input, the most frequent word of a category; 0 and the first word
    where no training row has a value.

    Median and frequency are taken over the rows `train` (indices) alone: other rows would leak into training.
    """
    has_gap = np.isnan(source.x).reshape(len(source.x), -1).any(0)  # (inputs,)
    if not has_gap.any():
        return source
    x = source.x.copy()  # (rows, inputs); the source is shared by the data set cache
    in_category = np.zeros(x.shape[1], bool)  # (inputs,)
    for start, stop in source.gaps:
        in_category[start:stop] = True
        if has_gap[start]:  # a missing category is NaN in all of its one-hot inputs
            missing = np.isnan(x[:, start])  # (rows,)
            counts = np.nansum(x[train, start:stop], 0)  # (words,)
            x[missing, start:stop] = np.arange(stop - start) == counts.argmax()
    for column in np.flatnonzero(has_gap & ~in_category):
        present = x[train, column]
        present = present[~np.isnan(present)]  # (training rows with a value,)
        x[np.isnan(x[:, column]), column] = np.median(present) if len(present) else 0.0
    return replace(source, x=x)
