"""Commands `check` and `cost`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.strict_json import dump_strict

Add = Callable[[str, Any, str], argparse.ArgumentParser]
SIGNS = {"pass": "✓", "warn": "!", "fail": "✗", "none": "–"}


def add_commands(add: Add, arguments: Callable[[argparse.ArgumentParser], None], chosen: Callable[..., Any]) -> None:
    """Add `check` and `cost` to the parser."""
    about = "sanity checks of an experiment before it is trained for long; status 1 if one fails"
    arguments(add("check", lambda options: print_checks(chosen(options), options.json), about))
    about = "what training an experiment costs, or how small the network of a run can be made"
    arguments(add("cost", lambda options: print_cost(options, chosen), about))


def print_line(line: str) -> None:
    """Print a line and flush, since a pipe would otherwise show nothing until a long check is over."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()  # a check may take seconds, and a pipe would hold its line until the end


def print_checks(experiment: Any, as_json: bool) -> int:
    """Print each check as it is done; returns 1 if one failed."""
    from engine.catalogue.part import catalogue
    from engine.checks import Check
    from engine.jobs.run_checks import run_checks
    from engine.message import Message

    outcomes = []
    for answer in run_checks(experiment):
        outcomes.append(answer)
        if as_json:
            continue
        print_line(f"{SIGNS[answer['verdict']]} {answer['verdict']:<5} {catalogue(Check)[answer['kind']].title()}")
        for name in ("expected", "found", "remedy"):
            text = str(Message.of(answer[name]))
            if text:
                print_line(f"        {name:<9} {text}")
    if as_json:
        texts = ("expected", "found", "remedy")
        print_line(dump_strict([{**one, **{name: str(Message.of(one[name])) for name in texts}} for one in outcomes]))
    return 1 if any(answer["verdict"] == "fail" for answer in outcomes) else 0


def print_cost(options: argparse.Namespace, chosen: Callable[..., Any]) -> int:
    """Print what training an experiment costs; for a run, the size of its network in smaller number formats."""
    from engine.experiment.presets import list_presets
    from engine.store.reader import Reader

    # Presets and files first: a run's name is random, and hides neither.
    is_experiment = options.source in list_presets() or Path(options.source).exists()
    reader = None if is_experiment else Reader()
    if reader is not None and reader.layout.database.exists() and reader.read_run(options.source):
        return print_quantized_sizes(options.source, options.json)
    from engine.jobs.cost import measure_cost

    costs: dict[str, Any] = {}
    for answer in measure_cost(chosen(options)):
        costs |= answer
    if options.json:
        print_line(dump_strict(costs))
        return 0
    for name, value in costs.items():
        if value is None:
            value = "not measured"
        print_line(f"{name.replace('_', ' '):<20} {f'{value:.4g}' if isinstance(value, float) else value:>14}")
    return 0


def print_quantized_sizes(run: str, as_json: bool) -> int:
    """Print size and metric of the run's network as float32, bfloat16 and int8."""
    from engine.data.epochs import format_metric
    from engine.jobs.quantize import compare_run_formats
    from engine.message import Message

    head, *rows = compare_run_formats(run)
    rows = [{**row, "note": str(Message.of(row["note"]))} for row in rows]
    if as_json:
        print_line(dump_strict({**head, "formats": rows}))
        return 0
    metric = "accuracy" if head["task"] == "classification" else "R²"
    for row in rows:
        numbers = f"{row['bytes']:>12,} bytes   {metric} {format_metric(row['metric'])}"
        print_line(f"{row['format']:<9} {numbers}   {row['note']}".rstrip())
    return 0
