"""Edits: changes that act on a run while it trains, without losing the optimizer's state."""

from __future__ import annotations

import re
from typing import Any

from engine.catalogue.part import Part, Value, catalogue
from engine.errors import InvalidExperiment, shown
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.parts.regularizers import STRENGTH, Regularizer, get_coefficient


class Edit(Value):
    """A live change of one number: `optimizer.lr`, `batch_size`, `regularizers.l2`, `network.2.rate` …"""

    path: str
    value: float | int


def live_fields(part: Part) -> tuple[str, ...]:
    """The fields of a part that may change while a run trains."""
    found = []
    for name, field in type(part).model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("live"):
            found.append(name)
    return tuple(found)


def apply(experiment: Experiment, edit: Edit) -> Experiment:
    """The experiment after the edit. Raises: InvalidExperiment if the path is not live or the value out of bounds."""
    data = experiment.to_dict()
    where = edit.path.split(".")
    match where:
        case ["batch_size"]:
            data["batch_size"] = edit.value
        case ["output_weight"]:
            data["output_weight"] = edit.value
        case ["optimizer", field] if field in live_fields(experiment.optimizer):
            data["optimizer"][field] = edit.value
        case ["attack", field] if experiment.attack and field in live_fields(experiment.attack):
            data["attack"][field] = edit.value
        case ["regularizers", kind] if kind in penalties():
            add_or_update_strength(data["regularizers"], kind, edit.value)
        case ["network", place, field] if re.fullmatch(r"\d{1,3}", place) and int(place) < len(experiment.network):
            if field not in live_fields(experiment.network[int(place)]):
                raise not_live(edit)
            data["network"][int(place)][field] = edit.value
        case _:
            raise not_live(edit)
    return Experiment.from_dict(data)


def penalties() -> tuple[str, ...]:
    """The kinds of regularizers that have a strength."""
    return tuple(kind for kind, part in catalogue(Regularizer).items() if part.has_strength())


def add_or_update_strength(regularizers: list[dict[str, Any]], kind: str, value: float) -> None:
    """Sets the strength of a regularizer, adding it if there is none yet."""
    for entry in regularizers:
        if entry["kind"] == kind:
            entry[STRENGTH] = value
            return
    regularizers.append({"kind": kind, STRENGTH: value})


def not_live(edit: Edit) -> InvalidExperiment:
    where = f"$.{edit.path}" if edit.path.isprintable() and len(edit.path) <= 60 else f"$[{shown(edit.path)}]"
    return InvalidExperiment(where, Message("a value that may change while a run trains"), shown(edit.value))


def changes(old: Experiment, new: Experiment) -> tuple[Edit, ...] | None:
    """The edits that lead from one experiment to the other; None if that takes a new run."""
    edits: list[Edit] = []
    if old.batch_size != new.batch_size:
        edits.append(Edit(path="batch_size", value=new.batch_size))
    if old.output_weight != new.output_weight:
        edits.append(Edit(path="output_weight", value=new.output_weight))
    edits += part_changes("optimizer", old.optimizer, new.optimizer)
    if old.attack and new.attack:
        edits += part_changes("attack", old.attack, new.attack)
    for place, (before, after) in enumerate(zip(old.network, new.network, strict=False)):
        edits += part_changes(f"network.{place}", before, after)
    strengths = ({r.name(): r for r in e.regularizers} for e in (old, new))
    before_by_kind, after_by_kind = strengths
    for kind in sorted(before_by_kind.keys() | after_by_kind.keys()):
        now, then = (get_coefficient(by.get(kind)) for by in (after_by_kind, before_by_kind))
        if now != then:
            edits.append(Edit(path=f"regularizers.{kind}", value=now))
    reached = old
    try:
        for edit in edits:
            reached = apply(reached, edit)
    except InvalidExperiment:
        return None
    return tuple(edits) if without_idle(reached) == without_idle(new) else None


def part_changes(path: str, before: Part, after: Part) -> list[Edit]:
    """The edits between two versions of one part."""
    if type(before) is not type(after):
        return []
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in live_fields(after))
    return [Edit(path=f"{path}.{name}", value=now) for name, then, now in pairs if now != then]


def without_idle(experiment: Experiment) -> Experiment:
    """The experiment without penalties of strength zero, and its regularizers in one order."""
    kept = [r for r in experiment.regularizers if not r.is_idle]
    kept.sort(key=lambda r: r.name())
    return experiment.model_copy(update={"regularizers": tuple(kept)})
