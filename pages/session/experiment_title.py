"""An experiment in words: Spiral · 2 → 16 → 16 → 2 Tanh · Adam 0.003."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from engine.data.prepare import load_examples
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.parts.blocks import format_shape
from engine.parts.datasets import Dataset
from pages.session.i18n import format_number, pgettext, speak


@lru_cache(maxsize=1024)
def describe_experiment(document: str, language: str) -> str:
    """The experiment in a document, in one line; a dash for one that cannot be read or whose data are gone."""
    # The language is part of the cache's key: one server shows both.
    speak(language)
    try:
        experiment = Experiment.from_json(document)
        data = load_examples(experiment.data, experiment.seed)
    except (PlaygroundError, ArithmeticError, LookupError, TypeError, ValueError):  # the list is shown all the same
        return "–"
    ends = format_shape(data.x.shape[1:]), str(data.outputs)
    sizes = [block.size_label for block in experiment.network if block.size_label]
    chain = " → ".join([ends[0], *shorten(sizes), ends[1]])
    rate = format_number(experiment.optimizer.settings["lr"])
    network = f"{chain} {name_activation(experiment)}".strip()
    return f"{translate_title(experiment.data)} · {network} · {translate_title(experiment.optimizer)} {rate}"


def translate_title(part: object) -> str:
    """A part's title in the language spoken."""
    return pgettext("part", type(part).title())  # type: ignore[attr-defined]


def name_classes(data: Dataset, names: tuple[str, ...]) -> tuple[str, ...]:
    """What the classes of a data set are called; a person's own keep the names that the person gave them."""
    return names if data.is_own else tuple(pgettext("class", name) for name in names)


def shorten(sizes: list[str]) -> list[str]:
    """Three or more of the same in a row as one: 10 × 500."""
    rows = [(one, len(list(many))) for one, many in groupby(sizes)]
    return [piece for one, n in rows for piece in ([f"{n} × {one}"] if n > 2 else [one] * n)]


def name_activation(experiment: Experiment) -> str:
    """The activation that all blocks with weights share, if they do."""
    used = {
        translate_title(block.output_activation)
        for block in experiment.network
        if block.output_activation and not block.unitwise
    }
    return used.pop() if len(used) == 1 else ""
