"""Command `presets`."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from engine.cli.checks import Add, print_line
from engine.strict_json import dump_strict

if TYPE_CHECKING:
    from engine.experiment.presets import Expectation, PresetEntry


def add_commands(add: Add) -> None:
    """Add `presets` to the parser."""
    about = "the experiments that come along, by topic, and what to expect of each"
    add("presets", lambda options: print_presets(options.json), about).add_argument("--json", action="store_true")


def print_presets(as_json: bool) -> int:
    """Print every preset in the order of the catalogue."""
    from engine.experiment.presets import read_catalog

    if as_json:
        print_line(dump_strict([to_document(entry) for entry in read_catalog()], ensure_ascii=False))
        return 0
    for topic, members in groupby(read_catalog(), key=lambda entry: entry.topic):
        print_line(topic)
        for entry in members:
            expected = "; ".join(map(format_expectation, entry.expect))
            print_line(f"  {entry.name:<20} {entry.title} · {expected}".removesuffix(" · "))
    return 0


def to_document(entry: PresetEntry) -> dict[str, object]:
    """The entry as plain values, its expectations without the bounds that are None."""
    expect = [{key: value for key, value in asdict(one).items() if value is not None} for one in entry.expect]
    return {**asdict(entry), "expect": expect}


def format_expectation(one: Expectation) -> str:
    """An expectation in short, such as "validation accuracy ≥ 0.9 by step 500"."""
    bound = f" ≥ {one.at_least:g}" if one.at_least is not None else ""
    bound += f" ≤ {one.at_most:g}" if one.at_most is not None else ""
    return f"{one.measure.replace('_', ' ')}{bound} by step {one.step}"
