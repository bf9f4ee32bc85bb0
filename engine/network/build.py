"""Build a torch network with initial weights from an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from engine.data.prepare import locate_errors
from engine.errors import InvalidExperiment, abbreviate
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.network.weights import select_matrices
from engine.parts.activations.identity import Identity
from engine.parts.blocks import Block, Shape, Weight
from engine.parts.blocks.dense import Dense
from engine.parts.initializers import Initializer


@dataclass(frozen=True)
class Stage:
    """One block of a network, built: its module, and the shapes of an example before and after it.

    `name`: unique in the network. `reference`: the index of the earlier stage whose output the module takes; −1 for
    none. `shared`: the module belongs to an earlier stage, and so does `block`; `kind` is that of the block that the
    experiment has here.
    """

    name: str
    kind: str
    block: Block
    module: nn.Module
    in_shape: Shape
    out_shape: Shape
    reference: int = -1
    shared: bool = False

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The weights that this stage adds to the network."""
        return () if self.shared else self.block.get_weights(self.module)

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

    Shape: (batch, *in_shape) → (batch, outputs), and of each auxiliary head its flattened outputs after those, in order
    """

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        super().__init__()
        self.stages = stages
        self.modules_in_order = nn.ModuleList(stage.module for stage in stages)
        self.has_references = any(stage.reference >= 0 for stage in stages)
        self.head_positions = tuple(index for index, stage in enumerate(stages) if stage.is_head)

    def forward(self, x: Tensor) -> Tensor:
        if self.head_positions:
            outputs = self.compute_outputs(x)
            heads = [outputs[position].flatten(1) for position in self.head_positions]  # (batch, numbers) each
            return torch.cat([outputs[-1], *heads], 1)
        if self.has_references:
            return self.compute_outputs(x)[-1]
        for stage in self.stages:  # holds one output at a time, where no gradient needs the others
            x = stage.module(x)
        return x

    def compute_outputs(self, x: Tensor) -> list[Tensor]:
        """The output of each stage, in order, (batch, *out_shape)."""
        outputs: list[Tensor] = []
        for stage in self.stages:
            if stage.is_head:  # x stays what it is: the next stage takes what this one took
                outputs.append(stage.module(x if stage.reference < 0 else outputs[stage.reference]))
                continue
            x = stage.module(x) if stage.reference < 0 else stage.module(x, outputs[stage.reference])
            outputs.append(x)
        return outputs

    def observe(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The outputs of the network, (batch, outputs), and of each observed stage, (batch, *out_shape)."""
        outputs = self.compute_outputs(x)
        return outputs[-1], tuple(out for out, stage in zip(outputs, self.stages, strict=True) if stage.block.observed)

    def train(self, mode: bool = True) -> Network:
        """Set training or evaluation mode, as `torch.nn.Module.train` does."""
        # nn.Module.train takes a tenth of a frame: its __setattr__ checks whether the bool is a module or a tensor
        for module in self.all_modules:
            module.__dict__["training"] = mode
        return self

    @cached_property
    def all_modules(self) -> tuple[nn.Module, ...]:
        """All modules, the network included; kept, since walking the tree at each change of mode would be slow."""
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
    def transposed_weights(self) -> tuple[int, ...]:
        """The indices of those `select_weights()` that have their units along the second axis."""
        axes = {id(weight.tensor): weight.unit_axis for stage in self.stages for weight in stage.weights}
        return tuple(index for index, weight in enumerate(self.select_weights()) if axes[id(weight)] == 1)

    def select_weights(self, chosen: tuple[str, ...] = ()) -> list[Tensor]:
        """The weights that L1 and L2 act on: all but biases and normalization gains.

        `chosen`: the layers whose weights are wanted, by number or label; empty for all. A number or "output" means
        that layer, even where a block has it as its label. A shared weight comes once.

        Raises: InvalidExperiment for a layer that is not there, has no such weights, or is named twice, and for a label
        that two of them have.
        """
        if not chosen:
            return list(select_matrices(weight for stage in self.stages for weight in stage.weights).values())
        named = {s.block.label: s for s in self.stages if s.block.label and not s.shared}
        numbered = {stage.name.split(" ")[0]: stage for stage in self.stages}
        named, found = named | numbered, dict[int, Tensor]()
        for name in chosen:
            if name not in named:
                hint = Message("layers: {names}", names=list(named))
                raise InvalidExperiment("", Message("numbers or labels of layers"), abbreviate(name), hint)
            if name not in numbered and sum(s.block.label == name and not s.shared for s in self.stages) > 1:
                raise InvalidExperiment("", Message("a label that one block has"), abbreviate(name))
            matrices = select_matrices(named[name].block.get_weights(named[name].module))
            if not matrices:
                expected = Message("layers with weights, which biases and gains are not")
                raise InvalidExperiment("", expected, abbreviate(name))
            if matrices.keys() & found.keys():
                raise InvalidExperiment("", Message("every layer at most once"), abbreviate(name))
            found |= matrices
        return list(found.values())


