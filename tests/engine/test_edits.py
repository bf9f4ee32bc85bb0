"""Edits and links: what they carry arrives, and what is broken is said in one sentence."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment
from engine.experiment import share_link
from engine.experiment.edits import Edit, apply_edit, diff_experiments, drop_idle_regularizers, list_live_fields
from engine.experiment.experiment import MAX_CHARACTERS, Experiment
from engine.parts.regularizers import STRENGTH, Regularizer
from tests.engine.documents import experiment, valid

CALM = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
LIVE: list[tuple[str, float]] = [
    ("optimizer.lr", 0.25),
    ("optimizer.momentum", 0.5),
    ("optimizer.beta2", 0.9),
    ("batch_size", 31),
    ("regularizers.l1", 0.5),
    ("regularizers.l2", 0),
    ("network.3.rate", 0.9),
]


def value_at(start: Experiment, path: str) -> Any:
    """What stands at an edit's path."""
    place: Any = start.to_dict()
    first, *rest = path.split(".")
    place = place[first]
    if first == "regularizers":
        return next(rule["strength"] for rule in place if rule["kind"] == rest[0])
    for step in rest:
        place = place[int(step) if step.isdigit() else step]
    return place


@pytest.mark.parametrize(("path", "value"), LIVE)
def test_apply_sets_one_value(path: str, value: float) -> None:
    start = experiment()
    edited = apply_edit(start, Edit(path=path, value=value))
    assert value_at(edited, path) == value != value_at(start, path)
    assert apply_edit(edited, Edit(path=path, value=value_at(start, path))) == start, "and nothing else"


