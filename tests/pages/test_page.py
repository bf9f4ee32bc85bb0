"""The pages' script against a real supervisor: what a visitor does, without a browser."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import PlaygroundError
from engine.experiment import share_link
from engine.experiment.experiment import Experiment
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from pages.session import engine as line
from tests.rows import row_of

SHELL = Path(__file__).resolve().parents[2] / "pages" / "shell.py"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with its supervisor, used by this process's pages."""
    folder = tmp_path_factory.mktemp("pages") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_STORE", str(folder))
        line.get_fleet.cache_clear()
        line.get_reader.cache_clear()
        line.get_reader()
        yield folder
        os.kill(line.get_fleet().status()["pid"], signal.SIGTERM)
        line.get_reader().close()
        line.get_fleet().close()
        line.get_fleet.cache_clear()
        line.get_reader.cache_clear()


@pytest.fixture
def visit(home: Path) -> Iterator[Callable[..., AppTest]]:
    """Opens the page with a query."""

    def go(**query: str) -> AppTest:
        app = AppTest.from_file(SHELL, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    yield go
    for run in Fleet(home).status()["runs"]:
        with contextlib.suppress(PlaygroundError):  # it may have ended by itself
            Fleet(home).stop(run)


def asked(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return str(value[0] if isinstance(value, list) else value)


def control(app: AppTest, key: str) -> Any:
    found = [*app.selectbox, *app.number_input, *app.select_slider, *app.toggle]
    return next(widget for widget in found if widget.key == key)


def open_tab(app: AppTest, name: str) -> None:
    app.session_state["tab"] = name
    app.run()


def test_opening_the_page_starts_the_default_experiment(visit: Callable[..., AppTest], home: Path) -> None:
    app = visit()
    row = Reader(home).read_run(asked(app, "run"))
    assert row is not None
    assert Experiment.from_json(row.experiment) == Experiment() == share_link.decode_link(asked(app, "x"))


def test_a_live_value_is_an_edit_of_the_same_run(visit: Callable[..., AppTest], home: Path) -> None:
    app = visit()
    run = asked(app, "run")
    open_tab(app, "Training")
    control(app, "form.optimizer.lr").set_value(0.01).run()
    control(app, "form.batch_size").set_value(32).run()
    control(app, "form.regularizers.has_l2").set_value(True).run()
    assert not app.exception
    assert asked(app, "run") == run
    edits = [(line.detail["path"], line.detail["value"]) for line in Reader(home).read_log(run) if line.kind == "edit"]
    assert edits == [("optimizer.lr", 0.01), ("batch_size", 32), ("regularizers.l2", 0.001)]
    assert share_link.decode_link(asked(app, "x")).optimizer.__dict__["lr"] == 0.01


def test_another_network_is_another_run_and_the_old_one_stops(visit: Callable[..., AppTest], home: Path) -> None:
    app = visit()
    run = asked(app, "run")
    open_tab(app, "Network")
    app.button(key="remove_1").click().run()
    assert asked(app, "run") != run
    assert len(share_link.decode_link(asked(app, "x")).network) == 1
    row = Reader(home).read_run(run)
    assert row is not None
    assert row.state == "stopped"


def test_what_is_invalid_is_marked_and_changes_nothing(visit: Callable[..., AppTest], home: Path) -> None:
    app = visit()
    run = asked(app, "run")
    open_tab(app, "Training")
    control(app, "form.batch_size").set_value(0).run()
    said = [text.value for text in app.markdown]
    assert any("Training: Expected at least 1, received 0." in text for text in said)
    assert sum("Expected at least 1, received 0." in text for text in said) == 2
    assert asked(app, "run") == run
    assert Reader(home).read_run(run).state in ("running", "queued")  # type: ignore[union-attr]
    control(app, "form.steps").set_value(None).run()
    control(app, "form.batch_size").set_value(10).run()
    assert any("a number of steps or of epochs" in text.value for text in app.markdown)


def test_what_does_nothing_is_said_above_the_tabs_and_in_its_place(visit: Callable[..., AppTest]) -> None:
    chosen = {"preprocessing": [{"kind": "standardize_target"}], "steps": 50_000}
    app = visit(x=share_link.encode_link(Experiment.from_dict(chosen)), lang="es")
    said = [text.value for text in app.markdown if ":material/warning:" in text.value]
    assert [text.split("material/warning: ")[1].rstrip("]") for text in said] == [
        "Conviene echar un vistazo antes de entrenar: mira en Datos.",
        "Aquí no hace nada: actúa sobre números por predecir, y estos son clases.",
    ]
    assert not [text for text in visit().markdown if ":material/warning:" in text.value]


def test_a_reload_finds_run_and_edits_again(visit: Callable[..., AppTest]) -> None:
    app = visit()
    open_tab(app, "Training")
    control(app, "form.optimizer.lr").set_value(0.02).run()
    time.sleep(0.2)
    again = visit(run=asked(app, "run"))
    open_tab(again, "Training")
    assert asked(again, "run") == asked(app, "run")
    assert control(again, "form.optimizer.lr").value == 0.02


def test_a_run_that_is_gone_gives_its_experiment_and_a_cut_link_the_default(visit: Callable[..., AppTest]) -> None:
    wanted = Experiment(seed=7)
    app = visit(run="ffffffffffffffff", x=share_link.encode_link(wanted))
    assert share_link.decode_link(asked(app, "x")) == wanted
    cut = visit(x=share_link.encode_link(wanted)[:-4])
    assert share_link.decode_link(asked(cut, "x")) == Experiment()
    assert "cut" in cut.warning[0].value


def test_a_link_whose_file_is_not_here_says_which_one(visit: Callable[..., AppTest]) -> None:
    data = {"kind": "upload", "file": "ab" * 32, "called": "birds.csv", "uses": "nt"}
    app = visit(x=share_link.encode_link(Experiment.from_dict({"data": data})))
    assert "the data of birds.csv on this machine, received none" in app.warning[0].value
    assert share_link.decode_link(asked(app, "x")) == Experiment()


def test_the_page_speaks_spanish(visit: Callable[..., AppTest]) -> None:
    app = visit(lang="es")
    assert [tab.label for tab in app.tabs] == ["Datos", "Red", "Entrenamiento"]


def test_runs_are_listed(visit: Callable[..., AppTest]) -> None:
    app = visit()
    app.switch_page("runs/page.py").run()
    assert not app.exception
    table = app.dataframe[0].value
    assert "Spiral · 2 → 16 → 16 → 2 Tanh · Adam 0.003" in set(table["Experiment"])
    assert app.button(key="open").disabled


def test_chosen_runs_are_overlaid_and_stopped(visit: Callable[..., AppTest], home: Path) -> None:
    runs = sorted(asked(visit(), "run") for _ in range(2))
    app = visit()
    app.session_state["our.chosen"] = runs
    app.switch_page("runs/page.py").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    assert app.button(key="open").disabled
    app.button(key="stop").click().run()
    states = {run: row_of(Reader(home), run).state for run in runs}
    assert set(states.values()) <= {"stopped", "finished"}
    app.button(key="delete").click().run()
    assert app.button(key="confirmed").label == "Delete for good"
    assert all(Reader(home).read_run(run) for run in runs)  # it asks first


def test_a_control_that_shows_its_value_is_left_alone(visit: Callable[..., AppTest]) -> None:
    app = visit()
    app.run()
    sliders = [widget.proto for widget in app.select_slider if widget.key and widget.key.startswith("form.")]
    assert sliders
    assert not any(proto.set_value for proto in sliders), "it would undo a key press under way"
