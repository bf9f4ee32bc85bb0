"""The command line's `presets`."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from engine.cli.checks import Add, print_line
from engine.strict_json import strict

if TYPE_CHECKING:
    from engine.experiment.presets import Expectation, PresetEntry


def commands(add: Add) -> None:
    """Add `presets` to the parser."""
    about = "the experiments that come along, by topic, and what to expect of each"
    add("presets", lambda options: list_presets(options.json), about).add_argument("--json", action="store_true")


def list_presets(as_json: bool) -> int:
    from engine.experiment.presets import read_catalog

    if as_json:
        print_line(strict([document(entry) for entry in read_catalog()], ensure_ascii=False))
        return 0
    for topic, members in groupby(read_catalog(), key=lambda entry: entry.topic):
        print_line(topic)
        for entry in members:
            print_line(
                f"  {entry.name:<20} {entry.title} · {'; '.join(map(format_expectation, entry.expect))}".removesuffix(
                    " · "
                )
            )
    return 0


def document(entry: PresetEntry) -> dict[str, object]:
    """One preset as JSON; of an expectation only the bounds that it has."""
    expect = [{key: value for key, value in asdict(one).items() if value is not None} for one in entry.expect]
    return {**asdict(entry), "expect": expect}


def format_expectation(one: Expectation) -> str:
    """An expectation in a few signs, such as `accuracy ≥ 0.9 by step 500`."""
    bound = f" ≥ {one.at_least:g}" if one.at_least is not None else ""
    bound += f" ≤ {one.at_most:g}" if one.at_most is not None else ""
    return f"{one.measure.replace('_', ' ')}{bound} by step {one.step}"
