"""Where a part of each family stands in an experiment, so that every part can be tried without being known."""

from __future__ import annotations

from typing import Any

from engine.catalogue.part import Part, catalogue, families, family
from engine.experiment.experiment import Experiment
from engine.parts.datasets import Dataset

PARTS: list[type[Part]] = [part for name in families() for part in catalogue(family(name)).values()]
APART = {"checks", "exporters"}  # families that look at experiments and runs, and stand in none
PLACED = [part for part in PARTS if part.family not in APART]
SINGLE = {
    "attacks": "attack",
    "datasets": "data",
    "ensembles": "ensemble",
    "initializers": "initializer",
    "losses": "loss",
    "optimizers": "optimizer",
    "schedules": "schedule",
}
LISTED = {"transforms": "preprocessing", "augmentations": "augmentations", "blocks": "network"}
LISTED |= {"regularizers": "regularizers", "probes": "probes"}


def kind_of(part: type[Part]) -> str:
    """The part's kind."""
    return str(part.model_fields["kind"].default)


def label(part: type[Part]) -> str:
    """For a test's name."""
    return f"{part.family}.{kind_of(part)}"


def members(name: str) -> list[type[Part]]:
    """The parts of one family."""
    return [part for part in PARTS if part.family == name]


def document(part: type[Part], **fields: Any) -> dict[str, Any]:
    """An experiment's document that holds the part, with some of its fields set."""
    own = {"kind": kind_of(part), **fields}
    if part.family in SINGLE:
        return {SINGLE[part.family]: own}
    if part.family in LISTED:
        return {LISTED[part.family]: [own]}
    if part.family == "aspects":
        return {"network": [{"kind": "head", "target": own}]}
    assert part.family == "activations", f"say where {part.family} stand in an experiment"
    return {"network": [{"kind": "dense", "width": 6, "activation": own}]}


def path(part: type[Part]) -> str:
    """Where the part stands in that document."""
    if part.family in SINGLE:
        return f"$.{SINGLE[part.family]}"
    if part.family == "aspects":
        return "$.network[0].target"
    return f"$.{LISTED[part.family]}[0]" if part.family in LISTED else "$.network[0].activation"


def found_in(experiment: Experiment, part: type[Part]) -> Part:
    """The part in the experiment made from that document."""
    if part.family in SINGLE:
        return getattr(experiment, SINGLE[part.family])  # type: ignore[no-any-return]
    if part.family in LISTED:
        return getattr(experiment, LISTED[part.family])[0]  # type: ignore[no-any-return]
    if part.family == "aspects":
        return experiment.network[0].target  # type: ignore[attr-defined, no-any-return]
    return experiment.network[0].activation  # type: ignore[attr-defined, no-any-return]


def runnable(part: type[Part], **more: Any) -> Experiment:
    """An experiment that trains with the part, on data that suits it."""
    start = document(part)
    start.setdefault("network", [{"kind": "dense", "width": 6}])
    tasks = getattr(part, "tasks", ("classification", "regression"))
    if part.family == "datasets":
        task = catalogue(Dataset)[kind_of(part)]().load(0).task
        start["loss"] = {"kind": "cross_entropy" if task == "classification" else "mse"}
        vectors = len(catalogue(Dataset)[kind_of(part)]().load(0).x.shape) == 2
        start["network"] = start["network"] if vectors else [{"kind": "flatten"}]
    elif part.family == "aspects":
        digits = kind_of(part) in ("parity", "loops")
        start["data"] = {"kind": "digits"} if digits else {"kind": "blobs"}
    elif part.family == "augmentations" or getattr(part, "leads", False):
        start |= {"data": {"kind": "digits", "layout": "image"}, "network": [{"kind": "flatten"}]}
    elif part.family == "losses":
        start["data"] = {"kind": "circle" if "classification" in tasks else "plane"}
    elif kind_of(part) in ("members", "disagreement"):
        start["ensemble"] = {"kind": "bagging", "members": 2}
    elif kind_of(part) in ("robustness", "attack"):
        start["attack"] = {"kind": "fgsm"}
    start.setdefault("data", {"kind": "circle"})
    return Experiment.from_dict({**start, "device": "cpu", "batch_size": 16, "steps": 20, **more})
