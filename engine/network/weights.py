"""The weights of a network's stages: which ones penalties act on, and the rows of the weight instruments."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from engine.parts.blocks import Weight


def select_matrices(weights: Iterable[Weight]) -> dict[int, Tensor]:
    """The matrices and filters, without the gains of normalizations, by id: a shared one comes once."""
    # by id, since == compares tensors number by number
    return {id(weight.tensor): weight.tensor for weight in weights if weight.fan is not None}


def index_rows(layer: str, weights: Iterable[Weight]) -> dict[str, list[int]]:
    """The rows of a layer by name, each with the indices of its parts: first all of them together, then each kind by
    itself, if there are several."""
    kinds = [kind for weight in weights for kind in weight.kinds]
    rows = {layer: list(range(len(kinds)))}
    if len(set(kinds)) > 1:
        for index, kind in enumerate(kinds):
            rows.setdefault(f"{layer}{kind}", []).append(index)  # both directions of a layer are one row
    return rows
