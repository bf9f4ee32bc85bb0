"""The engine's own source as a syntax tree: which name of a module stands for what."""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

Positioned = ast.expr | ast.stmt | ast.arg
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ImportedName:
    """A name of another package: `import module as name`, or `from module import original as name`."""

    module: str
    original: str
    name: str


@dataclass(frozen=True)
class EngineName:
    """A name that another module of the engine defines."""

    module: str
    original: str


Binding = ImportedName | EngineName | ast.stmt


class SourceModule:
    """The source of a module, its syntax tree, and what its names stand for. Positions count characters."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        self.tree = ast.parse(source)
        self.lines = source.splitlines(keepends=True)
        self.starts = [0, *accumulate(map(len, self.lines))]
        self.names: dict[str, Binding] = {}
        for statement in self.tree.body:
            self.names.update(list_bindings(statement))

    def find_start(self, node: Positioned) -> int:
        """Position at which a node begins."""
        return self._find_position(node.lineno, node.col_offset)

    def find_end(self, node: Positioned) -> int:
        """Position at which a node ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._find_position(node.end_lineno, node.end_col_offset)

    def get_text(self, node: Positioned) -> str:
        """The source of a node."""
        return self.source[self.find_start(node) : self.find_end(node)]

    def find_line_start(self, node: ast.stmt) -> int:
        """Position of the line on which a statement, or its first decorator, begins."""
        decorators = getattr(node, "decorator_list", [])
        first: int = min([node.lineno, *(d.lineno for d in decorators)])
        return self.starts[first - 1]

    def find_line_end(self, node: ast.stmt) -> int:
        """Position at which the last line of a statement ends."""
        assert node.end_lineno is not None
        return self.starts[node.end_lineno]

    def _find_position(self, line: int, column: int) -> int:
        """Position in characters; the columns of a syntax tree count bytes of UTF-8."""
        before = self.lines[line - 1].encode()[:column]
        return self.starts[line - 1] + len(before.decode())

    def find_class(self, name: str) -> ast.ClassDef:
        """The definition of a class."""
        node = self.names[name]
        assert isinstance(node, ast.ClassDef)
        return node


@cache
def read_module(name: str) -> SourceModule:
    """Read and parse a module, once."""
    return SourceModule(name, inspect.getsource(importlib.import_module(name)))


def list_bindings(statement: ast.stmt) -> dict[str, Binding]:
    """Names that a statement binds, each with its binding."""
    if isinstance(statement, ast.Import):
        plain = {alias.asname or alias.name.split(".")[0]: alias for alias in statement.names}
        return {name: ImportedName(alias.name if alias.asname else name, "", name) for name, alias in plain.items()}
    if isinstance(statement, ast.ImportFrom):
        found: dict[str, Binding] = {}
        for alias in statement.names:
            module, name = statement.module or "", alias.asname or alias.name
            inside = module.split(".")[0] == "engine"
            found[name] = EngineName(module, alias.name) if inside else ImportedName(module, alias.name, name)
        return found
    if isinstance(statement, FunctionNode | ast.ClassDef):
        return {statement.name: statement}
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        named = (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        return {node.id: statement for node in named}
    return {}
