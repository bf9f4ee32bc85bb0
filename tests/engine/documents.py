"""Experiments for tests: a few that use everything, and strategies that make them up."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from engine.catalogue.part import Part, catalogue, families, family
from engine.experiment.experiment import Experiment

BUSY: dict[str, Any] = {
    "data": {"kind": "circle", "samples": 120, "noise": 0.2},
    "validation": 0.3,
    "preprocessing": [{"kind": "standardize"}],
    "network": [
        {"kind": "dense", "width": 8, "activation": {"kind": "identity"}},
        {"kind": "batch_norm", "momentum": 0.3},
        {"kind": "activation", "function": {"kind": "elu"}},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "dense", "width": 6, "activation": {"kind": "tanh"}},
    ],
    "optimizer": {"kind": "adam", "lr": 0.01},
    "schedule": {"kind": "cosine", "floor": 0.1},
    "regularizers": [
        {"kind": "l1"},
        {"kind": "l2"},
        {"kind": "clip_norm", "threshold": 0.5},
        {"kind": "early_stopping", "patience": 500},
    ],
    "batch_size": 9,
    "steps": 60,
    "device": "cpu",
}


def experiment(**more: Any) -> Experiment:
    """The busy one with some changes."""
    return Experiment.from_dict({**BUSY, **more})


def bounded(metadata: list[Any], kind: Any) -> st.SearchStrategy[Any]:
    """Numbers within a field's bounds."""
    low: Any = None
    high: Any = None
    exclude_low = exclude_high = False
    for rule in metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
        exclude_low, exclude_high = exclude_low or hasattr(rule, "gt"), exclude_high or hasattr(rule, "lt")
    if kind is int:
        return st.integers(math.ceil(low), math.floor(high))
    return st.floats(low, high, exclude_min=exclude_low, exclude_max=exclude_high, allow_subnormal=False)


def values(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    """Values of one field."""
    if annotation is bool:
        return st.booleans()
    if annotation in (int, float):
        return bounded(metadata, annotation)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return parts(annotation)
    if annotation is str:
        return st.text("abc -_9", max_size=24)
    choices = getattr(annotation, "__args__", ())
    assert choices, annotation
    if type(None) in choices:
        return st.none() | st.one_of([values(choice, metadata) for choice in choices if choice is not type(None)])
    return st.sampled_from(choices)


def parts(of: type[Part]) -> st.SearchStrategy[Part]:
    """Any part of a family, with any values within its bounds."""
    return st.one_of([fields(part) for part in catalogue(of).values()])


def fields(part: type[Part]) -> st.SearchStrategy[Part]:
    """One kind of part with any values within its bounds."""
    made = {n: values(f.annotation, list(f.metadata)) for n, f in part.model_fields.items() if n != "kind"}
    return st.builds(part, **made)


def several(name: str, largest: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Parts of a family, each kind at most once."""
    return st.lists(parts(family(name)), max_size=largest, unique_by=lambda part: part.name()).map(tuple)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any valid experiment; nothing says that its blocks fit on each other."""
    single = {"data": "datasets", "loss": "losses", "initializer": "initializers"}
    single |= {"optimizer": "optimizers", "schedule": "schedules"}
    chosen: dict[str, Any] = {field: draw(parts(family(name))) for field, name in single.items()}
    chosen["ensemble"] = draw(st.none() | parts(family("ensembles")))
    numbers = Experiment.model_fields
    for name in ("validation", "batch_size", "seed", "bias"):
        chosen[name] = draw(bounded(list(numbers[name].metadata), numbers[name].annotation or float))
    blocks: st.SearchStrategy[list[Any]] = st.lists(parts(family("blocks")), max_size=8)
    return Experiment(
        **chosen,
        preprocessing=draw(several("transforms", 3)),
        network=tuple(draw(blocks)),
        regularizers=draw(several("regularizers", 4)),
        probes=draw(several("probes", 10)),
        steps=draw(st.integers(1, 10**7)),
        epochs=draw(st.none() | st.integers(1, 10**5)),
        device=draw(st.sampled_from(["auto", "cpu", "cuda"])),
    )


def valid() -> st.SearchStrategy[Any]:
    """Those that are allowed: batch normalization needs two examples."""
    return experiments_or_none().filter(lambda found: found is not None)


@st.composite
def experiments_or_none(draw: st.DrawFn) -> Experiment | None:
    """None where the whole is refused though every part is fine."""
    try:
        return draw(experiments())
    except ValueError:
        return None


assert set(families()) >= {"datasets", "blocks", "probes"}
