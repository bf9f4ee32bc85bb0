"""What a part is, the part says: no other file names its kind, imports its class or asks for its fields by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from engine.catalogue.part import catalogue, families, family
from tests.house.source import python, text, tracked, tree

PARTS = {name: catalogue(family(name)) for name in families()}
KINDS = {kind for members in PARTS.values() for kind in members}
FIELDS = {field for members in PARTS.values() for part in members.values() for field in part.model_fields}
PACKAGES = tuple(package.replace(".", "/") + "/" for package in families().values())
OUTSIDE = [path for path in python("engine/", "pages/") if not path.startswith(PACKAGES)]
BROWSER = [p for p in tracked() if p.startswith("assets/live/") and p.endswith(".js") and "/text/" not in p]
DEFAULTS = "the parts that an experiment has where nobody chose any"
OWN_DATA = "the two data sets that are the user's own have pages to bring and to draw them"
MEASURE = "a measure that presets promise, not the instrument of that name"
ALLOWED = {
    "engine/experiment/experiment.py": f"adam constant cross_entropy dense glorot_uniform spiral tanh: {DEFAULTS}",
    "engine/experiment/migrations.py": "bagging: documents of an earlier version name it elsewhere",
    "engine/experiment/presets.py": f"near_zero: {MEASURE}",
    "engine/network/build.py": "dense identity: the output layer, which every network has",
    "engine/preview/kernel_memory.py": "gru lstm rnn: torch's own functions, whose memory was measured",
    "engine/runtime/run_records.py": "step: the command that takes one step, no part",
    "engine/archive/unpack.py": "safetensors: the ending of a file in an archive",
    "engine/uploads/inspection.py": f"upload: {OWN_DATA}",
    "pages/data/draw_points.py": f"points: {OWN_DATA}",
    "pages/data/schema_editor.py": f"upload: {OWN_DATA}",
    "pages/data/upload.py": f"upload: {OWN_DATA}",
    "pages/figures/marks.py": "activation_histogram: its axis counts one activation, its title says several",
    "pages/form/part_help.py": "tanh: a sign that formulas are written with",
    "pages/form/uploads.py": f"points upload: {OWN_DATA}",
    "pages/playground/presets.py": f"near_zero: {MEASURE}",
    "pages/session/adapt_to_dataset.py": f"upload: {OWN_DATA}",
}
PLAIN = {
    "activation": "a word on an axis",
    "add": "the command that keeps a file",
    "attack": "a field of the experiment, and what probes need",
    "center": "how a text or a picture is aligned",
    "circle": "the symbol of a point",
    "curve": "a mark of channels",
    "gates": "what probes need",
    "gradient": "a name that exported programs use",
    "members": "a field of an ensemble, and what probes need",
    "normal": "the shape of a distribution",
    "output": "the last stage, and the panel and channel of what it gives",
    "plane": "what probes need, and a view of the screen",
    "points": "the examples in the plane, and a mark of thumbnails",
    "resize": "an event of the browser",
    "same": "a border of convolutions",
    "step": "a column: the number of the optimizer step",
    "summary": "what a run is in short, and a method of parts",
    "uniform": "the shape of a distribution",
    "units": "a mark of channels",
    "weights": "a balance of classes, and what probes need",
}
"""Kinds that are also words of something else; these count only where they are compared with a kind."""
GUESSES = {
    "engine/catalogue/part.py": "kind: every part has one, and this file says so",
    "engine/cli/main.py": "steps: an option of the command line",
}


def asks_kind(node: ast.expr) -> bool:
    """`part.name()`, `stage.kind`, `document["kind"]`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "name" and not node.args
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == "kind"
    return node.attr == "kind" if isinstance(node, ast.Attribute) else False


def named(nodes: ast.AST) -> Iterator[str]:
    """The kinds that code names in any literal, compares with, or imports the modules of."""
    for node in ast.walk(nodes):
        if isinstance(node, ast.Constant) and node.value in KINDS - PLAIN.keys():
            yield str(node.value)
        if isinstance(node, ast.Compare) and any(map(asks_kind, (node.left, *node.comparators))):
            words = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
            yield from (str(word) for word in words if word in KINDS)
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            own = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "kind"]
            yield from (str(value.value) for value in own if isinstance(value, ast.Constant) and value.value in KINDS)
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for package, _, module in (name.rpartition(".") for name in modules):
            if package in families().values() and module in KINDS:
                yield module


