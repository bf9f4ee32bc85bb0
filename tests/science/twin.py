"""An independent calculation of one training step in float64: forward pass, loss, penalties, clipping, optimizer.

It shares nothing with the engine but the experiment and the tensors it starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.experiment.experiment import Experiment
from engine.parts.blocks import Block
from engine.parts.blocks.dense import Dense
from engine.training.trainer import Trainer

Weights = list[dict[str, Tensor]]
EPS = 1e-5  # of batch normalization, as torch has it


def activate(function: Any, x: Tensor) -> Tensor:
    """The closed form of an activation."""
    forms = {
        "identity": lambda: x,
        "relu": lambda: torch.where(x > 0, x, torch.zeros_like(x)),
        "tanh": lambda: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
        "sigmoid": lambda: 1 / (1 + (-x).exp()),
        "leaky_relu": lambda: torch.where(x > 0, x, function.slope * x),
        "elu": lambda: torch.where(x > 0, x, function.alpha * (x.exp() - 1)),
        "silu": lambda: x / (1 + (-x).exp()),
        "gelu": lambda: x * (1 + torch.erf(x / 2**0.5)) / 2,
        "softplus": lambda: (1 + x.exp()).log(),
        "prelu": lambda: torch.where(x > 0, x, function.slope * x),  # before training
    }
    return forms[function.kind]()


def normalize(block: Any, weights: dict[str, Tensor], x: Tensor, training: bool) -> Tensor:
    """Algorithm 1 of the paper; in training the running statistics in `weights` move."""
    axes = [axis for axis in range(x.dim()) if axis != 1]
    shape = [1, -1] + [1] * (x.dim() - 2)
    if training:
        mean = x.mean(axes)
        variance = ((x - mean.reshape(shape)) ** 2).mean(axes)
        count = x.numel() // x.shape[1]
        unbiased = variance.detach() * count / (count - 1)
        share = block.momentum
        weights["running_mean"] = (1 - share) * weights["running_mean"] + share * mean.detach()
        weights["running_var"] = (1 - share) * weights["running_var"] + share * unbiased
    else:
        mean, variance = weights["running_mean"], weights["running_var"]
    hat = (x - mean.reshape(shape)) / (variance.reshape(shape) + EPS).sqrt()
    return weights["weight"].reshape(shape) * hat + weights["bias"].reshape(shape)


def apply_block(block: Any, weights: dict[str, Tensor], x: Tensor, training: bool) -> Tensor:
    """One block's output."""
    match block.kind:
        case "dense":
            return activate(block.activation, x @ weights["0.weight"].T + weights["0.bias"])
        case "conv2d":
            moved = functional.conv2d(x, weights["0.weight"], weights["0.bias"], block.stride, block.padding)
            return activate(block.activation, moved)
        case "max_pool":
            return windows(x, block.size).amax(-1)
        case "average_pool":
            return windows(x, block.size).mean(-1)
        case "flatten":
            return x.reshape(len(x), -1)
        case "batch_norm":
            return normalize(block, weights, x, training)
        case "activation":
            return activate(block.function, x)
        case "dropout":
            assert not training or block.rate == 0, "the twin cannot know which numbers were dropped"
            return x
    raise AssertionError(block.kind)


def windows(x: Tensor, size: int) -> Tensor:
    """The windows of a pooling layer, (batch, channels, rows, columns, size · size)."""
    return x.unfold(2, size, size).unfold(3, size, size).flatten(-2)


def blocks_of(experiment: Experiment, outputs: int) -> tuple[Block, ...]:
    """The network's blocks with the output layer."""
    return (*experiment.network, Dense.model_validate({"width": outputs, "activation": {"kind": "identity"}}))


def weights_of(trainer: Trainer) -> Weights:
    """Float64 copies of every stage's weights and running statistics."""
    return [
        {key: value.detach().clone().to(torch.float64) for key, value in stage.module.state_dict().items()}
        for stage in trainer.network.stages
    ]


def forward(blocks: tuple[Block, ...], weights: Weights, x: Tensor, training: bool = False) -> list[Tensor]:
    """The output of every block."""
    x = x.to(torch.float64)
    found = []
    for block, own in zip(blocks, weights, strict=True):
        x = apply_block(block, own, x, training)
        found.append(x)
    return found


