"""A part's method as a function of its own."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

from engine.catalogue.part import Part
from engine.export.program.inliner import Inliner
from engine.export.program.not_exportable import NotExportable
from engine.export.program.rewrite import Patch, strip_annotations
from engine.export.program.source_module import read_module
from engine.message import Message, Term

SIMPLE = (bool, int, float, str, type(None))


def inline_method(inliner: Inliner, part: Part, name: str, called: str) -> str:
    """Inline a part's method as a function named `called`; returns the name that it got."""
    # By value: two blocks with the same settings share one function.
    key = (f"{type(part).__module__}:{part.model_dump_json()}", name)
    if key in inliner.known:
        return inliner.known[key]
    made = InlinedMethod(inliner, part, name)
    own = inliner.known[key] = inliner.choose_name(called, type(part).__module__)
    inliner.definitions.append(made.write_function(own, inspect.cleandoc(part.summary())))
    return own


class InlinedMethod:
    """A method that becomes a function: fields that it, or a method that it calls, reads become arguments."""

    def __init__(self, inliner: Inliner, part: Part, name: str) -> None:
        self.inliner, self.part, self.name = inliner, part, name
        # The method may be the family's: its source stands where it is defined.
        owner = next(cls for cls in type(part).__mro__ if name in cls.__dict__)
        self.module = read_module(owner.__module__)
        body = self.module.find_class(owner.__name__).body
        self.node = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
        self.patch = Patch(self.module, self.module.find_line_start(self.node), self.module.find_line_end(self.node))
        stored = {n.id for n in ast.walk(self.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.local = stored | {a.arg for a in ast.walk(self.node) if isinstance(a, ast.arg)}
        self.fields: dict[str, Any] = {}
        strip_annotations(self.patch, self.node)
        for inner in ast.walk(self.node):
            self.rewrite_use(inner)
        inliner.resolve_names(self.patch, self.module, self.node)

    def name_argument(self, field: str) -> str:
        """The name of the argument that stands for a field."""
        return f"{field}_" if field in self.local or field in self.module.names else field

    def rewrite_use(self, node: ast.AST) -> None:
        """Rewrite one use of `self`."""
        if isinstance(node, ast.Call) and is_self_attribute(node.func):
            assert isinstance(node.func, ast.Attribute)
            if inspect.isfunction(getattr(type(self.part), node.func.attr, None)):
                self.rewrite_call(node, node.func)
        elif isinstance(node, ast.Attribute) and is_self_attribute(node):
            self.rewrite_attribute(node)
        # A function has no base class to hand over to.
        elif isinstance(node, ast.Name) and node.id == "super":
            raise self.explain_refusal()

    def rewrite_call(self, node: ast.Call, target: ast.Attribute) -> None:
        """Rewrite a call of another method as a call of a function, with the fields that it reads."""
        other = InlinedMethod(self.inliner, self.part, target.attr)
        name = inline_method(self.inliner, self.part, target.attr, f"{self.part.name()}_{target.attr}")
        self.patch.replace(target, name)
        if other.fields:
            for field, value in other.fields.items():
                # What the other reads, this one has to be given too.
                self.fields[field] = value
            given = ", ".join(f"{other.name_argument(field)}={self.name_argument(field)}" for field in other.fields)
            end = self.module.find_end(node) - 1
            self.patch.cut(end, end, f", {given}" if node.args or node.keywords else given)

    def rewrite_attribute(self, node: ast.Attribute) -> None:
        """Rewrite a field as an argument, a literal class attribute as its value."""
        key = (self.module.find_start(node), self.module.find_end(node))
        if key in self.patch.changes:
            return
        kind = type(self.part)
        if node.attr in kind.model_fields:
            value = getattr(self.part, node.attr)
            if not is_literal(value):
                raise self.explain_refusal()
            self.fields[node.attr] = value
            self.patch.replace(node, self.name_argument(node.attr))
        # `self` as default: never a literal, so that a missing attribute falls through to the refusal.
        elif is_literal(getattr(kind, node.attr, self)):
            self.patch.replace(node, re.sub(r"\binf\b", 'float("inf")', repr(getattr(kind, node.attr))))
        elif not inspect.isfunction(getattr(kind, node.attr, None)):
            raise self.explain_refusal()

    def explain_refusal(self) -> Exception:
        """The error for a method that cannot be a function."""
        return NotExportable(Message("{title} cannot be exported as a program.", title=Term("part", self.part.title())))

    def write_function(self, called: str, summary: str) -> str:
        """The source of the function."""
        body = self.node.body
        arguments = [a.arg for a in self.node.args.args if a.arg != "self"]
        arguments += [f"{self.name_argument(field)}={value!r}" for field, value in self.fields.items()]
        head = f"def {called}({', '.join(arguments)}):\n"
        # As a formatter would: one argument a line.
        if len(head) > 110:
            head = f"def {called}(\n    " + ",\n    ".join(arguments) + ",\n):\n"
        first = body[1] if ast.get_docstring(self.node) is not None and len(body) > 1 else body[0]
        indent = " " * self.node.col_offset
        doc = f'{indent}    """{summary}"""\n'
        whole = Patch(self.module, self.module.find_line_start(self.node), self.module.find_line_end(self.node))
        whole.changes = dict(self.patch.changes)
        start = self.module.find_line_start(first)
        whole.cut(
            self.module.find_line_start(self.node), start, indent + head.replace("\n", "\n" + indent).rstrip(" ") + doc
        )
        return whole.apply()


def is_self_attribute(node: ast.AST) -> bool:
    """Whether a node is an attribute of `self`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def is_literal(value: Any) -> bool:
    """Whether a value has a literal."""
    if isinstance(value, tuple | list):
        return all(is_literal(item) for item in value)
    return isinstance(value, SIMPLE)
