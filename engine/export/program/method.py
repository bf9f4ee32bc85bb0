"""A part's method as a function of its own."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

from engine.catalogue.part import Part
from engine.export.program.inliner import Inliner
from engine.export.program.not_exportable import NotExportable
from engine.export.program.rewrite import Patch, plain
from engine.export.program.source_module import read_module
from engine.message import Message, Term

SIMPLE = (bool, int, float, str, type(None))


def inline_method(inliner: Inliner, part: Part, name: str, called: str) -> str:
    """A part's method as a function called `called`; returns its name."""
    key = (f"{type(part).__module__}:{part.model_dump_json()}", name)
    if key in inliner.known:
        return inliner.known[key]
    made = Method(inliner, part, name)
    own = inliner.known[key] = inliner.free(called, type(part).__module__)
    inliner.definitions.append(made.text(own, inspect.cleandoc(part.summary())))
    return own


class Method:
    """One method on its way: the fields that it reads, and those that the methods it calls read."""

    def __init__(self, inliner: Inliner, part: Part, name: str) -> None:
        self.inliner, self.part, self.name = inliner, part, name
        owner = next(cls for cls in type(part).__mro__ if name in cls.__dict__)
        self.module = read_module(owner.__module__)
        body = self.module.class_node(owner.__name__).body
        self.node = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
        self.patch = Patch(self.module, self.module.line_start(self.node), self.module.line_end(self.node))
        stored = {n.id for n in ast.walk(self.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.local = stored | {a.arg for a in ast.walk(self.node) if isinstance(a, ast.arg)}
        self.fields: dict[str, Any] = {}
        plain(self.patch, self.node)
        for inner in ast.walk(self.node):
            self.visit(inner)
        inliner.rename(self.patch, self.module, self.node)

    def argument(self, field: str) -> str:
        """What a field is called as an argument."""
        return f"{field}_" if field in self.local or field in self.module.names else field

    def visit(self, node: ast.AST) -> None:
        """Deals with one use of `self`."""
        if isinstance(node, ast.Call) and about_self(node.func):
            assert isinstance(node.func, ast.Attribute)
            if inspect.isfunction(getattr(type(self.part), node.func.attr, None)):
                self.call(node, node.func)
        elif isinstance(node, ast.Attribute) and about_self(node):
            self.attribute(node)
        elif isinstance(node, ast.Name) and node.id == "super":
            raise self.refusal()

    def call(self, node: ast.Call, target: ast.Attribute) -> None:
        """A call of another method: to a function of its own, with the fields that it reads."""
        other = Method(self.inliner, self.part, target.attr)
        name = inline_method(self.inliner, self.part, target.attr, f"{self.part.name()}_{target.attr}")
        self.patch.replace(target, name)
        if other.fields:
            for field, value in other.fields.items():
                self.fields[field] = value
            given = ", ".join(f"{other.argument(field)}={self.argument(field)}" for field in other.fields)
            place = self.module.end(node) - 1
            self.patch.cut(place, place, f", {given}" if node.args or node.keywords else given)

    def attribute(self, node: ast.Attribute) -> None:
        """A field becomes an argument, a plain constant of the class itself."""
        key = (self.module.start(node), self.module.end(node))
        if key in self.patch.changes:
            return
        kind = type(self.part)
        if node.attr in kind.model_fields:
            value = getattr(self.part, node.attr)
            if not plain_value(value):
                raise self.refusal()
            self.fields[node.attr] = value
            self.patch.replace(node, self.argument(node.attr))
        elif plain_value(getattr(kind, node.attr, self)):
            self.patch.replace(node, re.sub(r"\binf\b", 'float("inf")', repr(getattr(kind, node.attr))))
        elif not inspect.isfunction(getattr(kind, node.attr, None)):
            raise self.refusal()

    def refusal(self) -> Exception:
        """What is said of a method that cannot stand alone."""
        return NotExportable(Message("{title} cannot be exported as a program.", title=Term("part", self.part.title())))

    def text(self, called: str, summary: str) -> str:
        """The function."""
        body = self.node.body
        arguments = [a.arg for a in self.node.args.args if a.arg != "self"]
        arguments += [f"{self.argument(field)}={value!r}" for field, value in self.fields.items()]
        head = f"def {called}({', '.join(arguments)}):\n"
        if len(head) > 110:
            head = f"def {called}(\n    " + ",\n    ".join(arguments) + ",\n):\n"
        first = body[1] if ast.get_docstring(self.node) is not None and len(body) > 1 else body[0]
        indent = " " * self.node.col_offset
        doc = f'{indent}    """{summary}"""\n'
        whole = Patch(self.module, self.module.line_start(self.node), self.module.line_end(self.node))
        whole.changes = dict(self.patch.changes)
        start = self.module.line_start(first)
        whole.cut(
            self.module.line_start(self.node), start, indent + head.replace("\n", "\n" + indent).rstrip(" ") + doc
        )
        return whole.text()


def about_self(node: ast.AST) -> bool:
    """Whether it is `self.something`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def plain_value(value: Any) -> bool:
    """Whether a value can be written down as it is."""
    if isinstance(value, tuple | list):
        return all(plain_value(item) for item in value)
    return isinstance(value, SIMPLE)
