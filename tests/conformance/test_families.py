"""What holds for every part of one family."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.errors import InvalidExperiment
from engine.experiment.edits import list_live_fields
from engine.experiment.experiment import Experiment
from engine.frame import Channel
from engine.network.build import assemble, build
from engine.parts.blocks import get_last_module
from engine.parts.initializers import Fan
from engine.training.clock import FrameClock
from engine.training.forward_trace import trace_forward
from engine.training.saturation import find_saturated
from engine.training.trainer import Trainer
from tests.conformance.placing import kind_of, label, members, runnable

SHAPES = [(12,), (64,), (3, 8, 8), (1, 17, 9), (4, 8, 8), (9, 6)]


class Every(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


def each(family: str) -> pytest.MarkDecorator:
    """One test for each part of a family."""
    return pytest.mark.parametrize("part", members(family), ids=label)


def noise(*shape: int) -> Tensor:
    """Normal numbers, always the same."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(11))


def placed(part: Any) -> tuple[Experiment, int]:
    """A network with the block, and its place: one that refers to another comes after one with a label."""
    block = {"kind": kind_of(part), **({"of": "first"} if part.refers else {})}
    before = [{"kind": "layer_norm" if part.shares else "activation", "label": "first"}] if part.refers else []
    return Experiment.from_dict({"network": [*before, block, {"kind": "flatten"}]}), len(before)


@each("blocks")
def test_block(part: Any) -> None:
    start, place = placed(part)
    fitting = []
    for shape in SHAPES:
        try:
            network = build(start, shape, 2)
        except InvalidExperiment:
            continue
        fitting.append(shape)
        meta, module = assemble(start, shape, 2).stages[place], network.stages[place].module
        x = noise(5, *shape).requires_grad_()
        out = network.compute_outputs(x)[place]
        assert out.shape == (5, *meta.out_shape)
        assert out.isfinite().all()
        if kind_of(part) == "detach":  # lets none through
            assert not out.requires_grad
            continue
        (out**2).sum().backward()  # type: ignore[no-untyped-call]
        looked_up = kind_of(part) == "embedding"  # whole numbers have no gradient
        assert looked_up or (x.grad is not None and x.grad.isfinite().all())
        assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
        counts = [sum(p.numel() for p in m.parameters()) for m in (meta.module, module)]
        assert counts[0] == counts[1]
        network.eval()
        seen = network.compute_outputs(x)[place]
        assert torch.equal(seen, network.compute_outputs(x)[place]), "evaluation is deterministic"
        # whatever the batch
        torch.testing.assert_close(seen[:2], network.compute_outputs(x[:2])[place], atol=1e-6, rtol=1e-5)
        inside = trace_forward(network, x)
        stage, entered = network.stages[place], inside.pre_activations[place]
        assert (entered is None) == (stage.block.output_activation is None)
        if entered is not None:
            assert torch.equal(get_last_module(stage.module)(entered), seen), "what goes into the activation"
        if stage.block.observed:
            flat = find_saturated(network, inside)[network.observed.index(stage)]
            assert flat is None or (flat.dtype == torch.bool and flat.shape == seen.shape)
    assert fitting, "fits nothing"


@each("blocks")
def test_block_retunes_to_its_live_fields(part: Any) -> None:
    for name in list_live_fields(part()):
        changed = part(**{name: 0.5})
        module = part().build((12,))
        changed.update_live_fields(module)
        assert str(module) == str(changed.build((12,))), name


@each("activations")
def test_activation(part: Any) -> None:
    function = part().build()
    x = torch.linspace(-30, 30, 601).requires_grad_()
    out = function(x)
    assert out.shape == x.shape
    assert out.isfinite().all()
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.any() for p in function.parameters())
    flat = part().find_saturated(x.detach(), function)
    assert flat is None or (flat.dtype == torch.bool and flat.shape == out.shape)


@each("initializers")
def test_initializer(part: Any) -> None:
    for shape in ((30, 20), (8, 3, 5, 5), (1, 1), (1, 40)):
        fields = math.prod(shape[2:])
        fan = Fan(shape[1] * fields, shape[0] * fields)
        first, again, other = (torch.full(shape, math.nan) for _ in range(3))
        for weight, seed in ((first, 1), (again, 1), (other, 2)):
            part().fill_(weight, fan, torch.Generator().manual_seed(seed))
        assert first.isfinite().all()
        assert torch.equal(first, again)
        if kind_of(part) not in ("zeros", "constant") and first.numel() > 1:
            assert not torch.equal(first, other)


@each("transforms")
def test_transform(part: Any) -> None:
    x = noise(*((40, 2, 5, 6) if part.leads else (40, 7))).numpy() * 3 + 5
    kept = x.copy()
    fitted = part().fit(x)
    one = fitted(x[:1])
    assert one.dtype == np.float32
    assert np.isfinite(fitted(x)).all()
    np.testing.assert_array_equal(one, fitted(x)[:1], err_msg="an example's place must not matter")
    np.testing.assert_array_equal(x, kept, err_msg="the examples were changed in place")


