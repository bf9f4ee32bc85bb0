"""Frames that do not depend on the clock: the grid's, the last good step's, and that of the numbers that went."""

from __future__ import annotations

import io
import itertools
import json
import math
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from engine.archive.pack import pack
from engine.archive.unpack import unpack
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.frame import Frame
from engine.store.reader import Reader, RunRow
from engine.training import frame_grid
from engine.training.clock import FrameClock
from engine.training.progress import CLOCKED
from engine.training.trainer import Trainer, train
from tests.engine.documents import experiment
from tests.runtime.conftest import fleet as fleet
from tests.runtime.conftest import wait_for
from tests.science.measured import Always
from tests.torch_modules import module_of

WILD: dict[str, Any] = {
    "data": {"kind": "plane", "samples": 60},
    "loss": {"kind": "mse"},
    "network": [
        {"kind": "dense", "width": 6, "activation": {"kind": "identity"}},
        {"kind": "batch_norm"},
        {"kind": "dropout", "rate": 0.1},
    ],
    "optimizer": {"kind": "sgd", "lr": 0.001, "momentum": 0.5},
    "stopping": {"divergence": False},
    "batch_size": 8,
    "steps": 120,
    "device": "cpu",
}
BLOW = {38: Edit(path="optimizer.lr", value=100.0), 30: Edit(path="batch_size", value=6)}


def frames_of(trainer: Trainer, edits: dict[int, Edit], cuts: tuple[int, ...] = ()) -> dict[int, Frame]:
    """All frames of a run with its edits, restored from bytes at each cut."""
    found: dict[int, Frame] = {}
    for stop in sorted({*edits, *cuts}):
        found |= {f.step: f for f in trainer.advance(deadline=math.inf, until_step=stop).frames}
        if stop in cuts:
            torch.save(trainer.state(), file := io.BytesIO())
            trainer = Trainer.restore(torch.load(io.BytesIO(file.getvalue()), weights_only=True), lonely())
        if stop in edits:
            trainer.edit(edits[stop])
    return found | {f.step: f for f in trainer.advance(deadline=math.inf).frames}


def lonely() -> FrameClock:
    """A clock that strikes once."""
    return FrameClock(interval=1e9)


def assert_same(one: Frame, other: Frame) -> None:
    """Bit for bit, but for what tells of the machine."""
    assert (one.step, one.epoch) == (other.step, other.epoch)
    keys = one.readings.keys() - set(CLOCKED)
    assert keys == other.readings.keys() - set(CLOCKED)
    for key in keys:
        assert one.readings[key].tobytes() == other.readings[key].tobytes(), (one.step, key)


def test_each_step_is_at_most_a_quarter_beyond_the_last() -> None:
    found = list(frame_grid.steps(50_000))
    assert found[:4] == [1, 2, 3, 4]
    for last, step in itertools.pairwise(found[3:]):
        assert last < step <= 1.25 * last < step + 1, "and as far as that allows"
    assert len(list(frame_grid.steps(800))) == 29
    assert len(found) == 48
    assert all(frame_grid.is_on_grid(step) == (step in found) for step in range(50_001))


def test_a_fast_run_has_the_frames_of_the_grid_in_every_repetition() -> None:
    value = experiment(steps=90)
    one, other, often = (list(train(value, clock)) for clock in (lonely(), lonely(), FrameClock(0.001, adaptive=False)))
    expected = [*frame_grid.steps(90), 90]
    assert [frame.step for frame in one] == [frame.step for frame in other] == expected
    assert [frame.why for frame in one] == ["grid"] * (len(expected) - 1) + [""]
    by_step = {frame.step: frame for frame in often}
    for frame, twin in zip(one, other, strict=True):
        assert_same(frame, twin)
        assert_same(frame, by_step[frame.step])
    assert all(frame.why == ("grid" if frame_grid.is_on_grid(step) else "") for step, frame in by_step.items())


def test_a_resumed_run_has_the_same_grid() -> None:
    value = experiment(steps=80)
    whole = frames_of(Trainer(value, lonely()), {})
    for cuts in ((7,), (8, 21, 22, 79)):
        pieces = frames_of(Trainer(value, lonely()), {}, cuts)
        for step in frame_grid.steps(80):
            assert_same(pieces[step], whole[step])


MORE: dict[str, dict[str, Any]] = {
    "one": {},
    "members": {"ensemble": {"kind": "bagging", "members": 2}},
    "deep": {"network": [{"kind": "dense", "activation": {"kind": "identity"}}] * 4},
    "heads": {"network": [*WILD["network"], {"kind": "head", "target": {"kind": "radius"}}]},
}


