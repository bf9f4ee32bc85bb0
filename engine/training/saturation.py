"""Saturation: which outputs come from a flat end of the activation."""

from __future__ import annotations

from torch import Tensor

from engine.network.build import Network
from engine.training.forward_trace import ForwardTrace


def find_saturated(network: Network, trace: ForwardTrace) -> tuple[Tensor | None, ...]:
    """A mask for each observed stage; None for one without an activation."""
    stages = zip(network.stages, trace.inputs, trace.outputs, trace.pre_activations, strict=True)
    return tuple(stage.block.find_saturated(stage.module, x, h, z) for stage, x, h, z in stages if stage.block.observed)
