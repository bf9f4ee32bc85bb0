"""Every English text that the pages can show, as (context, text)."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pages
from engine.catalogue.docstring import parse_docstring
from engine.catalogue.part import Part, catalogue, families, family
from engine.experiment import presets
from engine.experiment.experiment import Experiment, Stopping
from engine.export.exporters import Exporter
from engine.parts.datasets import Dataset
from engine.parts.datasets.upload import Upload
from engine.training.trainer import Trainer
from engine.uploads import notes
from pages.dialogs import enlarge
from pages.form.fields import FieldSpec, read_specs
from pages.navigation import list_pages
from pages.playground import presets as choosing
from pages.runs import listing
from pages.session.i18n import read_live_texts

SAID = ("Difference", "Use", "Trouble", "Shape", "Unit", "Reading", "Cost")
PAGES = Path(pages.__file__).resolve().parent
# fields of the experiment that the form shows
SHOWN = (
    "ensemble",
    "attack",
    "optimizer",
    "loss",
    "schedule",
    "batch_size",
    "epochs",
    "steps",
    "device",
    "initializer",
    "bias",
    "output_weight",
    "validation",
    "test",
    "stratified",
    "random_labels",
    "balance",
    "seed",
)


def messages() -> set[tuple[str, str]]:
    """All of them."""
    found = {("", text) for text in read_live_texts().values()}
    found |= {("", entry.title) for entry in list_pages().values()}
    found |= {("", text) for text in listing.STATES.values()}
    found |= {("", text) for text in enlarge.TITLES.values()}
    found |= {("", text) for text in (*notes.TEXTS.values(), *notes.REASONS.values())}
    for path in PAGES.rglob("*.py"):
        found |= set(calls(ast.parse(path.read_text(encoding="utf-8"))))
    found |= {("", text) for text in engine_texts()}
    for name in families():
        for part in catalogue(family(name)).values():
            found.add(("part", part.title()))
            found |= set(of_reference(part))
            found |= {message for spec in read_specs(part) for message in of_field(spec)}
    for exporter in catalogue(Exporter).values():
        found.add(("", exporter.summary().split(": ", 1)[1]))
    for spec in (*read_specs(Experiment, SHOWN), *read_specs(Stopping), *read_specs(Upload, ("missing", "layout"))):
        found |= set(of_field(spec))
    found |= set(of_classes())
    found.add(("", presets.OTHER))
    for entry in presets.read_catalog():
        found |= {("preset", entry.title), ("", entry.topic), ("", entry.look)}
    found |= {("", text) for text in choosing.SENTENCES.values()}
    found |= {("", channel.title) for channel in Trainer(Experiment()).channels}
    return {(context, text) for context, text in found if text}


def of_classes() -> Iterator[tuple[str, str]]:
    """The classes of the data sets that have words for them; numbers and letters are the same in every language."""
    for part in catalogue(Dataset).values():
        if part is not Upload:
            names = sys.modules[part.__module__].__dict__.get("NAMES") if part.remote else part().load(0).classes
            yield from (("class", name) for name in names or () if len(name) > 2)


def engine_texts() -> set[str]:
    """The templates of all messages, those that pages make of the engine's kind among them."""
    sources = (*(PAGES.parent / "engine").rglob("*.py"), *PAGES.rglob("*.py"))
    return {text for path in sources for text in templates(ast.parse(path.read_text(encoding="utf-8")))}


def templates(tree: ast.AST) -> Iterator[str]:
    """The templates of the engine's messages; one without a word of its own is the same in every language."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message" and node.args:
            text = node.args[0]
            where = f"line {node.lineno}: a message whose template is not written there"
            assert isinstance(text, ast.Constant), where
            assert isinstance(text.value, str), where
            if re.search(r"[^\W\d_]", re.sub(r"\{\w+\}", "", text.value)):
                yield text.value


def of_reference(part: type[Part]) -> Iterator[tuple[str, str]]:
    """What the page Reference says of a part; formula and source are the same in every language."""
    said = parse_docstring(part)
    yield from (("reference", text) for text in (said.summary, said.text, *(said[name] for name in SAID)))


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The literal texts given to `_` and `pgettext`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if node.func.id == "_" and texts:
            yield "", texts[0]
        elif node.func.id == "pgettext" and len(texts) == 2:
            yield texts[0], texts[1]


def of_field(spec: FieldSpec) -> Iterator[tuple[str, str]]:
    """What a form shows of a field."""
    yield "field", spec.label
    yield "", spec.help
    yield "", spec.none
    yield "unit", spec.unit
    yield from (("choice", option) for option in spec.choices)
