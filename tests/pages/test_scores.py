"""The enlarged metric has a line for everything that is compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.data.epochs import EpochRow
from engine.experiment.experiment import Experiment
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer
from pages.figures.panels import draw_panel, tabulate_panel
from pages.session.i18n import speak
from pages.session.run_records import RunRecord
from pages.settings import get_chart_colors

BAG = {"ensemble": {"kind": "bagging", "members": 2}}


class Every(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


def record(data: dict[str, Any]) -> RunRecord:
    """What a short run leaves."""
    trainer = Trainer(Experiment.from_dict({"steps": 30, "device": "cpu", **data}), Every())
    progress = trainer.advance(deadline=math.inf)
    epochs = pd.DataFrame(progress.epochs, columns=list(EpochRow._fields))
    losses = np.column_stack([np.arange(1, 31), progress.losses])
    return RunRecord("run", losses, epochs, progress.frames, {channel.key: channel for channel in trainer.channels})


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({}, set()),
        ({"attack": {"kind": "fgsm"}}, {"limpios", "atacados"}),
        (BAG, {"juntos", "fuera de la bolsa", "miembro 1", "miembro 2"}),
    ],
    ids=["plain", "attacked", "bagged"],
)
def test_a_line_for_each_series(data: dict[str, Any], names: set[str]) -> None:
    seen = record(data)
    speak("es")
    made = draw_panel(seen, "metric", get_chart_colors("light"))
    speak("en")
    lines = {trace.name: trace for trace in made.data}
    assert set(lines) == {"entrenamiento", "validación"} | names
    if "atacados" in names:
        measured = [frame.readings["robustness"][1] for frame in seen.frames]
        np.testing.assert_allclose(lines["atacados"].y, measured)
        assert list(lines["atacados"].x) == [frame.step for frame in seen.frames]
    assert not any(trace.name in names for trace in draw_panel(seen, "loss", get_chart_colors("light")).data)


def test_the_numbers_behind_the_lines_can_be_downloaded() -> None:
    plain, bagged = record({}), record(BAG)
    assert list(tabulate_panel(plain, "metric")) == ["epoch", "step", "train_metric", "validation_metric"]
    rows = tabulate_panel(bagged, "metric")
    assert list(rows["step"]) == [frame.step for frame in bagged.frames]
    np.testing.assert_allclose(rows["members member 2"], [f.readings["members"][3] for f in bagged.frames])
    ends = rows[rows["epoch"].notna()]
    np.testing.assert_array_equal(ends["validation_metric"], bagged.epochs["validation_metric"])
    assert "members member 2" not in tabulate_panel(bagged, "loss")
