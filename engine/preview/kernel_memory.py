"""Memory of torch's CPU kernels, imitated on the meta device, where torch runs other kernels.

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
STEP_WORKSPACE = {"gru": (7, 3), "rnn": (1, 1)}  # floats that a step saves for a unit; gates of which the input is seen


class KernelMemory(TorchFunctionMode):
    """While it is entered, attention and recurrent layers on the meta device allocate what they do on a CPU."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func is nn.functional.multi_head_attention_forward and torch.is_grad_enabled() and args[0].is_meta:
            return run_attention(*args[:1], *args[4:7], *args[11:13]), None
        if func in RECURRENT and args[0].is_meta:
            return run_recurrent(RECURRENT[func], *args)
        return func(*args, **named)


def run_attention(
    x: Tensor, heads: int, in_weight: Tensor, in_bias: Tensor, out_weight: Tensor, out_bias: Tensor
) -> Tensor:
    """Run self-attention of `x` (time, batch, features) as torch does for training on a CPU, in the same shape."""
    time, batch, width = x.shape
    stacked = nn.functional.linear(x, in_weight, in_bias).view(time, batch, 3, width).unsqueeze(0)
    parts = stacked.transpose(0, -2).squeeze(-2).contiguous()  # (3, time, batch, features)
    q, k, v = (part.view(time, batch, heads, -1).permute(1, 2, 0, 3) for part in parts)  # (batch, heads, time, …)
    attended = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v)[0]  # (batch, heads, time, …)
    flat = attended.permute(2, 0, 1, 3).reshape(time * batch, width)
    return nn.functional.linear(flat, out_weight, out_bias).view(time, batch, width)


def run_recurrent(
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
    """Run a recurrent kernel with the arguments of torch's functions; `x` is (batch, time, features).

    Returns the outputs (batch, time, directions · units) and the last states (layers · directions, batch, units).
    """
    hidden = state[0] if kind == "lstm" else state  # (layers · directions, batch, units)
    layout = (layers, 2 if bidirectional else 1, hidden.shape[-1])
    found: tuple[Tensor, ...] = RecurrentKernel.apply(kind, layout, torch.is_grad_enabled(), x, *weights)  # type: ignore[no-untyped-call]
    return found


class RecurrentKernel(torch.autograd.Function):
    """A recurrent kernel as one operation that allocates and computes nothing."""

    @staticmethod
    def forward(ctx: Any, kind: str, layout: tuple[int, int, int], train: bool, x: Tensor, *weights: Tensor) -> Any:
        layers, directions, units = layout
        batch, time, features = x.shape
        unit = batch * time * units
        ratios = [features / units, *[float(directions)] * (layers - 1)]  # inputs of each layer, per unit
        if train:
            saved, forward, ctx.scratch = estimate_training_workspace(kind, layout, ratios)
        else:
            saved, (forward, ctx.scratch) = 0.0, estimate_inference_workspace(kind, layout, ratios)
        ctx.weight_shapes = [tuple(weight.shape) for weight in weights]
        ctx.unit, ctx.shape = unit, x.shape
        ctx.save_for_backward(x.new_empty(int(saved * unit)))
        scratch = x.new_empty(int(forward * unit))
        outputs = x.new_empty(batch, time, directions * units)  # (batch, time, directions · units)
        states = [x.new_empty(layers * directions, batch, units) for _ in range(2 if kind == "lstm" else 1)]
        del scratch  # only now: a kernel's scratch is still there when its results are allocated
        return (outputs, *states)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        """Allocate the gradients of the input, where one is needed, and of the weights."""
        gradient = gradients[0]  # (batch, time, directions · units)
        gradient.new_empty(int(ctx.scratch * ctx.unit))  # gone at once, yet the peak has counted it
        x = gradient.new_empty(ctx.shape) if ctx.needs_input_grad[3] else None
        return (None, None, None, x, *(gradient.new_empty(shape) for shape in ctx.weight_shapes))


def estimate_training_workspace(
    kind: str, layout: tuple[int, int, int], ratios: list[float]
) -> tuple[float, float, float]:
    """Estimate the floats per unit, time step and example of a pass for training.

    `layout`: layers, directions, units; `ratios`: inputs of each layer per unit. Returns what is saved for the backward
    pass besides the output, the scratch of the forward pass, and that of the backward pass.
    """
    layers, directions, units = layout
    if kind == "lstm":
        wide = -(-units // 16) * 16 / units  # rows in its buffer are of whole blocks
        both = directions * (directions > 1)
        saved = ratios[0] + sum(directions * wide * (10.4 + 6.1 * max(1.0, ratio)) + both for ratio in ratios)
        return saved - directions, 4.6, 5.6 + 0.2 * max(ratios)  # constants fitted to what the kernel was seen to take
    steps, gates = STEP_WORKSPACE[kind]
    saved = ratios[0] + layers * directions * (steps + 1) - directions
    return saved, gates + (2 if directions > 1 else 0), 0.0


def estimate_inference_workspace(kind: str, layout: tuple[int, int, int], ratios: list[float]) -> tuple[float, float]:
    """Estimate the same for inference, which saves nothing: the scratch of the forward pass, and none backward."""
    layers, directions, _ = layout
    layer_before = directions if layers > 1 else 0
    if kind == "lstm":
        both = directions if directions > 1 else 0
        return ratios[0] + 2.3 + 2.3 * max(1.0, *ratios) + layer_before + both, 0.0
    return STEP_WORKSPACE[kind][1] + 1 + layer_before + (3 if directions > 1 else 0), 0.0
