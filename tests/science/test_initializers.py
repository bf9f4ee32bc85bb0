"""Moments of the first weights, orthogonality, seeds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.network.build import build
from engine.parts.initializers import Fan, Initializer
from tests.science.references import covers

BELL = math.exp(-2) / math.sqrt(2 * math.pi)  # the normal density at 2
KEPT = math.erf(math.sqrt(2))  # what of it lies within 2
LEFT = 1 - 4 * BELL / KEPT  # variance of what is left
VARIANCES: dict[str, Callable[[int, int], float]] = {
    "he_normal": lambda into, out: 2 / into,
    "he_uniform": lambda into, out: 2 / into,
    "glorot_normal": lambda into, out: 2 / (into + out),
    "glorot_uniform": lambda into, out: 2 / (into + out),
    "lecun_normal": lambda into, out: 1 / into,
    "lecun_uniform": lambda into, out: 1 / into,
    "normal": lambda into, out: 0.1**2,
    "uniform": lambda into, out: 0.1**2 / 3,
    "wide_glorot_normal": lambda into, out: 4 / (into + out),
    "truncated_normal": lambda into, out: 0.1**2 * LEFT,
}
FOURTH = 3 - (2 * 2**3 + 6 * 2) * BELL / KEPT  # its fourth moment
KURTOSIS = {"normal": (3.0, 96.0), "uniform": (1.8, 5.76)}  # fourth moment and its variance, of unit variance
KURTOSIS["truncated"] = (FOURTH / LEFT**2, 10.0)
DENSE = [{"kind": "dense", "width": 300}, {"kind": "dense", "width": 170}]
CONV = [
    {"kind": "conv2d", "filters": 40, "kernel": 3},
    {"kind": "conv2d", "filters": 90, "kernel": 5},
    {"kind": "flatten"},
]


def first_weights(kind: str, network: list[dict[str, Any]], in_shape: tuple[int, ...], seed: int = 0) -> list[Tensor]:
    """The weights of every layer."""
    start = Experiment.from_dict({"network": network, "initializer": {"kind": kind}, "seed": seed})
    return [w.detach().double() for w in build(start, in_shape, 3).select_weights()]


@pytest.mark.parametrize("kind", VARIANCES)
@pytest.mark.parametrize(("network", "in_shape"), [(DENSE, (120,)), (CONV, (6, 12, 12))], ids=["dense", "conv"])
@covers(*(f"initializers.{kind}" for kind in VARIANCES))
def test_mean_and_variance(kind: str, network: list[dict[str, Any]], in_shape: tuple[int, ...]) -> None:
    for weight in first_weights(kind, network, in_shape)[:2]:
        field = weight[0, 0].numel()
        expected = VARIANCES[kind](weight.shape[1] * field, weight.shape[0] * field)
        count, deviation = weight.numel(), math.sqrt(expected)
        kurtosis, wobble = KURTOSIS[next(name for name in ("uniform", "truncated", "normal") if name in kind)]
        assert abs(weight.mean()) < 4 * deviation / math.sqrt(count)
        # the variance of a sample variance is σ⁴ (kurtosis − 1) / n
        assert abs(weight.var() - expected) < 4 * expected * math.sqrt((kurtosis - 1) / count)
        fourth = ((weight / deviation) ** 4).mean()
        assert abs(fourth - kurtosis) < 4 * math.sqrt(wobble / count), "the wrong distribution"


@pytest.mark.parametrize(
    ("kind", "function", "settings"),
    [
        ("glorot_normal", torch.nn.init.xavier_normal_, {}),
        ("glorot_uniform", torch.nn.init.xavier_uniform_, {}),
        ("wide_glorot_normal", torch.nn.init.xavier_normal_, {"gain": 2**0.5}),
        ("he_normal", torch.nn.init.kaiming_normal_, {"nonlinearity": "relu"}),
        ("he_uniform", torch.nn.init.kaiming_uniform_, {"nonlinearity": "relu"}),
        ("lecun_normal", torch.nn.init.kaiming_normal_, {"nonlinearity": "linear"}),
        ("lecun_uniform", torch.nn.init.kaiming_uniform_, {"nonlinearity": "linear"}),
    ],
)
@pytest.mark.parametrize("shape", [(30, 50), (7, 3, 5, 5)], ids=["dense", "conv"])
def test_equal_to_the_function_of_torch(
    kind: str, function: Callable[..., Tensor], settings: dict[str, Any], shape: tuple[int, ...]
) -> None:
    field = math.prod(shape[2:])
    found, expected = torch.zeros(shape), torch.zeros(shape)
    fan = Fan(shape[1] * field, shape[0] * field)
    catalogue(Initializer)[kind]().fill_(found, fan, torch.Generator().manual_seed(1))
    function(expected, generator=torch.Generator().manual_seed(1), **settings)
    assert torch.equal(found, expected)


@pytest.mark.parametrize(("network", "in_shape"), [(DENSE, (120,)), (CONV, (6, 12, 12))], ids=["dense", "conv"])
@covers("initializers.orthogonal")
def test_orthogonal(network: list[dict[str, Any]], in_shape: tuple[int, ...]) -> None:
    for weight in first_weights("orthogonal", network, in_shape):
        matrix = weight.flatten(1)
        square = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        torch.testing.assert_close(square, torch.eye(len(square), dtype=torch.float64), atol=1e-5, rtol=0)


def test_orthogonal_prefers_no_direction() -> None:
    """Of many orthogonal matrices the mean is zero; a QR whose signs are not corrected has a diagonal that leans."""
    diagonal = torch.stack([first_weights("orthogonal", DENSE[:1], (300,), seed)[0].diagonal() for seed in range(12)])
    count = diagonal.numel()
    assert abs(diagonal.mean()) < 4 / math.sqrt(300 * count)


@covers("initializers.zeros", "initializers.constant")
def test_zeros_and_constant() -> None:
    assert all((weight == 0).all() for weight in first_weights("zeros", DENSE, (10,)))
    assert all((weight.float() == 0.1).all() for weight in first_weights("constant", DENSE, (10,)))


def test_truncated_normal_is_drawn_anew_and_not_clipped() -> None:
    weight = first_weights("truncated_normal", DENSE, (400,))[0].flatten()
    edge = torch.tensor(0.2).double()
    assert weight.abs().max() <= edge
    assert weight.abs().max() > 0.98 * edge
    assert (weight.abs() > 0.9999 * edge).double().mean() < 1e-3, "nothing piles up at the ends"
    for bound in (0.05, 0.1, 0.15):  # the distribution function between
        share = float((weight.abs() < bound).double().mean())
        expected = math.erf(bound / 0.1 / math.sqrt(2)) / KEPT
        assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / len(weight))


def test_wide_glorot_is_root_two_wider() -> None:
    wide, paper = (first_weights(kind, DENSE, (120,))[0] for kind in ("wide_glorot_normal", "glorot_normal"))
    torch.testing.assert_close(wide, math.sqrt(2) * paper, rtol=1e-6, atol=1e-9)


def test_a_block_may_have_an_initializer_of_its_own() -> None:
    own = {"initializer": {"kind": "constant", "value": 0.25}}
    chain = [
        {"kind": "conv2d", "filters": 3, **own},
        {"kind": "flatten"},
        {"kind": "dense", "width": 4},
        {"kind": "maxout", "width": 5, **own},
    ]
    start = Experiment.from_dict({"network": chain, "initializer": {"kind": "zeros"}})
    values = [weight.unique().tolist() for weight in build(start, (1, 8, 8), 2).select_weights()]  # type: ignore[no-untyped-call]
    assert values == [[0.25], [0.0], [0.25], [0.0]]
    assert "initializer" not in Experiment.from_dict({"network": [{"kind": "dense"}]}).to_dict()["network"][0]
    assert Experiment.from_json(start.to_json()) == start


@pytest.mark.parametrize("pieces", [2, 5])
@covers("blocks.maxout")
def test_maxout(pieces: int) -> None:
    """The largest of its linear pieces; as many times a dense layer's parameters; each piece drawn like a layer."""
    start = {"network": [{"kind": "maxout", "width": 200, "pieces": pieces}], "initializer": {"kind": "glorot_normal"}}
    stage = build(Experiment.from_dict(start), (300,), 2).stages[0]
    dense = build(Experiment.from_dict({"network": [{"kind": "dense", "width": 200}]}), (300,), 2).stages[0]
    assert stage.parameters == pieces * dense.parameters == pieces * 301 * 200
    assert stage.out_shape == (200,)
    assert stage.block.observed
    module: Any = stage.module
    weight = module.weight.detach()
    expected = 2 / (300 + 200)
    assert abs(weight.var() - expected) < 4 * expected * math.sqrt(2 / weight.numel())
    x = torch.randn(7, 300, generator=torch.Generator().manual_seed(1))
    maps = [x.double() @ w.double().T for w in weight.split(200)]
    torch.testing.assert_close(module(x).double(), torch.stack(maps).amax(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", sorted(set(catalogue(Initializer)) - {"zeros", "constant"}))
def test_seed_decides(kind: str) -> None:
    one, again, other = (first_weights(kind, DENSE, (20,), seed) for seed in (5, 5, 6))
    torch.manual_seed(99)  # torch's own generator has no say
    later = first_weights(kind, DENSE, (20,), 5)
    for a, b, c, d in zip(one, again, other, later, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, d)
        assert not torch.equal(a, c)
    assert not torch.equal(one[0][:10, :10], one[1][:10, :10]), "layers must differ"


def test_biases_start_where_the_experiment_says() -> None:
    chain = [{"kind": "dense"}, {"kind": "maxout"}, {"kind": "batch_norm"}]
    state = build(Experiment.from_dict({"network": chain, "bias": 0.01}), (4,), 2).state_dict()
    biases = {key: value.unique().tolist() for key, value in state.items() if key.endswith("bias")}
    assert [value == [pytest.approx(0.01)] for value in biases.values()] == [True, True, False, True]
    assert biases["modules_in_order.2.bias"] == [0.0]


def test_biases_start_at_zero_and_normalization_at_one() -> None:
    network = build(Experiment.from_dict({"network": [{"kind": "dense"}, {"kind": "batch_norm"}]}), (4,), 2)
    state = network.state_dict()
    assert all((value == 0).all() for key, value in state.items() if key.endswith("bias"))
    norm = network.stages[1].module.state_dict()
    assert (norm["weight"] == 1).all()
    assert (norm["running_mean"] == 0).all()
    assert (norm["running_var"] == 1).all()
