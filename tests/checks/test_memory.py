"""The memory that is foretold against what torch's allocator gives out in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.catalogue.part import catalogue
from engine.experiment import presets
from engine.experiment.experiment import Experiment
from engine.parts.optimizers import Optimizer
from engine.preview.preview import preview
from tests.checks.peaks import most, size

ROOT = Path(__file__).resolve().parents[2]
FEW = 128  # bytes that are too few to tell
DIGITS = {"data": {"kind": "digits", "layout": "image"}}
RECALL = {"data": {"kind": "delayed_recall", "delay": 60}, "batch_size": 128}
FILTERS = [{"kind": "conv2d", "filters": 16, "border": "same"}, {"kind": "conv2d", "filters": 20}, {"kind": "max_pool"}]
CASES: dict[str, dict[str, Any]] = {
    "issue": {**DIGITS, "batch_size": 512,
              "network": [{"kind": "conv2d", "filters": 64, "border": "same"}, {"kind": "global_average_pool"}]},
    "more_than_there_are": {"data": {"kind": "digits"}, "batch_size": 8192,
                            "network": [{"kind": "dense", "width": 500}] * 3},
    "filters": {**DIGITS, "batch_size": 128, "network": [*FILTERS, {"kind": "flatten"}]},
    "muon_on_filters": {**DIGITS, "batch_size": 4, "optimizer": {"kind": "muon"},
                        "network": [{"kind": "conv2d", "filters": 64}, {"kind": "conv2d", "filters": 128},
                                    {"kind": "global_average_pool"}]},
    "attention": {**RECALL, "network": [{"kind": "attention"}, {"kind": "flatten"}]},
    "two_lstms": {**RECALL, "network": [{"kind": "lstm", "units": 32, "layers": 2, "bidirectional": True}]},
    "gru": {**RECALL, "network": [{"kind": "gru", "units": 32}]},
    "signal": {"data": {"kind": "heartbeats"}, "batch_size": 64,
               "network": [{"kind": "conv1d", "filters": 32}, {"kind": "conv1d", "filters": 32},
                           {"kind": "global_max_pool"}]},
    "attacked": {"data": {"kind": "digits"}, "batch_size": 128, "attack": {"kind": "fgsm"},
                 "network": [{"kind": "dense", "width": 300}]},
    "noisy": {"data": {"kind": "digits"}, "network": [{"kind": "dense", "width": 600}] * 2,
              "regularizers": [{"kind": "parameter_noise"}], "optimizer": {"kind": "nadam"}},
}  # fmt: skip
PRESETS = ("circle", "deep_tanh", "lenet", "lstm", "bagging", "lbfgs", "autoencoder", "augmentation")


def measured(documents: list[dict[str, Any]]) -> list[int]:
    """What a step takes, in a process of its own."""
    command = [sys.executable, str(ROOT / "tests/checks/peaks.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    given = json.dumps(documents)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, env=environment)
    return [int(line) for line in done.stdout.split() if line.isdigit()]


@pytest.fixture(scope="module")
def peaks() -> dict[str, int]:
    chosen = {**CASES, **{name: presets.load(name).to_dict() for name in PRESETS}}
    documents = [{**document, "device": "cpu"} for document in chosen.values()]
    return dict(zip(chosen, measured(documents), strict=True))


@pytest.mark.parametrize("name", [*CASES, *PRESETS])
def test_memory_that_is_foretold_is_what_a_step_takes_and_never_less(name: str, peaks: dict[str, int]) -> None:
    start = Experiment.from_dict(CASES[name]) if name in CASES else presets.load(name)
    assert peaks[name] <= preview(start).memory_bytes <= 1.3 * peaks[name] + FEW


def test_training_takes_no_less_than_inference() -> None:
    from engine.jobs.cost import count_cost

    found = count_cost(Experiment.from_dict(CASES["issue"]))
    assert found.training > found.serving


@pytest.mark.parametrize("kind", catalogue(Optimizer))
@pytest.mark.parametrize("shape", [(100, 60), (6_000,), (15, 20, 5, 4)], ids=["matrix", "vector", "filters"])
def test_what_an_optimizer_keeps_and_takes(kind: str, shape: tuple[int, ...]) -> None:
    part: Any = catalogue(Optimizer)[kind]()
    weights = [nn.Parameter(torch.ones(shape)) for _ in range(3)]
    built = part.build(weights)
    generator = torch.Generator().manual_seed(0)

    def closure() -> float:
        for weight in weights:
            weight.grad = weight.detach() ** 3 + torch.randn(shape, generator=generator) / 100
        return sum(float((weight.detach() ** 4).sum()) / 4 for weight in weights)

    closure()
    asked = (closure,) if part.needs_closure else ()
    for _ in range(14 if part.needs_closure else 3):
        built.step(*asked)
    whole = sum(weight.nbytes for weight in weights)
    assert part.count_state(len(shape)) * whole == pytest.approx(size(dict(built.state)), rel=0.15, abs=200)
    every, largest = part.scratch
    own = most(closure) if part.needs_closure else 0
    taken = most(lambda: built.step(*asked))
    assert taken <= every * whole + (largest * whole / 3 if len(shape) == 2 else 0) + own + 1000
    if not part.needs_closure and kind != "muon":
        assert taken >= 0.7 * every * whole
