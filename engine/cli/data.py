"""Command `data`: inspect a file of a user's own, or add it to the uploads."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.checks import Add, print_line
from engine.errors import InvalidExperiment, abbreviate
from engine.message import Message
from engine.strict_json import dump_strict

if TYPE_CHECKING:
    from engine.uploads.corrections import Corrections

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "space": " "}
DECIMALS = {"point": ".", "comma": ","}
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}


def add_commands(add: Add) -> None:
    """Add `data` to the parser."""
    top = add("data", None, "a file of your own: what is understood of it, or keeping it for experiments")
    below = top.add_subparsers(required=True, metavar="show|add")
    for name, function, about in (
        ("show", show_file, "what is understood of a file; nothing is kept"),
        ("add", add_file, "keep a file and print the id that an experiment's data names"),
    ):
        sub = below.add_parser(name, help=about, description=about)
        sub.set_defaults(command=function)
        add_arguments(sub)


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """Add the file, and an option for each correction of how it is read."""
    sub.add_argument("file", type=Path, metavar="FILE", help="CSV, Excel, Parquet, ARFF, NPZ, or a zip of images")
    sub.add_argument("--json", action="store_true", help="print one JSON object")
    sub.add_argument(
        "--header", action=argparse.BooleanOptionalAction, default=None, help="whether the first row names the columns"
    )
    sub.add_argument("--separator", metavar="SIGN", help="the sign itself, or tab, space, comma, semicolon, bar")
    sub.add_argument("--decimal", metavar="SIGN", help="the decimal sign: . or ,")
    sub.add_argument("--encoding", metavar="NAME", help="e.g. UTF-8, UTF-16, Windows-1252, Latin-1")
    sub.add_argument("--first-row", type=int, metavar="N", help="how many lines stand before the table")
    sub.add_argument("--target", metavar="COLUMN", help="the column to be predicted")
    for name, about in (
        ("input", "use this column even if it looks like an identifier"),
        ("index", "this column names the rows"),
        ("ignore", "leave this column out"),
        ("gap", "this word or number stands for a gap"),
    ):
        metavar = "WORD" if name == "gap" else "COLUMN"
        sub.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=f"{about}; may come again")
    sub.add_argument("--sort", metavar="SORT", help="what the array x holds: table, images or sequences")
    sub.add_argument("--white", type=float, metavar="VALUE", help="the value of a white pixel, e.g. 255")


def parse_corrections(options: argparse.Namespace) -> Corrections:
    """The corrections in the options. Raises: InvalidExperiment naming the option that is out of bounds."""
    from pydantic import ValidationError

    from engine.experiment.validation import describe_expected
    from engine.uploads.corrections import ENCODINGS, Corrections

    # utf8, UTF-8 and "utf 8" are one encoding to a person.
    known = {name.lower().replace("-", "").replace(" ", ""): name for name in ENCODINGS}
    encoding = (options.encoding or "").lower().replace("-", "").replace("_", "").replace(" ", "")
    python = {codec.replace("-", ""): name for name, codec in ENCODINGS.items()}  # Python's names are taken too
    chosen = {
        "header": options.header,
        "separator": SEPARATORS.get(options.separator, options.separator),
        "decimal": DECIMALS.get(options.decimal, options.decimal),
        "encoding": known.get(encoding, python.get(encoding, options.encoding)),
        "first_row": options.first_row,
        "target": options.target,
        "inputs": tuple(options.input),
        "index": tuple(options.index),
        "ignore": tuple(options.ignore),
        "gaps": tuple(options.gap),
        "sort": options.sort,
        "white": options.white,
    }
    try:
        return Corrections.model_validate(chosen)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0])
        wanted = {"encoding": ", ".join(ENCODINGS), "separator": ", ; | tab space"}.get(option)
        message = Message("one of {choices}", choices=wanted) if wanted else describe_expected(first)
        raise InvalidExperiment(f"--{option.replace('_', '-')}", message, abbreviate(first["input"])) from error


def show_file(options: argparse.Namespace) -> int:
    """Print how the file is read."""
    from engine.uploads.inspection import show

    inspection = show(options.file, parse_corrections(options))
    print_line(dump_strict(inspection, ensure_ascii=False) if options.json else format_table(inspection))
    return 0


def format_table(inspection: dict[str, Any]) -> str:
    """The inspection as text: one line for the file, one for each column."""
    what = f"{inspection['inputs']} inputs, {inspection['task']}"
    what += f" of {inspection['target']}" if inspection["target"] else ""
    if classes := inspection["classes"]:
        what += f", {len(classes)} classes: {', '.join(classes)[:120]}"
    lines = [f"{inspection['name']}: {inspection['rows']} rows, {what}"]
    if inspection.get("separator"):
        names = "names in the first row" if inspection["header"] else "no names"
        separator, decimal = SEPARATOR_NAMES[inspection["separator"]], inspection["decimal"] or "by column"
        lines.append(f"separator {separator}, decimal {decimal}, {inspection['encoding']}, {names}")
    width = max([len(column["name"]) for column in inspection["columns"]], default=0)
    for column in inspection["columns"]:
        gaps = f"  {column['missing']} gaps" if column["missing"] else ""
        lines.append(f"  {column['name']:<{width}}  {column['kind']:<8}  {column['role']}{gaps}")
    return "\n".join([*lines, *inspection["notes"]])


def add_file(options: argparse.Namespace) -> int:
    """Store the file; print its id and how an experiment names it."""
    from engine.parts.losses import get_default_loss
    from engine.uploads.inspection import add

    data = add(options.file, parse_corrections(options))
    loss = {"loss": get_default_loss("regression").model_dump(mode="json")} if data["task"] == "regression" else {}
    if options.json:
        print_line(dump_strict({"id": data["file"], "data": data, **loss}, ensure_ascii=False))
        return 0
    print_line(data["file"])
    sets = " ".join(f"--set '{name}={json.dumps(value)}'" for name, value in {"data": data, **loss}.items())
    print_line(f"Train on it: playground train circle {sets}")
    return 0
