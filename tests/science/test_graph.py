"""Networks that are not a chain: what is joined, what is shared, and what is said of a wrong reference."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.network.build import Network, build
from engine.preview.preview import preview
from tests.science.references import covers


def dense(width: int = 8, **more: Any) -> dict[str, Any]:
    return {"kind": "dense", "width": width, "activation": {"kind": "tanh"}, **more}


def network(*blocks: dict[str, Any], **more: Any) -> Network:
    return build(Experiment.from_dict({"network": list(blocks), **more}), (2,), 2)


def matrices(net: Network) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [
        (m.weight.detach().double(), m.bias.detach().double()) for m in net.modules() if isinstance(m, torch.nn.Linear)
    ]


X = torch.randn(6, 2, generator=torch.Generator().manual_seed(3))


@covers("blocks.add")
def test_residual_adds_the_earlier_output() -> None:
    net = network(dense(label="a"), dense(), {"kind": "add", "of": "a"})
    (w1, b1), (w2, b2), (w3, b3) = matrices(net)
    a = torch.tanh(X.double() @ w1.T + b1)
    expected = (torch.tanh(a @ w2.T + b2) + a) @ w3.T + b3
    torch.testing.assert_close(net(X).double(), expected, rtol=1e-5, atol=1e-6)


@covers("blocks.concatenate", "blocks.branch")
def test_two_ways_part_and_meet_again() -> None:
    blocks = (dense(8, label="a"), dense(3, label="left"), {"kind": "branch", "of": "a"}, dense(5))
    net = network(*blocks, {"kind": "concatenate", "of": "left"})
    (w1, b1), (w2, b2), (w3, b3), (w4, b4) = matrices(net)
    a = torch.tanh(X.double() @ w1.T + b1)
    both = torch.cat([torch.tanh(a @ w3.T + b3), torch.tanh(a @ w2.T + b2)], 1)
    torch.testing.assert_close(net(X).double(), both @ w4.T + b4, rtol=1e-5, atol=1e-6)


@covers("blocks.shared")
def test_shared_weights_count_once_and_gather_both_gradients() -> None:
    twice = {"network": [dense(), dense(label="s"), {"kind": "shared", "of": "s"}]}
    once = {"network": [dense(), dense()]}
    assert preview(Experiment.from_dict(twice)).parameters == preview(Experiment.from_dict(once)).parameters
    net = build(Experiment.from_dict(twice), (2,), 2)
    shared = net.stages[1].weights[0].tensor
    assert net.stages[2].module is net.stages[1].module
    first = net.stages[0].module(X)
    h = net.stages[1].module(first).detach()  # the second use alone
    net.stages[3].module(net.stages[2].module(h)).sum().backward()
    alone = shared.grad
    assert alone is not None
    alone = alone.clone()
    net.zero_grad()
    net(X).sum().backward()
    assert shared.grad is not None
    assert not torch.allclose(shared.grad, alone)


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        ([dense(), {"kind": "add", "of": "nobody"}], "the label of an earlier block"),
        ([{"kind": "add", "of": "a"}, dense(label="a")], "the label of an earlier block"),
        ([dense(label="a"), dense(label="a"), {"kind": "add", "of": "a"}], "a label that one block has"),
        ([dense(8, label="a"), dense(4), {"kind": "add", "of": "a"}], "the shape of a, 8"),
        ([dense(8, label="a"), {"kind": "shared", "of": "a"}], "the input of a, 2"),
    ],
)
def test_a_wrong_reference_is_named(blocks: list[dict[str, Any]], word: str) -> None:
    with pytest.raises(InvalidExperiment) as error:
        preview(Experiment.from_dict({"network": blocks}))
    assert word in str(error.value)
    assert error.value.where.startswith("$.network[")


def test_a_chain_is_written_as_before() -> None:
    plain = Experiment.from_dict({"network": [dense()]})
    assert '"label"' not in plain.to_json()
    assert not build(plain, (2,), 2).has_references
