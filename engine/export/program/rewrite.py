"""Pieces of source, changed by place and not reprinted, so that comments and layout stay."""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterator

from engine.export.program.source_module import FunctionNode, Positioned, SourceModule

BUILTINS = frozenset(dir(builtins))


class Patch:
    """Replacements in a piece of a module's source."""

    def __init__(self, module: SourceModule, start: int, end: int) -> None:
        self.module, self.start, self.end = module, start, end
        self.changes: dict[tuple[int, int], str] = {}

    def replace(self, node: Positioned, text: str) -> None:
        """Replace a node."""
        self.changes[self.module.find_start(node), self.module.find_end(node)] = text

    def cut(self, start: int, end: int, text: str = "") -> None:
        """Replace what lies between two positions."""
        self.changes[start, end] = text

    def drop(self, statement: ast.stmt) -> None:
        """Remove a statement with its lines."""
        self.cut(self.module.find_line_start(statement), self.module.find_line_end(statement))

    def apply(self) -> str:
        """The piece with its replacements; of two that overlap the outer one wins."""
        source, pieces, position = self.module.source, [], self.start
        for (start, end), new in sorted(self.changes.items(), key=lambda item: (item[0][0], -item[0][1])):
            if start < position or end > self.end:
                continue
            pieces += [source[position:start], new]
            position = end
        text = "".join([*pieces, source[position : self.end]])
        text = re.sub(r"  # (type: ignore|noqa).*$", "", text, flags=re.MULTILINE)
        return textwrap.dedent(text).strip() + "\n"


def strip_annotations(patch: Patch, node: ast.AST, *, fields: bool = False) -> None:
    """Remove what only a type checker reads; a dataclass (`fields`) keeps the annotations of its fields."""
    for inner in ast.walk(node):
        if isinstance(inner, FunctionNode):
            strip_signature(patch, inner)
            for statement in ast.walk(inner):
                if isinstance(statement, ast.AnnAssign):
                    strip_assignment(patch, statement)
                elif only_refuses(statement):
                    assert isinstance(statement, ast.If)
                    patch.drop(statement)
        elif isinstance(inner, ast.ClassDef) and not fields:
            for statement in inner.body:
                if isinstance(statement, ast.AnnAssign):
                    strip_assignment(patch, statement)


def strip_assignment(patch: Patch, statement: ast.AnnAssign) -> None:
    """Remove the annotation of an assignment."""
    if statement.value is None:
        patch.drop(statement)
    else:
        patch.cut(patch.module.find_end(statement.target), patch.module.find_end(statement.annotation))


def strip_signature(patch: Patch, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Remove the annotations of a signature."""
    module, arguments = patch.module, function.args
    ordered = [*arguments.posonlyargs, *arguments.args]
    padding: list[ast.expr | None] = [None] * (len(ordered) - len(arguments.defaults))
    pairs = [*zip(ordered, [*padding, *arguments.defaults], strict=True)]
    pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    pairs += [(extra, None) for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    for argument, default in pairs:
        if argument.annotation is None:
            continue
        name_end = module.find_start(argument) + len(argument.arg)
        if default is None:
            patch.cut(name_end, module.find_end(argument.annotation))
        else:
            patch.cut(name_end, module.find_start(default), "=")
    if function.returns is not None:
        arrow = module.source.rindex("->", 0, module.find_start(function.returns))
        patch.cut(len(module.source[:arrow].rstrip()), module.find_end(function.returns))


def only_refuses(statement: ast.AST) -> bool:
    """Whether a statement only refuses experiments; one that was exported has passed it."""
    if not isinstance(statement, ast.If) or statement.orelse or len(statement.body) != 1:
        return False
    (only,) = statement.body
    call = only.exc if isinstance(only, ast.Raise) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "InvalidExperiment"


def find_free_names(node: ast.AST, *, fields: bool = False) -> Iterator[ast.Name]:
    """Names in a piece of source that it does not define itself."""
    bound: set[str] = set()
    loaded: list[ast.Name] = []
    for inner in walk_evaluated(node, fields):
        if isinstance(inner, ast.Name):
            if isinstance(inner.ctx, ast.Load):
                loaded.append(inner)
            elif inner.id not in BUILTINS:
                bound.add(inner.id)
        elif isinstance(inner, ast.arg):
            bound.add(inner.arg)
        elif isinstance(inner, FunctionNode | ast.ClassDef):
            bound.add(inner.name)
    return (name for name in loaded if name.id not in bound and name.id not in BUILTINS)


def walk_evaluated(node: ast.AST, fields: bool = False) -> Iterator[ast.AST]:
    """Every node below that is evaluated: neither annotations nor statements that refuse an experiment."""
    if only_refuses(node):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name == "returns" or (name == "annotation" and not (fields and isinstance(node, ast.AnnAssign))):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from walk_evaluated(child, fields)
