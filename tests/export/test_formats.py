"""The other formats, each read back with its own reader."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load

from engine.catalogue.part import catalogue
from engine.errors import PlaygroundError
from engine.export.exporters import ExportedRun, Exporter
from engine.export.exporters.onnx import ONNX
from engine.export.exporters.safetensors import Safetensors
from engine.export.exporters.summary import Summary
from engine.export.exporters.tensorboard import TensorBoard
from engine.frame import Frame
from engine.preview.preview import preview
from tests.cli.conftest import Line, line  # noqa: F401  (the fixture)

if TYPE_CHECKING:
    from engine.runtime.client import Fleet


def test_every_exporter_says_what_it_makes() -> None:
    kinds = catalogue(Exporter)
    assert {"script", "notebook", "safetensors", "onnx", "tensorboard", "archive", "summary"} <= set(kinds)
    for exporter in kinds.values():
        assert ": " in exporter.summary()
        assert "Source: " in (exporter.__doc__ or "")


def test_onnx_gives_the_outputs_of_torch(edited: ExportedRun) -> None:
    import onnx
    from onnx.reference import ReferenceEvaluator

    ((name, data),) = ONNX().files(edited).items()
    assert name == f"model_{edited.row.id}.onnx"
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model)
    trainer = edited.trainer
    for count in (1, 7):
        x = trainer.data.validation_x[:count]
        with torch.no_grad():
            expected = trainer.network.eval()(x).numpy()
        found: Any = next(iter(ReferenceEvaluator(model).run(None, {"input": x.numpy()})))
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "extra"), [("onnx", "onnx"), ("tensorboard", "tensorboard")])
def test_a_package_that_is_not_there_is_asked_for(
    kind: str, extra: str, edited: ExportedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (extra, "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(PlaygroundError, match=rf"not installed: pip install 'training-playground\[{extra}\]'\.$"):
        catalogue(Exporter)[kind]().files(edited)


def test_tensorboard_reads_every_number(edited: ExportedRun, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for name, data in TensorBoard().files(edited).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    found = EventAccumulator(str(tmp_path / edited.row.id), {"scalars": 0, "histograms": 0})
    found.Reload()
    losses = edited.reader.read_losses(edited.row.id, None)
    events = found.Scalars("loss/step")
    assert [event.step for event in events] == losses[:, 0].tolist()
    np.testing.assert_array_equal(
        np.array([event.value for event in events], np.float32), np.array(losses[:, 1], np.float32)
    )
    epochs = edited.reader.read_epochs(edited.row.id, None)
    validation = [event.value for event in found.Scalars("loss/validation")]
    np.testing.assert_array_equal(np.array(validation, np.float32), np.float32(epochs[:, 4]))
    frames = [Frame.decode(data) for data in edited.reader.read_frames(edited.row.id)]
    tag = next(tag for tag in found.Tags()["histograms"] if tag.startswith("activation_histogram/"))
    histograms = found.Histograms(tag)
    assert [event.step for event in histograms] == [frame.step for frame in frames]
    first = frames[0].readings["activation_histogram"][0]
    assert histograms[0].histogram_value.num == int(first[2:].sum())


def test_weights_and_summary(edited: ExportedRun) -> None:
    ((_, data),) = Safetensors().files(edited).items()
    tensors, own = load(data), edited.trainer.model_tensors()
    assert set(tensors) == set(own)
    assert all(torch.equal(tensors[name], own[name]) for name in own)
    ((_, text),) = Summary().files(edited).items()
    rows = text.decode().splitlines()
    layers = preview(edited.experiment).layers
    assert [row.split("  ")[0] for row in rows[: len(layers)]] == [layer.name for layer in layers]
    assert f"{preview(edited.experiment).parameters:,}" in text.decode()


def test_the_command_line_exports_and_imports(fleet: Fleet, edited: ExportedRun, tmp_path: Path) -> None:
    here = Line(fleet.layout.home).here
    run = edited.row.id
    status, said, _ = here("export", run, "--format", "archive", "--to", tmp_path)
    assert (status, said.strip()) == (0, str(tmp_path / f"run_{run}.zip"))
    status, name, complaint = here("import", tmp_path / f"run_{run}.zip")
    assert status == 0, complaint
    assert ExportedRun.of(edited.reader, name.strip()).row.step == edited.row.step
    for arguments, words in (
        (("export", run, "--format", "no", "--to", tmp_path), "expected one of script"),
        (("export", "none", "--format", "script", "--to", tmp_path), "There is no run none."),
        (("import", tmp_path / "nothing.zip"), "cannot be read"),
        (("import", Path(os.devnull)), "cannot be imported"),
    ):
        status, said, complaint = here(*arguments)
        assert (status, said) == (2, "")
        assert words in complaint
        assert complaint.count("\n") == 1
