"""The page of one's own data, without a browser and without a supervisor."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.data.prepare import load_examples
from engine.experiment.experiment import Experiment
from engine.preview.preview import preview
from engine.uploads import library
from engine.uploads.ingest import ingest_upload
from pages.form import uploads
from pages.session.adapt_to_dataset import adapt_to_data
from pages.session.thumbnails import list_thumbnails
from tests.pages.opening import SHELL, opened
from tests.uploads.evil import photos, zipped

TABLE = "width,kind,big\n" + "\n".join(f"{n / 7:.2f},{'abc'[n % 3]},{n % 2}" for n in range(40))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    return tmp_path


def page(**query: str) -> AppTest:
    """The page of own data."""
    app = opened("data")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def chosen(app: AppTest) -> dict[str, str]:
    """What is understood of the file on the page."""
    found: dict[str, str] = app.session_state["our.own_data"]
    return found


def test_nothing_is_here_yet() -> None:
    app = page(lang="es")
    assert any("Aún no hay ninguno" in caption.value for caption in app.caption)


def test_what_was_understood_can_be_corrected() -> None:
    ingest_upload("t.csv", TABLE.encode())
    app = page(lang="en")
    assert (chosen(app)["uses"], chosen(app)["task"]) == ("nct", "classification")
    assert any("40 rows to learn from · 4 inputs · 2 classes" in caption.value for caption in app.caption)
    app.selectbox(key="own_target").set_value(0).run()
    assert (chosen(app)["uses"], chosen(app)["task"]) == ("tcn", "regression")
    app.selectbox(key="own_target").set_value(1).run()
    assert (chosen(app)["uses"], chosen(app)["task"]) == ("ntn", "classification")
    assert any("3 classes" in caption.value for caption in app.caption)
    app.session_state["our.own_data"] = {**chosen(app), "task": "regression"}
    app.run()
    assert "numbers in column kind" in app.error[0].value
    assert app.button(key="use_file").disabled


def test_files_are_listed_chosen_and_deleted(store: Path) -> None:
    first, second = ingest_upload("t.csv", TABLE.encode()), ingest_upload("i.zip", zipped(photos()))
    app = page(lang="en")
    app.button(key=f"open_{first}").click().run()
    assert chosen(app)["file"] == first
    app.button(key=f"open_{second}").click().run()
    assert any("12 images" in caption.value for caption in app.caption)
    assert not app.exception
    for digest in (first, second):
        app.button(key=f"forget_{digest}").click().run()
    assert not app.exception
    assert list((store / "own").iterdir()) == []


@pytest.mark.parametrize("preset", ["circle", "digits_cnn", "regression"])
def test_any_network_can_go_on_with_a_file_or_points(preset: str) -> None:
    start = Experiment.from_json((SHELL.parents[1] / "assets" / "presets" / f"{preset}.json").read_bytes()).to_dict()
    files = [ingest_upload("t.csv", TABLE.encode()), ingest_upload("i.zip", zipped(photos()))]
    given = [uploads.propose_data(digest, library.find_schema(digest)) or {} for digest in files]
    for data in (*given, {"kind": "points", "drawn": "0,0,0;1,1,1;2,2,2;3,3,0;0,3,1;3,0,2", "task": "classification"}):
        wanted = uploads.adapt_network(adapt_to_data(start, data["kind"], data))
        preview(Experiment.from_dict(wanted))
    points = adapt_to_data(start, "points", {"drawn": "0,0,0.5;1,1,-1;2,2,1;3,3,0", "task": "regression"})
    assert points["loss"]["kind"] != "cross_entropy"


def test_the_picker_shows_what_is_ones_own() -> None:
    digest = ingest_upload("t.csv", TABLE.encode())
    data = {**(uploads.propose_data(digest, library.find_schema(digest)) or {}), "kind": "upload"}
    drawn = {"kind": "points", "drawn": "0,0,0;1,1,1;2,2,2;3,3,0", "task": "classification"}
    tile = next(item for item in uploads.list_tiles(list_thumbnails(), data) if item["kind"] == "upload")
    assert (tile["mark"], len(tile["points"])) == ("points", 40)
    tile = next(item for item in uploads.list_tiles(list_thumbnails(), drawn) if item["kind"] == "points")
    assert tile["points"] == [[0, 0, 0], [0.333, 0.333, 1], [0.667, 0.667, 2], [1, 1, 0]]  # shares of the range
    library.delete(digest)
    uploads.make_thumbnail.cache_clear()
    load_examples.cache_clear()
    tile = next(item for item in uploads.list_tiles(list_thumbnails(), data) if item["kind"] == "upload")
    assert tile["mark"] == "up"
