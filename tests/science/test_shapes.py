"""Shapes, parameters and FLOPs against counts made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.experiment.experiment import Experiment
from engine.network.build import assemble, build
from engine.network.flops import count_forward_flops
from engine.preview.preview import preview

LENET: list[dict[str, Any]] = [
    {"kind": "conv2d", "filters": 6, "kernel": 3},
    {"kind": "average_pool", "size": 2},
    {"kind": "conv2d", "filters": 16, "kernel": 3},
    {"kind": "average_pool", "size": 2},
    {"kind": "flatten"},
    {"kind": "dense", "width": 120},
    {"kind": "dense", "width": 84},
]


def test_lenet_table() -> None:
    network = assemble(Experiment.from_dict({"network": LENET}), (1, 28, 28), 10)
    counts = [sum(p.numel() for p in stage.module.parameters()) for stage in network.stages]
    assert counts == [60, 0, 880, 0, 0, 48_120, 10_164, 850]
    shapes = [stage.out_shape for stage in network.stages]
    assert shapes == [(6, 26, 26), (6, 13, 13), (16, 11, 11), (16, 5, 5), (400,), (120,), (84,), (10,)]
    assert network.stages[-1].name == "output"
    assert all(p.is_meta for p in network.parameters()), "nothing is allocated"


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "stride"), [(8, 3, 0, 1), (8, 3, 1, 2), (8, 5, 2, 3), (8, 8, 0, 1), (8, 1, 0, 4)]
)
def test_convolution_size(size: int, kernel: int, padding: int, stride: int) -> None:
    """(x − k + 2p) / s + 1, rounded down."""
    block = {"kind": "conv2d", "filters": 2, "kernel": kernel, "padding": padding, "stride": stride}
    stage = assemble(Experiment.from_dict({"network": [block, {"kind": "flatten"}]}), (3, size, size), 2).stages[0]
    side = (size - kernel + 2 * padding) // stride + 1
    assert stage.out_shape == (2, side, side)
    assert sum(p.numel() for p in stage.module.parameters()) == 2 * (3 * kernel**2 + 1)


def test_flops_count_multiplications_and_additions() -> None:
    dense = [{"kind": "dense", "width": 30}]
    start = Experiment.from_dict({"network": dense})
    assert count_forward_flops(assemble(start, (20,), 4), (20,)) == 2 * (20 * 30 + 30 * 4)
    assert count_forward_flops(build(start, (20,), 4), (20,)) == 2 * (20 * 30 + 30 * 4)
    conv = [{"kind": "conv2d", "filters": 5, "kernel": 3}, {"kind": "flatten"}]
    network = assemble(Experiment.from_dict({"network": conv}), (2, 8, 8), 4)
    assert count_forward_flops(network, (2, 8, 8)) == 2 * (5 * 36 * 2 * 9 + 180 * 4)


def dense_memory(optimizer: dict[str, Any]) -> int:
    """Memory of a network of 64-50-10 with batches of 32."""
    layer = {"kind": "dense", "width": 50, "activation": {"kind": "tanh"}}
    return preview(
        Experiment.from_dict({"data": {"kind": "digits"}, "network": [layer], "optimizer": optimizer, "batch_size": 32})
    ).memory_bytes


def test_memory_counts_weights_gradients_state_and_kept_activations() -> None:
    parameters = 65 * 50 + 51 * 10
    kept = 4 * 32 * (64 + 50)  # the inputs, and tanh's outputs, which the next layer needs too
    a_while = 4 * 32 * (50 + 10) * 2 + 8 * 32  # outputs and their gradients, the targets
    for optimizer, copies, passing in (  # `passing`: numbers a weight that the optimizer takes for a while
        ({"kind": "sgd"}, 2, 0),
        ({"kind": "sgd", "momentum": 0.9}, 3, 0),
        ({"kind": "adagrad"}, 3, 2),
        ({"kind": "rmsprop"}, 3, 1),
        ({"kind": "adam"}, 4, 0),
        ({"kind": "adamw"}, 4, 0),
    ):
        lasting = 4 * parameters * copies + kept
        found = dense_memory(optimizer)
        assert lasting <= found <= 1.04 * (lasting + 4 * parameters * passing + a_while), optimizer
