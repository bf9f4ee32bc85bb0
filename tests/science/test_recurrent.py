"""Recurrent blocks against the equations of the lectures, written out in float64."""

from __future__ import annotations

from typing import Any, Literal

import pytest
import torch
from torch import Tensor

from engine.parts.blocks import Block
from engine.parts.blocks.attention import Attention, compute_positions
from engine.parts.blocks.gru import GRU
from engine.parts.blocks.lstm import LSTM
from engine.parts.blocks.rnn import RNN
from tests.science.references import covers

TIME, FEATURES, UNITS = 5, 3, 4


def sequence() -> Tensor:
    return torch.randn(2, TIME, FEATURES, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def built(block: Block) -> Any:
    torch.manual_seed(0)
    return block.build((TIME, FEATURES)).double().eval()


def weights(module: Any, gates: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """W, U and b of each gate."""
    inner = module.inner
    w, u = inner.weight_ih_l0.chunk(gates), inner.weight_hh_l0.chunk(gates)
    b = zip(inner.bias_ih_l0.chunk(gates), inner.bias_hh_l0.chunk(gates), strict=True)
    return [(a, c, torch.stack(d)) for a, c, d in zip(w, u, b, strict=True)]


@covers("blocks.lstm")
def test_lstm_follows_its_equations() -> None:
    module, x = built(LSTM(units=UNITS, output="sequence")), sequence()
    (wi, ui, bi), (wf, uf, bf), (wg, ug, bg), (wo, uo, bo) = weights(module, 4)
    h, c, found = torch.zeros(2, UNITS).double(), torch.zeros(2, UNITS).double(), []
    for t in range(TIME):
        i, f, o = (
            torch.sigmoid(x[:, t] @ w.T + h @ u.T + b.sum(0)) for w, u, b in ((wi, ui, bi), (wf, uf, bf), (wo, uo, bo))
        )
        g = torch.tanh(x[:, t] @ wg.T + h @ ug.T + bg.sum(0))
        c = f * c + i * g
        h = o * torch.tanh(c)
        found.append(h)
    torch.testing.assert_close(module(x), torch.stack(found, 1))


@covers("blocks.gru")
def test_gru_follows_its_equations() -> None:
    module, x = built(GRU(units=UNITS)), sequence()
    (wr, ur, br), (wz, uz, bz), (wn, un, bn) = weights(module, 3)
    h = torch.zeros(2, UNITS).double()
    for t in range(TIME):
        r = torch.sigmoid(x[:, t] @ wr.T + h @ ur.T + br.sum(0))
        z = torch.sigmoid(x[:, t] @ wz.T + h @ uz.T + bz.sum(0))
        n = torch.tanh(x[:, t] @ wn.T + bn[0] + r * (h @ un.T + bn[1]))
        h = (1 - z) * n + z * h
    torch.testing.assert_close(module(x), h)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@covers("blocks.rnn")
def test_rnn_follows_its_equation_both_ways(nonlinearity: Literal["tanh", "relu"]) -> None:
    module = built(RNN(units=UNITS, bidirectional=True, nonlinearity=nonlinearity))
    x, inner = sequence(), module.inner
    f = torch.tanh if nonlinearity == "tanh" else torch.relu
    ends = []
    for way, steps in (("", range(TIME)), ("_reverse", reversed(range(TIME)))):
        w, u = getattr(inner, f"weight_ih_l0{way}"), getattr(inner, f"weight_hh_l0{way}")
        b = getattr(inner, f"bias_ih_l0{way}") + getattr(inner, f"bias_hh_l0{way}")
        h = torch.zeros(2, UNITS).double()
        for t in steps:
            h = f(x[:, t] @ w.T + h @ u.T + b)
        ends.append(h)
    torch.testing.assert_close(module(x), torch.cat(ends, 1))


@covers("blocks.attention")
def test_attention_follows_its_formula() -> None:
    torch.manual_seed(0)
    module: Any = Attention(heads=1).build((TIME, 4)).double()
    x = torch.randn(2, TIME, 4, dtype=torch.float64)
    placed = x + compute_positions(TIME, 4, x.device).double()
    q, k, v = (
        placed @ w.T + b
        for w, b in zip(module.inner.in_proj_weight.chunk(3), module.inner.in_proj_bias.chunk(3), strict=True)
    )
    mixed = torch.softmax(q @ k.transpose(1, 2) / 4**0.5, 2) @ v
    expected = mixed @ module.inner.out_proj.weight.T + module.inner.out_proj.bias
    torch.testing.assert_close(module(x), expected, rtol=1e-6, atol=1e-6)


def test_positions_tell_steps_apart() -> None:
    module = Attention(positions=True).build((TIME, 4)).eval()
    same = torch.ones(1, TIME, 4)
    assert not torch.allclose(module(same)[0, 0], module(same)[0, 1])
    blind = Attention(positions=False).build((TIME, 4)).eval()
    torch.testing.assert_close(blind(same)[0, 0], blind(same)[0, 1])
