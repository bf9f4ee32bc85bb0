"""Definitions for a program that stands alone, taken from the engine's own source with all that they need.

So nothing is written twice: a new part is exported by its own methods. A part's method becomes a function; the fields
that it reads become arguments, whose defaults are the values that the user chose.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from engine.export.program.not_exportable import NotExportable
from engine.export.program.rewrite import Patch, free_names, plain
from engine.export.program.source_module import (
    Binding,
    FunctionNode,
    Inside,
    Outside,
    SourceModule,
    bindings,
    read_module,
)
from engine.message import Message

ALLOWED = {"torch", "numpy", "math", "collections", "itertools", "functools", "dataclasses", "typing", "contextlib"}
TAKEN = frozenset(
    [
        "torch",
        "np",
        "nn",
        "math",
        "model",
        "data",
        "train",
        "network",
        "main",
        "losses",
        "order",
        "optimizer",
        "criterion",
        "weights",
        "step",
        "epoch",
        "gradient",
    ]
)


PLAIN = dict.fromkeys(("engine.errors", "engine.message"), "engine.export.program.plain_errors")
"""What a program has instead of a module of the engine."""


def unexportable(name: str, module: str, why: Message) -> Message:
    """That a definition cannot stand in a program, with the reason as a clause."""
    return Message("{name} of {module} cannot be exported: {why}.", name=name, module=module, why=why)


class Inliner:
    """Gathers definitions in the order in which they have to stand."""

    def __init__(self, constants: Mapping[str, str]) -> None:
        self.constants = constants  # of the experiment: the names they have in the program
        self.imports: set[Outside] = set()
        self.definitions: list[str] = []
        self.known: dict[tuple[str, str], str] = {}
        self.taken = set(TAKEN)
        self.rooms: set[str] = set()

    def drain(self) -> list[str]:
        """The definitions gathered since the last call."""
        found, self.definitions = self.definitions, []
        return found

    def fork(self) -> Inliner:
        """A copy to try something with."""
        other = Inliner(self.constants)
        other.imports, other.known, other.taken = set(self.imports), dict(self.known), set(self.taken)
        return other

    def need(self, module: str, name: str) -> str:
        """The name under which something that the engine defines stands in the program."""
        module = PLAIN.get(module, module)
        binding = read_module(module).names.get(name)
        if isinstance(binding, Inside):
            return self.need(binding.module, binding.original)
        if isinstance(binding, Outside):
            return self.outside(binding)
        if binding is None:
            raise NotExportable(unexportable(name, module, Message("its definition was not found")))
        if (module, name) not in self.known:
            self.define(read_module(module), name, binding)
        return self.known[module, name]

    def thing(self, found: Any) -> str:
        """The same for a class or a function."""
        return self.need(found.__module__, found.__qualname__)

    def outside(self, binding: Outside) -> str:
        """A name that another package gives."""
        root = binding.module.split(".")[0]
        if root not in ALLOWED:
            raise NotExportable(
                Message("The program would need {package}, and only torch and numpy are allowed in it.", package=root)
            )
        self.imports.add(binding)
        return binding.name

    def free(self, name: str, module: str) -> str:
        """A name that nothing else in the program has."""
        for candidate in (name, f"{name}_{module.rsplit('.', 1)[-1]}", f"{name}_{len(self.taken)}"):
            if candidate not in self.taken:
                self.taken.add(candidate)
                return candidate
        raise NotExportable(unexportable(name, module, Message("its name is taken")))

    def define(self, module: SourceModule, name: str, node: Binding) -> None:
        """Writes one definition, after what it needs."""
        assert isinstance(node, ast.stmt)
        own = self.free(name, module.name)
        for bound in names_of(node) or (name,):
            self.known[module.name, bound] = own if bound == name else self.free(bound, module.name)
        patch = Patch(module, module.line_start(node), module.line_end(node))
        fields = keeps_fields(node)
        plain(patch, node, fields=fields)
        for function in (inner for inner in ast.walk(node) if isinstance(inner, FunctionNode)):
            self.without_experiment(patch, function)
        self.rename(patch, module, node, fields)
        if own != name:
            self.rename_definition(patch, node, name, own)
        text = patch.text()
        self.definitions.append(explain(text, module, node))

    def rename(self, patch: Patch, module: SourceModule, node: ast.AST, fields: bool = False) -> None:
        """Resolves every name that a piece needs, and gives it the name that it has in the program."""
        local: dict[str, Binding] = {}
        for inner in ast.walk(node):
            if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("engine"):
                local.update(bindings(inner))
                patch.drop(inner)
        for used in free_names(node, fields=fields):
            binding = local.get(used.id)
            if isinstance(binding, Inside):
                found = self.need(binding.module, binding.original)
            elif used.id in module.names:
                found = self.need(module.name, used.id)
            else:
                continue  # a name of the surroundings, such as __name__
            if found != used.id:
                patch.replace(used, found)

    def rename_definition(self, patch: Patch, node: ast.stmt, name: str, own: str) -> None:
        """Gives the definition itself another name."""
        if isinstance(node, FunctionNode | ast.ClassDef):
            start = patch.module.source.index(name, patch.module.start(node))
            patch.cut(start, start + len(name), own)
            return
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id == name:
                patch.replace(inner, own)

    def without_experiment(self, patch: Patch, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """`experiment.seed` becomes the program's SEED, and the argument goes."""
        arguments = function.args.args
        if not arguments or arguments[0].arg != "experiment":
            return
        module, first = patch.module, arguments[0]
        end = module.start(arguments[1]) if len(arguments) > 1 else module.end(first)
        patch.cut(module.start(first), end)
        for inner in ast.walk(function):
            if (
                isinstance(inner, ast.Attribute)
                and isinstance(inner.value, ast.Name)
                and inner.value.id == "experiment"
            ):
                if inner.attr not in self.constants:
                    raise NotExportable(
                        Message(
                            "{name} cannot be exported: {why}.",
                            name=function.name,
                            why=Message("it reads the experiment's {field}", field=inner.attr),
                        )
                    )
                patch.replace(inner, self.constants[inner.attr])


def names_of(node: ast.stmt) -> tuple[str, ...]:
    """What an assignment binds."""
    return tuple(bindings(node)) if isinstance(node, ast.Assign | ast.AnnAssign) else ()


def keeps_fields(node: ast.AST) -> bool:
    """Whether annotations say which fields a class has."""
    if not isinstance(node, ast.ClassDef):
        return False
    marks = [ast.unparse(mark) for mark in (*node.decorator_list, *node.bases)]
    return any("dataclass" in mark or "NamedTuple" in mark for mark in marks)


def explain(text: str, module: SourceModule, node: ast.stmt) -> str:
    """A class that points at its part's formula gets that formula."""
    if "The formula above." in text and isinstance(node, ast.ClassDef):
        parts = (other for other in module.names.values() if isinstance(other, ast.ClassDef) and other is not node)
        docs = [doc.splitlines()[0] for doc in map(ast.get_docstring, parts) if doc]
        return text.replace("The formula above.", docs[0], 1) if docs else text
    return text
