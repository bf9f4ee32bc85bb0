"""The engine's own source as a syntax tree: which name of a module stands for what."""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass
from functools import cache

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Outside:
    """A name that comes from another package: `import module as name`, or `from module import original as name`."""

    module: str
    original: str
    name: str


@dataclass(frozen=True)
class Inside:
    """A name that another module of the engine defines."""

    module: str
    original: str


Binding = Outside | Inside | ast.stmt


class Unit:
    """One module of the engine."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.source = inspect.getsource(importlib.import_module(name)).encode()
        self.tree = ast.parse(self.source)
        starts = [0]
        for line in self.source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.starts = starts
        self.names: dict[str, Binding] = {}
        for statement in self.tree.body:
            self.names.update(bindings(statement))

    def start(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        """Where a node begins, in bytes."""
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        """Where it ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def line_start(self, node: ast.stmt) -> int:
        """Where the line begins on which a statement, or its first decorator, begins."""
        decorators = getattr(node, "decorator_list", [])
        first: int = min([node.lineno, *(d.lineno for d in decorators)])
        return self.starts[first - 1]

    def line_end(self, node: ast.stmt) -> int:
        """Where the line ends on which a statement ends."""
        assert node.end_lineno is not None
        end: int = self.starts[node.end_lineno]
        return end

    def class_node(self, name: str) -> ast.ClassDef:
        """The definition of a class."""
        node = self.names[name]
        assert isinstance(node, ast.ClassDef)
        return node


@cache
def unit(name: str) -> Unit:
    """The module of that name, read once."""
    return Unit(name)


def bindings(statement: ast.stmt) -> dict[str, Binding]:
    """The names that a statement binds, and to what."""
    if isinstance(statement, ast.Import):
        plain = {alias.asname or alias.name.split(".")[0]: alias for alias in statement.names}
        return {name: Outside(alias.name if alias.asname else name, "", name) for name, alias in plain.items()}
    if isinstance(statement, ast.ImportFrom):
        found: dict[str, Binding] = {}
        for alias in statement.names:
            module, name = statement.module or "", alias.asname or alias.name
            inside = module.split(".")[0] == "engine"
            found[name] = Inside(module, alias.name) if inside else Outside(module, alias.name, name)
        return found
    if isinstance(statement, FunctionNode | ast.ClassDef):
        return {statement.name: statement}
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        named = (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        return {node.id: statement for node in named}
    return {}
