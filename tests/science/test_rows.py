"""Weights of layers that have several kinds, and what saturates in them, against equations written out in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.frame import Frame
from engine.training.divergence import compute_weight_norms, find_first_overflow, find_most_grown
from engine.training.trainer import Trainer
from engine.training.weight_rows import WeightRows
from tests.science.measured import Never, close
from tests.torch_modules import module_of

Weights = dict[str, Tensor]
NETWORK: list[dict[str, Any]] = [
    {"kind": "lstm", "units": 3, "layers": 2, "bidirectional": True, "output": "sequence"},
    {"kind": "attention", "heads": 2, "positions": False},
    {"kind": "gru", "units": 4, "output": "sequence"},
    {"kind": "rnn", "units": 5},
]
NAMES = (
    *("1 lstm", "1 lstm 1 · input", "1 lstm 1 · recurrent", "1 lstm 2 · input", "1 lstm 2 · recurrent"),
    *("2 attention", "2 attention · queries", "2 attention · keys", "2 attention · values", "2 attention · output"),
    *("3 gru", "3 gru · input", "3 gru · recurrent", "4 rnn", "4 rnn · input", "4 rnn · recurrent", "output"),
)


def started(**more: Any) -> Trainer:
    value = {"data": {"kind": "adding", "length": 6}, "loss": {"kind": "mse"}, "network": NETWORK, "device": "cpu"}
    value |= {"optimizer": {"kind": "sgd", "lr": 0.3}, "batch_size": 16, "seed": 3}
    return Trainer(Experiment.from_dict({**value, **more}), Never())


def copies(trainer: Trainer) -> list[Weights]:
    """Every layer's numbers, float64."""
    stages = trainer.network.stages
    return [{k: v.detach().double().clone() for k, v in module_of(stage).state_dict().items()} for stage in stages]


def grouped(layers: list[Weights]) -> list[list[Tensor]]:
    """What each row takes together, named by torch's own names."""
    lstm, attention, gru, rnn, output = layers
    queries = attention["inner.in_proj_weight"]

    def own(layer: Weights, *keys: str) -> list[Tensor]:
        return [layer[f"inner.{key}"] for key in keys]

    stacked = [
        own(lstm, f"weight_{what}_l{layer}", f"weight_{what}_l{layer}_reverse")
        for layer in (0, 1)
        for what in ("ih", "hh")
    ]
    parts = [queries[:6], queries[6:12], queries[12:], attention["inner.out_proj.weight"]]
    single = [[w[f"inner.weight_{what}_l0"]] for w in (gru, rnn) for what in ("ih", "hh")]
    rows = [[part for row in stacked for part in row], *stacked, parts, *([part] for part in parts)]
    rows += [single[0] + single[1], *single[:2], single[2] + single[3], *single[2:], [output["0.weight"]]]
    return rows


def norm(tensors: list[Tensor]) -> float:
    return math.sqrt(sum(float((t**2).sum()) for t in tensors))