@pytest.mark.parametrize("cuts", [(), (33, 39)])
@pytest.mark.parametrize("name", MORE)
def test_the_last_good_step_has_a_frame(name: str, cuts: tuple[int, ...]) -> None:
    value = Experiment.from_dict({**WILD, **MORE[name]})
    often = Trainer(value, Always())
    every = frames_of(often, BLOW)
    assert often.status == "diverged"
    end = often.step
    assert end > 39
    assert "not finite" in str(often.message)
    seldom = Trainer(value, lonely())
    found = frames_of(seldom, BLOW, cuts)
    assert [step for step in found if step not in (1, 34, 40)] == sorted(
        {*frame_grid.steps(end), end - 1, end} - {1, 34, 40}
    )
    struck = end - 1 in (34, 40) and bool(cuts)  # a clock strikes when a run is taken up again
    assert found[end - 1].why == ("grid" if frame_grid.is_on_grid(end - 1) else "" if struck else "last good")
    assert found[end].why == every[end].why == "not finite"
    for step in (end - 1, end):
        assert_same(found[step], every[step])
    if not cuts:
        assert (seldom.status, seldom.message, seldom.step) == (often.status, often.message, often.step)
        weights, others = seldom.model_tensors(), often.model_tensors()
        assert all(weights[key].equal(others[key]) or bool(weights[key].isnan().any()) for key in weights)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_the_numbers_that_went_are_counted(layer: int) -> None:
    """A weight is not finite in one layer; every layer behind it gives nothing else."""
    dense = {"kind": "dense", "width": 4, "activation": {"kind": "identity"}}
    trainer = Trainer(Experiment.from_dict({**WILD, "network": [dense, dense]}), lonely())
    trainer.advance(deadline=math.inf, until_step=9)
    with torch.no_grad():
        module_of(trainer.network.stages[layer])[0].weight[0, 0] = math.nan
    frame = trainer.advance(deadline=math.inf).frames[-1]
    assert (frame.step, frame.why) == (10, "not finite")
    assert math.isnan(frame.readings["loss"][0])
    outputs = [1 / (4, 4, 1)[at] if at == layer else 1.0 if at > layer else 0.0 for at in range(3)]
    assert frame.readings["outputs_gone"].tolist() == outputs
    sizes = [8, 16, 4]
    gone = [1 / sizes[at] if at == layer else 0.0 for at in range(3)]
    assert frame.readings["weights_gone"].tolist() == pytest.approx(gone)
    assert (frame.readings["gradients_gone"] > 0).all(), "the gradient of a loss that is no number"
    assert np.isfinite(frame.readings["outputs_largest"]).all()
    again = Frame.decode(frame.encode())
    assert again.why == "not finite"
    assert_same(frame, again)


def test_the_header_says_why_and_old_frames_have_no_reason() -> None:
    frame = Frame(10, 0, 0.5, {"loss": np.array([1.0], np.float32)})
    assert b"why" not in frame.encode()
    assert Frame.decode(frame.encode()).why == ""
    data = Frame(10, 0, 0.5, {}, "grid").encode()
    assert json.loads(data[8:])["why"] == "grid"


def diverged(reader: Reader, run: str) -> RunRow | None:
    """The row of the run once it has diverged."""
    row = reader.read_run(run)
    return row if row is not None and row.state == "diverged" else None


def test_store_log_and_archive_have_them(fleet: Any) -> None:
    """A real worker: two repetitions of a run that ends within the wink of an eye have the same frames."""
    reader = Reader(fleet.layout.home)
    wild = {**WILD, "optimizer": {"kind": "sgd", "lr": 30.0}, "network": WILD["network"][:1]}
    found = []
    for _ in range(2):
        run = fleet.start(Experiment.from_dict(wild))
        row = wait_for(partial(diverged, reader, run))
        frames = {frame.step: frame for frame in map(Frame.decode, reader.read_frames(run))}
        end = reader.read_log(run)[-1]
        assert (end.kind, end.step) == ("diverged", row.step)
        assert end.detail["grid"] == list(frame_grid.steps(row.step))
        assert {*end.detail["grid"], row.step - 1, row.step} <= frames.keys()
        assert frames[row.step].why == "not finite"
        assert not np.isfinite(frames[row.step].readings["loss"]).any()
        packed = unpack(pack(reader, row))
        assert [data for _, _, data in packed.frames] == reader.read_frames(run)
        found.append({step: frame for step, frame in frames.items() if frame.why})
    assert found[0].keys() == found[1].keys()
    for step, frame in found[0].items():
        assert_same(frame, found[1][step])
    reader.close()
