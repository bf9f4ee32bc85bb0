"""Optimizers whose formula is the playground's own: 100 steps against the formula written out in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.catalogue.part import catalogue
from engine.parts.optimizers import Optimizer
from tests.science.references import covers

Slope = Callable[[Tensor, int], Tensor]
START = torch.tensor([2.0, -1.5, 0.4, 3.0], dtype=torch.float64)
SCALE = torch.tensor([1.0, 0.2, 5.0, 1e-5], dtype=torch.float64)  # the last feels where ε stands


def slope(w: Tensor, step: int) -> Tensor:
    """The gradient of a bowl, long and with ripples, that trembles from step to step."""
    return SCALE * (w + 0.5 * torch.sin(3 * w) + 0.3 * math.cos(1.7 * step))


def ewma_momentum(a: float, b: float, corrected: bool) -> Tensor:
    """m ← βm + (1 − β)g, w ← w − αm, m divided by 1 − βᵗ where corrected."""
    w, m = START.clone(), torch.zeros(4, dtype=torch.float64)
    for t in range(1, 101):
        m = b * m + (1 - b) * slope(w, t)
        w = w - a * (m / (1 - b**t) if corrected else m)
    return w


def lookahead_nesterov(a: float, b: float) -> Tensor:
    """w ← w − αβm − α(1 − β) ∇L(w − αβm)."""
    w, m = START.clone(), torch.zeros(4, dtype=torch.float64)
    for t in range(1, 101):
        g = slope(w - a * b * m, t)
        w, m = w - a * b * m - a * (1 - b) * g, b * m + (1 - b) * g
    return w


def adagrad_inner(a: float, eps: float) -> Tensor:
    """w ← w − αg / √(Σg² + ε)."""
    w, history = START.clone(), []
    for t in range(1, 101):
        g = slope(w, t)
        history.append(g**2)
        w = w - a * g / torch.sqrt(torch.stack(history).sum(0) + eps)
    return w


def rmsprop_inner(a: float, b: float, eps: float, corrected: bool) -> Tensor:
    """v ← βv + (1 − β)g², w ← w − αg / √(v + ε), v divided by 1 − βᵗ where corrected."""
    w, v = START.clone(), torch.zeros(4, dtype=torch.float64)
    for t in range(1, 101):
        g = slope(w, t)
        v = b * v + (1 - b) * g**2
        w = w - a * g / torch.sqrt((v / (1 - b**t) if corrected else v) + eps)
    return w


def adam_inner(a: float, b1: float, b2: float, eps: float) -> Tensor:
    """w ← w − αm̂ / √(v̂ + ε)."""
    w, m, v = START.clone(), torch.zeros(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    for t in range(1, 101):
        g = slope(w, t)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        w = w - a * (m / (1 - b1**t)) / torch.sqrt(v / (1 - b2**t) + eps)
    return w


CASES: list[tuple[dict[str, Any], Callable[[], Tensor]]] = [
    ({"kind": "ewma_momentum", "lr": 0.2, "momentum": 0.9}, lambda: ewma_momentum(0.2, 0.9, False)),
    (
        {"kind": "ewma_momentum", "lr": 0.2, "momentum": 0.9, "bias_correction": True},
        lambda: ewma_momentum(0.2, 0.9, True),
    ),
    ({"kind": "lookahead_nesterov", "lr": 0.2, "momentum": 0.9}, lambda: lookahead_nesterov(0.2, 0.9)),
    ({"kind": "adagrad_inner", "lr": 0.1, "eps": 1e-8}, lambda: adagrad_inner(0.1, 1e-8)),
    ({"kind": "rmsprop_inner", "lr": 0.01, "beta2": 0.95, "eps": 1e-8}, lambda: rmsprop_inner(0.01, 0.95, 1e-8, False)),
    (
        {"kind": "rmsprop_inner", "lr": 0.01, "beta2": 0.95, "eps": 1e-8, "bias_correction": True},
        lambda: rmsprop_inner(0.01, 0.95, 1e-8, True),
    ),
    (
        {"kind": "adam_inner", "lr": 0.02, "momentum": 0.8, "beta2": 0.99, "eps": 1e-8},
        lambda: adam_inner(0.02, 0.8, 0.99, 1e-8),
    ),
]


def part(settings: dict[str, Any]) -> Optimizer:
    """The optimizer with these settings."""
    part: Optimizer = catalogue(Optimizer)[settings["kind"]].model_validate(settings)
    return part


def walked(chosen: Optimizer, dtype: torch.dtype = torch.float64) -> Tensor:
    """Where 100 steps of the optimizer end, the weights split over two tensors."""
    first, second = (nn.Parameter(piece.clone().to(dtype)) for piece in (START[:3], START[3:]))
    built = chosen.build([first, second])
    for group in built.param_groups:
        group.update(chosen.settings)  # as the executor does before the first step

    def closure(step: int) -> float:
        every = slope(torch.cat([first.detach(), second.detach()]).double(), step).to(dtype)
        first.grad, second.grad = every[:3], every[3:]
        return 0.0

    for step in range(1, 101):
        if chosen.needs_closure:
            built.step(partial(closure, step))
        else:
            closure(step)
            built.step()
    return torch.cat([first.detach(), second.detach()]).double()


@pytest.mark.parametrize(
    ("settings", "formula"), CASES, ids=lambda v: str(v.get("kind")) if isinstance(v, dict) else ""
)
@covers(*(f"optimizers.{settings['kind']}" for settings, _ in CASES))
def test_hundred_steps_of_the_formula(settings: dict[str, Any], formula: Callable[[], Tensor]) -> None:
    expected = formula()
    torch.testing.assert_close(walked(part(settings)), expected, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(walked(part(settings), torch.float32), expected, rtol=2e-4, atol=2e-5)
    assert float((expected - START).norm()) > 0.1, "the path must lead somewhere"


OTHERS = {
    "adagrad_inner": {"kind": "adagrad", "lr": 0.1, "eps": 1e-8},
    "rmsprop_inner": {"kind": "rmsprop", "lr": 0.01, "decay": 0.95, "eps": 1e-8},
    "adam_inner": {"kind": "adam", "lr": 0.02, "momentum": 0.8, "beta2": 0.99, "eps": 1e-8},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_epsilon_inside_the_root_tells_only_where_gradients_are_small(kind: str) -> None:
    settings = next(s for s, _ in CASES if s["kind"] == kind)
    inner, outer = walked(part(settings)), walked(part(OTHERS[kind]))
    torch.testing.assert_close(inner[:3], outer[:3], rtol=1e-3, atol=1e-3)
    assert abs(inner[3] - START[3]) < 0.9 * abs(outer[3] - START[3])


def test_averaged_momentum_is_classical_momentum_at_a_smaller_rate() -> None:
    averaged = walked(part({"kind": "ewma_momentum", "lr": 0.2, "momentum": 0.9}))
    classical = walked(part({"kind": "sgd", "lr": 0.2 * (1 - 0.9), "momentum": 0.9}))
    torch.testing.assert_close(averaged, classical, rtol=1e-9, atol=1e-12)


def test_first_steps_with_and_without_correction() -> None:
    """α(1 − β) and α of the first gradient; 1 / √(1 − β₂) times too long and right."""
    weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
    expected = {
        ("ewma_momentum", False): 0.1 * 0.3,
        ("ewma_momentum", True): 0.3,
        ("rmsprop_inner", False): 10.0,
        ("rmsprop_inner", True): 1.0,
    }
    for (kind, corrected), move in expected.items():
        weight.data.fill_(0.0)
        weight.grad = torch.full((1,), 0.3 if kind == "ewma_momentum" else 7.0, dtype=torch.float64)
        part({"kind": kind, "lr": 1.0, "bias_correction": corrected}).build([weight]).step()
        assert -weight.item() == pytest.approx(move, rel=1e-6)


def test_every_own_formula_is_here() -> None:
    own = {kind for kind, kept in catalogue(Optimizer).items() if kind.endswith("_inner")}
    assert own | {"ewma_momentum", "lookahead_nesterov"} == {settings["kind"] for settings, _ in CASES}
