"""What was guessed of a file is corrected on the page: it is read again, and what does not fit is said and changes
nothing. What is right is known to pandas, which is told the truth."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.parts.datasets.upload import Upload
from engine.uploads import library
from engine.uploads.corrections import NO_CORRECTIONS
from engine.uploads.ingest import ingest_upload
from tests.uploads.test_page import page, store

__all__ = ["store"]
RNG = np.random.default_rng(4)
NUMBERS = RNG.normal(0, 1, (40, 2)).round(2)
HEADED = "0,1,2,label\n" + "\n".join(f"{a},{b},{n},{'ab'[n % 2]}" for n, (a, b) in enumerate(NUMBERS))
TITLED = "measured in May\nleft;right;kind\n" + "\n".join(
    f"{a};{'-999' if n % 9 == 0 else b};{'ab'[n % 2]}".replace(".", ",") for n, (a, b) in enumerate(NUMBERS)
)


def data(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = app.session_state["our.own_data"]
    return found


def say(app: AppTest, key: str, value: Any) -> None:
    """A control is used."""
    if key == "gaps":
        app.text_input(key="own_read_gaps").set_value(", ".join(value)).run()
        assert not app.exception
        return
    if key != "index":
        app.session_state[f"own_read_{key}"] = value
    app.session_state["our.own_asked"] = {key: value}
    app.run()
    assert not app.exception


def loaded(app: AppTest) -> np.ndarray:
    return np.asarray(Upload.model_validate({**data(app), "kind": "upload"}).load(0).x)


def complaints(app: AppTest) -> list[str]:
    return [found.value for found in app.markdown if ":red[:material/error:" in found.value]


def test_the_first_line_becomes_a_row_and_names_again() -> None:
    first = ingest_upload("t.csv", HEADED.encode())
    app = page(lang="en")
    truth = pd.read_csv(io.StringIO(HEADED))
    np.testing.assert_array_equal(loaded(app), truth[["0", "1", "2"]].to_numpy(float)[:, : loaded(app).shape[1]])
    say(app, "header", False)
    truth = pd.read_csv(io.StringIO(HEADED), header=None)
    about = library.find_schema(data(app)["file"])
    assert (about.rows, about.header, len(about.columns)) == (len(truth), False, 4)
    assert about.head[0] == ("0", "1", "2", "label")
    assert any("41 rows" in caption.value for caption in app.caption)
    say(app, "header", True)
    assert library.find_schema(data(app)["file"]).rows == 40
    app.button(key="own_back").click().run()
    assert data(app)["file"] == first
    assert library.find_schema(first).corrections == NO_CORRECTIONS
    assert [file.digest for file in library.list_uploads()] == [first], (
        "readings on the way, which no run names, are gone"
    )


def test_lines_above_gaps_and_decimal_signs_can_be_said() -> None:
    ingest_upload("t.csv", TITLED.encode())
    app = page(lang="en")
    say(app, "first_row", 1)
    say(app, "decimal", ",")
    say(app, "separator", ";")
    say(app, "gaps", ["-999"])
    truth = pd.read_csv(io.StringIO(TITLED), sep=";", decimal=",", skiprows=1, na_values=["-999"])
    found = loaded(app)
    np.testing.assert_array_equal(found, truth[["left", "right"]].to_numpy())
    about = library.find_schema(data(app)["file"])
    assert about.head[0][1] == about.tail[-4][1] == "", "a gap is shown as one"
    assert (about.first_row, about.corrections.gaps, about.columns[1].missing) == (1, ("-999",), 5)
    assert [app.session_state[f"own_read_{key}"] for key in ("separator", "decimal", "first_row")] == [";", ",", 1]


@pytest.mark.parametrize(("field", "value"), [("separator", "|"), ("first_row", 39), ("encoding", "UTF-16")])
def test_a_correction_that_does_not_fit_is_said_under_its_control_and_changes_nothing(field: str, value: Any) -> None:
    first = ingest_upload("t.csv", HEADED.encode())
    app = page(lang="en")
    before = (data(app), app.session_state[f"own_read_{field}"])
    say(app, field, value)
    assert len(complaints(app)) == 1
    assert "Expected" in complaints(app)[0]
    assert (data(app), app.session_state[f"own_read_{field}"]) == before
    assert [file.digest for file in library.list_uploads()] == [first]
    app.run()
    assert not app.button(key="use_file").disabled


def test_what_was_chosen_of_columns_stays_when_they_stay() -> None:
    ingest_upload("t.csv", HEADED.encode())
    app = page(lang="en")
    app.session_state["our.own_data"] = {**data(app), "uses": "nitc", "task": "regression"}
    app.run()
    say(app, "gaps", ["-77"])
    assert (data(app)["uses"], data(app)["task"]) == ("nitc", "regression")
    say(app, "index", ("0",))
    about = library.find_schema(data(app)["file"])
    assert (about.columns[0].role, data(app)["uses"][0]) == ("index", "i")
    say(app, "header", False)
    assert library.find_schema(data(app)["file"]).corrections.index == (), "columns have other names now"


def test_a_reading_that_a_run_names_is_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest_upload("t.csv", HEADED.encode())
    app = page(lang="en")
    say(app, "header", False)
    used = data(app)["file"]
    monkeypatch.setattr("pages.data.reread.is_used", lambda digest: digest == used)
    say(app, "gaps", ["-1"])
    assert data(app)["file"] != used
    assert library.locate_file(used).is_file()


def test_the_page_says_everything_in_spanish() -> None:
    ingest_upload("t.csv", HEADED.encode())
    app = page(lang="es")
    assert any("Cómo se lee el archivo" in found.value for found in app.markdown)
    assert app.selectbox(key="own_read_separator").label == "Separador :gray[· detectado]"
    say(app, "separator", ",")
    assert app.selectbox(key="own_read_separator").label == "Separador :gray[· como indicaste]"
