from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.checks import Check, Outcome
from engine.message import Message
from engine.network.build import Network
from engine.training.check_context import CheckContext, disable_randomness

BATCH, COUNT = 16, 60
STEPS = (1e-5, 1e-6, 1e-7)
CLOSE = 1e-4
FLOOR = 1e-6  # below it the difference is rounding


class Gradient(Check):
    """Gradient: the derivative by backpropagation equals (L(w + h) − L(w − h)) / 2h, in float64.

    A random choice of weights and biases, from every layer. The error is |a − n| / max(|a|, |n|). Where ReLU or max
    pooling bends within ±h the difference is wrong, not the gradient: h is made smaller, and a weight that stands on
    the bend itself (both one-sided slopes disagree, the gradient lies between) is left out and counted. What a detach
    block lets through stays as it is, since it stands for a constant.

    Use: After a block or a loss of your own was written; a wrong derivative often still learns, only worse.

    Trouble: It looks at a few weights of each layer: what is wrong in a rare case alone may be missed.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 11.5.
    """

    rank: ClassVar[int] = 3
    kind: Literal["gradient"] = "gradient"

    def examine(self, context: CheckContext) -> Outcome:
        network, loss = disable_randomness(context.network()).double(), context.loss().double()
        x, y = (tensor[:BATCH] for tensor in context.examples)
        x, y = x.double(), y.double() if y.is_floating_point() else y
        hold_detached(network)

        def value() -> Tensor:
            found: Tensor = loss(network(x), y)
            return found

        parameters = [p for p in network.parameters() if p.numel()]
        center = value()
        gradients = torch.autograd.grad(center, parameters, allow_unused=True)
        worst, done, bends, shrunk = 0.0, 0, 0, 0
        end = time.perf_counter() + context.seconds
        for which, index in draw_entries(parameters, context.experiment.seed):
            given = gradients[which]
            slope = 0.0 if given is None else float(given.flatten()[index])
            error, tries = compute_mismatch(value, parameters[which], index, slope, float(center.detach()))
            bends, shrunk = bends + (error is None), shrunk + (error is not None and tries > 1)
            worst, done = max(worst, error or 0.0), done + 1
            if time.perf_counter() > end:
                break
        numbers = {"error": worst, "checked": done, "bends": bends, "smaller_steps": shrunk}
        numbers |= {"parameters": sum(p.numel() for p in parameters)}
        expected = Message("A relative error of at most {limit}.", limit=CLOSE)
        found = Message(
            "At most {error} over {n} of {all} parameters; {bends} on a bend left out, {shrunk} with a smaller h.",
            error=worst, n=done, all=numbers["parameters"], bends=bends, shrunk=shrunk,
        )  # fmt: skip
        if worst <= CLOSE and bends < done:
            return Outcome("pass", expected, found, numbers=numbers)
        if worst <= CLOSE:
            remedy = Message(
                "Every weight looked at stands on a bend: take an initializer that draws different weights."
            )
            return Outcome("warn", expected, found, remedy, numbers)
        remedy = Message("A derivative is wrong: correct the backward pass of the layer, or what cuts the graph.")
        return Outcome("fail", expected, found, remedy, numbers)


def hold_detached(network: Network) -> None:
    """Lets every detach block give what it gives first, again and again."""
    for stage in network.stages:
        if stage.block.stops_gradient:
            stage.module.register_forward_hook(hold_first_output())


def hold_first_output() -> Callable[..., Tensor]:
    """A hook that keeps a module's first output."""
    outputs: list[Tensor] = []

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if not outputs:
            outputs.append(output)
        return outputs[0]

    return hook


def draw_entries(parameters: Sequence[Tensor], seed: int) -> list[tuple[int, int]]:
    """Which entries are looked at: a few of every tensor, in turns, so that a short time reaches all layers."""
    generator = torch.Generator().manual_seed(seed)
    each = max(2, COUNT // len(parameters))
    drawn = [torch.randperm(min(p.numel(), 2**20), generator=generator)[:each].tolist() for p in parameters]
    return [(which, own[turn]) for turn in range(each) for which, own in enumerate(drawn) if turn < len(own)]


@torch.no_grad()
def compute_mismatch(
    value: Callable[[], Tensor], weight: Tensor, index: int, slope: float, center: float
) -> tuple[float | None, int]:
    """The relative error at the best h and how many were tried; None where the weight stands on a bend."""
    flat = weight.data.view(-1)
    start = float(flat[index])  # h is added to this number each time: adding and taking away would leave rounding
    best = float("inf")
    for tries, h in enumerate(STEPS, 1):
        up, down = (move(value, flat, index, start + sign * h) for sign in (1, -1))
        error = abs((up - down) / (2 * h) - slope)
        best = min(best, error / max(abs(slope), abs(up - down) / (2 * h), FLOOR * max(1.0, abs(center))))
        if best <= CLOSE:
            return best, tries
    left, right = sorted(((center - down) / h, (up - center) / h))
    bend = right - left > 1e-3 * max(abs(left), abs(right), 1e-4)
    if bend and left - 1e-6 <= slope <= right + 1e-6:
        return None, len(STEPS)
    return best, len(STEPS)


def move(value: Callable[[], Tensor], flat: Tensor, index: int, to: float) -> float:
    """The loss with one weight elsewhere; it goes back."""
    before = flat[index].clone()
    flat[index] = to
    found = float(value())
    flat[index] = before
    return found
