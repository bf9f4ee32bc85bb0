"""Early stopping on every end of a run: which weights are kept, and that it is said wherever the run is spoken of."""

from __future__ import annotations

import json
import math
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from engine.archive.pack import pack
from engine.archive.unpack import unpack
from engine.cli.report import build_report, find_restored_epoch, format_losses, format_report
from engine.experiment.experiment import Experiment
from engine.export.bundle import export
from engine.export.exporters import ExportedRun
from engine.export.exporters.summary import Summary
from engine.export.program.program import build_program
from engine.export.program.script_file import write_script
from engine.message import NOTHING
from engine.store.reader import Reader
from engine.training.trainer import Trainer
from pages.runs.listing import format_validation_loss
from tests.runtime.conftest import fleet as fleet
from tests.runtime.conftest import wait_for
from tests.science.measured import Never
from tests.science.references import covers

OVERFIT: dict[str, Any] = {
    "data": {"kind": "circle", "samples": 60, "noise": 0.5},
    "network": [{"kind": "dense", "width": 32, "activation": {"kind": "tanh"}}],
    "optimizer": {"kind": "adam", "lr": 0.05},
    "regularizers": [{"kind": "early_stopping", "patience": 5_000}],
    "device": "cpu",
}
ENDS: dict[str, dict[str, Any]] = {
    "by epochs": {"epochs": 60, "steps": None},
    "by steps, within an epoch": {"steps": 181},
    "with a test split": {"epochs": 60, "steps": None, "test": 0.1},
}


def loss_of(weights: dict[str, Tensor], trainer: Trainer) -> float:
    """The cross-entropy on the validation split, in float64."""
    by_shape = {tuple(tensor.shape): tensor.double() for tensor in weights.values()}
    a, b, c, d = (by_shape[shape] for shape in ((32, 2), (32,), (2, 32), (2,)))
    outputs = torch.tanh(trainer.validation_x.double() @ a.T + b) @ c.T + d
    return float(nn.functional.cross_entropy(outputs, trainer.validation_y))


@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_ends_by_its_length_says_which_weights_it_keeps(end: str) -> None:
    trainer = Trainer(Experiment.from_dict({**OVERFIT, **ENDS[end]}), Never())
    held = [row.validation_loss for row in trainer.advance(deadline=math.inf).epochs]
    best, last = min(held), held[-1]
    assert last > 1.2 * best, "it over-fits"
    assert loss_of(trainer.model_tensors(), trainer) == pytest.approx(best, rel=1e-5)
    said = f"The weights are those of epoch {held.index(best) + 1}, with a validation loss of {best:.4g}; "
    assert str(trainer.message).startswith(f"{said}that of the last epoch was {last:.4g}.")
    assert trainer.restored_epoch == (held.index(best) + 1, best)
    assert ("On the test split" in str(trainer.message)) == ("test" in ENDS[end])


def test_where_nothing_is_put_back_nothing_is_said() -> None:
    for more in ({"regularizers": [], "steps": 50}, {"steps": 2}):
        trainer = Trainer(Experiment.from_dict({**OVERFIT, **more}), Never())
        trainer.advance(deadline=math.inf)
        assert (trainer.status, trainer.message, trainer.restored_epoch) == ("finished", NOTHING, None)


def test_a_run_that_diverges_names_its_best_epoch_and_keeps_its_last_weights() -> None:
    value = Experiment.from_dict({**OVERFIT, "steps": 2000, "optimizer": {"kind": "sgd", "lr": 0.1}})
    trainer = Trainer(value, Never())
    held = [row.validation_loss for row in trainer.advance(deadline=math.inf, until_epoch=4).epochs]
    with torch.no_grad():
        next(trainer.network.parameters()).fill_(math.nan)
    trainer.advance(deadline=math.inf)
    assert trainer.status == "diverged"
    best = min(held)
    said = f"went first. The best epoch was epoch {held.index(best) + 1}, with a validation loss of {best:.4g}."
    assert str(trainer.message).endswith(said)
    assert trainer.restored_epoch is None


