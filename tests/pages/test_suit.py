"""Choosing another data set leaves an experiment that can be trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalogue.part import catalogue
from engine.data.prepare import load_examples
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.parts.datasets import Dataset, mnist
from engine.preview.preview import preview
from pages.session import thumbnails as pictures
from pages.session.adapt_to_dataset import adapt_to_data
from pages.session.thumbnails import list_thumbnails
from pages.settings import ASSETS

KINDS = list(catalogue(Dataset))


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("after", KINDS)
def test_from_any_data_set_to_any_other(before: str, after: str) -> None:
    draft = adapt_to_data(adapt_to_data(Experiment().to_dict(), before), after)
    preview(Experiment.from_dict(draft))


def preset(name: str) -> dict[str, object]:
    return Experiment.from_json(Path(ASSETS / "presets" / f"{name}.json").read_text(encoding="utf-8")).to_dict()


def test_images_stay_images_for_convolutions() -> None:
    assert adapt_to_data(preset("digits_cnn"), "digits")["data"]["layout"] == "image"
    assert adapt_to_data(preset("circle"), "digits")["data"]["layout"] == "vector"


def test_what_is_proposed() -> None:
    start = Experiment().to_dict()
    assert adapt_to_data(start, "curve")["loss"] == {"kind": "mse"}
    assert adapt_to_data(start, "wine")["preprocessing"] == [{"kind": "standardize"}]
    assert adapt_to_data(start, "digits")["preprocessing"] == []
    diabetes = adapt_to_data(start, "diabetes")
    assert [step["kind"] for step in diabetes["preprocessing"]] == ["standardize", "standardize_target"]
    assert adapt_to_data(diabetes, "spiral")["loss"] == {"kind": "cross_entropy"}


def test_every_data_set_has_a_picture() -> None:
    items = {item["kind"]: item for item in list_thumbnails()}
    assert list(items) == KINDS
    assert items["digits"]["mark"] == "image"
    assert items["curve"]["mark"] == "curve"
    for item in items.values():
        if item["mark"] == "points":
            colors = [point[2] for point in item["points"]]
            assert len(item["points"]) > 20
            assert max(abs(c) for c in colors) < 1 or all(c == int(c) for c in colors)
    assert {point[2] for point in items["blobs"]["points"]} == {0, 1, 2, 3}
    for kind in ("adding", "noisy_sine", "delayed_recall", "heartbeats"):
        assert items[kind]["mark"] == "curve"
        assert len({point[0] for point in items[kind]["points"]}) >= 20
    assert len(items["cifar10"]["image"]) == len(items["cifar10"]["image"][0]) == 32


def test_what_is_not_fetched_has_an_arrow_and_nothing_is_fetched_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "is_fetched", lambda remote: False)
    assert pictures.sketch_dataset(catalogue(Dataset)["mnist"])["mark"] == "down"
    assert pictures.sketch_dataset(catalogue(Dataset)["moons"])["mark"] == "points"


def test_what_cannot_be_had_is_said_by_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise InvalidExperiment("$.data", Message("a download"), "no answer", Message("take digits"))

    monkeypatch.setattr(mnist, "fetch", refuse)
    load_examples.cache_clear()
    draft = adapt_to_data(Experiment().to_dict(), "mnist")
    with pytest.raises(InvalidExperiment, match=r"^\$\.data: .*take digits"):
        preview(Experiment.from_dict(draft))


def test_sequences_stand_behind_a_flatten_block_while_dense_layers_come_first() -> None:
    start = Experiment().to_dict()
    beats = adapt_to_data(start, "heartbeats")
    assert [block["kind"] for block in beats["network"]] == ["flatten", "dense", "dense"]
    assert adapt_to_data(beats, "adding")["network"] == beats["network"]
    assert adapt_to_data(beats, "spiral")["network"] == start["network"]


def test_augmentation_and_balance_go_where_they_cannot_be() -> None:
    start = {
        **preset("digits_cnn"),
        "augmentations": [{"kind": "rotation"}, {"kind": "noise"}],
        "balance": "weights",
        "regularizers": [{"kind": "l2"}, {"kind": "label_smoothing"}],
    }
    there = adapt_to_data(start, "curve")
    assert there["augmentations"] == [{"kind": "noise"}]
    assert there["balance"] == "none"
    assert there["regularizers"] == [{"kind": "l2"}]
    assert adapt_to_data(start, "iris")["balance"] == "weights"
