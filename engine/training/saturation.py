"""Which outputs come from a flat end of the activation that made them."""

from __future__ import annotations

from torch import Tensor

from engine.network.build import Network
from engine.training.forward_trace import Inside


def saturated(network: Network, inside: Inside) -> tuple[Tensor | None, ...]:
    """For every observed stage; None for one without an activation."""
    passed = zip(network.stages, inside.taken, inside.given, inside.entered, strict=True)
    return tuple(stage.block.saturated(stage.module, x, h, z) for stage, x, h, z in passed if stage.block.observed)
