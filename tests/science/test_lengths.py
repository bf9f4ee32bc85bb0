"""Lengths at the edges of float32, beside numpy's in float64; in the middle of it, bit for bit the plain ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.numerics.norms import compute_deviations, compute_norms, shorten_, shorten_each_, sum_squares
from engine.parts.regularizers import Regularizer
from engine.training.trainer import Trainer
from tests.export.running import expect_same, in_process
from tests.science.measured import Always, Never, sample

SCALES = [1e-36, 1e-30, 1e-20, 1e-10, 1.0, 1e10, 1e18, 1e20, 1e30, 1e37]


def drawn(scale: float, *shapes: tuple[int, ...]) -> list[Tensor]:
    """Gradients, or weights, of about this size."""
    generator = np.random.default_rng(3)
    return [torch.from_numpy((generator.standard_normal(shape) * scale).astype(np.float32)) for shape in shapes]


def true_length(tensor: Tensor) -> float:
    """In float64."""
    return float(np.linalg.norm(tensor.numpy().astype(np.float64)))


@pytest.mark.parametrize("scale", SCALES)
def test_lengths_are_numpys(scale: float) -> None:
    parts = drawn(scale, (7, 5), (5,), (3, 2, 2, 2))
    found = compute_norms(parts)
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx([true_length(part) for part in parts], rel=1e-5)
    spreads = [float(part.numpy().astype(np.float64).std()) for part in parts]
    assert compute_deviations(parts).tolist() == pytest.approx(spreads, rel=1e-5)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("longest", [1e-4, 1.0, 100.0])
def test_clipping_by_norm_gives_the_length_that_was_asked_for(scale: float, longest: float) -> None:
    parts = drawn(scale, (7, 5), (5,))
    whole = np.concatenate([part.numpy().ravel() for part in parts]).astype(np.float64)
    size = float(np.linalg.norm(whole))
    catalogue(Regularizer)["clip_norm"].model_validate({"kind": "clip_norm", "threshold": longest}).clip_(parts)
    after = np.concatenate([part.numpy().ravel() for part in parts]).astype(np.float64)
    np.testing.assert_allclose(after, whole * min(1.0, longest / size), rtol=1e-5, atol=1e-42)
    assert np.linalg.norm(after) == pytest.approx(min(size, longest), rel=1e-5)


@pytest.mark.parametrize("scale", SCALES)
def test_max_norm_gives_each_unit_the_length_that_was_asked_for(scale: float) -> None:
    (weight,) = drawn(scale, (6, 4))
    before = weight.numpy().astype(np.float64)
    catalogue(Regularizer)["max_norm"].model_validate({"kind": "max_norm", "limit": 2.0}).constrain_([weight])
    size = np.linalg.norm(before, axis=1, keepdims=True)
    np.testing.assert_allclose(weight.numpy(), before * np.minimum(1, 2.0 / size), rtol=1e-5, atol=1e-42)


def test_in_the_middle_nothing_is_rounded_otherwise() -> None:
    """A stored run repeats itself bit for bit."""
    for scale in (1e-12, 1e-3, 1.0, 1e6, 1e15):
        parts = drawn(scale, (50, 20), (20,), (3, 3))
        plain = torch.stack(torch._foreach_norm(parts))
        assert torch.equal(compute_norms(parts), plain)
        assert torch.equal(sum_squares(parts), plain.square().sum())
        assert torch.equal(compute_deviations(parts), torch.stack([part.std(correction=0) for part in parts]))
        expected = [part * (0.3 / torch.linalg.vector_norm(plain)).clamp(max=1.0) for part in parts]
        each = parts[0] * (0.3 / torch.linalg.vector_norm(parts[0], dim=(1,), keepdim=True)).clamp(max=1.0)
        shorten_each_(one := parts[0].clone(), (1,), 0.3)
        assert torch.equal(one, each)
        shorten_(parts, 0.3)
        assert all(torch.equal(a, b) for a, b in zip(parts, expected, strict=True))


def test_what_is_no_number_stays_none() -> None:
    for bad in (math.inf, math.nan):
        part = torch.tensor([1.0, bad])
        shorten_([part], 1.0)
        assert math.isnan(part[1])
    assert compute_norms([torch.zeros(3)]).tolist() == [0.0]
    zeros = torch.zeros(3)
    shorten_([zeros], 1.0)
    assert zeros.tolist() == [0.0] * 3


def test_the_penalty_of_long_weights_is_a_number() -> None:
    (weight,) = drawn(2e19, (40,))
    l2 = catalogue(Regularizer)["l2"].model_validate({"kind": "l2", "strength": 1e-4})
    expected = 1e-4 / 2 * float((weight.numpy().astype(np.float64) ** 2).sum())
    assert float(l2.compute_penalty([weight])) == pytest.approx(expected, rel=1e-5)


STEEP: dict[str, Any] = {
    "data": {"kind": "plane", "samples": 60},
    "loss": {"kind": "mae"},
    "network": [],
    "optimizer": {"kind": "sgd", "lr": 0.1},
    "regularizers": [{"kind": "clip_norm"}],
    "batch_size": 8,
    "steps": 40,
    "device": "cpu",
}


def steepened(trainer: Trainer) -> None:
    """The loss times 1e20, so that every gradient is too."""
    inner = trainer.learners[0].eager.loss
    trainer.learners[0].eager.loss = Times(inner)


class Times(torch.nn.Module):
    """A loss that is 1e20 times another."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        loss: Tensor = self.inner(outputs, targets)
        return 1e20 * loss


def test_a_step_with_gradients_of_1e20_is_as_long_as_the_rate() -> None:
    trainer = Trainer(Experiment.from_dict(STEEP), Always())
    steepened(trainer)
    for _ in range(3):
        before = [p.detach().clone() for p in trainer.network.parameters()]
        (frame,) = trainer.advance(deadline=0.0).frames
        moves = [(p.detach() - b).double().ravel() for p, b in zip(trainer.network.parameters(), before, strict=True)]
        assert float(torch.cat(moves).norm()) == pytest.approx(0.1, rel=1e-4)
        gradients = [p.grad.double().norm() for p in trainer.network.parameters() if p.grad is not None]
        assert max(gradients) < 1.01, "clipped"
        assert frame.readings["gradient_norm"][0] > 1e18, "measured before clipping"
        assert np.isfinite(frame.readings["gradient_norm"]).all()


def test_the_gradient_norm_shown_is_the_float64_one() -> None:
    found = sample(Experiment.from_dict({**STEEP, "data": {"kind": "plane", "samples": 300}}), 2)
    plain = float(found.frame.readings["gradient_norm"][0])
    steep = sample(Experiment.from_dict({**STEEP, "data": {"kind": "plane", "samples": 300}}), 2, meddle=steepened)
    assert float(steep.frame.readings["gradient_norm"][0]) == pytest.approx(1e20 * plain, rel=1e-4)


@pytest.mark.parametrize("rules", [["clip_norm"], ["max_norm"], ["l2", "clip_norm"]])
def test_the_exported_program_does_the_same(rules: list[str]) -> None:
    """What holds gradients and weights back is in the program too, with its way out of float32."""
    wild = {"optimizer": {"kind": "sgd", "lr": 1e-3 if rules == ["clip_norm"] else 50.0}}
    value = Experiment.from_dict({**STEEP, **wild, "regularizers": [{"kind": kind} for kind in rules]})
    losses = Trainer(value, Never()).advance(deadline=math.inf, until_step=12).losses
    expect_same(in_process(value, 12), losses)
