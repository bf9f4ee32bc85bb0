"""The command line's `data`: what is understood of a file of one's own, and keeping it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.checks import Add, print_line
from engine.errors import InvalidExperiment, shown
from engine.message import Message
from engine.strict_json import strict

if TYPE_CHECKING:
    from engine.uploads.corrections import Corrections

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "space": " "}
DECIMALS = {"point": ".", "comma": ","}
# a tab or a space would not be seen in the output
SPOKEN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}


def commands(add: Add) -> None:
    """Add `data show` and `data add` to the parser."""
    top = add("data", None, "a file of your own: what is understood of it, or keeping it for experiments")
    below = top.add_subparsers(required=True, metavar="show|add")
    for name, function, about in (
        ("show", show_file, "what is understood of a file; nothing is kept"),
        ("add", add_file, "keep a file and print the id that an experiment's data names"),
    ):
        sub = below.add_parser(name, help=about, description=about)
        sub.set_defaults(command=function)
        arguments(sub)


def arguments(sub: argparse.ArgumentParser) -> None:
    """Add the file and every correction of how it is read."""
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


def corrections(options: argparse.Namespace) -> Corrections:
    """Corrections from the options. Raises: InvalidExperiment naming the option whose value cannot be."""
    from pydantic import ValidationError

    from engine.experiment.validation import describe_expected
    from engine.uploads.corrections import ENCODINGS, Corrections

    known = {name.lower().replace("-", "").replace(" ", ""): name for name in ENCODINGS}
    encoding = (options.encoding or "").lower().replace("-", "").replace("_", "").replace(" ", "")
    python = {own.replace("-", ""): name for name, own in ENCODINGS.items()}
    said = {
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
        return Corrections.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0])
        wanted = {"encoding": ", ".join(ENCODINGS), "separator": ", ; | tab space"}.get(option)
        message = Message("one of {choices}", choices=wanted) if wanted else describe_expected(first)
        raise InvalidExperiment(f"--{option.replace('_', '-')}", message, shown(first["input"])) from error


def show_file(options: argparse.Namespace) -> int:
    from engine.uploads.inspection import show

    found = show(options.file, corrections(options))
    print_line(strict(found, ensure_ascii=False) if options.json else format_file(found))
    return 0


def format_file(found: dict[str, Any]) -> str:
    """The reading of a file as text: rows, task, separator, columns."""
    what = f"{found['inputs']} inputs, {found['task']}"
    what += f" of {found['target']}" if found["target"] else ""
    what += f", {len(found['classes'])} classes: {', '.join(found['classes'])[:120]}" if found["classes"] else ""
    lines = [f"{found['name']}: {found['rows']} rows, {what}"]
    if found.get("separator"):
        names = "names in the first row" if found["header"] else "no names"
        sign = SPOKEN[found["separator"]]
        lines.append(f"separator {sign}, decimal {found['decimal'] or 'by column'}, {found['encoding']}, {names}")
    width = max([len(column["name"]) for column in found["columns"]], default=0)
    for column in found["columns"]:
        gaps = f"  {column['missing']} gaps" if column["missing"] else ""
        lines.append(f"  {column['name']:<{width}}  {column['kind']:<8}  {column['role']}{gaps}")
    return "\n".join([*lines, *found["notes"]])


def add_file(options: argparse.Namespace) -> int:
    """Keep the file; print its id, and how an experiment names it."""
    from engine.parts.losses import get_default_loss
    from engine.uploads.inspection import add

    data = add(options.file, corrections(options))
    loss = {"loss": get_default_loss("regression").model_dump(mode="json")} if data["task"] == "regression" else {}
    if options.json:
        print_line(strict({"id": data["file"], "data": data, **loss}, ensure_ascii=False))
        return 0
    print_line(data["file"])
    sets = " ".join(f"--set '{name}={json.dumps(value)}'" for name, value in {"data": data, **loss}.items())
    print_line(f"Train on it: playground train circle {sets}")
    return 0
