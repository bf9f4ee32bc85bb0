"""The weights of a network's stages: which ones penalties act on, and the rows of the weight instruments."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from engine.parts.blocks import Weight


def matrices(weights: Iterable[Weight]) -> dict[int, Tensor]:
    """The matrices and filters, without the gains of normalizations, by id: a shared one comes once."""
    return {id(weight.tensor): weight.tensor for weight in weights if weight.fan is not None}


def rows(layer: str, weights: Iterable[Weight]) -> dict[str, list[int]]:
    """The rows of a layer by name, each with the indices of its parts: all of them first, then each kind by itself if
    there are several."""
    names = [kind for weight in weights for kind in weight.kinds]
    found = {layer: list(range(len(names)))}
    if len(set(names)) > 1:
        for index, name in enumerate(names):
            found.setdefault(f"{layer}{name}", []).append(index)
    return found
