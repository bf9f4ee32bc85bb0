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
    """Replacements in one piece of a module's source."""

    def __init__(self, module: SourceModule, start: int, end: int) -> None:
        self.module, self.start, self.end = module, start, end
        self.changes: dict[tuple[int, int], str] = {}

    def replace(self, node: Positioned, text: str) -> None:
        """Puts `text` where the node stands."""
        self.changes[self.module.start(node), self.module.end(node)] = text

    def cut(self, start: int, end: int, text: str = "") -> None:
        """Puts `text` between two places."""
        self.changes[start, end] = text

    def drop(self, statement: ast.stmt) -> None:
        """Takes out a statement with its lines."""
        self.cut(self.module.line_start(statement), self.module.line_end(statement))

    def text(self) -> str:
        """The piece with its replacements; of two that overlap the outer one counts."""
        source, pieces, place = self.module.source, [], self.start
        for (start, end), new in sorted(self.changes.items(), key=lambda item: (item[0][0], -item[0][1])):
            if start < place or end > self.end:
                continue
            pieces += [source[place:start], new]
            place = end
        text = "".join([*pieces, source[place : self.end]])
        text = re.sub(r"  # (type: ignore|noqa).*$", "", text, flags=re.MULTILINE)
        return textwrap.dedent(text).strip() + "\n"


def plain(patch: Patch, node: ast.AST, *, fields: bool = False) -> None:
    """Takes out what only a type checker reads; a data class (`fields`) keeps the annotations of its fields."""
    for inner in ast.walk(node):
        if isinstance(inner, FunctionNode):
            unannotate(patch, inner)
            for statement in ast.walk(inner):
                if isinstance(statement, ast.AnnAssign):
                    unassign(patch, statement)
                elif refuses(statement):
                    assert isinstance(statement, ast.If)
                    patch.drop(statement)
        elif isinstance(inner, ast.ClassDef) and not fields:
            for statement in inner.body:
                if isinstance(statement, ast.AnnAssign):
                    unassign(patch, statement)


def unassign(patch: Patch, statement: ast.AnnAssign) -> None:
    """An annotated assignment without its annotation."""
    if statement.value is None:
        patch.drop(statement)
    else:
        patch.cut(patch.module.end(statement.target), patch.module.end(statement.annotation))


def unannotate(patch: Patch, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """A function's head without annotations."""
    module, arguments = patch.module, function.args
    ordered = [*arguments.posonlyargs, *arguments.args]
    padding: list[ast.expr | None] = [None] * (len(ordered) - len(arguments.defaults))
    pairs = [*zip(ordered, [*padding, *arguments.defaults], strict=True)]
    pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    pairs += [(extra, None) for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    for argument, default in pairs:
        if argument.annotation is None:
            continue
        name_end = module.start(argument) + len(argument.arg)
        if default is None:
            patch.cut(name_end, module.end(argument.annotation))
        else:
            patch.cut(name_end, module.start(default), "=")
    if function.returns is not None:
        arrow = module.source.rindex("->", 0, module.start(function.returns))
        patch.cut(len(module.source[:arrow].rstrip()), module.end(function.returns))


def refuses(statement: ast.AST) -> bool:
    """Whether a statement only refuses experiments, which an exported one has behind it."""
    if not isinstance(statement, ast.If) or statement.orelse or len(statement.body) != 1:
        return False
    (only,) = statement.body
    call = only.exc if isinstance(only, ast.Raise) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "InvalidExperiment"


def free_names(node: ast.AST, *, fields: bool = False) -> Iterator[ast.Name]:
    """Where a piece of source names something that it does not define itself."""
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
    """Every node below that is run: annotations are not, nor what refuses an experiment."""
    if refuses(node):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name == "returns" or (name == "annotation" and not (fields and isinstance(node, ast.AnnAssign))):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from walk_evaluated(child, fields)
