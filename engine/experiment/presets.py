"""Presets: experiments that ship with the playground, one a file in `assets/presets/`, and their catalogue.

The catalogue names for each its topic, what to look at, and the results to expect; tests hold those.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

from engine.errors import InvalidExperiment, abbreviate, explain_unreadable, suggest_names
from engine.experiment.experiment import Experiment
from engine.message import Message

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "presets"
CATALOG = FOLDER / "catalog.toml"
OTHER = "More"

Measure = Literal[
    "validation_accuracy",
    "training_accuracy",
    "validation_r2",
    "accuracy_gap",
    "worst_recall",
    "gradient_share",
    "near_zero",
    "diverges",
    "stops_early",
    "ends_accuracy",
    "reconstruction_r2",
    "loss_of_one",
    "attacked_accuracy",
    "attacked_unprepared",
]


@dataclass(frozen=True)
class Expectation:
    """A result of the run by a step: a measure at least, or else at most, a value.

    Accuracies, R² and shares count to 1. `accuracy_gap`: training less validation accuracy. `worst_recall`: of the
    class that is recognized worst. `gradient_share`: gradient norm of the first layer with weights over the last's.
    `near_zero`: share of weights below 0.001. `diverges` and `stops_early` have no value: the run ends so by the step.
    `ends_accuracy`: of the end that is worst on validation. `loss_of_one`: validation loss over that of the network
    without bagging. `attacked_accuracy`: on attacked examples; `attacked_unprepared`: the same if not trained on them.
    """

    measure: Measure
    step: int
    at_least: float | None = None
    at_most: float | None = None

    @property
    def value(self) -> float:
        return next(bound for bound in (self.at_least, self.at_most, 1.0) if bound is not None)


@dataclass(frozen=True)
class PresetEntry:
    """Entry of the catalogue: a preset's topic, its title, what to look at, and what to expect."""

    name: str
    topic: str
    title: str
    look: str = ""
    expect: tuple[Expectation, ...] = ()


def list_presets() -> tuple[str, ...]:
    """Names of the presets, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@cache
def read_catalog() -> tuple[PresetEntry, ...]:
    """The catalogue in its own order; presets that are not in it come last, by the names of their files."""
    known = [parse_entry(values) for values in tomllib.loads(CATALOG.read_text(encoding="utf-8"))["preset"]]
    rest = set(list_presets()) - {one.name for one in known}
    return (*known, *(PresetEntry(name, OTHER, name.replace("_", " ").capitalize()) for name in sorted(rest)))


def parse_entry(values: dict[str, object]) -> PresetEntry:
    expect = values.pop("expect", [])
    assert isinstance(expect, list)
    return PresetEntry(**values, expect=tuple(Expectation(**one) for one in expect))  # type: ignore[arg-type]


def load(name: str) -> Experiment:
    """The preset of a name. Raises: InvalidExperiment if there is none."""
    if name not in list_presets():
        raise explain_unknown_preset("preset", Message("one of {choices}", choices=list_presets()), name)
    return Experiment.from_json((FOLDER / f"{name}.json").read_bytes())


def explain_unknown_preset(where: str, known: Message, name: str) -> InvalidExperiment:
    """The error for a preset that does not exist, with similar names as the hint."""
    # Cut, since the comparison takes quadratic time and the name may come from a request.
    near = get_close_matches(name[:100].lower().replace("-", "_"), list_presets(), 3)
    return InvalidExperiment(where, known, abbreviate(name), suggest_names(near))


def load_file_or_preset(source: str) -> Experiment:
    """The experiment in a file, or the preset of that name.

    Raises: InvalidExperiment for what is wrong with it, PlaygroundError if it cannot be read.
    """
    if source in list_presets():
        return load(source)
    path = Path(source)
    try:
        if not path.is_file():
            raise explain_unknown_preset(
                "experiment", Message("a file, or one of {choices}", choices=list_presets()), source
            )
        return Experiment.from_json(path.read_bytes())
    except OSError as error:
        raise explain_unreadable(abbreviate(source), error.strerror) from error
