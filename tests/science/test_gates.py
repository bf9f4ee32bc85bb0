"""Gates of LSTM and GRU against the equations of the literature, step by step in float64."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
import torch
from torch import nn

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.network.build import build
from engine.numerics import gates
from engine.parts.blocks import Block
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer
from tests.science.references import covers


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))  # type: ignore[no-any-return]


def stepped(mode: str, x: np.ndarray, w: np.ndarray, u: np.ndarray, b: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """The gates at every step, (batch, time, units) each, from one direction's weights. LSTM: i, f, o; GRU: r, z."""
    size = u.shape[1]
    h = np.zeros((len(x), size))
    cell = np.zeros_like(h)
    rows: list[tuple[np.ndarray, ...]] = []
    for t in range(x.shape[1]):
        a, r = x[:, t] @ w.T + b, h @ u.T + c
        if mode == "lstm":
            i, f, o = (sigmoid((a + r)[:, k * size : (k + 1) * size]) for k in (0, 1, 3))
            cell = f * cell + i * np.tanh((a + r)[:, 2 * size : 3 * size])
            h = o * np.tanh(cell)
            rows.append((i, f, o))
        else:
            reset, z = (sigmoid((a + r)[:, k * size : (k + 1) * size]) for k in (0, 1))
            h = (1 - z) * np.tanh(a[:, 2 * size :] + reset * r[:, 2 * size :]) + z * h
            rows.append((reset, z))
    return [np.stack(column, 1) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("mode", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gates_are_those_of_the_equations(mode: str, bidirectional: bool) -> None:
    block = {"kind": mode, "units": 5, "bidirectional": bidirectional, "layers": 2}
    network = build(Experiment.from_dict({"network": [block]}), (7, 3), 2)
    inner = network.stages[0].module.inner
    assert isinstance(inner, nn.LSTM | nn.GRU)
    inner.double()
    for place, parameter in enumerate(inner.parameters()):
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(place))
    x = torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        found = gates.compute_gates(inner, x)
        lower = (nn.LSTM if mode == "lstm" else nn.GRU)(3, 5, 1, batch_first=True, bidirectional=bidirectional).double()
        lower.load_state_dict({k: v for k, v in inner.state_dict().items() if "_l0" in k})
        below = lower(x)[0].numpy()
    for layer, given in enumerate((x.numpy(), below)):
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ways = []
        for end in ("", "_reverse")[: 1 + bidirectional]:
            own = [getattr(inner, f"{kind}_l{layer}{end}").detach().numpy() for kind in kinds]
            one = stepped(mode, given[:, ::-1] if end else given, *own)
            ways.append([gate[:, ::-1] if end else gate for gate in one])
        for gate, *pieces in zip(found[layer], *ways, strict=True):
            np.testing.assert_allclose(gate.numpy(), np.concatenate(pieces, 2), rtol=1e-10)


class Every(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


@covers("probes.gates")
def test_the_probe_gives_the_mean_over_units_and_examples() -> None:
    network = [{"kind": "lstm", "units": 6, "output": "sequence"}, {"kind": "gru", "units": 4}]
    value = {"data": {"kind": "heartbeats"}, "network": network, "probes": [{"kind": "gates"}], "device": "cpu"}
    trainer = Trainer(Experiment.from_dict(value), Every())
    frame = trainer.advance(deadline=0.0).frames[0]
    (channel,) = [c for c in trainer.channels if c.key == "gates"]
    names = [f"1 lstm · {g}" for g in ("input", "forget", "output")] + [f"2 gru · {g}" for g in ("reset", "update")]
    assert list(channel.series) == names
    x = trainer.capture.probe_batch[: gates.EXAMPLES]
    module = trainer.network.stages[0].module.inner
    own = [
        getattr(module, f"{k}_l0").detach().double().numpy() for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    wanted = [gate.mean((0, 2)) for gate in stepped("lstm", x.double().numpy(), *own)]
    np.testing.assert_allclose(frame.readings["gates"][:3], wanted, rtol=1e-4)
    plain = Trainer(Experiment.from_dict({**value, "network": [{"kind": "rnn"}]}))
    assert "gates" not in [c.key for c in plain.channels]


@pytest.mark.parametrize("kind", [kind for kind, block in catalogue(Block).items() if not block.refers])
def test_a_block_tells_of_the_recurrent_layers_that_it_builds(kind: str) -> None:
    block = catalogue(Block)[kind]()
    for shape in ((4, 8), (3, 8, 8), (12,)):
        with suppress(InvalidExperiment):
            module = block.build(shape, (2,))
            layers = [one for one in module.modules() if isinstance(one, nn.RNNBase)]
            told = block.recurrence
            assert [(one.num_layers, one.hidden_size) for one in layers] == ([told[:2]] if told else [])
