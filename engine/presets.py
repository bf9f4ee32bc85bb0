"""Presets: experiments that ship with the playground, one a file in `assets/presets/`."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InvalidExperiment, PlaygroundError, shown
from engine.experiment import Experiment

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "presets"


def names() -> tuple[str, ...]:
    """The presets, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def load(name: str) -> Experiment:
    """A preset by its name. Raises: InvalidExperiment if there is none of that name."""
    if name not in names():
        raise InvalidExperiment("preset", f"one of {', '.join(names())}", shown(name))
    return Experiment.from_json((FOLDER / f"{name}.json").read_bytes())


def load_file_or_preset(source: str) -> Experiment:
    """The experiment in a file, or the preset of that name.

    Raises: InvalidExperiment for what is wrong with it, PlaygroundError if it cannot be read.
    """
    if source in names():
        return load(source)
    path = Path(source)
    try:
        if not path.is_file():
            raise InvalidExperiment("experiment", f"a file, or one of {', '.join(names())}", shown(source))
        return Experiment.from_json(path.read_bytes())
    except OSError as error:
        raise PlaygroundError(f"{shown(source)} cannot be read: {error.strerror}.") from error