def assemble(experiment: Experiment, in_shape: Shape, outputs: int, heads: Mapping[int, int] | None = None) -> Network:
    """Build the network on the meta device: shapes without numbers.

    `in_shape`: that of an example. `heads`: the number of outputs of each head, by the index of its block; those not
    named have as many as the network.

    Raises: InvalidExperiment naming the block that does not fit, or the penalty that names a layer it cannot act on,
    with what it expected and what it got.
    """
    output = Dense(width=outputs, activation=Identity())  # logits, or real numbers: the loss has the rest
    stages: list[Stage] = []
    example_shape = in_shape
    with torch.device("meta"):
        for index, block in enumerate((*experiment.network, output)):
            is_output = index == len(experiment.network)
            where = "$.network (output layer)" if is_output else f"$.network[{index}] ({block.name()})"
            name = "output" if is_output else f"{index + 1} {block.name()}"
            if block.is_head:
                target_shape = example_shape if block.reconstructs else ((heads or {}).get(index, outputs),)
                stages.append(build_head(name, block, in_shape, where, stages, target_shape))
                continue
            stages.append(build_stage(name, block, in_shape, where, stages))
            in_shape = stages[-1].out_shape
    network = Network(tuple(stages))
    for index, rule in enumerate(experiment.regularizers):
        with locate_errors(f"$.regularizers[{index}] ({rule.name()})"):
            network.select_weights(rule.layer_names)
    return network


def build_stage(name: str, block: Block, in_shape: Shape, where: str, before: list[Stage]) -> Stage:
    """Build a block for `in_shape`, on the device that is torch's default.

    Raises: InvalidExperiment at `where` if the input or the reference does not fit.
    """
    reference = find_reference(block, where, before)
    referred_shape = None
    if reference >= 0:
        earlier = before[reference]
        if block.shares and earlier.block.refers and not earlier.block.reference_optional:
            raise InvalidExperiment(f"{where}.of", Message("a block that takes its input alone"), earlier.block.name())
        referred_shape = earlier.in_shape if block.shares else earlier.out_shape
    try:
        module = block.build(in_shape, referred_shape)
    except InvalidExperiment as error:
        raise error.relocate(where) from error
    if block.shares:
        return Stage(
            name,
            block.name(),
            before[reference].block,
            before[reference].module,
            in_shape,
            before[reference].out_shape,
            shared=True,
        )
    # the output's shape is found by a pass, so that no block has to repeat the arithmetic of its module
    inputs = [torch.empty(2, *shape) for shape in (in_shape, referred_shape) if shape is not None]
    with torch.no_grad():
        out = module.eval()(*inputs)  # (2, *out_shape)
    module.train()
    return Stage(name, block.name(), block, module, in_shape, tuple(out.shape[1:]), reference)


def build_head(name: str, block: Block, in_shape: Shape, where: str, before: list[Stage], target_shape: Shape) -> Stage:
    """Build an auxiliary head for the shapes of what it reads and of its target, on torch's default device.

    Raises: InvalidExperiment at `where` if the input or the reference does not fit.
    """
    reference = find_reference(block, where, before)
    read_shape = in_shape if reference < 0 else before[reference].out_shape
    try:
        module = block.build(read_shape, target_shape)
    except InvalidExperiment as error:
        raise error.relocate(where) from error
    return Stage(name, block.name(), block, module, read_shape, target_shape, reference)


def find_reference(block: Block, where: str, before: list[Stage]) -> int:
    """The index of the stage that `block` refers to; −1 if it refers to none.

    Raises: InvalidExperiment if no earlier block has the label, or several.
    """
    if not block.refers or (block.reference_optional and block.reference == ""):
        return -1
    labels = [stage.block.label for stage in before if not stage.shared]
    if block.reference == "" or block.reference not in labels:
        known = [label for label in labels if label] or Message("none has one yet")
        hint = Message("labels: {labels}", labels=known)
        expected = Message("the label of an earlier block")
        raise InvalidExperiment(f"{where}.of", expected, abbreviate(block.reference), hint)
    if labels.count(block.reference) > 1:
        raise InvalidExperiment(f"{where}.of", Message("a label that one block has"), abbreviate(block.reference))
    return next(i for i, s in enumerate(before) if not s.shared and s.block.label == block.reference)


def build(experiment: Experiment, in_shape: Shape, outputs: int, heads: Mapping[int, int] | None = None) -> Network:
    """Build the network with its initial weights, on the CPU: they depend on the experiment's seed alone.

    Arguments and errors: as of `assemble`.
    """
    network = assemble(experiment, in_shape, outputs, heads)
    network.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(experiment.seed)
    with torch.no_grad():
        for stage in network.stages:
            if not stage.shared:
                initialize_(
                    stage, stage.block.initializer_override or experiment.initializer, experiment.bias, generator
                )
    return network


def initialize_(stage: Stage, initializer: Initializer, bias: float, generator: torch.Generator) -> None:
    """Give a stage's parameters their initial values, in place; weights are drawn in the order of `Stage.weights`."""
    stage.block.reset(stage.module)
    for one in stage.block.get_biases(stage.module):
        one.tensor.fill_(one.multiple * bias)
    for weight in stage.weights:
        if weight.fan is not None:  # else a gain, which reset has set to 1
            for piece in weight.tensor.chunk(weight.pieces):  # gates, projections or pieces: a draw each
                initializer.fill_(piece, weight.fan, generator)


def collect_tensors(network: Network) -> dict[str, Tensor]:
    """Parameters and running statistics by name, `1_dense.0.weight`, on the CPU; of an ensemble after `member_1.`.

    Contiguous, as safetensors demands.
    """
    many = len(network.members) > 1
    return {
        f"{f'member_{number}.' if many else ''}{stage.name.replace(' ', '_')}.{key}": value.detach().cpu().contiguous()
        for number, member in enumerate(network.members, 1)
        for stage in member.stages
        for key, value in stage.module.state_dict().items()
    }
