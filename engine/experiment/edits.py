"""Edits: changes that act on a run while it trains, without losing the optimizer's state."""

from __future__ import annotations

import re
from typing import Any

from engine.catalogue.part import Part, Value, catalogue
from engine.errors import InvalidExperiment, abbreviate
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.parts.regularizers import STRENGTH, Regularizer, get_coefficient


class Edit(Value):
    """A live change of one number: `optimizer.lr`, `batch_size`, `regularizers.l2`, `network.2.rate` …"""

    path: str
    value: float | int


def list_live_fields(part: Part) -> tuple[str, ...]:
    """The fields of a part that may change while a run trains."""
    names = []
    for name, field in type(part).model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("live"):
            names.append(name)
    return tuple(names)


def apply_edit(experiment: Experiment, edit: Edit) -> Experiment:
    """The experiment after the edit. Raises: InvalidExperiment if the path is not live or the value out of bounds."""
    data = experiment.to_dict()
    match edit.path.split("."):
        case ["batch_size"]:
            data["batch_size"] = edit.value
        case ["output_weight"]:
            data["output_weight"] = edit.value
        case ["optimizer", field] if field in list_live_fields(experiment.optimizer):
            data["optimizer"][field] = edit.value
        case ["attack", field] if experiment.attack and field in list_live_fields(experiment.attack):
            data["attack"][field] = edit.value
        case ["regularizers", kind] if kind in list_penalties():
            add_or_update_strength(data["regularizers"], kind, edit.value)
        # Not `isdigit`: that takes "²", and `int` would refuse it with an error of Python's.
        case ["network", index, field] if re.fullmatch(r"\d{1,3}", index) and int(index) < len(experiment.network):
            if field not in list_live_fields(experiment.network[int(index)]):
                raise explain_not_live(edit)
            data["network"][int(index)][field] = edit.value
        case _:
            raise explain_not_live(edit)
    # Validated as a whole: a batch size that batch normalization cannot have is refused here too.
    return Experiment.from_dict(data)


def list_penalties() -> tuple[str, ...]:
    """The kinds of regularizers that have a strength."""
    return tuple(kind for kind, part in catalogue(Regularizer).items() if part.has_strength())


def add_or_update_strength(regularizers: list[dict[str, Any]], kind: str, value: float) -> None:
    """Set the strength of the regularizer of a kind; append one if there is none."""
    for entry in regularizers:
        if entry["kind"] == kind:
            entry[STRENGTH] = value
            return
    regularizers.append({"kind": kind, STRENGTH: value})


def explain_not_live(edit: Edit) -> InvalidExperiment:
    where = f"$.{edit.path}" if edit.path.isprintable() and len(edit.path) <= 60 else f"$[{abbreviate(edit.path)}]"
    return InvalidExperiment(where, Message("a value that may change while a run trains"), abbreviate(edit.value))


def diff_experiments(old: Experiment, new: Experiment) -> tuple[Edit, ...] | None:
    """The edits that turn one experiment into the other; None if that takes a new run."""
    edits: list[Edit] = []
    if old.batch_size != new.batch_size:
        edits.append(Edit(path="batch_size", value=new.batch_size))
    if old.output_weight != new.output_weight:
        edits.append(Edit(path="output_weight", value=new.output_weight))
    edits += diff_parts("optimizer", old.optimizer, new.optimizer)
    if old.attack and new.attack:
        edits += diff_parts("attack", old.attack, new.attack)
    for index, (before, after) in enumerate(zip(old.network, new.network, strict=False)):
        edits += diff_parts(f"network.{index}", before, after)
    before_by_kind, after_by_kind = ({r.name(): r for r in e.regularizers} for e in (old, new))
    for kind in sorted(before_by_kind.keys() | after_by_kind.keys()):
        now, then = (get_coefficient(by.get(kind)) for by in (after_by_kind, before_by_kind))
        if now != then:
            edits.append(Edit(path=f"regularizers.{kind}", value=now))
    # a difference in any field that is not live is left over when the edits are applied
    reached = old
    try:
        for edit in edits:
            reached = apply_edit(reached, edit)
    except InvalidExperiment:
        return None
    return tuple(edits) if drop_idle_regularizers(reached) == drop_idle_regularizers(new) else None


def diff_parts(path: str, before: Part, after: Part) -> list[Edit]:
    """The edits between two versions of one part."""
    # Another part is no edit; the check at the end of `diff_experiments` then asks for a new run.
    if type(before) is not type(after):
        return []
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in list_live_fields(after))
    return [Edit(path=f"{path}.{name}", value=now) for name, then, now in pairs if now != then]


def drop_idle_regularizers(experiment: Experiment) -> Experiment:
    """The experiment without penalties of strength zero, its regularizers in the order of their kinds.

    An edit appends a regularizer, and leaves one whose strength becomes zero where it is.
    """
    acting = [r for r in experiment.regularizers if not r.is_idle]
    acting.sort(key=lambda r: r.name())
    return experiment.model_copy(update={"regularizers": tuple(acting)})
