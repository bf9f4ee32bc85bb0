"""Cost and number formats against counts made another way."""

from __future__ import annotations

import gc
import io
import math
from typing import Any

import pytest
import torch

from engine.alive import Alive
from engine.build import build
from engine.cost import cost, epoch_seconds
from engine.experiment import Experiment
from engine.ground import Ground
from engine.quantize import int8, sizes
from engine.trainer import Trainer

NETS: dict[str, dict[str, Any]] = {
    "dense": {"data": {"kind": "digits"}, "batch_size": 64, "network": [{"kind": "dense", "width": 100}] * 3},
    "convolution": {
        "data": {"kind": "digits", "layout": "image"},
        "batch_size": 32,
        "network": [{"kind": "conv2d", "filters": 8}, {"kind": "max_pool"}, {"kind": "flatten"}],
    },
    "lstm": {"data": {"kind": "delayed_recall"}, "network": [{"kind": "lstm", "units": 12}]},
}


@pytest.mark.parametrize("name", ["dense", "convolution"])
def test_memory_is_what_a_step_keeps_alive(name: str) -> None:
    start = Experiment.from_dict({**NETS[name], "optimizer": {"kind": "adam"}})
    found, ground = cost(start), Ground(start)
    network, loss = build(start, ground.data.in_shape, ground.data.source.outputs), ground.loss()
    x, y = ground.data.train_x[: start.batch_size], ground.targets[: start.batch_size]
    gc.collect()
    with Alive([x, y, *network.parameters()]) as counted:
        out = network(x)
        kept = counted.now
        value = loss(out, y)
        value.backward()
    assert found.activations - x.nbytes == pytest.approx(kept, rel=0.3, abs=2000)
    assert found.gradients == sum(p.grad.nbytes for p in network.parameters() if p.grad is not None)
    optimizer = start.optimizer.build(list(network.parameters()))
    optimizer.step()
    state = [t for own in optimizer.state.values() for t in own.values() if t.numel() > 1]
    assert found.optimizer == pytest.approx(sum(t.nbytes for t in state), rel=0.05)
    assert found.weights == sum(p.nbytes for p in network.parameters())
    assert found.training == found.weights + found.gradients + found.optimizer + found.activations


def test_inference_keeps_two_layers_of_a_dense_network() -> None:
    found = cost(Experiment.from_dict(NETS["dense"]))
    batch = 64 * 4
    assert found.serving == found.weights + batch * 64 + batch * 300  # what a layer gets, and before and after tanh


def test_flops_by_hand() -> None:
    dense = cost(Experiment.from_dict(NETS["dense"]))
    assert dense.flops_forward == 2 * (64 * 100 + 100 * 100 + 100 * 100 + 100 * 10)
    image = cost(Experiment.from_dict(NETS["convolution"]))
    assert image.flops_forward == 2 * (9 * 8 * 36 + 8 * 9 * 10)  # 6 × 6 places, pooled to 3 × 3
    assert (dense.flops_training, dense.uncounted) == (3 * dense.flops_forward, False)
    assert cost(Experiment.from_dict(NETS["lstm"])).uncounted


def test_seconds_of_an_epoch_come_from_real_steps() -> None:
    found = epoch_seconds(Experiment.from_dict(NETS["dense"]), 0.2)
    assert found["steps_measured"] > 0
    trainer = Trainer(Experiment.from_dict(NETS["dense"]))
    assert found["steps_per_epoch"] == trainer.order.steps_per_epoch(64)
    whole = found["steps_per_epoch"] * found["step_seconds"] + found["validation_seconds"]
    assert found["epoch_seconds"] == pytest.approx(whole)


@pytest.mark.parametrize("name", NETS)
def test_a_network_in_smaller_numbers(name: str) -> None:
    start: dict[str, Any] = {**NETS[name], "steps": 100, "device": "cpu"}
    if name == "convolution":  # a tiny file is all headers
        start["network"] = [{"kind": "conv2d", "filters": 48}, *start["network"][1:]]
    trainer = Trainer(Experiment.from_dict(start))
    trainer.advance(deadline=math.inf)
    whole, half, small = sizes(trainer)
    file = io.BytesIO()
    torch.save(trainer.network.state_dict(), file)
    assert whole.bytes == file.tell()
    assert whole.bytes > half.bytes
    assert whole.bytes > small.bytes
    given = trainer.network.eval()(trainer.held_x).argmax(1)
    assert whole.metric == pytest.approx(float((given == trainer.held_y).double().mean()))
    assert abs(whole.metric - half.metric) < 0.1
    assert abs(whole.metric - small.metric) < 0.1
    assert small.left == ()


def test_int8_weights_are_int8_and_the_rest_is_named() -> None:
    start = {**NETS["convolution"], "network": [{"kind": "conv2d", "filters": 8}, {"kind": "batch_norm"},
             {"kind": "flatten"}]}  # fmt: skip
    trainer = Trainer(Experiment.from_dict(start))
    small, left = int8(trainer.network, trainer.data.train_x[:64])
    packed = [m.weight() for m in small.modules() if callable(getattr(m, "weight", None))]
    assert [w.dtype for w in packed] == [torch.qint8, torch.qint8]
    assert left == ("2 batch_norm",)
    trained = trainer.network.stages[0].weight
    assert trained is not None
    assert trained.dtype == torch.float32, "the run's own network is as it was"
    scale = packed[0].q_per_channel_scales().max()
    assert float((packed[0].dequantize() - trained.detach()).abs().max()) <= float(scale) * 0.51
