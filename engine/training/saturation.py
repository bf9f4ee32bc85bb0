"""Which outputs come from a flat end of the activation that made them."""

from __future__ import annotations

from torch import Tensor

from engine.network.build import Network, Stage
from engine.numerics.recurrent import Recurrent
from engine.parts.activations import FLAT
from engine.parts.blocks import last
from engine.training import gates
from engine.training.forward_trace import Inside


def saturated(network: Network, inside: Inside) -> tuple[Tensor | None, ...]:
    """For every observed stage; None for one without an activation."""
    passed = zip(network.stages, inside.taken, inside.given, inside.entered, strict=True)
    return tuple(flat(stage, x, h, z) for stage, x, h, z in passed if stage.block.observed)


def flat(stage: Stage, x: Tensor, h: Tensor, z: Tensor | None) -> Tensor | None:
    """Of one stage that takes x and gives h; z is what its activation was applied to. A recurrent one's is the one that
    made its outputs: f of a plain one; tanh of the cell of an LSTM, which the output gate lets out; tanh of the new
    value of a GRU."""
    module = stage.module
    if isinstance(module, Recurrent):
        inner = module.inner
        if inner.mode in gates.NAMES:
            made = gates.squashed(inner, x[: gates.EXAMPLES], module.whole)
            return 1 - made**2 < FLAT
        return h <= 0 if inner.mode == "RNN_RELU" else 1 - h**2 < FLAT
    applied = stage.block.applies
    return applied.saturated(z, last(stage.module)) if applied and z is not None else None
