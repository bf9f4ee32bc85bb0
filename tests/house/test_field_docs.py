"""A docstring that explains a field calls it by the name that it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.source import python, tree

EXPLAINED = re.compile(r"((?:`\w+`, )*`\w+`):")


def bound(node: ast.AST) -> Iterator[str]:
    """The names that a tree binds or reads; texts do not count."""
    for one in ast.walk(node):
        match one:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case _:
                pass


def explained(node: ast.AST) -> Iterator[str]:
    """The names before a colon in the docstrings of classes."""
    for one in ast.walk(node):
        if isinstance(one, ast.ClassDef):
            for names in EXPLAINED.findall(ast.get_docstring(one) or ""):
                yield from re.findall(r"\w+", names)


# The names that presets explain are keys of what they promise, in their files.
SUBJECTS = [path for path in python("engine/", "pages/") if path != "engine/experiment/presets.py"]
INHERITED = set(bound(tree("engine/catalogue/part.py")))


@pytest.mark.parametrize("path", SUBJECTS)
def test_a_field_is_explained_under_its_name(path: str) -> None:
    assert set(explained(tree(path))) <= set(bound(tree(path))) | INHERITED


def test_a_field_of_another_name_is_found() -> None:
    text = 'class Sums:\n    """`total`: all. `a`, `mean`: two."""\n\n    total: int\n    a: int\n'
    node = ast.parse(text)
    assert set(explained(node)) - set(bound(node)) == {"mean"}
