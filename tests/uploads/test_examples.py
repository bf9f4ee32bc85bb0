"""From a table to examples: one-hot, gaps, and nothing of the validation rows in what fills them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engine.data.prepare import load_examples, prepare
from engine.data.split import split
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.experiment.share_link import decode_link, encode_link
from engine.parts.datasets.points import FLOWER, MOST, Points
from engine.parts.datasets.upload import Upload
from engine.preview.preview import preview
from engine.training.trainer import Trainer
from engine.uploads import library
from engine.uploads.infer import list_allowed_uses
from engine.uploads.ingest import ingest_upload
from tests.export.running import expect_same, in_process, trained
from tests.uploads.evil import pq

RNG = np.random.default_rng(2)
COUNT = 80


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A kept table with gaps in a number and in a category."""
    size, color = RNG.normal(5, 2, COUNT).round(3), RNG.choice(["red", "green", "blue"], COUNT)
    rows = []
    for n in range(COUNT):
        gaps = "" if n % 7 == 3 else size[n], "NA" if n % 9 == 4 else color[n]
        big = "" if n == 11 else "yes" if size[n] > 5 else "no"
        rows.append(",".join(map(str, (*gaps, n % 4, big, n / 2))))
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("examples")
        patch.setenv("PLAYGROUND_STORE", str(folder))
        yield ingest_upload("t.csv", "\n".join(["size,color,legs,big,weight", *rows]).encode())


def experiment(digest: str, **more: object) -> Experiment:
    fields = {"kind": "upload", "file": digest, "called": "t.csv", "uses": "nccti", "task": "classification", **more}
    return Experiment.from_dict(
        {"data": fields, "network": [{"kind": "dense", "width": 6}], "steps": 30, "device": "cpu"}
    )


def test_categories_are_one_input_a_word(digest: str) -> None:
    loaded = load_examples(experiment(digest).data, 0)
    about, arrays = library.load_upload(digest)
    there = np.arange(COUNT) != 11  # its target is missing
    assert loaded.x.shape == (COUNT - 1, 1 + 3 + 4)
    assert loaded.classes == ("no", "yes")
    words = [about.columns[1].levels[code] if code >= 0 else "" for code in arrays["codes"][there, 0]]
    for index, word in enumerate(("blue", "green", "red")):
        expected = [np.nan if not w else float(w == word) for w in words]
        np.testing.assert_array_equal(loaded.x[:, 1 + index], expected)
    np.testing.assert_array_equal(loaded.x[:, 4:].argmax(1), (np.arange(COUNT) % 4)[there])


def test_gaps_are_filled_from_the_training_rows_alone(digest: str) -> None:
    start = experiment(digest)
    source = load_examples(start.data, 0)
    train, held, _ = split(start, source)
    data = prepare(start)
    known = source.x[train]
    median = np.median(known[~np.isnan(known[:, 0]), 0].astype(np.float64))
    usual = np.nansum(known[:, 1:4], 0).argmax()
    for rows, prepared in ((train, data.train_x), (held, data.validation_x)):
        raw, got = source.x[rows], prepared.numpy()
        gaps = np.isnan(raw[:, 0])
        assert gaps.any()
        np.testing.assert_allclose(got[gaps, 0], median, rtol=1e-6)
        assert (got[np.isnan(raw[:, 1]), 1:4] == np.eye(3)[usual]).all()
        np.testing.assert_array_equal(got[~np.isnan(raw)], raw[~np.isnan(raw)].astype(np.float32))
    assert np.nanmedian(source.x[:, 0].astype(np.float64)) != median, "all rows would give another one"


def test_rows_with_gaps_can_be_left_out(digest: str) -> None:
    start = experiment(digest, missing="drop")
    whole = load_examples(experiment(digest).data, 0).x
    found = load_examples(start.data, 0)
    np.testing.assert_array_equal(found.x, whole[~np.isnan(whole).any(1)])
    assert np.isfinite(found.x).all()


def test_it_trains_as_classes_and_as_numbers(digest: str) -> None:
    losses = Trainer(experiment(digest)).advance(deadline=float("inf")).losses
    assert losses[-1] < losses[0]
    numbers = experiment(digest, uses="nccit", task="regression").to_dict() | {"loss": {"kind": "mse"}}
    assert prepare(Experiment.from_dict(numbers)).train_y.shape[1] == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"uses": "nct"}, "a target and at least one input"),
        ({"uses": "ncctt"}, "a target and at least one input"),
        ({"uses": "iiiti"}, "a target and at least one input"),
        ({"uses": "nntic"}, "numbers in column color"),
        ({"uses": "nciti", "task": "regression"}, "numbers in column big, received words"),
        ({"file": "ab" * 32}, "the data of t.csv on this machine, received none"),
    ],
)
def test_what_cannot_be_is_said(digest: str, changed: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidExperiment, match=said):
        preview(experiment(digest, **changed))


