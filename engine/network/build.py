"""Build a torch network with initial weights from an experiment."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from engine.data.prepare import at
from engine.errors import InvalidExperiment, shown
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.network.weights import matrices
from engine.parts.activations.identity import Identity
from engine.parts.blocks import Block, Shape, Weight
from engine.parts.blocks.dense import Dense
from engine.parts.initializers import Initializer


@dataclass(frozen=True)
class Stage:
    """One block at its place: its name, unique in the network, its module and the shapes around it.

    `other` is the place of the earlier stage whose output the module takes beside its input; −1 for none. `shared`
    says that the module belongs to an earlier stage, whose `block` it then is; `kind` is that of the block that stands
    here.
    """

    name: str
    kind: str
    block: Block
    module: nn.Module
    in_shape: Shape
    out_shape: Shape
    other: int = -1
    shared: bool = False

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The weights that this stage adds to the network."""
        return () if self.shared else self.block.weights(self.module)

    @property
    def is_head(self) -> bool:
        """Whether this is an auxiliary output."""
        return self.block.is_head and not self.shared

    @property
    def parameters(self) -> int:
        """The number of parameters that this stage adds to the network."""
        return 0 if self.shared else sum(p.numel() for p in self.module.parameters())


class Network(nn.Module):
    """A sequence of blocks, some of which refer to earlier ones, and the dense output layer.

    Shape: (batch, *in_shape) → (batch, outputs), followed by the flattened outputs of auxiliary heads, in order
    """

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        super().__init__()
        self.stages = stages
        self.modules_in_order = nn.ModuleList(stage.module for stage in stages)
        self.has_references = any(stage.other >= 0 for stage in stages)
        self.head_positions = tuple(place for place, stage in enumerate(stages) if stage.is_head)

    def forward(self, x: Tensor) -> Tensor:
        if self.head_positions:
            found = self.outputs(x)
            heads = [found[position].flatten(1) for position in self.head_positions]  # (batch, numbers) each
            return torch.cat([found[-1], *heads], 1)
        if self.has_references:
            return self.outputs(x)[-1]
        for stage in self.stages:
            x = stage.module(x)
        return x

    def outputs(self, x: Tensor) -> list[Tensor]:
        """The output of each stage, in order, (batch, *out_shape)."""
        found: list[Tensor] = []
        for stage in self.stages:
            if stage.is_head:
                found.append(stage.module(x if stage.other < 0 else found[stage.other]))
                continue
            x = stage.module(x) if stage.other < 0 else stage.module(x, found[stage.other])
            found.append(x)
        return found

    def observe(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The outputs of the network, and those of each observed layer."""
        found = self.outputs(x)
        return found[-1], tuple(out for out, stage in zip(found, self.stages, strict=True) if stage.block.observed)

    def train(self, mode: bool = True) -> Network:
        """Training or evaluation mode, as torch has it. Its own walk is a tenth of a frame: every module's attribute is
        set with checks that a bool need not pass."""
        for module in self.everywhere:
            module.__dict__["training"] = mode
        return self

    @cached_property
    def everywhere(self) -> tuple[nn.Module, ...]:
        """All modules, the network included. Walking the tree at each change of mode would be slow."""
        return tuple(self.modules())

    @property
    def members(self) -> tuple[Network, ...]:
        """The members of an ensemble; of a single network itself."""
        return (self,)

    @property
    def observed(self) -> tuple[Stage, ...]:
        """The stages whose outputs the activation probes read."""
        return tuple(stage for stage in self.stages if stage.block.observed)

    @property
    def weighted(self) -> tuple[Stage, ...]:
        """The stages with weights."""
        return tuple(stage for stage in self.stages if stage.weights)

    @property
    def transposed(self) -> tuple[int, ...]:
        """Which of all `select_weights()` have their units along the second axis."""
        axes = {id(weight.tensor): weight.unit_axis for stage in self.stages for weight in stage.weights}
        return tuple(place for place, weight in enumerate(self.select_weights()) if axes[id(weight)] == 1)

    def select_weights(self, chosen: tuple[str, ...] = ()) -> list[Tensor]:
        """The weights that L1 and L2 act on: all but biases and normalization gains; of some layers, if they are named
        by number or label. A number or "output" means that layer, even where a block has it as its label.

        Raises: InvalidExperiment for a layer that is not there, has no such weights, or is named twice, and for a label
        that two of them have.
        """
        if not chosen:
            return list(matrices(weight for stage in self.stages for weight in stage.weights).values())
        named = {s.block.label: s for s in self.stages if s.block.label and not s.shared}
        numbered = {stage.name.split(" ")[0]: stage for stage in self.stages}
        named, found = named | numbered, dict[int, Tensor]()
        for name in chosen:
            if name not in named:
                hint = Message("layers: {names}", names=list(named))
                raise InvalidExperiment("", Message("numbers or labels of layers"), shown(name), hint)
            if name not in numbered and sum(s.block.label == name and not s.shared for s in self.stages) > 1:
                raise InvalidExperiment("", Message("a label that one block has"), shown(name))
            own = matrices(named[name].block.weights(named[name].module))
            if not own:
                raise InvalidExperiment("", Message("layers with weights, which biases and gains are not"), shown(name))
            if own.keys() & found.keys():
                raise InvalidExperiment("", Message("every layer at most once"), shown(name))
            found |= own
        return list(found.values())


def assemble(experiment: Experiment, in_shape: Shape, outputs: int, heads: Mapping[int, int] | None = None) -> Network:
    """The network on the meta device: shapes without numbers. `heads`: the outputs of each head, by its place; those
    not named have as many as the network.

    Raises: InvalidExperiment naming the block that does not fit, or the penalty that names a layer it cannot act on,
    with what it expected and what it got.
    """
    head = Dense(width=outputs, activation=Identity())
    stages: list[Stage] = []
    whole = in_shape
    with torch.device("meta"):
        for place, block in enumerate((*experiment.network, head)):
            is_head = place == len(experiment.network)
            where = "$.network (output layer)" if is_head else f"$.network[{place}] ({block.name()})"
            name = "output" if is_head else f"{place + 1} {block.name()}"
            if block.is_head:
                goal = whole if block.reconstructs else ((heads or {}).get(place, outputs),)
                stages.append(end(name, block, in_shape, where, stages, goal))
                continue
            stages.append(stage(name, block, in_shape, where, stages))
            in_shape = stages[-1].out_shape
    network = Network(tuple(stages))
    for place, rule in enumerate(experiment.regularizers):
        with at(f"$.regularizers[{place}] ({rule.name()})"):
            network.select_weights(rule.chosen)
    return network


def stage(name: str, block: Block, in_shape: Shape, where: str, before: list[Stage]) -> Stage:
    """One block built for `in_shape` on the meta device."""
    other = place_of(block, where, before)
    reached = None
    if other >= 0:
        earlier = before[other]
        if block.shares and earlier.block.refers and not earlier.block.reference_optional:
            raise InvalidExperiment(f"{where}.of", Message("a block that takes its input alone"), earlier.block.name())
        reached = earlier.in_shape if block.shares else earlier.out_shape
    try:
        module = block.build(in_shape, reached)
    except InvalidExperiment as error:
        raise error.at(where) from error
    if block.shares:
        return Stage(
            name,
            block.name(),
            before[other].block,
            before[other].module,
            in_shape,
            before[other].out_shape,
            shared=True,
        )
    inputs = [torch.empty(2, *shape) for shape in (in_shape, reached) if shape is not None]
    with torch.no_grad():
        out = module.eval()(*inputs)
    module.train()
    return Stage(name, block.name(), block, module, in_shape, tuple(out.shape[1:]), other)


def end(name: str, block: Block, in_shape: Shape, where: str, before: list[Stage], goal: Shape) -> Stage:
    """A block that stands aside, built on the meta device for what it reads and what it aims at."""
    other = place_of(block, where, before)
    read = in_shape if other < 0 else before[other].out_shape
    try:
        module = block.build(read, goal)
    except InvalidExperiment as error:
        raise error.at(where) from error
    return Stage(name, block.name(), block, module, read, goal, other)


def place_of(block: Block, where: str, before: list[Stage]) -> int:
    """Where the block that this one refers to stands; −1 if it refers to none. Raises: InvalidExperiment."""
    if not block.refers or (block.reference_optional and block.reference == ""):
        return -1
    labels = [stage.block.label for stage in before if not stage.shared]
    if block.reference == "" or block.reference not in labels:
        known = [label for label in labels if label] or Message("none has one yet")
        hint = Message("labels: {labels}", labels=known)
        raise InvalidExperiment(f"{where}.of", Message("the label of an earlier block"), shown(block.reference), hint)
    if labels.count(block.reference) > 1:
        raise InvalidExperiment(f"{where}.of", Message("a label that one block has"), shown(block.reference))
    found = next(s for s in before if not s.shared and s.block.label == block.reference)
    return before.index(found)


def build(experiment: Experiment, in_shape: Shape, outputs: int, heads: Mapping[int, int] | None = None) -> Network:
    """The network with its first weights, on the CPU. They depend on the experiment's seed alone, not on the device."""
    network = assemble(experiment, in_shape, outputs, heads)
    network.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(experiment.seed)
    with torch.no_grad():
        for stage in network.stages:
            if not stage.shared:
                start(stage, stage.block.own_initializer or experiment.initializer, experiment.bias, generator)
    return network


def start(stage: Stage, initializer: Initializer, bias: float, generator: torch.Generator) -> None:
    """Gives a stage's parameters their first values, in place."""
    stage.block.reset(stage.module)
    for one in stage.block.biases(stage.module):
        one.tensor.fill_(one.multiple * bias)
    for weight in stage.weights:
        if weight.fan is not None:
            for piece in weight.tensor.chunk(weight.pieces):
                initializer.fill_(piece, weight.fan, generator)


def forward_flops(network: Network, in_shape: Shape) -> int:
    """Floating-point operations of the matrix products and convolutions for one example; an addition counts as one.

    Counted on the meta device, where recurrent blocks and attention are single products; elsewhere torch has kernels
    for the whole of them, which the counter does not see into.
    """
    counter = FlopCounterMode(display=False)
    twin = weightless(network).eval()
    with counter, torch.no_grad():
        twin(torch.zeros(1, *in_shape, device="meta"))
    return int(counter.get_total_flops())


def weightless(network: Network) -> Network:
    """A copy on the meta device: shapes without numbers."""
    memo: dict[int, Any] = {}
    for parameter in network.parameters():
        memo[id(parameter)] = nn.Parameter(torch.empty_like(parameter, device="meta"))
    for buffer in network.buffers():
        memo[id(buffer)] = torch.empty_like(buffer, device="meta")
    return copy.deepcopy(network, memo)


def named_tensors(network: Network) -> dict[str, Tensor]:
    """Weights and running statistics by name, on the CPU; where several networks answer together, by member too."""
    many = len(network.members) > 1
    return {
        f"{f'member_{place}.' if many else ''}{stage.name.replace(' ', '_')}.{key}": value.detach().cpu().contiguous()
        for place, member in enumerate(network.members, 1)
        for stage in member.stages
        for key, value in stage.module.state_dict().items()
    }
