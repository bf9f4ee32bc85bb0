"""Every block after every block, on every kind of data, with every instrument: it trains, and every reading is a number
or says by its own words why it is none.

PLAYGROUND_PAIRS=all tries every pair on every kind of data (minutes); else all of them on the plane, where there are
most instruments, and a share on each other kind, so that every pair meets two kinds of data at least.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.frame import Frame, get_layer
from engine.parts.blocks import Block
from engine.parts.probes import Probe
from engine.preview.preview import preview
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer
from tests.conformance.chains import VARIANTS, Chain, chains

KINDS: dict[str, tuple[dict[str, Any], str, tuple[int, ...], int]] = {
    "plane": ({"kind": "circle", "samples": 40}, "cross_entropy", (2,), 2),
    "plane_regression": ({"kind": "plane", "samples": 40}, "mse", (2,), 1),
    "curve": ({"kind": "curve", "samples": 40}, "mse", (1,), 1),
    "table": ({"kind": "iris"}, "cross_entropy", (4,), 3),
    "table_regression": ({"kind": "diabetes"}, "mae", (10,), 1),
    "images": ({"kind": "digits", "layout": "image"}, "cross_entropy", (1, 8, 8), 10),
    "sequences": ({"kind": "delayed_recall", "samples": 40, "delay": 4}, "cross_entropy", (5, 4), 4),
    "sequence_regression": ({"kind": "adding", "samples": 40, "length": 5}, "mse", (5, 2), 1),
    "tokens": ({"kind": "tokens", "samples": 40, "length": 6}, "cross_entropy", (6,), 2),
}
EVERY = {(a, b) for a in range(len(VARIANTS)) for b in range(len(VARIANTS))}
WHOLE = os.environ.get("PLAYGROUND_PAIRS") == "all"
PLAIN = ("identity",)
OF_EPOCHS = ("recall", "confusion")  # these are no probes': an epoch's row has them, no frame


class Never(FrameClock):
    """No frame but the one that is asked for."""

    grid = False

    def due(self) -> bool:
        return False


def pairs_for(kind: str) -> set[tuple[int, int]]:
    """All of them on the plane; else a share that no other kind has, and that differs from block to block."""
    if WHOLE or kind == "plane":
        return set(EVERY)
    place, others = sorted(set(KINDS) - {"plane"}).index(kind), len(KINDS) - 1
    return {(a, b) for a, b in EVERY if (a + 3 * b) % others == place}


def document(kind: str, network: list[dict[str, Any]], turn: int, **more: Any) -> dict[str, Any]:
    """The experiment with every instrument that is chosen; the others come along."""
    data, loss, _, _ = KINDS[kind]
    found: dict[str, Any] = {"data": data, "loss": {"kind": loss}, "network": network, "seed": turn, "device": "cpu"}
    found |= {"batch_size": 8, "steps": 3, "optimizer": {"kind": "sgd", "lr": 1e-4}}
    found["initializer"] = {"kind": "he_normal"}
    found["probes"] = [{"kind": name} for name, part in sorted(catalogue(Probe).items()) if not part.is_automatic]
    return {**found, **more}


def documents(kind: str, chain: Chain, turn: int) -> Iterator[dict[str, Any]]:
    """The chain, and now and then the same as an ensemble or under attack, which both have one end alone."""
    yield document(kind, chain.network, turn)
    alone = [block for block in chain.network if block["kind"] not in ("head", "reconstruct")]
    if turn % 6 == 1 and kind != "tokens" and alone[0]["kind"] != "embedding":
        yield document(kind, alone, turn, attack={"kind": "fgsm"})
    if turn % 6 == 4:
        yield document(kind, alone, turn, ensemble={"kind": "bagging", "members": 2})


def examine(start: dict[str, Any]) -> None:
    """Two steps by the real trainer, and what the instruments say then."""
    trainer = Trainer(Experiment.from_dict(start), Never())
    frames = trainer.advance(deadline=math.inf, until_step=2, frame_at_end=True).frames
    assert trainer.status == "running", trainer.message
    assert frames[-1].step == 2
    check(trainer, frames[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_after_every_block(kind: str) -> None:
    _, _, shape, outputs = KINDS[kind]
    wanted = pairs_for(kind)
    count, turn = len(wanted), 0
    for turn, chain in enumerate(chains(shape, outputs, wanted, seed=len(kind))):
        for start in documents(kind, chain, turn):
            try:
                examine(start)
            except Exception as error:
                error.add_note(json.dumps(start))
                raise
    assert turn > count / 100
    assert not wanted, f"fit nowhere: {[(VARIANTS[a], VARIANTS[b]) for a, b in sorted(wanted)]}"


def check(trainer: Trainer, frame: Frame) -> None:
    """Every channel has its reading, of the shape it says, and the numbers are numbers."""
    readings = dict(frame.readings)
    for channel in trainer.channels:
        if channel.key in OF_EPOCHS:
            continue
        reading = readings.pop(channel.key)
        readings.pop(f"{channel.key}_scale", None)
        assert reading.dtype in (np.float32, np.int8), channel.key
        if channel.mark in ("lines", "histogram", "units", "scores", "heat") and channel.series:
            assert len(reading) == len(channel.series) > 0, channel.key
        if channel.mark in ("grid", "units"):
            assert reading.shape[1] == reading.shape[2] >= 6, channel.key
            scale = frame.readings[f"{channel.key}_scale"]
            assert np.isfinite(scale).all()
            assert (scale > 0).all()
        holes = np.isnan(reading) if reading.dtype != np.int8 else np.zeros(reading.shape, bool)
        assert not np.isinf(reading.astype(np.float32)).any(), channel.key
        assert (holes == absent(trainer, frame, channel.key, reading)).all(), f"{channel.key}: {reading}"
    assert not readings, "readings without a channel"
    for name in ("weight_norm", "gradient_norm", "update_ratio", "near_zero"):
        series = next(c.series for c in trainer.channels if c.key == name)
        assert list(dict.fromkeys(map(get_layer, series))) == [s.name for s in trainer.network.weighted]


def absent(trainer: Trainer, frame: Frame, key: str, reading: np.ndarray) -> np.ndarray:
    """Where a reading is documented not to be a number."""
    if key == "update_ratio":
        return np.asarray(frame.readings["weight_norm"] == 0)
    if key == "saturated":
        return np.array([not has_activation(stage.block) for stage in trainer.network.observed])
    if key == "gates":  # layers that see fewer steps than the longest
        return np.asarray(np.isnan(reading) & ~np.isnan(reading[:, :1]))
    return np.zeros(reading.shape, bool)


def has_activation(block: Any) -> bool:
    """A recurrent block has one of its own; else the block says which."""
    if block.name() in ("rnn", "lstm", "gru"):
        return True
    function = getattr(block, "activation", None) or getattr(block, "function", None)
    return function is not None and function.name() not in PLAIN


SEQUENCE = {"kind": "reshape", "channels": 2, "height": 0, "width": 4}
IMAGE = {"kind": "reshape", "channels": 2, "height": 2, "width": 2}


def test_every_block_may_be_shared_and_none_is_accepted_that_cannot() -> None:
    """A second use of a block takes the same input; what a preview accepts trains with every instrument."""
    seen = set()
    for variant in VARIANTS:
        for shape in list[list[dict[str, Any]]](([], [SEQUENCE], [IMAGE])):
            first = {**variant, "label": "s", **({"of": "p"} if variant.get("of") == "?" else {})}
            network = [{"kind": "dense", "width": 8}, *shape, {"kind": "activation", "label": "p"}, first]
            network += [{"kind": "branch", "of": "p"}, {"kind": "shared", "of": "s"}, {"kind": "flatten"}]
            start = document("table", network, 0)
            try:
                preview(Experiment.from_dict(start))
            except InvalidExperiment:
                continue
            examine(start)
            seen.add(variant["kind"])
    assert set(catalogue(Block)) - seen == {"add", "branch", "concatenate", "shared"}, (
        "those take another block's output"
    )


def test_a_group_of_one_number_is_refused() -> None:
    """Its deviation from its own mean is zero, and torch does not train it on a single example."""
    network = [
        {"kind": "dense", "width": 2},
        {"kind": "reshape", "channels": 2, "height": 1, "width": 1},
        {"kind": "group_norm"},
    ]
    start = Experiment.from_dict({"network": [*network, {"kind": "flatten"}], "device": "cpu"})
    with pytest.raises(InvalidExperiment, match="groups of two numbers or more"):
        preview(start)
