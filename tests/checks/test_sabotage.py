"""Checks find what is broken on purpose, and let alone what is right though it is small or starts at 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.catalogue.part import catalogue
from engine.data.target_leakage import find_target_copies
from engine.examples import Examples
from engine.parts.datasets import Dataset
from engine.parts.regularizers.l2 import L2
from engine.training.eager import Eager
from tests.checks.test_checks import context, examined

PENALTIES = {"regularizers": [{"kind": "l2", "strength": 0.01}, {"kind": "l1", "strength": 0.001}]}
LINEAR: dict[str, Any] = {  # ten inputs and a bias
    "data": {"kind": "diabetes"},
    "preprocessing": [{"kind": "standardize"}, {"kind": "standardize_target"}],
    "loss": {"kind": "mse"},
    "network": [],
}


@pytest.mark.parametrize("more", [{}, PENALTIES, {"optimizer": {"kind": "lbfgs"}, **PENALTIES}])
def test_training_that_forgets_its_penalties_is_found(more: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sound = examined("regularization", context(**more))
    assert sound.verdict == "pass"
    assert sound.numbers["training"] == pytest.approx(sound.numbers["slope"], rel=1e-6)
    monkeypatch.setattr(Eager, "_regularize", lambda *_: None)
    found = examined("regularization", context(**more))
    assert found.verdict == "fail"
    assert found.numbers["training"] == 0
    assert "A step of training" in str(found.remedy)


def test_a_penalty_with_half_its_gradient_or_on_some_layers_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = L2.add_gradient_
    with monkeypatch.context() as patch:
        patch.setattr(Eager, "_regularize", half)
        assert examined("regularization", context(**PENALTIES)).verdict == "fail"
    with monkeypatch.context() as patch:
        patch.setattr(L2, "add_gradient_", lambda rule, w, g: real(rule, w[:1], g[:1]))
        assert examined("regularization", context(**PENALTIES)).verdict == "fail"


@torch.no_grad()
def half(executor: Eager, _: Any) -> None:
    for rule, weights in executor.rules:
        gradients: list[Tensor] = [w.grad for w in weights if w.grad is not None]
        before = [g.clone() for g in gradients]
        rule.add_gradient_(list(weights), gradients)
        for gradient, was in zip(gradients, before, strict=True):
            gradient.copy_(was + (gradient - was) / 2)


def test_the_slope_that_training_feels_is_that_of_numpy() -> None:
    """Along the weights themselves: λ₂ Σ w² + λ₁ Σ |w|."""
    where = context(**PENALTIES)
    weights = np.concatenate([w.detach().double().numpy().ravel() for w in where.network().select_weights()])
    expected = 0.01 * (weights**2).sum() + 0.001 * np.abs(weights).sum()
    assert examined("regularization", where).numbers["training"] == pytest.approx(expected, rel=1e-5)


def test_logistic_regression_may_start_at_zero() -> None:
    zeros = {"network": [], "initializer": {"kind": "zeros"}}
    for more in ({}, PENALTIES):
        found = examined("regularization", context(**zeros, **more))
        assert (found.verdict, str(found.remedy)) == ("pass", "")
        assert "others were taken" in str(found.found)
    deep = examined("regularization", context(initializer={"kind": "zeros"}))
    assert deep.verdict == "fail", "units of a hidden layer that start alike stay alike"


@pytest.mark.parametrize("more", [{}, {"optimizer": {"kind": "sgd", "lr": 0.05}}, {"initializer": {"kind": "zeros"}}])
def test_a_linear_model_of_eleven_parameters_is_not_called_wrong(more: dict[str, Any]) -> None:
    where = context(**LINEAR, **more)
    assert sum(p.numel() for p in where.network().parameters()) == 11
    found = examined("overfit", where)
    assert (found.verdict, str(found.remedy)) == ("pass", "")
    assert found.expected.values["n"] == 5
    assert examined("overfit", context()).expected.values["n"] == 20


@pytest.mark.parametrize("kind", ["breast_cancer", "wine", "spiral", "iris"])
def test_linear_classifiers_learn_as_many_as_they_can(kind: str) -> None:
    start = {"data": {"kind": kind}, "network": [], "preprocessing": [{"kind": "standardize"}]}
    assert examined("overfit", context(**start)).verdict in ("pass", "warn")


ROWS = np.random.default_rng(0)
PLAIN = ROWS.normal(size=(200, 4)).astype(np.float32)
CLASSES = ROWS.integers(0, 3, 200)
NUMBERS = (PLAIN[:, :1] + ROWS.normal(size=(200, 1))).astype(np.float32)
COPIES: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "the class itself": (CLASSES, CLASSES),
    "a code of the class": (np.array([7.5, -2, 0])[CLASSES], CLASSES),
    "the number itself": (NUMBERS[:, 0], NUMBERS),
    "in another unit": (NUMBERS[:, 0] * -3.6 + 32, NUMBERS),
    "its exponential": (np.exp(NUMBERS[:, 0]), NUMBERS),
    "rounded": (np.round(NUMBERS[:, 0], 1), NUMBERS),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_column_that_is_the_target_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    column, y = COPIES[name]
    x = np.column_stack([PLAIN, column]).astype(np.float32)[:, [0, 1, 4, 2, 3]]
    classes = ("a", "b", "c") if y.ndim == 1 else ()
    task = "classification" if y.ndim == 1 else "regression"
    given = Examples(x, y.astype(np.int64) if y.ndim == 1 else y, task, classes)  # type: ignore[arg-type]
    monkeypatch.setattr("engine.data.prepare.load_examples", lambda *_: given)
    found = examined("leak", context(**({} if classes else {"loss": {"kind": "mse"}})))
    assert found.verdict == "fail"
    assert found.numbers == {"columns": [2]}
    assert "in column 3 says the target" in str(found.found)
    assert find_target_copies(np.delete(x, 2, 1), given.y) == []


def test_chance_and_what_is_to_be_learned_are_no_copies() -> None:
    few = np.array([[0.0, 1.0], [1.0, 5.0], [0.0, 2.0], [1.0, 4.0]], np.float32)
    assert find_target_copies(few, np.array([0, 1, 0, 1])) == []
    x = np.linspace(0, 1, 50, dtype=np.float32)[:, None]
    assert find_target_copies(x, np.sqrt(x)) == [], "a function of one input is what a network learns"
    assert find_target_copies(x, 3 * x - 1) == [0]
    noisy = CLASSES.copy()
    noisy[0] = (noisy[0] + 1) % 3
    assert find_target_copies(np.column_stack([PLAIN, noisy]).astype(np.float32), CLASSES) == []


def test_no_data_set_that_comes_along_has_such_a_column() -> None:
    for kind, part in catalogue(Dataset).items():
        if not part.remote and kind not in ("upload", "points"):
            given = part().load(0)
            assert given.vocabulary_size or find_target_copies(given.x, given.y) == [], kind
