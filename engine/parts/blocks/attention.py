from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, Weight, expect_sequence, find_module
from engine.parts.initializers import Fan


class Attention(Block):
    r"""Self-attention: softmax(QKᵀ / √d) V in several heads, of x plus its positions.

    Every step looks at every other; positions are sines and cosines of the step, since the sum has no order.

    Formula: \mathrm{softmax}\!\left( \frac{Q K^{\top}}{\sqrt d} \right) V, \qquad Q = W_Q x,\; K = W_K x,\; V = W_V x

    Use: Sequences in which far things belong together; add its input to its output and normalize, as transformers do.

    Trouble: Costs the square of the length. Without positions the order of the steps is lost; alone, with a large
    rate, it learns badly: warm up.

    Shape: unchanged, (batch, time, features); the heads must divide the features.

    Source: Vaswani et al., Attention is all you need, 2017.
    """

    rank: ClassVar[int] = 24
    observed: ClassVar[bool] = True
    pairs_steps: ClassVar[bool] = True
    kind: Literal["attention"] = "attention"
    heads: int = hparam(1, "How many heads.", ge=1, le=64)
    positions: bool = hparam(True, "Add the positions to x before it is looked at.")

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        time, features = expect_sequence(in_shape)
        if features % self.heads:
            raise InvalidExperiment("", Message("features that {n} heads divide", n=self.heads), features)
        return SelfAttention(time, features, self.heads, self.positions)

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        inner = find_module(module, nn.MultiheadAttention)
        features = inner.embed_dim
        names = (" · queries", " · keys", " · values")
        # (3 · features, features): each of the three is drawn by itself, as if torch did not stack them
        stacked = Weight(inner.in_proj_weight, Fan(features, features), len(names), names)
        return (stacked, Weight(inner.out_proj.weight, Fan(features, features), kinds=(" · output",)))


class SelfAttention(nn.Module):
    """Multi-head self-attention, torch's own, with sinusoidal positions.

    Shape: (batch, time, features), unchanged
    """

    def __init__(self, time: int, features: int, heads: int, positions: bool) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(features, heads, batch_first=True)
        self.size = (time, features) if positions else None

    def forward(self, x: Tensor) -> Tensor:
        if self.size:  # computed in every pass: a buffer would lose its numbers when the network leaves the meta device
            x = x + compute_positions(*self.size, x.device).to(x.dtype)  # (batch, time, features)
        # asked for no weights, torch takes scaled_dot_product_attention: half the time at 128 steps on a CPU
        out: Tensor = self.inner(x, x, x, need_weights=False)[0]  # (batch, time, features)
        return out


def compute_positions(time: int, features: int, device: torch.device) -> Tensor:
    """Sinusoidal positions: sin and cos of t / 10000^(2i / features) in turn, (time, features).

    Source: Vaswani et al., Attention is all you need, 2017, section 3.5.
    """
    step = torch.arange(time, device=device, dtype=torch.float32)[:, None]  # (time, 1)
    pair = torch.arange(0, features, 2, device=device, dtype=torch.float32)  # (⌈features / 2⌉,)
    angle = step / 10_000 ** (pair / features)  # (time, ⌈features / 2⌉)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[:, :features]  # of odd features the last cos is cut
