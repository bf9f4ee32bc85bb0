"""Cost and number formats against counts made another way."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
import torch

from engine.experiment.experiment import Experiment
from engine.jobs.cost import count_cost, measure_epoch_seconds
from engine.jobs.quantize import compare_formats, has_float_weights, quantize_bfloat16, quantize_int8
from engine.network.build import build
from engine.network.flops import copy_to_meta, count_forward_flops
from engine.training.check_context import CheckContext
from engine.training.trainer import Trainer

NETS: dict[str, dict[str, Any]] = {
    "dense": {"data": {"kind": "digits"}, "batch_size": 64, "network": [{"kind": "dense", "width": 100}] * 3},
    "convolution": {
        "data": {"kind": "digits", "layout": "image"},
        "batch_size": 32,
        "network": [{"kind": "conv2d", "filters": 8}, {"kind": "max_pool"}, {"kind": "flatten"}],
    },
    "lstm": {"data": {"kind": "delayed_recall"}, "network": [{"kind": "lstm", "units": 12}]},
    "gru": {"data": {"kind": "delayed_recall"}, "batch_size": 32, "network": [{"kind": "gru", "units": 24}]},
    "wide_lstm": {
        "data": {"kind": "delayed_recall", "delay": 30},
        "batch_size": 32,
        "network": [{"kind": "lstm", "units": 64, "layers": 2, "bidirectional": True}],
    },
}


def test_memory_is_made_of_its_parts() -> None:
    start = Experiment.from_dict({**NETS["dense"], "optimizer": {"kind": "adam"}})
    found, context = count_cost(start), CheckContext(start)
    network = build(start, context.data.in_shape, context.data.source.outputs)
    assert found.weights == found.gradients == sum(p.nbytes for p in network.parameters())
    assert found.optimizer == 2 * found.weights
    assert found.training == found.weights + found.gradients + found.optimizer + found.activations
    examples, train = 1797 * 64 * 4, len(context.data.train_x) * 64 * 4
    labels = 1797 * 8
    assert found.data == pytest.approx(2 * examples + labels + 2 * train + 64 * 64 * 4, rel=0.02)
    assert found.run > found.training + found.data


def test_inference_keeps_two_layers_of_a_dense_network() -> None:
    found = count_cost(Experiment.from_dict(NETS["dense"]))
    batch = 64 * 4
    assert found.serving == found.weights + batch * 64 + batch * 300  # what a layer gets, and before and after tanh


def test_flops_by_hand() -> None:
    dense = count_cost(Experiment.from_dict(NETS["dense"]))
    assert dense.flops_forward == 2 * (64 * 100 + 100 * 100 + 100 * 100 + 100 * 10)
    image = count_cost(Experiment.from_dict(NETS["convolution"]))
    assert image.flops_forward == 2 * (9 * 8 * 36 + 8 * 9 * 10)  # 6 × 6 places, pooled to 3 × 3
    first = 2 * 64 * 100  # nobody asks for the gradient of the inputs
    assert dense.flops_training == 3 * dense.flops_forward - first
    assert image.flops_training == 3 * image.flops_forward - 2 * 9 * 8 * 36
    attacked = count_cost(Experiment.from_dict({**NETS["dense"], "attack": {"kind": "fgsm"}}))
    # the batch and the batch attacked; for the attack a forward pass and the gradient of the inputs alone
    assert attacked.flops_training == 2 * dense.flops_training + 2 * dense.flops_forward
    assert attacked.activations > 1.5 * dense.activations


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_recurrent_flops_by_hand_with_weights_and_without(kind: str, gates: int) -> None:
    units, delay, symbols = 7, 5, 4
    start = Experiment.from_dict(
        {"data": {"kind": "delayed_recall", "delay": delay, "symbols": symbols},
         "network": [{"kind": kind, "units": units, "layers": 2, "bidirectional": True}]}
    )  # fmt: skip
    ways = [2 * gates * units * (features + units) for features in (symbols, 2 * units)]  # a step of one direction
    by_hand = (delay + 1) * 2 * sum(ways) + 2 * 2 * units * symbols
    assert count_cost(start).flops_forward == by_hand
    assert count_forward_flops(CheckContext(start).network(), (delay + 1, symbols)) == by_hand


def test_attention_flops_by_hand() -> None:
    start = Experiment.from_dict(
        {"data": {"kind": "delayed_recall", "delay": 5}, "network": [{"kind": "attention"}, {"kind": "flatten"}]}
    )
    time, width = 6, 4
    by_hand = 2 * (time * width * 4 * width + 2 * time * time * width + time * width * 4)
    assert count_forward_flops(CheckContext(start).network(), (time, width)) == by_hand


def test_the_copy_without_weights_leaves_the_network_alone() -> None:
    network = CheckContext(Experiment.from_dict(NETS["lstm"])).network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    twin = copy_to_meta(network)
    assert {p.device.type for p in twin.parameters()} == {"meta"}
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_all_members_of_a_bagged_network_count() -> None:
    one = count_cost(Experiment.from_dict(NETS["dense"]))
    three = count_cost(Experiment.from_dict({**NETS["dense"], "ensemble": {"kind": "bagging", "members": 3}}))
    assert (three.parameters, three.flops_forward) == (3 * one.parameters, 3 * one.flops_forward)
    assert (three.weights, three.optimizer) == (3 * one.weights, 3 * one.optimizer)
    assert one.activations < three.activations < 1.5 * one.activations, "one after the other, each with its batch"


def test_where_every_step_ends_an_epoch_there_is_a_time_too() -> None:
    found = measure_epoch_seconds(Experiment.from_dict({**NETS["dense"], "batch_size": 8192}), 0.2)
    assert found["steps_per_epoch"] == 1
    assert found["steps_measured"] > 0
    assert found["epoch_seconds"] >= found["validation_seconds"] > 0


def test_what_overflows_at_once_has_no_time() -> None:
    wild = {**NETS["dense"], "initializer": {"kind": "normal", "std": 10.0}, "loss": {"kind": "mse"}}
    wild["network"] = [{"kind": "dense", "width": 100, "activation": {"kind": "relu"}}] * 24
    found = measure_epoch_seconds(Experiment.from_dict(wild), 0.2)
    assert (found["steps_measured"], found["epoch_seconds"]) == (0, None)


def test_seconds_of_an_epoch_come_from_real_steps() -> None:
    found = measure_epoch_seconds(Experiment.from_dict(NETS["dense"]), 0.2)
    assert found["steps_measured"] > 0
    trainer = Trainer(Experiment.from_dict(NETS["dense"]))
    assert found["steps_per_epoch"] == trainer.order.count_steps(64)
    whole = found["steps_per_epoch"] * found["step_seconds"] + found["validation_seconds"]
    assert found["epoch_seconds"] == pytest.approx(whole)


@pytest.mark.parametrize("name", ["dense", "convolution", "lstm"])
def test_a_network_in_smaller_numbers(name: str) -> None:
    start: dict[str, Any] = {**NETS[name], "steps": 100, "device": "cpu"}
    if name == "convolution":  # a tiny file is all headers
        start["network"] = [{"kind": "conv2d", "filters": 48}, *start["network"][1:]]
    trainer = Trainer(Experiment.from_dict(start))
    trainer.advance(deadline=math.inf)
    whole, half, small = compare_formats(trainer)
    file = io.BytesIO()
    torch.save(trainer.network.state_dict(), file)
    assert whole.bytes == file.tell()
    assert whole.bytes > half.bytes
    assert whole.bytes > small.bytes
    given = trainer.network.eval()(trainer.validation_x).argmax(1)
    assert whole.metric == pytest.approx(float((given == trainer.validation_y).double().mean()))
    assert abs(whole.metric - half.metric) < 0.1
    assert abs(whole.metric - small.metric) < 0.1
    assert small.left == ()


def trained(**changed: Any) -> Trainer:
    start = {"data": {"kind": "digits"}, "network": [{"kind": "dense", "width": 12}], "epochs": 2, "steps": None,
             "batch_size": 64, "device": "cpu", **changed}  # fmt: skip
    trainer = Trainer(Experiment.from_dict(start))
    trainer.epoch_metric = trainer.advance(deadline=math.inf).epochs[-1].validation_metric  # type: ignore[attr-defined]
    return trainer


def test_every_member_gets_smaller() -> None:
    trainer = trained(ensemble={"kind": "bagging", "members": 3})
    small, left = quantize_int8(trainer.network, trainer.data.train_x[:64])
    assert len(small.members) == 3
    assert not any(has_float_weights(stage.module) for member in small.members for stage in member.stages)
    assert left == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"network": [{"kind": "dense", "width": 12}, {"kind": "reconstruct"}, {"kind": "head"}]},
        {"ensemble": {"kind": "bagging", "members": 2}},
        {"data": {"kind": "tokens"}, "network": [{"kind": "embedding", "rows": 60}, {"kind": "attention"},
         {"kind": "flatten"}]},
    ],
    ids=["ends", "members", "attention"],
)  # fmt: skip
def test_the_whole_network_does_as_well_as_its_last_epoch_said(changed: dict[str, Any]) -> None:
    trainer = trained(**changed)
    whole, half, small = compare_formats(trainer)
    assert whole.metric == pytest.approx(trainer.epoch_metric)  # type: ignore[attr-defined]
    assert abs(whole.metric - half.metric) < 0.1
    assert abs(whole.metric - small.metric) < 0.1


def test_int8_weights_are_int8_and_the_rest_is_named() -> None:
    start = {**NETS["convolution"], "network": [{"kind": "conv2d", "filters": 8}, {"kind": "batch_norm"},
             {"kind": "flatten"}]}  # fmt: skip
    trainer = Trainer(Experiment.from_dict(start))
    small, left = quantize_int8(trainer.network, trainer.data.train_x[:64])
    weights = [getattr(module, "weight", None) for module in small.modules()]
    packed = [weight() for weight in weights if callable(weight)]
    assert [w.dtype for w in packed] == [torch.qint8, torch.qint8]
    assert left == ("2 batch_norm",)
    trained = trainer.network.stages[0].weights[0].tensor
    assert trained.dtype == torch.float32, "the run's own network is as it was"
    scale = packed[0].q_per_channel_scales().max()
    assert float((packed[0].dequantize() - trained.detach()).abs().max()) <= float(scale) * 0.51


@pytest.mark.parametrize(
    "network",
    [
        [],
        [{"kind": "dense", "width": 12}],
        [{"kind": "gaussian_noise", "label": "words"}, {"kind": "dense", "width": 12},
         {"kind": "concatenate", "of": "words"}, {"kind": "dense", "width": 4}],
        [{"kind": "gaussian_noise"}, {"kind": "embedding", "rows": 700}, {"kind": "flatten"}],
    ],
    ids=["none", "dense", "noise", "noise_embedding"],
)  # fmt: skip
@pytest.mark.parametrize("members", [1, 2])
def test_word_numbers_go_through_any_network_in_bfloat16(network: list[dict[str, Any]], members: int) -> None:
    bagging = {"kind": "bagging", "members": members} if members > 1 else None
    trainer = trained(data={"kind": "tokens"}, network=network, ensemble=bagging, epochs=1)
    whole, half, small = compare_formats(trainer)
    assert half.bytes < whole.bytes
    assert abs(whole.metric - half.metric) < 0.1
    assert small.metric > 0


def test_bfloat16_does_not_round_the_numbers_of_rows() -> None:
    start = Experiment.from_dict({"data": {"kind": "tokens"}, "network": [
        {"kind": "gaussian_noise"}, {"kind": "embedding", "rows": 700}, {"kind": "flatten"}]})  # fmt: skip
    network = build(start, (4,), 2).eval()
    half = quantize_bfloat16(network)
    numbers = torch.tensor([[511.0, 513.0, 515.0, 699.0]])
    rows = network.stages[1].module(numbers).to(torch.bfloat16)
    assert torch.equal(half.compute_outputs(numbers)[1], rows)


def test_the_slope_of_a_prelu_is_no_weight_that_stays_float32() -> None:
    trainer = trained(network=[{"kind": "dense", "width": 12, "activation": {"kind": "prelu"}}], epochs=1)
    assert quantize_int8(trainer.network, trainer.data.train_x[:64])[1] == ()
