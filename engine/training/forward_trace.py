"""A forward trace: inputs, outputs and pre-activations of every stage in one pass of the probe batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from engine.network.build import Network
from engine.parts.blocks import get_last_module


@dataclass(frozen=True)
class ForwardTrace:
    """Input, output and pre-activation of each stage, in order, (batch, …); None for a stage without an activation."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    pre_activations: tuple[Tensor | None, ...]


def trace_forward(network: Network, x: Tensor) -> ForwardTrace:
    """Trace one pass; of an ensemble, its first member's."""
    with record_inputs(network) as recorded:
        outputs = network.compute_outputs(x)
    inputs = []
    for stage, out in zip(network.stages, outputs, strict=True):
        inputs.append(outputs[stage.reference] if stage.is_head and stage.reference >= 0 else x)
        x = x if stage.is_head else out  # an auxiliary head passes its input on
    # a shared module is called once for each of its stages, in their order
    pre = [
        recorded[id(get_last_module(stage.module))].pop(0) if stage.block.output_activation else None
        for stage in network.stages
    ]
    return ForwardTrace(tuple(inputs), tuple(outputs), tuple(pre))


@contextmanager
def record_inputs(network: Network) -> Iterator[dict[int, list[Tensor]]]:
    """Record the inputs of each activation inside the context, by the module's id."""
    recorded: dict[int, list[Tensor]] = {}

    def record(module: nn.Module, args: tuple[Tensor, ...]) -> None:
        recorded[id(module)].append(args[0])

    modules = {
        id(get_last_module(stage.module)): get_last_module(stage.module)
        for stage in network.stages
        if stage.block.output_activation
    }
    recorded |= {key: [] for key in modules}
    handles = [module.register_forward_pre_hook(record) for module in modules.values()]
    try:
        yield recorded
    finally:
        for handle in handles:
            handle.remove()
