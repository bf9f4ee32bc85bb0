"""Documents of earlier versions: they open as what they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import InvalidExperiment
from engine.experiment import presets, share_link
from engine.experiment.edits import Edit, apply_edit
from engine.experiment.experiment import Experiment
from engine.experiment.migrations import MIGRATIONS, VERSION, migrate

L2 = {"kind": "l2", "strength": 0.01}
BAGGING = {"kind": "bagging", "members": 3, "vote": "majority"}
OLD = {"version": 1, "regularizers": [BAGGING, L2]}


def test_a_migration_leads_from_each_version_to_the_next() -> None:
    assert VERSION == 1 + len(MIGRATIONS) == Experiment().version


@pytest.mark.parametrize("named", [{"version": 1}, {}], ids=["version 1", "no version"])
@pytest.mark.parametrize("rules", [[BAGGING, L2], [L2, BAGGING], [BAGGING]])
def test_bagging_among_the_regularizers_becomes_the_ensemble(named: dict[str, Any], rules: list[Any]) -> None:
    found = Experiment.from_dict({**named, "regularizers": rules})
    assert found.to_dict()["ensemble"] == BAGGING
    assert [rule.name() for rule in found.regularizers] == ["l2"] * (len(rules) - 1)
    assert Experiment.from_json(found.to_json()) == found


def test_a_document_without_it_keeps_its_digest() -> None:
    """The numbers are what version 1 gave."""
    assert Experiment().digest == "f55285abe079bc1d"
    assert presets.load("digits_mlp").digest == "abf351057bf875a1"


def test_edits_of_old_runs_find_the_regularizer_they_name() -> None:
    edited = apply_edit(Experiment.from_dict(OLD), Edit(path="regularizers.l2", value=0.5))
    assert [rule.model_dump()["strength"] for rule in edited.regularizers] == [0.5]
    assert edited.ensemble is not None


def test_old_links_open() -> None:
    link = "bjiNZhvNtyM43yJVe-npkAojNzU3CSwJtLUsH1S7AevQrPyizJJK5ISIWVkZ1o6WAkO2FAAA"
    found = share_link.decode_link(link)
    assert found.ensemble is not None
    assert found.ensemble.members == 3
    assert [rule.name() for rule in found.regularizers] == ["l2"]


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"version": 3}, "$.version"),
        ({"version": 0}, "$.version"),
        ({"version": True}, "$.version"),
        ({"version": 2, "regularizers": [BAGGING]}, "$.regularizers[0]"),
        ({"version": 1, "regularizers": [BAGGING, BAGGING]}, "$.regularizers[0]"),
        ({"version": 1, "regularizers": [BAGGING], "ensemble": BAGGING}, "$.regularizers[0]"),
        ({"version": 1, "regularizers": [{"kind": "bagging", "members": 1}]}, "$.ensemble.members"),
        ({"version": 1, "regularizers": 7}, "$.regularizers"),
    ],
)
def test_what_no_version_allows_is_refused_where_it_stands(document: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_dict(document)
    assert caught.value.where == where


def test_the_newest_version_is_left_as_it_is() -> None:
    document = json.loads(Experiment.from_dict(OLD).to_json())
    assert migrate(document) is document
    assert migrate([1]) == [1]