def hollow(monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    """A kept table whose second column has no value in the rows with a target."""
    monkeypatch.setenv("PLAYGROUND_STORE", str(folder))
    columns = {
        "a": np.arange(34) / 2,
        "late": pa.array([None] * 30 + [1.5] * 4, pa.float64()),
        "never": pa.array([None] * 34, pa.float64()),
        "kind": ["ab"[n % 2] if n < 30 else "" for n in range(34)],
    }
    return ingest_upload("hollow.parquet", pq(pa.table(columns)))


def test_a_column_without_values_is_drawn_as_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hollow(monkeypatch, tmp_path)
    for uses in ("nnit", "nint"):
        start = experiment(digest, uses=uses)
        assert load_examples(start.data, 0).extent == pytest.approx((-0.725, 15.225, -1, 1))
        for channel in Trainer(start).channels:
            json.dumps(channel.to_json(), allow_nan=False)


def test_a_column_without_values_is_no_category(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hollow(monkeypatch, tmp_path)
    with pytest.raises(InvalidExperiment, match="expected a value in column never, received none"):
        preview(experiment(digest, uses="nict"))
    assert [list_allowed_uses(column) for column in library.find_schema(digest).columns] == ["ncti", "ncti", "i", "cti"]


def test_a_damaged_kept_file_is_as_good_as_none(digest: str) -> None:
    path: Path = library.locate_file("cd" * 32)
    path.write_bytes(library.locate_file(digest).read_bytes()[:-50])
    with pytest.raises(InvalidExperiment, match="upload them again"):
        Upload(file="cd" * 32, uses="nccti").load(0)
    assert [file.digest for file in library.list_uploads()] == [digest]
    path.unlink()


def drawn(points: Sequence[tuple[float, float, float]]) -> str:
    return ";".join(f"{x:g},{y:g},{c:g}" for x, y, c in points)


def test_points_travel_with_the_experiment() -> None:
    rows = [(round(float(x), 3), round(float(y), 3), n % 5) for n, (x, y) in enumerate(RNG.uniform(-6, 6, (MOST, 2)))]
    start = Experiment.from_dict({"data": {"kind": "points", "drawn": drawn(rows)}})
    link = encode_link(start)
    assert len(link) < 6000
    loaded = decode_link(link).data.load(0)
    np.testing.assert_allclose(loaded.x, np.array(rows)[:, :2], rtol=1e-6)
    assert loaded.y.tolist() == [row[2] for row in rows]
    assert len(loaded.classes) == 5
    values = Points(task="regression", drawn=drawn([(x, y, round(x / 6, 3)) for x, y, _ in rows[:50]])).load(0)
    assert values.y.shape == (50, 1)
    assert Points(drawn=FLOWER).load(0).outputs == 2


@pytest.mark.parametrize(
    ("points", "task", "said"),
    [
        ("", "classification", "4 to 500 points, received 0"),
        (drawn([(0, 0, 0), (1, 1, 1)] * 251), "classification", "received 502"),
        ("0,0,0;1,1,0;2,2,0;3,3,0", "classification", "two classes"),
        ("0,0,0;1,1,9;2,2,0;3,3,0", "classification", "classes from 0 to 4"),
        ("0,0,0;1,1,0.5;2,2,0;3,3,0", "classification", "classes from 0 to 4"),
        ("0,0,0;7,1,1;2,2,0;3,3,0", "classification", "points from −6 to 6"),
        ("0,0,0;1,1,2;2,2,0;3,3,0", "regression", "values from −1 to 1"),
        ("0,0,1;1,1,1;2,2,1;3,3,1", "regression", "different values"),
    ],
)
def test_points_that_cannot_be_learned_from(points: str, task: str, said: str) -> None:
    with pytest.raises(InvalidExperiment, match=said):
        Points.model_validate({"drawn": points, "task": task}).load(0)


@pytest.mark.parametrize("text", ["1,2", "1,2,3;", "1,2,3,4", "nan,0,0", "1.2345,0,0", "a", "1e3,0,0", ";"])
def test_points_are_written_in_one_way(text: str) -> None:
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_dict({"data": {"kind": "points", "drawn": text}})
    assert caught.value.where == "$.data.drawn"


def test_a_program_carries_the_filled_table(digest: str) -> None:
    """The exported program knows nothing of gaps: it has the table as training saw it, and so the same losses."""
    chosen = experiment(digest, missing="fill")
    expect_same(in_process(chosen, 12), trained(chosen, 12))
