"""The graph says of every network what the network itself does."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from engine.catalogue.part import catalogue
from engine.data.prepare import prepare
from engine.errors import InvalidExperiment
from engine.experiment import presets
from engine.experiment.experiment import Experiment
from engine.live.messages import describe_structure
from engine.network.build import build
from engine.network.graph import INPUT, Node, build_graph
from engine.parts.activations import Activation
from engine.parts.aspects import Aspect
from engine.parts.blocks import Block
from engine.parts.datasets.digits import Digits
from engine.parts.datasets.plane import Plane
from engine.parts.datasets.spiral import Spiral

WAYS: list[dict[str, Any]] = [
    {"kind": "dense", "label": "a"},
    {"kind": "dropout", "rate": 0.0},
    {"kind": "dense", "label": "b"},
    {"kind": "add", "of": "a"},
    {"kind": "head", "of": "a"},
    {"kind": "reconstruct", "label": "r"},
    {"kind": "branch", "of": "a"},
    {"kind": "dense", "width": 3, "label": "c"},
    {"kind": "concatenate", "of": "b"},
    {"kind": "detach"},
    {"kind": "detach", "of": "c"},
    {"kind": "activation", "function": {"kind": "tanh"}, "label": "t"},
    {"kind": "shared", "of": "t"},
    {"kind": "branch", "of": "r"},
]


def nodes(network: list[dict[str, Any]]) -> tuple[Node, ...]:
    return build_graph(Experiment.from_dict({"network": network}).network)


def reached(found: tuple[Node, ...], name: str) -> set[str]:
    """Everything that a node depends on."""
    inputs = {node.name: node.inputs for node in found}
    waiting, seen = [name], set[str]()
    while waiting:
        for one in inputs.get(waiting.pop(), ()):
            waiting += [one] if one not in seen else []
            seen.add(one)
    return seen


@pytest.mark.parametrize("length", range(1, len(WAYS) + 1))
def test_a_change_reaches_the_nodes_that_the_graph_says(length: int) -> None:
    experiment = Experiment.from_dict({"network": WAYS[:length]})
    data = prepare(experiment)
    network = build(experiment, data.in_shape, data.source.outputs, data.heads).eval()
    found = build_graph(experiment.network)
    assert [node.name for node in found] == [stage.name for stage in network.stages]
    x = torch.randn(4, *data.in_shape)
    for changed, stage in enumerate(network.stages[:-1]):
        change = stage.module.register_forward_hook(lambda _module, _inputs, out: out + 1)
        with torch.no_grad():
            moved = network.compute_outputs(x)
            change.remove()
            differs = [not torch.equal(a, b) for a, b in zip(moved, network.compute_outputs(x), strict=True)]
        again = [other.module is stage.module for other in network.stages]
        changes = {one.name for one, same in zip(found, again, strict=True) if same}
        for place, node in enumerate(found):
            expected = bool(changes & ({node.name} | reached(found, node.name)))
            assert differs[place] == expected, (found[changed].name, node.name)


def test_inputs_stand_side_by_side_in_order() -> None:
    found = {node.name: node.inputs for node in nodes(WAYS)}
    assert found["1 dense"] == (INPUT,)
    assert found["4 add"] == ("3 dense", "1 dense")
    assert found["7 branch"] == ("1 dense",)
    assert found["9 concatenate"] == ("8 dense", "3 dense")
    assert found["10 detach"] == ("9 concatenate",)
    assert found["14 branch"] == ("6 reconstruct",)


def test_a_head_says_what_it_learns() -> None:
    found = {node.name: node for node in nodes([{"kind": "head", "target": {"kind": "radius"}}, *WAYS[:6]])}
    assert {name for name, node in found.items() if node.head} == {"1 head", "6 head", "7 reconstruct"}
    assert [found[name].task for name in ("1 head", "6 head", "7 reconstruct")] == ["regression", "", "regression"]


def test_a_shared_block_is_drawn_as_the_block_whose_module_it_is() -> None:
    found = {node.name: node for node in nodes(WAYS)}
    assert found["13 shared"].unitwise
    assert found["13 shared"].two_sided
    assert not found["1 dense"].unitwise


def test_every_aspect_declares_the_task_of_its_targets() -> None:
    for source in (Spiral().load(0), Digits().load(0), Plane().load(0)):
        for part in catalogue(Aspect).values():
            goal = part().goal(source)
            assert goal is None or goal.task == (part.task or source.task)


def test_every_unitwise_block_keeps_the_number_of_units() -> None:
    for name, part in catalogue(Block).items():
        if part.unitwise:
            module = part().build((4, 6, 6), (4, 6, 6)).eval()
            inputs = [torch.randn(2, 4, 6, 6)] * (2 if part.joins else 1)
            assert module(*inputs).shape == (2, 4, 6, 6), name


def test_two_sided_activations_are_flat_far_out_on_both_sides() -> None:
    for name, part in catalogue(Activation).items():
        flat = part().find_saturated(torch.tensor([-30.0, 30.0]), part().build())
        assert part.two_sided == (flat is not None and bool(flat.all())), name


@pytest.mark.parametrize("name", presets.list_presets())
def test_a_viewer_is_told_the_graph_of_every_preset(name: str) -> None:
    experiment = presets.load(name)
    told = describe_structure(experiment.to_json())
    assert [node["name"] for node in told["graph"]][-1] == "output"
    assert len(told["graph"]) == len(experiment.network) + 1
    assert json.dumps(told)


def test_an_experiment_that_cannot_be_read_has_no_graph() -> None:
    assert describe_structure('{"version": 1, "network": [{"kind": "gone"}]}') == {}
    with pytest.raises(InvalidExperiment):
        Experiment.from_json('{"version": 1, "network": [{"kind": "gone"}]}')