def cell(kind: str, w: Weights, end: str, x: Tensor, inside: list[Tensor]) -> Tensor:
    """One direction of one recurrent layer by its equations, (batch, time, units); `inside`: what its tanh gives."""
    wi, wh, bi, bh = (w[f"inner.{name}{end}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h = c = x.new_zeros(len(x), wh.shape[1])
    found = []
    for t in range(x.shape[1]):
        a, b = x[:, t] @ wi.T + bi, h @ wh.T + bh
        if kind == "lstm":
            i, f, g, o = (a + b).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            inside.append(c.tanh())
            h = o.sigmoid() * inside[-1]
        elif kind == "gru":
            (ra, za, na), (rb, zb, nb) = a.chunk(3, 1), b.chunk(3, 1)
            inside.append((na + (ra + rb).sigmoid() * nb).tanh())
            z = (za + zb).sigmoid()
            h = (1 - z) * inside[-1] + z * h
        else:
            h = (a + b).tanh()
            inside.append(h)
        found.append(h)
    return torch.stack(found, 1)


def both(w: Weights, layer: int, x: Tensor, inside: list[Tensor]) -> Tensor:
    """A layer of a bidirectional LSTM."""
    there = cell("lstm", w, f"_l{layer}", x, inside)
    back = cell("lstm", w, f"_l{layer}_reverse", x.flip(1), inside)
    return torch.cat([there, back.flip(1)], 2)


def attend(w: Weights, x: Tensor) -> Tensor:
    """Two heads: softmax(QKᵀ / √d) V."""
    q, k, v = (x @ w["inner.in_proj_weight"].T + w["inner.in_proj_bias"]).chunk(3, 2)
    heads = [
        ((a @ b.transpose(1, 2)) / math.sqrt(a.shape[2])).softmax(2) @ c
        for a, b, c in zip(q.chunk(2, 2), k.chunk(2, 2), v.chunk(2, 2), strict=True)
    ]
    return torch.cat(heads, 2) @ w["inner.out_proj.weight"].T + w["inner.out_proj.bias"]


def answer(layers: list[Weights], x: Tensor, inside: list[list[Tensor]]) -> Tensor:
    """The whole network; `inside`: what the last tanh of LSTM, GRU and plain layer gave, a tensor a step."""
    lstm, attention, gru, rnn, output = layers
    x = attend(attention, both(lstm, 1, both(lstm, 0, x, []), inside[0]))
    x = cell("gru", gru, "_l0", x, inside[1])
    return cell("rnn", rnn, "_l0", x, inside[2])[:, -1] @ output["0.weight"].T + output["0.bias"]


@pytest.fixture(scope="module")
def taken() -> tuple[Trainer, list[Weights], list[Weights], Frame, list[Weights]]:
    """A run at its third step: weights before and after, its frame, and the gradient by the equations."""
    trainer = started()
    trainer.advance(deadline=math.inf, until_step=2)
    before, start = copies(trainer), trainer.order.cursor
    x, y = (part[start : start + 16].double() for part in (trainer.order.epoch_x, trainer.order.epoch_y))
    frame = trainer.advance(deadline=math.inf, until_step=3, frame_at_end=True).frames[-1]
    leaves = [{k: v.clone().requires_grad_() for k, v in own.items()} for own in before]
    ((answer(leaves, x, [[], [], []]) - y) ** 2).mean().backward()  # type: ignore[no-untyped-call]
    gradients = [{k: v.grad for k, v in own.items() if v.grad is not None} for own in leaves]
    return trainer, before, copies(trainer), frame, gradients


def series(trainer: Trainer, key: str) -> tuple[str, ...]:
    return next(channel.series for channel in trainer.channels if channel.key == key)


def test_a_row_for_all_weights_of_a_layer_and_one_for_each_kind(taken: Any) -> None:
    for key in ("weight_norm", "gradient_norm", "update_ratio", "near_zero"):
        assert series(taken[0], key) == NAMES


def test_norms_are_of_all_weights(taken: Any) -> None:
    _, before, after, frame, gradients = taken
    close(frame.readings["weight_norm"], [norm(row) for row in grouped(before)], 1e-6)
    close(frame.readings["gradient_norm"], [norm(row) for row in grouped(gradients)], 1e-4)
    moved = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(grouped(after), grouped(before), strict=True)]
    ratios = [norm(m) / norm(row) for m, row in zip(moved, grouped(before), strict=True)]
    close(frame.readings["update_ratio"], ratios, 1e-5)
    assert frame.readings["gradient_norm"].min() > 0


def test_near_zero_is_of_all_weights(taken: Any) -> None:
    trainer, _, after, _, _ = taken
    shares = [np.mean([float(abs(v) < 0.05) for t in row for v in t.flatten().tolist()]) for row in grouped(after)]
    near = next(probe for probe in trainer.capture.probes if probe.name() == "near_zero").model_copy(
        update={"threshold": 0.05}
    )
    with torch.no_grad():
        moment = trainer.capture._build_moment()
    close(near.measure(moment, trainer.capture.subject)["near_zero"].numpy(), shares, 1e-6)
    assert min(shares) < max(shares)


def test_saturation_of_recurrent_layers() -> None:
    """f of a plain layer, tanh c of an LSTM, tanh of the new value of a GRU, with weights that are large enough."""
    trainer = started(initializer={"kind": "normal", "std": 2.0})
    with torch.no_grad():  # each as large as leaves some flat and some not
        for place, factor in ((0, 3.0), (2, 0.08)):
            for weight in module_of(trainer.network.stages[place]).inner.parameters():
                weight *= factor
    (frame,) = trainer.advance(deadline=math.inf, until_step=1, frame_at_end=True).frames
    inside: list[list[Tensor]] = [[], [], []]
    whole: list[list[Tensor]] = [[], [], []]
    answer(copies(trainer), trainer.capture.probe_batch[:64].double(), inside)
    answer(copies(trainer), trainer.capture.probe_batch.double(), whole)
    got = dict(zip(series(trainer, "saturated"), frame.readings["saturated"].tolist(), strict=True))
    seen = [torch.stack(inside[0]), torch.stack(inside[1]), whole[2][-1]]
    expected = [float((1 - v**2 < 0.05).double().mean()) for v in seen]
    assert [got[name] for name in ("1 lstm", "3 gru", "4 rnn")] == pytest.approx(expected, abs=2e-3)
    assert all(0.02 < share < 0.98 for share in expected), f"{expected}: nothing to be told apart"
    assert math.isnan(got["2 attention"])
    assert math.isnan(got["output"])


def test_the_adding_problem_of_issue_7() -> None:
    """‖(W, U)‖, where W alone has 3.526."""
    start = {
        "data": {"kind": "adding", "samples": 200},
        "network": [{"kind": "lstm", "units": 8}],
        "loss": {"kind": "mse"},
    }
    trainer = Trainer(Experiment.from_dict({**start, "batch_size": 32, "seed": 0, "device": "cpu"}))
    (frame,) = trainer.advance(deadline=0.0).frames
    assert series(trainer, "weight_norm") == ("1 lstm", "1 lstm · input", "1 lstm · recurrent", "output")
    assert frame.readings["weight_norm"][:2].tolist() == pytest.approx([6.509, 3.526], abs=6e-4)
    assert frame.readings["gradient_norm"][:2].tolist() == pytest.approx([0.7674, 0.6727], abs=6e-5)


def test_divergence_looks_at_every_matrix() -> None:
    trainer = started()
    close(np.array(compute_weight_norms(trainer.network)), [norm(row) for row in every_layer(copies(trainer))], 1e-6)
    first = compute_weight_norms(trainer.network)
    with torch.no_grad():
        module_of(trainer.network.stages[2]).inner.weight_hh_l0 *= 50
    assert str(find_most_grown(trainer.network, first)) == "3 gru"
    with torch.no_grad():
        module_of(trainer.network.stages[1]).inner.out_proj.weight[0, 0] = math.nan
    assert str(find_first_overflow(trainer.network, trainer.data.train_x[:4])) == "2 attention"


def every_layer(layers: list[Weights]) -> list[list[Tensor]]:
    return [row for name, row in zip(NAMES, grouped(layers), strict=True) if " · " not in name]


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_rows_neither_overflow_nor_vanish(scale: float) -> None:
    network, values = started().network, np.array([3.0, 4.0, 12.0]) * scale
    counted = WeightRows(network, torch.device("cpu"))
    tensors = [torch.zeros_like(tensor) for tensor in counted.tensors]
    gru = counted.names.index("3 gru")
    inner = module_of(network.stages[2]).inner
    for weight, value in ((inner.weight_ih_l0, values[:2]), (inner.weight_hh_l0, values[2:])):
        place = next(i for i, tensor in enumerate(counted.tensors) if tensor is weight)
        tensors[place].view(-1)[: len(value)] = torch.tensor(value)
    found = (counted.compute_norms(tensors) / scale).tolist()
    assert found[gru : gru + 3] == pytest.approx([13.0, 5.0, 12.0], rel=1e-6)
