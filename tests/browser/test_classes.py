"""Which classes are taken for which: beside the enlarged metric, with the numbers that the store has."""

from __future__ import annotations

from pathlib import Path

from engine.experiment import share_link
from engine.experiment.experiment import Experiment
from engine.store.per_class import extract_class_metrics
from engine.store.reader import Reader
from tests.browser import server as serving

SHORT = {"data": {"kind": "iris"}, "preprocessing": [{"kind": "standardize"}], "steps": 200, "device": "cpu"}


def test_the_matrix_stands_below_the_enlarged_metric(visit: serving.Visit, home: Path) -> None:
    page = visit(f"/?x={share_link.encode_link(Experiment.from_dict(SHORT))}&lang=es")
    page.locator("[data-enlarge=metric]").click(timeout=60_000)
    page.get_by_text("clase correcta", exact=True).wait_for(timeout=60_000)
    page.get_by_text("Exhaustividad de cada clase", exact=True).first.wait_for()
    reader = Reader(home)
    (row,) = reader.list_runs()
    found = extract_class_metrics(row.channels, reader.read_epochs(row.id))
    reader.close()
    assert found is not None
    assert found.confusion is not None
    assert found.confusion[-1].sum() == 75
    ticks = page.locator("[data-testid=stDialog] .ytick text").all()[-3:]
    places = {tick.text_content(): (tick.bounding_box() or {"y": 0.0})["y"] for tick in ticks}
    assert sorted(places, key=lambda name: places[name]) == ["setosa", "versicolor", "virginica"], "the first on top"
