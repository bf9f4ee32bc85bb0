"""The network of an experiment as source: a module class, and where its weights start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.export.program.construct import Constructions
from engine.export.program.inliner import Inliner
from engine.export.program.method import inline_method
from engine.network.build import Network, Stage, assemble
from engine.parts.blocks import format_shape
from engine.parts.initializers import Initializer


class ModelWriter:
    """Writes the network as a torch module; it is built on the meta device to see its shapes."""

    def __init__(self, experiment: Experiment, prepared: Prepared, inliner: Inliner) -> None:
        self.experiment, self.inliner, self.in_shape = experiment, inliner, prepared.in_shape
        self.made = Constructions()
        given = prepared.in_shape, prepared.source.outputs, prepared.heads
        self.network: Network = self.made.record(lambda: assemble(experiment, *given))
        self.attributes = [self.name_stage(stage) for stage in self.network.stages]

    def name_stage(self, stage: Stage) -> str:
        """The attribute of a stage: `dense_1`."""
        if stage.shared:
            return self.name_stage(next(s for s in self.network.stages if s.module is stage.module))
        if stage.name == "output":
            return "output"
        number, kind = stage.name.split(" ", 1)
        return f"{re.sub(r'[^a-z0-9_]', '_', kind.lower())}_{number}"

    def list_module_paths(self) -> dict[int, str]:
        """The path of each module by its id: `model.dense_1[0]`."""
        found: dict[int, str] = {}
        for stage, attribute in zip(self.network.stages, self.attributes, strict=True):
            if not stage.shared:
                for name, module in stage.module.named_modules():
                    found[id(module)] = f"model.{attribute}" + "".join(
                        f"[{step}]" if step.isdecimal() else f".{step}" for step in name.split(".") if step
                    )
        return found

    def list_tensor_paths(self) -> dict[int, str]:
        """The path of each parameter by its id: `model.dense_1[0].weight`."""
        paths = self.list_module_paths()
        return {
            id(parameter): f"{paths[id(module)]}.{name}"
            for module in self.network.modules()
            if id(module) in paths
            for name, parameter in module.named_parameters(recurse=False)
        }

    def write_class(self) -> str:
        """The class of the network."""
        into, outputs = ", ".join(map(str, self.in_shape)), self.outputs
        lines = [
            "class Network(nn.Module):",
            f'    """Shape: (batch, {into}) → (batch, {outputs})"""',
            "",
            "    def __init__(self):",
            "        super().__init__()",
        ]
        self.inliner.inline_name("engine.export.program.names", "nn")
        for stage, attribute in zip(self.network.stages, self.attributes, strict=True):
            if not stage.shared:
                lines.append(f"        self.{attribute} = {self.made.write_call(stage.module, self.inliner)}")
        lines += ["", "    def forward(self, x):", *self.write_forward(), f"        return {self.returned}"]
        return "\n".join(lines) + "\n"

    @property
    def outputs(self) -> int:
        """The number of outputs for an example, those of all heads together."""
        shapes = [self.network.stages[index].out_shape for index in (-1, *self.network.head_positions)]
        return sum(prod(shape) for shape in shapes)

    @property
    def returned(self) -> str:
        """The expression that `forward` returns: the output, concatenated with those of the heads."""
        flat = [f"{self.attributes[index]}.flatten(1)" for index in self.network.head_positions]
        return f"torch.cat([{', '.join(['x', *flat])}], 1)" if flat else "x"

    def write_forward(self) -> Iterator[str]:
        """One line a block, the shape at its end; an output that is looked back at has a name of its own.

        An end reads and has a name of its own, and the network goes on from what came before it.
        """
        wanted = {stage.reference for stage in self.network.stages if stage.reference >= 0}
        names = {index: f"from_{self.attributes[index]}" for index in wanted}
        names |= {index: self.attributes[index] for index in self.network.head_positions}
        for index, (stage, attribute) in enumerate(zip(self.network.stages, self.attributes, strict=True)):
            given = f"x, {names[stage.reference]}" if stage.reference >= 0 else "x"
            target = f"{names[index]} = x" if index in names else "x"
            if index in self.network.head_positions:
                given, target = names.get(stage.reference, "x"), names[index]
            shape = format_shape(stage.out_shape).replace(" × ", ", ")
            yield f"        {target} = self.{attribute}({given})  # (batch, {shape})"

    def write_initialization(self) -> str:
        """The function that builds the network and draws its initial weights."""
        bagged = self.experiment.ensemble is not None
        lines = [
            "def network(seed):" if bagged else "def network():",
            '    """The network with its first weights; they depend on the seed alone."""',
            "    model = Network()",
            f"    generator = torch.Generator().manual_seed({'seed' if bagged else 'SEED'})",
            "    with torch.no_grad():",
        ]
        self.inliner.inline_name("engine.export.program.names", "torch")
        body = [f"        {line}" for line in (*self.write_biases(), *self.write_weights())]
        return "\n".join([*lines, *body, "    return model"]) + "\n"

    def write_biases(self) -> Iterator[str]:
        """The lines that initialize biases."""
        value, tensor_paths = self.experiment.bias, self.list_tensor_paths()
        if not value:
            yield "for name, parameter in model.named_parameters():"
            yield '    if "bias" in name:'
            yield "        parameter.zero_()"
            return
        for stage in self.network.stages:
            for one in () if stage.shared else stage.block.get_biases(stage.module):
                yield f"{tensor_paths[id(one.tensor)]}.fill_({one.multiple * value})"

    def write_weights(self) -> Iterator[str]:
        """The lines that initialize weights, in the order in which the engine draws them."""
        for stage in self.network.stages:
            yield from self.write_stage_weights(stage, stage.block.initializer_override or self.experiment.initializer)

    def write_stage_weights(self, stage: Stage, initializer: Initializer) -> Iterator[str]:
        """The lines for one stage; gates and pieces of one stacked tensor in a loop."""
        tensor_paths = self.list_tensor_paths()
        for weight in stage.weights:
            if weight.fan is None:
                continue
            function = inline_method(self.inliner, initializer, "fill_", f"{initializer.name()}_")
            fan_type, expression = (
                self.inliner.inline_name("engine.parts.initializers", "Fan"),
                tensor_paths[id(weight.tensor)],
            )
            fan = f"{fan_type}({weight.fan.fan_in}, {weight.fan.fan_out})"
            if weight.pieces == 1:
                yield f"{function}({expression}, {fan}, generator)"
            else:
                yield f"for piece in {expression}.chunk({weight.pieces}):"
                yield f"    {function}(piece, {fan}, generator)"

    def list_penalized(self, chosen: tuple[str, ...] = ()) -> list[str]:
        """The penalized weights as source; those of some layers, if they are named."""
        tensor_paths = self.list_tensor_paths()
        return [tensor_paths[id(weight)] for weight in self.network.select_weights(chosen)]