def loss_of(loss: Any, outputs: Tensor, y: Tensor) -> Tensor:
    """Mean loss of a batch; classes become one-hot rows unless the loss is cross-entropy."""
    if loss.kind == "cross_entropy":
        log_sum = outputs.exp().sum(1).log()
        return (log_sum - outputs[torch.arange(len(y)), y]).mean()
    error = outputs - y.to(torch.float64)
    if loss.kind == "mse":
        return (error**2).mean()
    if loss.kind == "mae":
        return error.abs().mean()
    small = error.abs() <= loss.delta
    return torch.where(small, error**2 / 2, loss.delta * (error.abs() - loss.delta / 2)).mean()


@dataclass
class Step:
    """What one step should have done."""

    loss: float
    gradients: dict[tuple[int, str], Tensor]  # penalties included, before clipping
    clipped: bool
    after: Weights


def leaves(weights: Weights) -> dict[tuple[int, str], Tensor]:
    """The parameters, in the order in which torch's optimizer numbers them."""
    keys = [(place, key) for place, own in enumerate(weights) for key in own]
    return {(p, k): weights[p][k] for p, k in keys if not k.startswith(("running", "num_batches"))}


def take(
    experiment: Experiment, weights: Weights, x: Tensor, y: Tensor, state: dict[int, dict[str, Any]], lr: float
) -> Step:
    """One optimizer step from `weights` on one batch; `state` is the optimizer's before it."""
    outputs = int(weights[-1]["0.bias"].numel())
    blocks = blocks_of(experiment, outputs)
    moving: Weights = [dict(own) for own in weights]
    parameters = leaves(moving)
    for (place, key), value in parameters.items():
        moving[place][key] = value.clone().requires_grad_()
    parameters = leaves(moving)
    loss = loss_of(experiment.loss, forward(blocks, moving, x, training=True)[-1], y)
    found = torch.autograd.grad(loss, list(parameters.values()))
    gradients = dict(zip(parameters, found, strict=True))
    rules: dict[str, Any] = {rule.name(): rule for rule in experiment.regularizers}
    for (place, key), weight in parameters.items():
        if key == "0.weight":  # a dense layer's or a convolution's; never a bias, never γ
            pull = torch.zeros_like(weight)
            pull += rules["l2"].strength * weight.detach() if "l2" in rules else 0
            pull += rules["l1"].strength * weight.detach().sign() if "l1" in rules else 0
            gradients[place, key] = gradients[place, key] + pull
    length = sum(float((g**2).sum()) for g in gradients.values()) ** 0.5
    clip = rules["clip_norm"].threshold if "clip_norm" in rules else float("inf")
    shrink = min(1.0, clip / length)
    with torch.no_grad():
        for number, ((place, key), weight) in enumerate(parameters.items()):
            own = {k: torch.as_tensor(v).to(torch.float64) for k, v in state.get(number, {}).items() if v is not None}
            gradient = gradients[place, key] * shrink
            moving[place][key] = stepped(experiment.optimizer, weight.detach(), gradient, own, lr)
    return Step(loss.item(), gradients, shrink < 1, moving)


def stepped(optimizer: Any, weight: Tensor, gradient: Tensor, state: dict[str, Tensor], lr: float) -> Tensor:
    """The weight after one step, by the optimizer's formula."""
    zero = torch.zeros_like(weight)
    moved: Tensor
    if optimizer.kind == "sgd":
        speed = optimizer.momentum * state.get("momentum_buffer", zero) + gradient
        move = gradient + optimizer.momentum * speed if optimizer.nesterov else speed
        moved = weight - lr * move
        return moved
    if optimizer.kind == "adamw":
        weight = (1 - lr * optimizer.weight_decay) * weight
    beta1, beta2 = optimizer.momentum, optimizer.beta2
    count = float(state.get("step", torch.zeros(()))) + 1
    mean = beta1 * state.get("exp_avg", zero) + (1 - beta1) * gradient
    square = beta2 * state.get("exp_avg_sq", zero) + (1 - beta2) * gradient**2
    moved = weight - lr * (mean / (1 - beta1**count)) / ((square / (1 - beta2**count)).sqrt() + optimizer.eps)
    return moved
