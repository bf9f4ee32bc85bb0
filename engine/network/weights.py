"""Which tensors of a module are weights: neither biases nor the gains of normalizations; and which are watched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from engine.numerics.recurrent import gate_weights
from engine.parts.blocks.maxout import Pieces
from engine.parts.initializers import Fan

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
TRANSPOSED = (nn.ConvTranspose2d,)
NORMALIZED = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)


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
    return {key: weight for part in module.modules() for key, weight in held(part).items()}


def held(module: nn.Module) -> dict[int, Tensor]:
    """The same of a module without those inside it."""
    wholes = (weight if weight._base is None else weight._base for weight, _ in weights_of(module))
    return {id(whole): whole for whole in wholes}


def turned(module: nn.Module) -> tuple[int, ...]:
    """Which of the `matrices` have their units along the second axis, as torch keeps transposed convolutions."""
    there = {id(part.weight) for part in module.modules() if isinstance(part, TRANSPOSED)}
    return tuple(place for place, key in enumerate(matrices(module)) if key in there)


@dataclass(frozen=True)
class Watched:
    """A tensor that the weight instruments read, with the name of each of its equal parts along the first axis.

    A name says which of a layer's weights they are: " · input" or " · recurrent" of a recurrent layer (W and U), with
    the number of the layer if several are stacked; " · queries", " · keys", " · values" or " · output" of attention.
    A layer with one kind of weights only has no such names.
    """

    tensor: Tensor
    parts: tuple[str, ...] = ("",)

    def split(self, values: Tensor) -> Sequence[Tensor]:
        """`values`, of the tensor's shape, part by part."""
        return values.chunk(len(self.parts))


def watched(module: nn.Module) -> tuple[Watched, ...]:
    """Every weight of a layer: its matrices and filters, or a normalization's γ."""
    found: dict[int, Watched] = {}
    for part in module.modules():
        if isinstance(part, NORMALIZED):
            found[id(part.weight)] = Watched(part.weight)
        elif isinstance(part, nn.RNNBase):
            found |= {id(one.tensor): one for one in recurrent(part)}
        elif isinstance(part, nn.MultiheadAttention):
            found[id(part.in_proj_weight)] = Watched(part.in_proj_weight, (" · queries", " · keys", " · values"))
            found[id(part.out_proj.weight)] = Watched(part.out_proj.weight, (" · output",))
        else:
            own = {key: Watched(weight) for key, weight in held(part).items()}
            found |= {key: one for key, one in own.items() if key not in found}
    return tuple(found.values())


def recurrent(inner: nn.RNNBase) -> Iterator[Watched]:
    """W and U of each stacked layer; those of both directions have one name."""
    for name, weight in inner.named_parameters():
        if name.startswith("weight"):
            layer = int(name.split("_l")[1].split("_")[0]) + 1
            which = f" {layer}" if inner.num_layers > 1 else ""
            yield Watched(weight, (f"{which} · {'input' if name.startswith('weight_ih') else 'recurrent'}",))


def rows(layer: str, weights: Iterable[Watched]) -> dict[str, list[int]]:
    """The rows of one layer by name, each with the places of the parts that it takes together: all of them first, then
    each kind apart if there are several."""
    names = [part for one in weights for part in one.parts]
    found = {layer: list(range(len(names)))}
    if len(set(names)) > 1:
        for place, name in enumerate(names):
            found.setdefault(f"{layer}{name}", []).append(place)
    return found
