"""Which tensors of a module are weights: neither biases nor the gains of normalizations."""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor, nn

from engine.blocks.maxout import Pieces
from engine.initializers import Fan
from engine.recurrent import gate_weights

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
TRANSPOSED = (nn.ConvTranspose2d,)


def weights_of(module: nn.Module) -> Iterator[tuple[Tensor, Fan]]:
    """The matrices and filters that a module itself holds, each gate's and piece's apart, with their fans."""
    if isinstance(module, Pieces):
        for weight in module.weight.chunk(module.pieces):
            yield weight, Fan(*reversed(weight.shape))
    elif isinstance(module, nn.Linear):
        yield module.weight, Fan(*reversed(module.weight.shape))
    elif isinstance(module, CONVOLUTIONS):
        out, into = (size * module.weight[0, 0].numel() for size in module.weight.shape[:2])
        yield module.weight, Fan(into, out // module.groups)
    elif isinstance(module, TRANSPOSED):
        into, out = (size * module.weight[0, 0].numel() for size in module.weight.shape[:2])
        yield module.weight, Fan(into / (math.prod(module.stride) * module.groups), out)
    elif isinstance(module, nn.RNNBase):
        for weight in gate_weights(module):
            yield weight, Fan(*reversed(weight.shape))
    elif isinstance(module, nn.Embedding):
        yield module.weight, Fan(module.weight.shape[1], module.weight.shape[1])
    elif isinstance(module, nn.MultiheadAttention):
        for weight in module.in_proj_weight.chunk(3):  # queries, keys, values
            yield weight, Fan(*reversed(weight.shape))


def matrices(module: nn.Module) -> dict[int, Tensor]:
    """The matrices and filters in a module, stacked ones whole, by their identity."""
    found = [weight for part in module.modules() for weight, _ in weights_of(part)]
    wholes = (weight if weight._base is None else weight._base for weight in found)
    return {id(whole): whole for whole in wholes}


def turned(module: nn.Module) -> tuple[int, ...]:
    """Which of the `matrices` have their units along the second axis, as torch keeps transposed convolutions."""
    there = {id(part.weight) for part in module.modules() if isinstance(part, TRANSPOSED)}
    return tuple(place for place, key in enumerate(matrices(module)) if key in there)