@pytest.mark.parametrize("delta", [0.0, 0.3])
@covers("regularizers.early_stopping")
def test_the_printed_formula_is_what_the_code_does(delta: float) -> None:
    """b ← L where L < b − δ; the end comes when b has stood for p epochs."""
    rule = Experiment.from_dict(
        {"regularizers": [{"kind": "early_stopping", "patience": 3, "min_delta": delta}]}
    ).regularizers[0]
    generator = torch.Generator().manual_seed(4)
    for _ in range(200):
        losses = (torch.rand(12, generator=generator) * 1.5).tolist()
        b = [math.inf]
        for e, loss in enumerate(losses, 1):
            b.append(loss if loss < b[e - 1] - delta else b[e - 1])
            stands = e >= 3 and b[e] == b[e - 3]
            assert rule.should_stop_after(losses[:e]) == stands
            if stands:
                break


def test_every_place_says_it(fleet: Any, tmp_path: Any) -> None:
    """A real run: row, command line, list, archive, export."""
    reader = Reader(fleet.layout.home)
    value = Experiment.from_dict({**OVERFIT, **ENDS["by epochs"]})
    run = fleet.start(value)
    row = wait_for(lambda: (r := reader.read_run(run)) and r.state == "finished" and r)
    held = reader.read_epochs(run, points=None)[:, 4].tolist()
    best, number = min(held), held.index(min(held)) + 1
    back = {"epoch": number, "validation_loss": best}
    words = f"epoch {number}, with a validation loss of {best:.4g}"
    assert words in str(row.message)
    report = build_report(reader, row, value)
    assert json.loads(json.dumps(report))["kept"] == find_restored_epoch(row) == back
    assert report["validation_loss"] == held[-1] > best
    assert words in format_report(report, str(row.message))
    assert f"kept {best:.4g} of epoch {number}" in format_losses(row)
    assert format_validation_loss(row.summary) == f"{best:.3g} (epoch {number})"
    assert format_validation_loss({"kept_epoch": 3.0, "validation_loss": 0.5}) == "0.5", "half of it says nothing"
    unpacked = unpack(pack(reader, row))
    assert unpacked.metadata.summary["kept_validation_loss"] == best
    assert words in str(unpacked.metadata.message)
    assert words in next(iter(Summary().files(ExportedRun.of(reader, run)).values())).decode()
    export(reader, run, tmp_path)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert (file.metadata()["kept_epoch"], file.metadata()["kept_validation_loss"]) == (str(number), str(best))
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    assert loss_of(weights, Trainer(value, Never())) == pytest.approx(best, rel=1e-5)
    reader.close()


def test_a_run_stopped_by_hand_keeps_its_last_weights_and_names_the_best(fleet: Any) -> None:
    reader = Reader(fleet.layout.home)
    run = fleet.start(Experiment.from_dict({**OVERFIT, "steps": 1_000_000}))
    wait_for(lambda: (r := reader.read_run(run)) and r.epoch >= 20)
    fleet.stop(run)
    row = wait_for(lambda: (r := reader.read_run(run)) and r.state == "stopped" and r)
    held = reader.read_epochs(run, points=None)[:, 4].tolist()
    best = min(held)
    assert str(row.message) == (
        f"The weights are those of step {row.step}, where the run was stopped. "
        f"The best epoch was epoch {held.index(best) + 1}, with a validation loss of {best:.4g}."
    )
    assert find_restored_epoch(row) is None
    reader.close()


def test_the_exported_program_puts_them_back_and_says_so() -> None:
    value = Experiment.from_dict({**OVERFIT, **ENDS["by steps, within an epoch"]})
    trainer = Trainer(value, Never())
    trainer.advance(deadline=math.inf)
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(write_script(build_program(value), "Exported."), "exported.py", "exec", dont_inherit=True), space)
    with redirect_stdout(StringIO()) as said:
        model, _ = space["train"]()
    monitor = trainer.validation_monitor
    best = f"epoch {monitor.best_epoch}, with a validation loss of {monitor.best:.4g}"
    assert f"The weights are those of {best}." in said.getvalue()
    parts = zip(model.state_dict().values(), trainer.model_tensors().values(), strict=True)
    assert all(torch.allclose(mine, theirs, rtol=1e-5) for mine, theirs in parts)