def guessed(nodes: ast.AST) -> Iterator[str]:
    """What code asks a part for without the family declaring it: a field by its name, a piece of its kind."""
    for node in ast.walk(nodes):
        if isinstance(node, ast.Call):
            asked = node.args[1] if isinstance(node.func, ast.Name) and len(node.args) > 1 else None
            if asked and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
                yield from (w for w in [getattr(asked, "value", "")] if w in FIELDS)
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("startswith", "endswith"):
                yield from ["a piece of a kind"] if asks_kind(node.func.value) else []
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in FIELDS:
            held = node.value
            if (isinstance(held, ast.Attribute) and held.attr == "__dict__") or (
                isinstance(held, ast.Call) and isinstance(held.func, ast.Name) and held.func.id == "vars"
            ):
                yield str(node.slice.value)


def listed(line: str) -> set[str]:
    """The words before the reason."""
    return set(line.split(":")[0].split())


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_file_names_no_part(path: str) -> None:
    assert set(named(tree(path))) == listed(ALLOWED.get(path, ""))


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_file_asks_no_part_for_what_its_family_does_not_declare(path: str) -> None:
    assert set(guessed(tree(path))) == listed(GUESSES.get(path, ""))


@pytest.mark.parametrize(
    "code",
    [
        'part.name() == "step"',
        'SCALED = ("center", "min_max")',
        'TABLE = {"huber": 1}',
        'draft["network"] = [{"kind": "output"}]',
        "import engine.parts.losses.mse",
        "from engine.parts.losses.huber import Huber",
        'match kind:\n    case "relu":\n        pass',
    ],
)
def test_what_names_a_part_is_found(code: str) -> None:
    assert set(named(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        'getattr(rule, "strength", 1.0)',
        'hasattr(rule, "layers")',
        'block.__dict__["width"]',
        'vars(rule)["strength"]',
        'part.name().endswith("1d")',
    ],
)
def test_what_guesses_at_a_part_is_found(code: str) -> None:
    assert set(guessed(ast.parse(code)))


def test_words_that_mean_something_else_are_not_found() -> None:
    assert not set(named(ast.parse('row = {"step": 3}; frame["points"]; made.update(align="center")')))
    assert set(PLAIN) <= KINDS
    assert len(OUTSIDE) > 200


@pytest.mark.parametrize("path", [*ALLOWED, *GUESSES])
def test_an_exception_is_a_file_with_a_reason(path: str) -> None:
    assert path in OUTSIDE
    assert len({**ALLOWED, **GUESSES}[path].split(": ")[1]) > 10
    assert PurePath(path).suffix == ".py"


def quoted(path: str) -> set[str]:
    """The kinds that a module of the browser code writes as a string."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text(path), flags=re.DOTALL)
    return {word for word in re.findall(r"""["'`](\w+)["'`]""", code) if word in KINDS - PLAIN.keys()}


DRAWN = re.compile(
    r"""(?:\b[\w.]*channels|\bCHANNELS)\s*[=:]\s*\[(.*?)\]|\bkey:\s*("\w+")|[vV]iew\(ui, ("\w+")|Chart\(ui, ("\w+")""",
    re.DOTALL,
)


def test_the_browser_names_only_channels_that_a_view_says_it_draws() -> None:
    """A view may be made for certain channels, and then lists them; no other part is named at all."""
    lists = " ".join(" ".join(match) for path in BROWSER for match in DRAWN.findall(text(path)))
    drawn = set(re.findall(r'"(\w+)"', lists)) & KINDS - PLAIN.keys()
    assert {"update_ratio", "activation_histogram", "dead"} <= drawn <= set(PARTS["probes"])
    for path in BROWSER:
        assert quoted(path) <= drawn, path
    assert len(BROWSER) > 30