def test_a_penalty_that_was_not_there_is_added() -> None:
    edited = apply_edit(experiment(regularizers=[]), Edit(path="regularizers.l1", value=0.5))
    assert [(rule.name(), rule.strength) for rule in edited.regularizers] == [("l1", 0.5)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "lr", "optimizer", "optimizer.kind", "optimizer.eps", "network", "network.3", "network.0.width"),
        *("network.99.rate", "network.-1.rate", "network.²3.rate", "network.3.rate.x", "regularizers.clip_norm"),
        *("regularizers.early_stopping", "regularizers.l3", "steps", "seed", "batch_size.", "optimizer.__class__"),
        *("a\nb", "optimizer.\u2028"),
    ],
)
def test_what_is_not_live_is_refused(path: str) -> None:
    with pytest.raises(InvalidExperiment, match="may change while a run trains") as caught:
        apply_edit(experiment(), Edit(path=path, value=1))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *(("optimizer.lr", 0.0), ("optimizer.momentum", 1.0), ("batch_size", 0), ("batch_size", 2.5)),
        *(("batch_size", 1), ("regularizers.l2", -1.0), ("network.3.rate", 0.96), ("optimizer.lr", 10**400)),
    ],
)
def test_what_is_out_of_bounds_is_refused(path: str, value: float) -> None:
    with pytest.raises(InvalidExperiment, match=r"^\$\."):
        apply_edit(experiment(), Edit(path=path, value=value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", None, True])
def test_an_edit_holds_a_finite_number(value: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Edit(path="optimizer.lr", value=value)


@st.composite
def live_changes(draw: st.DrawFn) -> tuple[Experiment, Experiment]:
    """An experiment and what some edits make of it."""
    old = draw(valid())
    new = old
    paths = ["batch_size", "regularizers.l1", "regularizers.l2"]
    paths += [f"optimizer.{name}" for name in list_live_fields(old.optimizer)]
    paths += [f"network.{i}.{name}" for i, block in enumerate(old.network) for name in list_live_fields(block)]
    for path in draw(st.lists(st.sampled_from(paths), max_size=6)):
        value = draw(st.integers(2, 500) if path == "batch_size" else st.floats(0.001, 0.9))
        new = apply_edit(new, Edit(path=path, value=value))
    return old, new


@settings(CALM, max_examples=250)
@given(live_changes())
def test_changes_are_edits_that_lead_from_one_to_the_other(pair: tuple[Experiment, Experiment]) -> None:
    old, new = pair
    found = diff_experiments(old, new)
    assert found is not None
    reached = old
    for edit in found:
        reached = apply_edit(reached, edit)
    assert drop_idle_regularizers(reached) == drop_idle_regularizers(new)
    assert (found == ()) == (drop_idle_regularizers(old) == drop_idle_regularizers(new))
    assert len({edit.path for edit in found}) == len(found)


@settings(CALM, max_examples=150)
@given(valid(), valid())
def test_what_edits_cannot_reach_takes_a_new_run(old: Experiment, new: Experiment) -> None:
    assume(old.data != new.data)
    assert diff_experiments(old, new) is None


@pytest.mark.parametrize(
    "more",
    [
        {"seed": 5},
        {"steps": 61},
        {"optimizer": {"kind": "sgd"}},
        {"optimizer": {"kind": "adam", "lr": 0.01, "eps": 1e-6}},
        {"regularizers": [{"kind": "l1"}, {"kind": "l2"}]},
        {"network": experiment().to_dict()["network"][:-1]},
        {"schedule": {"kind": "constant"}},
    ],
)
def test_structure_takes_a_new_run(more: dict[str, Any]) -> None:
    assert diff_experiments(experiment(), experiment(**more)) is None


@settings(CALM, max_examples=500)
@given(valid())
def test_links_carry_every_experiment(start: Experiment) -> None:
    text = share_link.encode_link(start)
    assert share_link.decode_link(text) == start
    assert share_link.decode_link(text).digest == start.digest
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert Experiment.from_json(start.to_json()) == start


def test_links_of_usual_experiments_are_short() -> None:
    assert len(share_link.encode_link(Experiment())) < 60
    assert len(share_link.encode_link(experiment())) < 500


def test_every_cut_of_a_link_is_noticed() -> None:
    text = share_link.encode_link(experiment())
    for end in range(len(text)):
        with pytest.raises(InvalidExperiment, match="was it cut") as caught:
            share_link.decode_link(text[:end])
        assert len(str(caught.value)) < 200


def test_every_changed_character_is_noticed_or_means_the_same() -> None:
    start = experiment()
    text = share_link.encode_link(start)
    for at in range(len(text)):
        for letter in "A9_é ":
            changed = text[:at] + letter + text[at + 1 :]
            try:
                found = share_link.decode_link(changed)
            except InvalidExperiment as error:
                message = str(error)
            else:
                assert found == start
                assert at == len(text) - 1 or letter == text[at], "only the last character has bits to spare"
                continue
            assert message.isprintable()


def packed(document: bytes) -> str:
    """A link that is whole and holds something else."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=share_link.DICTIONARY)
    data = press.compress(document) + press.flush()
    return base64.urlsafe_b64encode(zlib.crc32(data).to_bytes(4, "big") + data).decode()


@pytest.mark.parametrize(
    "document", [b"", b"\xff", b"[]", b'{"seed":-1}', b" " * (MAX_CHARACTERS + 1), b"[" * 50_000, b"0" * 50_000_000]
)
def test_a_whole_link_to_something_else(document: bytes) -> None:
    with pytest.raises(InvalidExperiment) as caught:
        share_link.decode_link(packed(document))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@settings(CALM, max_examples=500)
@given(st.text(max_size=80) | st.text("abcXYZ019-_=", max_size=400))
def test_text_that_is_no_link(text: str) -> None:
    with pytest.raises(InvalidExperiment) as caught:
        share_link.decode_link(text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", catalogue(Regularizer))
def test_a_rule_tells_of_the_strength_that_edits_change(kind: str) -> None:
    part = catalogue(Regularizer)[kind]
    rule = part()
    assert list_live_fields(rule) == ((STRENGTH,) if part.has_strength() else ())
    assert rule.is_penalty == (part.compute_penalty is not Regularizer.compute_penalty)
    if not part.has_strength():
        assert rule.coefficient is None
        return
    edited = apply_edit(Experiment(), Edit(path=f"regularizers.{kind}", value=0.25))
    assert [one.coefficient for one in edited.regularizers] == [0.25]
    assert edited.regularizers[0].scale_strength(0).is_idle
    assert drop_idle_regularizers(
        apply_edit(edited, Edit(path=f"regularizers.{kind}", value=0))
    ) == drop_idle_regularizers(Experiment())