@each("datasets")
def test_data_set(part: Any) -> None:
    part = part(noise=0.2) if "noise" in part.model_fields else part()
    one, again, other = part.load(3), part.load(3), part.load(4)
    np.testing.assert_array_equal(one.x, again.x)
    np.testing.assert_array_equal(one.y, again.y)
    made = "samples" in type(part).model_fields
    assert made == (not np.array_equal(one.x, other.x)), "what is made up or drawn depends on the seed"
    assert one.x.dtype == np.float32
    assert np.isfinite(one.x).all()
    assert len(one.x) == len(one.y) >= 20
    if one.task == "classification":
        assert one.y.dtype == np.int64
        assert set(one.y) == set(range(len(one.classes))), "every class has examples"
    else:
        assert one.y.dtype == np.float32
        assert one.y.shape == (len(one.x), one.outputs)
        assert np.isfinite(one.y).all()
    assert (one.extent is not None) == (one.x.shape[1:] in ((1,), (2,)))
    if one.extent:
        low, high = np.array(one.extent[::2]), np.array(one.extent[1::2])
        inside = ((one.x >= low) & (one.x <= high)).all(1)
        assert inside.mean() > 0.95, "noise may throw a few points out of the plot"


@each("datasets")
def test_data_set_of_every_size(part: Any) -> None:
    if "samples" in part.model_fields:
        for count in (20, 21, 5000)[: 2 if part.remote else 3]:  # the stand-ins for what is fetched are small
            found = part(samples=count).load(0)
            assert count - 1 <= len(found.x) <= count
            noise = {"noise": 0.5} if "noise" in part.model_fields else {}
            assert np.isfinite(part(samples=count, **noise).load(0).x).all()


TRAINED = [
    *(p for name in ("datasets", "transforms", "activations", "initializers", "losses") for p in members(name)),
    *(p for name in ("optimizers", "schedules", "regularizers", "augmentations", "aspects") for p in members(name)),
]


@pytest.mark.parametrize("part", TRAINED, ids=label)
def test_trains_and_survives_being_restored(part: Any) -> None:
    start = runnable(part)
    whole, pieces = Trainer(start, Every()), Trainer(start, Every())
    losses = whole.advance(deadline=math.inf).losses
    assert len(losses) == 20
    assert all(math.isfinite(loss) for loss in losses)
    assert whole.status == "finished"
    got = pieces.advance(deadline=math.inf, until_step=9).losses
    file = io.BytesIO()
    torch.save(pieces.state(), file)
    file.seek(0)
    pieces = Trainer.restore(torch.load(file, weights_only=True), Every())
    got += pieces.advance(deadline=math.inf).losses
    assert got == losses
    ours, theirs = whole.model_tensors(), pieces.model_tensors()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert losses[0] != losses[-1]


def bowl(weight: Any) -> float:
    """A steep bowl, and its slope in the weight's gradient."""
    weight.grad = weight.detach() ** 3 * noise(9, 4).abs()
    return float((weight.detach() * weight.grad).sum() / 4)


@each("optimizers")
def test_optimizer_says_how_much_it_keeps(part: Any) -> None:
    more: list[dict[str, Any]] = [{"momentum": 0.5}, {"momentum": 0.0}] if "momentum" in part.model_fields else [{}]
    more = [{"history": 3}] if "history" in part.model_fields else more
    for fields in more:
        weight = torch.nn.Parameter(noise(9, 4))
        built = part(**fields).build([weight])
        assert built.param_groups[0]["lr"] == part(**fields).settings["lr"]
        assert part(**fields).settings.keys() <= built.param_groups[0].keys(), "torch knows these names"
        for _ in range(6):
            bowl(weight)
            built.step(lambda own=weight: bowl(own)) if part.needs_closure else built.step()
        state = built.state_dict()["state"].get(0, {}).values()
        pieces = [piece for kept in state for piece in (kept if isinstance(kept, list) else [kept])]
        assert sum(torch.is_tensor(kept) and kept.numel() == 36 for kept in pieces) == part(**fields).count_state()


def test_no_probe_at_all() -> None:
    frame = Trainer(runnable(members("losses")[0], probes=[]), Every()).advance(deadline=0.0).frames[0]
    assert set(frame.readings) == {"loss", "lr", "speed", "cost"}


@each("probes")
@pytest.mark.parametrize("data", [{"kind": "circle"}, {"kind": "curve"}, {"kind": "wine"}], ids=lambda d: d["kind"])
def test_probe_alone(part: Any, data: dict[str, Any]) -> None:
    loss = {"kind": "mse"}
    trainer = Trainer(runnable(part, data=data, loss=loss), Every())
    frames = trainer.advance(deadline=math.inf, until_step=3).frames
    found = part().channel(trainer.capture.subject)
    own = [] if found is None else [found]
    others = (
        {"loss", "lr", "speed", "cost"}
        | {c.key for c in trainer.heads.channels}
        | {c.key for c in beside(part, trainer)}
    )
    assert {channel.key for channel in trainer.channels} == others | {channel.key for channel in own}
    everything = {key for other in others | {c.key for c in own} for key in (other, f"{other}_scale")}
    for frame in frames:
        assert frame.readings.keys() <= everything
        for channel in own:
            reading = frame.readings[channel.key]
            assert reading.dtype in (np.float32, np.int8)
            assert reading.size
            assert not np.isinf(reading).any()
            if channel.mark in ("lines", "histogram", "units"):
                assert len(reading) == len(channel.series) > 0
            assert channel.title
            assert channel.formula
    special = ("gates", "reconstruction")  # these speak of blocks that this network does not have
    if data["kind"] == "circle" and kind_of(part) not in special:
        assert own, "says nothing even of a plane"


def beside(part: Any, trainer: Trainer) -> list[Channel]:
    """What instruments say that come along by themselves, but for this one."""
    others: list[Any] = members("probes")
    found = [other().channel(trainer.capture.subject) for other in others if other.is_automatic]
    return [channel for channel in found if channel and channel != part().channel(trainer.capture.subject)]
