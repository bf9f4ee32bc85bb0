"""Presets: each is in the catalogue, and does what the catalogue says when it is really trained."""

from __future__ import annotations

from typing import get_args

import pytest

from engine.errors import InvalidExperiment
from engine.experiment import presets
from engine.experiment.presets import Measure
from engine.preview.preview import preview
from engine.training.trainer import Trainer
from pages.playground.presets import SENTENCES
from tests.engine.expectations import MEASURES, Watched, kept

ENTRIES = {entry.name: entry for entry in presets.read_catalog()}


def test_every_preset_is_in_the_catalogue_with_all_that_belongs_to_it() -> None:
    assert set(ENTRIES) == set(presets.list_presets())
    assert len(ENTRIES) == len(presets.read_catalog())
    assert len(ENTRIES) >= 30
    for entry in ENTRIES.values():
        assert entry.topic != presets.OTHER, f"{entry.name} has no entry in the catalogue"
        assert 3 <= len(entry.title) <= 40
        assert entry.look.endswith(".")
        assert 30 <= len(entry.look) <= 140
        assert entry.expect, entry.name


def test_expectations_can_be_measured_and_said() -> None:
    assert set(MEASURES) == set(get_args(Measure)) == {measure for measure, _ in SENTENCES}
    for entry in ENTRIES.values():
        steps = [one.step for one in entry.expect]
        assert steps == sorted(steps)
        for one in entry.expect:
            assert one.at_least is None or one.at_most is None
            assert (one.measure, one.at_most is None) in SENTENCES


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_it_does_what_is_expected(name: str) -> None:
    run = Watched(Trainer(presets.load(name).model_copy(update={"device": "cpu"})))
    assert run.trainer.total_steps > ENTRIES[name].expect[-1].step, "it goes on after what is expected"
    for one in ENTRIES[name].expect:
        run.train(one.step)
        fine, found = kept(one, run)
        assert fine, f"{one.measure} is {found} at step {run.trainer.step}"


def test_lenet_has_the_parameters_of_the_lecture() -> None:
    found = preview(presets.load("lenet"))
    assert [row.parameters for row in found.layers] == [60, 0, 880, 0, 0, 48_120, 10_164, 850]
    assert [row.output_shape for row in found.layers[:5]] == [
        (6, 26, 26),
        (6, 13, 13),
        (16, 11, 11),
        (16, 5, 5),
        (400,),
    ]
    assert found.in_shape == (1, 28, 28)


@pytest.mark.parametrize(
    ("wrong", "near"), [("lenett", "lenet"), ("Batch-Norm", "batch_norm"), ("early_stop", "early_")]
)
def test_an_unknown_preset_gives_near_ones(wrong: str, near: str) -> None:
    for ask in (presets.load, presets.load_file_or_preset):
        with pytest.raises(InvalidExperiment, match=f"did you mean '.*{near}") as caught:
            ask(wrong)
        assert "lenet" in str(caught.value.expected)


def test_nothing_near_gives_no_hint() -> None:
    with pytest.raises(InvalidExperiment) as caught:
        presets.load("qqqqqq")
    assert not caught.value.hint
