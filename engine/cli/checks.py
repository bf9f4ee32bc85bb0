"""The command line's `check` and `cost`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.strict_json import strict

Add = Callable[[str, Any, str], argparse.ArgumentParser]
MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "none": "–"}


def commands(add: Add, arguments: Callable[[argparse.ArgumentParser], None], chosen: Callable[..., Any]) -> None:
    """Add `check` and `cost` to the parser."""
    about = "sanity checks of an experiment before it is trained for long; status 1 if one fails"
    arguments(add("check", lambda options: check(chosen(options), options.json), about))
    about = "what training an experiment costs, or how small the network of a run can be made"
    arguments(add("cost", lambda options: cost(options, chosen), about))


def print_line(line: str) -> None:
    """Print a line at once, for whoever reads this through a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()  # a check may take seconds, and a pipe would hold its line until the end


def check(experiment: Any, as_json: bool) -> int:
    """Print each check as it is done; status 1 if one fails."""
    from engine.catalogue.part import catalogue
    from engine.checks import Check
    from engine.jobs.run_checks import run_checks
    from engine.message import Message

    found = []
    for answer in run_checks(experiment):
        found.append(answer)
        if as_json:
            continue
        print_line(f"{MARKS[answer['verdict']]} {answer['verdict']:<5} {catalogue(Check)[answer['kind']].title()}")
        for name in ("expected", "found", "remedy"):
            text = str(Message.of(answer[name]))
            if text:
                print_line(f"        {name:<9} {text}")
    if as_json:
        texts = ("expected", "found", "remedy")
        print_line(strict([{**one, **{name: str(Message.of(one[name])) for name in texts}} for one in found]))
    return 1 if any(answer["verdict"] == "fail" for answer in found) else 0


def cost(options: argparse.Namespace, chosen: Callable[..., Any]) -> int:
    """Print the cost of an experiment; of a run, its network in every number format."""
    from engine.experiment.presets import list_presets
    from engine.store.reader import Reader

    # presets and files come first: only what is neither can be a run
    known = options.source in names() or Path(options.source).exists()
    reader = None if known else Reader()
    if reader is not None and reader.layout.database.exists() and reader.run(options.source):
        return compare_formats(options.source, options.json)
    from engine.jobs.cost import measure_cost

    found: dict[str, Any] = {}
    for answer in measure_cost(chosen(options)):
        found |= answer
    if options.json:
        print_line(strict(found))
        return 0
    for name, value in found.items():
        if value is None:
            value = "not measured"
        print_line(f"{name.replace('_', ' '):<20} {f'{value:.4g}' if isinstance(value, float) else value:>14}")
    return 0


def compare_formats(run: str, as_json: bool) -> int:
    """Print the size and metric of a run's network in each number format."""
    from engine.data.epochs import format_metric
    from engine.jobs.quantize import compare_run_formats
    from engine.message import Message

    head, *rows = compare_run_formats(run)
    rows = [{**row, "note": str(Message.of(row["note"]))} for row in rows]
    if as_json:
        print_line(strict({**head, "formats": rows}))
        return 0
    word = "accuracy" if head["task"] == "classification" else "R²"
    for row in rows:
        numbers = f"{row['bytes']:>12,} bytes   {word} {format_metric(row['metric'])}"
        print_line(f"{row['format']:<9} {numbers}   {row['note']}".rstrip())
    return 0
