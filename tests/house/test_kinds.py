"""What a part is, the part says: no file outside it asks for its kind or imports its class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from engine.catalogue.part import catalogue, families, family
from tests.house.source import python, tree

KINDS = {kind for name in families() for kind in catalogue(family(name))}
PACKAGES = tuple(package.replace(".", "/") + "/" for package in families().values())
OUTSIDE = [path for path in python("engine/", "pages/") if not path.startswith(PACKAGES)]
DEFAULTS = "the parts that an experiment has where nobody chose any"
OWN_DATA = "the two data sets that are the user's own have pages to bring and to draw them"
ALLOWED = {
    "engine/experiment/experiment.py": f"adam constant cross_entropy dense glorot_uniform spiral tanh: {DEFAULTS}",
    "engine/network/build.py": "dense identity: the output layer, which every network has",
    "engine/runtime/run_records.py": "step: the command that takes one step, no part",
    "pages/data/schema_editor.py": f"upload: {OWN_DATA}",
    "pages/form/uploads.py": f"points upload: {OWN_DATA}",
}


def asks_kind(node: ast.expr) -> bool:
    """`part.name()`, `stage.kind`, `document["kind"]`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "name" and not node.args
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == "kind"
    return node.attr == "kind" if isinstance(node, ast.Attribute) else False


def named(path: str) -> Iterator[str]:
    """The kinds that a file compares with, and the parts whose modules it imports."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare) and any(map(asks_kind, (node.left, *node.comparators))):
            words = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
            yield from (str(word) for word in words if word in KINDS)
        if isinstance(node, ast.ImportFrom):
            package, _, module = (node.module or "").rpartition(".")
            if package in families().values() and module in KINDS:
                yield module


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_file_names_no_part(path: str) -> None:
    found = set(named(path))
    assert found == set(ALLOWED.get(path, ":").split(":")[0].split())


def test_what_names_a_part_is_found() -> None:
    assert "dense" in set(named("engine/experiment/experiment.py"))
    assert len(OUTSIDE) > 200


@pytest.mark.parametrize("path", ALLOWED)
def test_an_exception_is_a_file_with_a_reason(path: str) -> None:
    assert path in OUTSIDE
    assert len(ALLOWED[path].split(": ")[1]) > 10
    assert PurePath(path).suffix == ".py"
