"""Transposed convolutions: whose incoming weights max-norm limits, and weights that keep the size of the signal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from engine.experiment.experiment import Experiment
from engine.network.build import build
from engine.training.trainer import Trainer
from tests.export.running import expect_same, in_process, trained

CODE: dict[str, Any] = {
    "data": {"kind": "digits", "layout": "image"},
    "network": [
        {"kind": "conv2d", "filters": 3, "kernel": 3, "stride": 2},
        {"kind": "transposed_conv2d", "filters": 5, "kernel": 3, "stride": 2},
        {"kind": "flatten"},
        {"kind": "maxout", "width": 4, "pieces": 3},
        {"kind": "dense", "width": 6},
    ],
    "batch_size": 32,
    "steps": 6,
    "device": "cpu",
}
SEQUENCE: dict[str, Any] = {
    "data": {"kind": "tokens"},
    "network": [
        {"kind": "embedding", "rows": 24, "width": 6},
        {"kind": "attention"},
        {"kind": "lstm", "units": 5, "output": "sequence"},
        {"kind": "rnn", "units": 4},
    ],
    "steps": 1,
    "device": "cpu",
}


def weights(document: dict[str, Any], steps: int = 1) -> dict[str, np.ndarray]:
    trainer = Trainer(Experiment.from_dict({**document, "probes": []}))
    trainer.advance(deadline=math.inf, until_step=steps)
    return {key: value.double().numpy() for key, value in trainer.model_tensors().items()}


@pytest.mark.parametrize("document", [CODE, SEQUENCE], ids=["images", "words"])
def test_max_norm_limits_what_enters_each_unit(document: dict[str, Any]) -> None:
    """After one step of SGD: the weights of the same step without it, times min(1, c / ‖w‖) of each unit."""
    start = {**document, "optimizer": {"kind": "sgd", "lr": 0.5}}
    free = weights(start)
    limited = weights({**start, "regularizers": [{"kind": "max_norm", "limit": 0.4}]})
    cut = 0
    for name, before in free.items():
        expected = before
        if before.ndim > 1 and "bias" not in name:
            # torch keeps (in, out, k, k) of a transposed convolution, and (out, in, …) of all else
            axes = (0, 2, 3) if "transposed" in name else tuple(range(1, before.ndim))
            length = np.sqrt((before**2).sum(axes, keepdims=True))
            expected = before * np.minimum(1, 0.4 / length)
            cut += int((length > 0.4).sum())
        np.testing.assert_allclose(limited[name], expected, rtol=1e-5, atol=1e-7, err_msg=name)
    assert cut > 20


@pytest.mark.parametrize("more", [{}, {"ensemble": {"kind": "bagging", "members": 2}}], ids=["alone", "bagged"])
def test_the_exported_program_limits_the_same(more: dict[str, Any]) -> None:
    start = Experiment.from_dict({**CODE, "regularizers": [{"kind": "max_norm", "limit": 0.4}], **more})
    expect_same(in_process(start, 6), trained(start, 6))


def received(kernel: int, stride: int, size: int) -> np.ndarray:
    """How many taps of one map reach each pixel of a row, by painting filter after filter."""
    row = np.zeros((size - 1) * stride + kernel)
    for place in range(size):
        row[place * stride : place * stride + kernel] += 1
    return row


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (4, 2), (3, 2), (3, 1), (6, 3), (5, 4)])
@pytest.mark.parametrize(("kind", "gain"), [("lecun_normal", 1.0), ("lecun_uniform", 1.0), ("he_normal", 2.0)])
def test_a_unit_signal_stays_a_unit_signal(kind: str, gain: float, kernel: int, stride: int) -> None:
    channels, filters, size = 12, 40, 12
    network = [
        {"kind": "transposed_conv2d", "filters": filters, "kernel": kernel, "stride": stride,
         "activation": {"kind": "identity"}},
        {"kind": "flatten"},
    ]  # fmt: skip
    start = Experiment.from_dict({"network": network, "initializer": {"kind": kind}})
    layer = build(start, (channels, size, size), 2).stages[0].module
    x = torch.randn(64, channels, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        out = layer(x).double().numpy()
    edge = kernel  # pixels at the border get fewer
    inner = out[:, :, edge:-edge, edge:-edge]
    taps = np.outer(*[received(kernel, stride, size)] * 2)[edge:-edge, edge:-edge]
    assert np.mean(inner**2) == pytest.approx(gain * taps.mean() / (kernel / stride) ** 2, rel=0.12)
    assert np.mean(inner**2) == pytest.approx(gain, rel=0.2)


def test_glorot_is_between_both_directions() -> None:
    network = [{"kind": "transposed_conv2d", "filters": 50, "kernel": 4, "stride": 2}, {"kind": "flatten"}]
    start = Experiment.from_dict({"network": network, "initializer": {"kind": "glorot_normal"}})
    (weight, *_) = build(start, (30, 6, 6), 2).select_weights()
    into, out = 30 * 16 / 4, 50 * 16
    assert float(weight.detach().double().var()) == pytest.approx(2 / (into + out), rel=0.05)
