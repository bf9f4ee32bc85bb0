"""Networks in which every block comes after every other, with a reshape between two where it must be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment
from engine.network.build import Stage, build_head, build_stage
from engine.parts.blocks import Block, Shape

Document = dict[str, Any]
FIELDS: dict[str, list[Document]] = {
    "dense": [{"width": 8}, {"width": 5, "activation": {"kind": "gelu"}}],
    "maxout": [{"width": 8}],
    "conv1d": [{"filters": 2, "border": "same", "activation": {"kind": "silu"}}],
    "conv2d": [{"filters": 2, "border": "same", "activation": {"kind": "prelu"}}],
    "transposed_conv2d": [{"filters": 2, "activation": {"kind": "leaky_relu"}}],
    "rnn": [{"units": 2}, {"units": 2, "output": "sequence", "nonlinearity": "relu"}],
    "lstm": [{"units": 2}, {"units": 1, "output": "sequence", "bidirectional": True}],
    "gru": [{"units": 2, "output": "sequence"}],
    "embedding": [{"rows": 4, "width": 2}],
    "activation": [{"function": {"kind": "tanh"}}],
    "head": [{}, {"of": "?"}],
    "reconstruct": [{}],
    "detach": [{}, {"of": "?"}],
    "add": [{"of": "?"}],
    "concatenate": [{"of": "?"}],
    "branch": [{"of": "?"}],
    "shared": [{"of": "?"}],
    "reshape": [{"channels": 2, "height": 2, "width": 2}, {"channels": 2, "height": 0, "width": 4}],
}
"""What is not said is as the block has it. A reference of "?" goes to an earlier block that fits."""
LONGEST, WIDEST = 32, 96
FORMS: list[Document] = [
    {"kind": "flatten"},
    {"kind": "reshape", "channels": 2, "height": 0, "width": 4},
    {"kind": "reshape", "channels": 2, "height": 2, "width": 2},
]
"""Eight numbers as a vector, a sequence and an image."""
VARIANTS: list[Document] = [
    {"kind": kind, **fields} for kind in sorted(catalogue(Block)) for fields in FIELDS.get(kind, [{}])
]


@dataclass
class Chain:
    """A network that grows block by block on the meta device."""

    start: Shape
    outputs: int
    network: list[Document] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    shape: Shape = ()

    def __post_init__(self) -> None:
        self.shape = self.start

    def grow(self, document: Document) -> bool:
        """Puts a block at the end, if it fits there."""
        document = {**document, "label": f"b{len(self.network)}"}
        if document.get("of") == "?" and not self.refer(document):
            return False
        block = catalogue(Block)[document["kind"]].model_validate(document)
        name = f"{len(self.network) + 1} {block.name()}"
        try:
            with torch.device("meta"):
                if block.is_head:
                    goal = self.start if block.name() == "reconstruct" else (self.outputs,)
                    self.stages.append(build_head(name, block, self.shape, "", self.stages, goal))
                else:
                    self.stages.append(build_stage(name, block, self.shape, "", self.stages))
                    self.shape = self.stages[-1].out_shape
        except InvalidExperiment:
            return False
        self.network.append(document)
        return True

    def refer(self, document: Document) -> bool:
        """Names the newest block that fits: one whose output has this shape, or, to be shared, whose input has."""
        for one in reversed(self.stages):
            if one.shared or one.block.is_head:
                continue
            shape = one.in_shape if document["kind"] == "shared" else one.out_shape
            if shape == self.shape and not (document["kind"] == "shared" and one.block.refers):
                document["of"] = one.block.label
                return True
        return False

    def reach(self, document: Document) -> bool:
        """The same, after what brings the numbers into a shape that fits."""
        if prod(self.shape) <= WIDEST and self.grow(document):
            return True
        kept, shape = len(self.network), self.shape
        eight: list[Document] = [] if prod(shape) == 8 else [{"kind": "flatten"}, {"kind": "dense", "width": 8}]
        for form in FORMS:
            for labelled in ([], [{"kind": "activation"}]):  # something that a reference can name
                if all(self.grow(block) for block in (*eight, form, *labelled, document)):
                    return True
                del self.network[kept:], self.stages[kept:]
                self.shape = shape
        return False


def chains(start: Shape, outputs: int, wanted: set[tuple[int, int]], seed: int) -> Iterator[Chain]:
    """Chains over the pairs of variants that are wanted; each is in one of them, in that order. What fits nowhere stays
    in `wanted`."""
    draw = random.Random(seed)
    tried: set[tuple[int, int]] = set()
    while wanted - tried:
        first = draw.choice(sorted(wanted - tried))[0]
        chain = Chain(start, outputs)
        if not chain.reach(VARIANTS[first]):
            tried |= {pair for pair in wanted if pair[0] == first}
            continue
        last = first
        while len(chain.network) < LONGEST:
            nexts = [b for a, b in sorted(wanted - tried) if a == last]
            draw.shuffle(nexts)
            place = next((b for b in nexts if chain.grow(VARIANTS[b])), None)
            if place is None:
                place = next((b for b in nexts if chain.reach(VARIANTS[b])), None)
            if place is None:
                tried |= {(last, b) for b in nexts}
                break
            wanted.discard((last, place))
            chain.pairs.append((last, place))
            last = place
        if len(chain.shape) > 1:
            chain.grow({"kind": "flatten"})
        yield chain
