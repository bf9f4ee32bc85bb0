"""Networks with several ends: their losses, metrics and gradients against plain sums in float64."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import InvalidExperiment
from engine.experiment.edits import Edit, diff_experiments
from engine.experiment.experiment import Experiment
from engine.experiment.presets import load_file_or_preset
from engine.preview.preview import preview
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer
from tests.science.references import covers

TRUNK = {"kind": "dense", "label": "trunk", "width": 12, "activation": {"kind": "tanh"}}
HEADS: list[dict[str, Any]] = [
    {"kind": "head", "of": "trunk", "target": {"kind": "parity"}, "weight": 0.5},
    {"kind": "dense", "width": 7, "activation": {"kind": "tanh"}},
    {"kind": "head", "target": {"kind": "loops"}, "weight": 2.0, "loss": {"kind": "mse"}},
    {"kind": "reconstruct", "of": "trunk", "weight": 3.0},
]
LOOPS = np.array([1, 0, 0, 0, 0, 0, 1, 0, 2, 1])


class Every(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


def start(**more: Any) -> Experiment:
    """Digits with two heads and a reconstruction; plain gradient descent."""
    base = {"data": {"kind": "digits"}, "network": [TRUNK, *HEADS], "output_weight": 0.25, "device": "cpu"}
    return Experiment.from_dict(
        {**base, "optimizer": {"kind": "sgd", "lr": 0.05}, "batch_size": 64, "epochs": 2, "steps": None, **more}
    )


def twin(trainer: Trainer, x: np.ndarray, digits: np.ndarray) -> tuple[float, list[float], list[float]]:
    """J, every end's loss and every end's metric, in float64 numpy from the weights alone."""
    weights = {key: value.double().numpy() for key, value in trainer.model_tensors().items()}

    def dense(z: np.ndarray, name: str) -> np.ndarray:
        return z @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]  # type: ignore[no-any-return]

    x = x.astype(np.float64)
    trunk = np.tanh(dense(x, "1_dense.0"))
    last = np.tanh(dense(trunk, "3_dense.0"))
    out, parity = dense(last, "output.0"), dense(trunk, "2_head")
    loops, again = dense(last, "4_head"), dense(trunk, "5_reconstruct.1")

    def crossed(z: np.ndarray, y: np.ndarray) -> float:
        top = z.max(1, keepdims=True)
        return float((np.log(np.exp(z - top).sum(1)) + top[:, 0] - z[np.arange(len(y)), y]).mean())

    hot = np.eye(3)[LOOPS[digits]]
    losses = [crossed(out, digits), crossed(parity, digits % 2), ((loops - hot) ** 2).mean(), ((again - x) ** 2).mean()]
    right = [out.argmax(1) == digits, parity.argmax(1) == digits % 2, loops.argmax(1) == LOOPS[digits]]
    r2 = 1 - ((again - x) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    whole = float(np.dot([0.25, 0.5, 2.0, 3.0], losses))
    return whole, [float(loss) for loss in losses], [*(float(r.mean()) for r in right), float(r2)]


@covers("blocks.head", "blocks.reconstruct")
def test_losses_and_metrics_of_every_end() -> None:
    trainer = Trainer(start(), Every())
    before = twin(trainer, trainer.order.epoch_x[:64].numpy(), trainer.order.epoch_y[:64, :10].argmax(1).numpy())
    first = trainer.advance(deadline=math.inf, until_step=1)
    assert first.losses[0] == pytest.approx(before[0], rel=1e-5)
    np.testing.assert_allclose(first.frames[0].readings["end_loss"], before[1], rtol=1e-5)
    rows = trainer.advance(deadline=math.inf).epochs
    assert len(rows[-1]) == 6 + 4 * 4
    data = trainer.data
    whole, losses, metrics = twin(trainer, data.validation_x.numpy(), data.validation_y.numpy())
    assert rows[-1].validation_loss == pytest.approx(whole, rel=1e-5)
    assert rows[-1].validation_metric == pytest.approx(metrics[0], abs=1e-9)
    np.testing.assert_allclose(rows[-1][7::4], losses, rtol=1e-5)
    np.testing.assert_allclose(rows[-1][9::4], metrics, rtol=1e-5)


def test_the_gradient_is_that_of_the_weighted_sum() -> None:
    trainer = Trainer(start())
    weight = trainer.network.stages[0].weights[0].tensor
    was = weight.detach().clone()
    ends: list[Any] = [trainer.heads.loss.heads[i] for i in range(4)]  # type: ignore[index]
    x, y = trainer.heads.join_inputs(trainer.order.epoch_x[:64], trainer.order.epoch_y[:64])
    outputs = trainer.network(x)
    wanted = torch.zeros_like(was, dtype=torch.float64)
    for end, share in zip(ends, (0.25, 0.5, 2.0, 3.0), strict=True):
        part = end.loss(outputs[:, end.outputs], y[:, end.targets])
        wanted += share * torch.autograd.grad(part, weight, retain_graph=True)[0].double()
    trainer.advance(deadline=math.inf, until_step=1)
    torch.testing.assert_close((was - weight.detach()).double(), 0.05 * wanted, rtol=1e-4, atol=1e-7)


def test_resumes_bit_for_bit_in_the_middle_of_an_epoch() -> None:
    noisy = start(regularizers=[{"kind": "parameter_noise", "strength": 0.05}])
    whole, pieces = Trainer(noisy), Trainer(noisy)
    one = whole.advance(deadline=math.inf)
    got = pieces.advance(deadline=math.inf, until_step=9)
    file = io.BytesIO()
    torch.save(pieces.state(), file)
    file.seek(0)
    pieces = Trainer.restore(torch.load(file, weights_only=True))
    rest = pieces.advance(deadline=math.inf)
    assert got.losses + rest.losses == one.losses
    assert got.epochs + rest.epochs == one.epochs
    ours, theirs = whole.model_tensors(), pieces.model_tensors()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_weights_can_be_edited_live_and_do_not_look_like_divergence() -> None:
    later = start(output_weight=1.0)
    found = diff_experiments(start(output_weight=0.0), later)
    assert found == (Edit(path="output_weight", value=1.0),)
    trainer = Trainer(start(output_weight=0.0, epochs=6))
    output = trainer.network.stages[-1].weights[0].tensor
    first = output.detach().clone()
    trainer.advance(deadline=math.inf, until_epoch=2)
    assert torch.equal(output, first), "without weight the output learns nothing"
    trainer.edit(Edit(path="output_weight", value=50.0))
    trainer.edit(Edit(path="network.1.weight", value=0.0))
    trainer.advance(deadline=math.inf)
    assert trainer.status == "finished"
    assert not torch.equal(output, first)


@covers("blocks.detach")
def test_nothing_goes_back_through_a_detach() -> None:
    network = [TRUNK, {"kind": "reconstruct", "weight": 1.0}, {"kind": "detach", "of": "trunk"}]
    one, other = (Trainer(start(network=network, output_weight=share)) for share in (0.0, 5.0))
    for trainer in (one, other):
        trainer.advance(deadline=math.inf, until_step=20)
    names = [key for key in one.model_tensors() if not key.startswith("output")]
    assert len(names) == 4
    assert all(torch.equal(one.model_tensors()[key], other.model_tensors()[key]) for key in names)
    assert not torch.equal(one.model_tensors()["output.0.weight"], other.model_tensors()["output.0.weight"])


def test_preview_counts_every_end() -> None:
    found = preview(start())
    sizes = [64 * 12 + 12, 12 * 2 + 2, 12 * 7 + 7, 7 * 3 + 3, 12 * 64 + 64, 7 * 10 + 10]
    assert [row.parameters for row in found.layers] == sizes
    assert [row.output_shape for row in found.layers] == [(12,), (2,), (7,), (3,), (64,), (10,)]
    assert found.flops_per_example == 2 * (64 * 12 + 12 * 2 + 12 * 7 + 7 * 3 + 12 * 64 + 7 * 10)


def test_what_does_not_fit_is_refused() -> None:
    radius = {"kind": "head", "target": {"kind": "radius"}}
    with pytest.raises(InvalidExperiment, match=r"network\[1\] \(head\).target: expected a target that these data"):
        preview(start(network=[TRUNK, radius]))
    with pytest.raises(InvalidExperiment, match=r"a loss for regression, received .cross_entropy."):
        Trainer(
            Experiment.from_dict(
                {
                    "data": {"kind": "plane"},
                    "loss": {"kind": "mse"},
                    "network": [
                        {**TRUNK},
                        {"kind": "head", "target": {"kind": "quadrant"}, "loss": {"kind": "cross_entropy"}},
                        {"kind": "head", "target": {"kind": "radius"}, "loss": {"kind": "cross_entropy"}},
                    ],
                }
            )
        )
    bare = {"kind": "reconstruct", "of": "trunk", "layer": False}
    with pytest.raises(InvalidExperiment, match="as many numbers as the input has, 64, received 12"):
        preview(start(network=[TRUNK, bare]))


def column(epoch: tuple[float, ...], place: int) -> float:
    """A number of an epoch beyond those that every run has."""
    return epoch[place]


def test_presets_learn_what_they_promise() -> None:
    shorter = {"multi_task": 25, "autoencoder": 50, "joint_autoencoder": 25}
    found = {}
    for name, epochs in shorter.items():
        value = {**load_file_or_preset(name).to_dict(), "epochs": epochs, "device": "cpu", "probes": []}
        found[name] = Trainer(Experiment.from_dict(value)).advance(deadline=math.inf).epochs[-1]
    assert min(found["multi_task"][9::4]) > 0.93, "digit, parity and loops from one trunk"
    assert column(found["autoencoder"], 13) > 0.8, "16 numbers hold four fifths of the variance of unseen digits"
    assert found["autoencoder"].validation_metric > 0.85, "and the class, though no label shaped them"
    assert found["joint_autoencoder"].validation_metric > 0.94
    assert column(found["joint_autoencoder"], 13) > 0.5
