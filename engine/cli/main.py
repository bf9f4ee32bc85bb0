"""The command line: `playground run | train | show | check | cost | data | parts | presets | runs | export …`.

A command imports what it needs when it runs: torch takes seconds, and `--help` and refusals do without it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

# Commands import what they need themselves: torch takes a second that `runs` and `presets` do without.
from engine import settings
from engine.cli import checks, presets, store
from engine.cli import data as cli_data
from engine.cli.report import build_report, format_losses, format_report
from engine.errors import InvalidExperiment, PlaygroundError, abbreviate
from engine.message import Message
from engine.run_state import RunState
from engine.strict_json import dump_strict

if TYPE_CHECKING:
    from engine.experiment.experiment import Experiment
    from engine.runtime.client import Fleet
    from engine.store.reader import Reader, RunRow


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 on success, 1 if a run failed, 2 for a request that cannot be fulfilled."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except PlaygroundError as error:
        for finding in error.findings if isinstance(error, InvalidExperiment) else (error,):
            print(f"playground: {finding}", file=sys.stderr)
        return 2


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"playground: {' '.join(message.split())}\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = Parser(prog="playground", description="Watch neural networks learn.")
    commands = top.add_subparsers(required=True, metavar="command")

    def command(name: str, function: Any, about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(command=function)
        return sub

    sub = command("run", serve_app, "serve the app in the browser")
    sub.add_argument("--port", type=int, default=settings.read().port)
    sub = command("train", train, "train an experiment in the foreground")
    add_experiment_arguments(sub)
    sub.add_argument("--steps", type=int, help="optimizer steps instead of the experiment's length")
    sub = command("show", show, "shapes, parameters, FLOPs and memory of an experiment")
    add_experiment_arguments(sub)
    sub = command("parts", list_parts, "the catalogue, or one family of it")
    sub.add_argument("family", nargs="?")
    sub.add_argument("--json", action="store_true")
    sub = command("runs", list_runs, "every run in the store")
    sub.add_argument("--json", action="store_true")
    sub = command("export", export_run, "a run as files")
    sub.add_argument("run")
    sub.add_argument("--to", type=Path, required=True, metavar="DIR")
    sub.add_argument("--format", metavar="FORMAT", help="one format instead of the usual files, e.g. script")
    sub = command("import", import_run, "a run from the zip that export --format archive wrote")
    sub.add_argument("file", type=Path)
    checks.add_commands(command, add_experiment_arguments, load_experiment)
    presets.add_commands(command)
    cli_data.add_commands(command)
    store.add_commands(command)
    return top


def add_experiment_arguments(sub: argparse.ArgumentParser) -> None:
    """Add the arguments that name an experiment and change it."""
    sub.add_argument("source", metavar="FILE|PRESET", help="a JSON file, or the name of a preset")
    sub.add_argument(
        "--set", action="append", default=[], metavar="path=value", help="change one value, e.g. optimizer.lr=0.1"
    )
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def load_experiment(options: argparse.Namespace) -> Experiment:
    """The experiment that the arguments name, changed by every `--set`, and checked as a whole."""
    from engine.experiment.experiment import Experiment
    from engine.experiment.overrides import apply_override
    from engine.experiment.presets import load_file_or_preset
    from engine.preview.preview import preview

    experiment = load_file_or_preset(options.source)
    if options.set:
        data = experiment.to_dict()
        for assignment in options.set:
            apply_override(data, assignment)
        experiment = Experiment.from_dict(data)
    if getattr(options, "steps", None) is not None:
        experiment = Experiment.from_dict({**experiment.to_dict(), "steps": options.steps, "epochs": None})
    preview(experiment)  # raises for a network that cannot be built, before a run is made of it
    return experiment


def serve_app(options: argparse.Namespace) -> NoReturn:
    """Become the server of the app, in this process: a signal to it reaches the server."""
    app = Path(__file__).resolve().parents[2] / "app.py"
    os.execve(sys.executable, [sys.executable, str(app)], {**os.environ, "PORT": str(options.port)})


def train(options: argparse.Namespace) -> int:
    """Train in the fleet and follow the run to its end; an interrupt stops it."""
    from engine.preview.preview import preview
    from engine.runtime.client import Fleet
    from engine.store.reader import Reader

    experiment = load_experiment(options)
    cautions = preview(experiment).cautions
    for caution in cautions:
        print(f"playground: caution: {caution}", file=sys.stderr)
    fleet = Fleet()
    name = fleet.start(experiment)
    reader = Reader()
    try:
        row = show_progress(reader, name, experiment)
    # The run goes on without this process, so that ending the process alone would not stop it.
    except KeyboardInterrupt:
        fleet.stop(name)
        row = wait_for_end(reader, fleet, name)
    finally:
        fleet.close()
    report = build_report(reader, row, experiment) | {"cautions": [caution.plain() for caution in cautions]}
    if options.json:
        print(dump_strict(report))
    else:
        print(format_report(report, str(row.message)))
    return 1 if row.state in (RunState.FAILED, RunState.OUT_OF_MEMORY) else 0


def show_progress(reader: Reader, name: str, experiment: Experiment) -> RunRow:
    """Show a progress bar until the run is over; returns its last row."""
    from tqdm import tqdm

    unit, total = ("step", experiment.steps) if experiment.steps is not None else ("epoch", experiment.epochs)
    # no bar in a log: each of its states would be a line there
    with tqdm(total=total, unit=f" {unit}s", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        while True:
            row = reader.read_run(name)
            if row is not None:
                bar.update(getattr(row, unit) - bar.n)
                bar.set_postfix_str(format_losses(row))
                if row.state.is_final:
                    return row
            time.sleep(0.05)


def wait_for_end(reader: Reader, fleet: Fleet, name: str) -> RunRow:
    """Wait until a run that was told to stop is over; returns its last row."""
    while True:
        row = reader.read_run(name)
        if row is not None and row.state.is_final:
            return row
        time.sleep(0.02)


def show(options: argparse.Namespace) -> int:
    """Print the layers of an experiment, with parameters, FLOPs and memory."""
    from engine.jobs.cost import count_cost
    from engine.jobs.layer_table import format_layers
    from engine.preview.preview import preview

    experiment = load_experiment(options)
    seen, costs = preview(experiment), count_cost(experiment)
    if options.json:
        layers = [
            {"kind": row.kind, "name": row.name, "output_shape": row.output_shape, "parameters": row.parameters}
            for row in seen.layers
        ]
        totals = {k: getattr(seen, k) for k in ("parameters", "flops_per_example", "memory_bytes")}
        more = {"flops_training": costs.flops_training, "serving_bytes": costs.serving, "run_bytes": costs.run}
        cautions = [caution.plain() for caution in seen.cautions]
        print(dump_strict({"layers": layers, **totals, **more, "cautions": cautions}))
        return 0
    print(format_layers(seen, costs))
    for caution in seen.cautions:
        print(f"caution: {caution}")
    return 0


def list_parts(options: argparse.Namespace) -> int:
    """Print the catalogue, or one family of it."""
    from engine.catalogue.part import catalogue, families, family

    if options.family is not None and options.family not in families():
        raise InvalidExperiment(
            "family", Message("one of {choices}", choices=list(families())), abbreviate(options.family)
        )
    names = tuple(families()) if options.family is None else (options.family,)
    summaries = {name: {kind: part.summary() for kind, part in catalogue(family(name)).items()} for name in names}
    if options.json:
        print(dump_strict(summaries))
        return 0
    for name, members in summaries.items():
        print(name)
        for kind, about in members.items():
            print(f"  {kind:<20} {about}")
    return 0


def list_runs(options: argparse.Namespace) -> int:
    """Print every run, the newest first."""
    from engine.store.reader import Reader

    reader = Reader()
    rows = reader.list_runs() if reader.layout.database.exists() else []
    if options.json:
        keys = ("id", "name", "state", "message", "step", "epoch", "created", "digest", "parent", "summary", "damage")
        print(dump_strict([{key: getattr(row, key) for key in keys} | {"message": str(row.message)} for row in rows]))
        return 0
    for row in rows:
        line = f"{row.state:<9} step {row.step:>8}  epoch {row.epoch:>6}  {format_losses(row)}  {row.name}".rstrip()
        print(f"{row.id}  {'damaged' if row.damage else line}")
    return 0


def export_run(options: argparse.Namespace) -> int:
    """Write a run's files into a folder and print their paths."""
    from engine.export.bundle import export
    from engine.export.single_format import export_as
    from engine.store.reader import Reader

    reader = Reader()
    if not reader.layout.database.exists():
        raise PlaygroundError(Message("There is no run {run}.", run=options.run))
    if options.format is not None:
        paths = export_as(reader, options.run, options.to, options.format)
    else:
        paths = export(reader, options.run, options.to)
    for path in paths:
        print(path)
    return 0


def import_run(options: argparse.Namespace) -> int:
    """Import a run from an archive and print its new id."""
    from engine.runtime.client import Fleet

    fleet = Fleet()
    try:
        print(fleet.bring(options.file))
    finally:
        fleet.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
