"""What torch's kernels for a CPU keep and take, told on the meta device, where torch has other ones.

On the meta device attention is made of products and a softmax, and recurrent layers of single steps; on a CPU attention
keeps no scores, and an LSTM works in a buffer of its own. The numbers of the recurrent kernels were measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

RECURRENT: dict[Any, str] = {torch.lstm: "lstm", torch.gru: "gru", torch.rnn_tanh: "rnn", torch.rnn_relu: "rnn"}
STEPS = {"gru": (7, 3), "rnn": (1, 1)}  # numbers that each step keeps for a unit, and gates of which the input is seen


class KernelMemory(TorchFunctionMode):
    """While it is entered, attention and recurrent layers on the meta device take what they take on a CPU."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func is nn.functional.multi_head_attention_forward and torch.is_grad_enabled() and args[0].is_meta:
            return attention(*args[:1], *args[4:7], *args[11:13]), None
        if func in RECURRENT and args[0].is_meta:
            return recurrent(RECURRENT[func], *args)
        return func(*args, **named)


def attention(x: Tensor, heads: int, inward: Tensor, shift: Tensor, outward: Tensor, last: Tensor) -> Tensor:
    """Attention of `x` (time, batch, features) to itself as torch makes it for training on a CPU."""
    time, batch, width = x.shape
    three = nn.functional.linear(x, inward, shift).view(time, batch, 3, width).unsqueeze(0)
    parts = three.transpose(0, -2).squeeze(-2).contiguous()  # (3, time, batch, features)
    q, k, v = (part.view(time, batch, heads, -1).permute(1, 2, 0, 3) for part in parts)  # (batch, heads, time, …)
    seen = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v)[0]
    flat = seen.permute(2, 0, 1, 3).reshape(time * batch, width)
    return nn.functional.linear(flat, outward, last).view(time, batch, width)


def recurrent(
    kind: str,
    x: Tensor,
    state: Any,
    weights: list[Tensor],
    bias: bool,
    layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, ...]:
    """The arguments are those of torch's functions; `x` is (batch, time, features)."""
    first = state[0] if kind == "lstm" else state
    layout = (layers, 2 if bidirectional else 1, first.shape[-1])
    found: tuple[Tensor, ...] = RecurrentKernel.apply(kind, layout, torch.is_grad_enabled(), x, *weights)  # type: ignore[no-untyped-call]
    return found


class RecurrentKernel(torch.autograd.Function):
    """A recurrent kernel as one operation, without numbers."""

    @staticmethod
    def forward(ctx: Any, kind: str, layout: tuple[int, int, int], train: bool, x: Tensor, *weights: Tensor) -> Any:
        layers, ways, units = layout
        batch, time, features = x.shape
        unit = batch * time * units
        ratios = [features / units, *[float(ways)] * (layers - 1)]  # of what each layer reads
        kept, forward, ctx.scratch = (
            training_workspace(kind, layout, ratios) if train else (0.0, *inference_workspace(kind, layout, ratios))
        )
        ctx.of = [tuple(weight.shape) for weight in weights]
        ctx.unit, ctx.shape = unit, x.shape
        ctx.save_for_backward(x.new_empty(int(kept * unit)))
        for_a_while = x.new_empty(int(forward * unit))
        whole = x.new_empty(batch, time, ways * units)
        states = [x.new_empty(layers * ways, batch, units) for _ in range(2 if kind == "lstm" else 1)]
        del for_a_while
        return (whole, *states)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        """Gradients of the input, if anybody asks, and of the weights."""
        given = gradients[0]
        given.new_empty(int(ctx.scratch * ctx.unit))
        x = given.new_empty(ctx.shape) if ctx.needs_input_grad[3] else None
        return (None, None, None, x, *(given.new_empty(shape) for shape in ctx.of))


def training_workspace(kind: str, layout: tuple[int, int, int], ratios: list[float]) -> tuple[float, float, float]:
    """In numbers a unit, step and example: what is kept for the backward pass beside the output, what the forward pass
    takes for a while beside that, and the backward pass."""
    layers, ways, units = layout
    if kind == "lstm":
        wide = -(-units // 16) * 16 / units  # rows in its buffer are of whole blocks
        kept = ratios[0] + sum(ways * wide * (10.4 + 6.1 * max(1.0, ratio)) + ways * (ways > 1) for ratio in ratios)
        return kept - ways, 4.6, 5.6 + 0.2 * max(ratios)
    steps, gates = STEPS[kind]
    return ratios[0] + layers * ways * (steps + 1) - ways, gates + (2 if ways > 1 else 0), 0.0


def inference_workspace(kind: str, layout: tuple[int, int, int], ratios: list[float]) -> tuple[float, float]:
    """The same for a pass that keeps nothing: what it takes beside its output, and nothing backward."""
    layers, ways, _ = layout
    before = ways if layers > 1 else 0
    if kind == "lstm":
        return ratios[0] + 2.3 + 2.3 * max(1.0, *ratios) + before + (ways if ways > 1 else 0), 0.0
    return STEPS[kind][1] + 1 + before + (3 if ways > 1 else 0), 0.0
