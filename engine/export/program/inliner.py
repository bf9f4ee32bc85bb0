"""Definitions for a program that stands alone, taken from the engine's own source with all that they need.

So nothing is written twice: a new part is exported by its own methods. A part's method becomes a function; the fields
that it reads become arguments, whose defaults are the values that the user chose.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from engine.export.program.not_exportable import NotExportable
from engine.export.program.rewrite import Patch, find_free_names, strip_annotations
from engine.export.program.source_module import (
    Binding,
    EngineName,
    FunctionNode,
    ImportedName,
    SourceModule,
    list_bindings,
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


# The engine's errors carry messages that can be translated; a program speaks English alone.
PLAIN = dict.fromkeys(("engine.errors", "engine.message"), "engine.export.program.plain_errors")
"""What a program has instead of a module of the engine."""


def explain_unexportable(name: str, module: str, why: Message) -> Message:
    """The message that a definition cannot be inlined, with the reason as a clause."""
    return Message("{name} of {module} cannot be exported: {why}.", name=name, module=module, why=why)


class Inliner:
    """Inlines definitions of the engine, each after those that it needs."""

    def __init__(self, constants: Mapping[str, str]) -> None:
        self.constants = constants  # of the experiment: the names they have in the program
        self.imports: set[ImportedName] = set()
        self.definitions: list[str] = []
        self.known: dict[tuple[str, str], str] = {}
        self.taken = set(TAKEN)
        self.rooms: set[str] = set()

    def take_definitions(self) -> list[str]:
        """Return the definitions inlined since the last call."""
        found, self.definitions = self.definitions, []
        return found

    def fork(self) -> Inliner:
        """A copy, to inline something on trial."""
        other = Inliner(self.constants)
        other.imports, other.known, other.taken = set(self.imports), dict(self.known), set(self.taken)
        return other

    def inline_name(self, module: str, name: str) -> str:
        """Inline a definition of the engine, once; return its name in the program."""
        module = PLAIN.get(module, module)
        binding = read_module(module).names.get(name)
        if isinstance(binding, EngineName):
            return self.inline_name(binding.module, binding.original)
        if isinstance(binding, ImportedName):
            return self.import_name(binding)
        if binding is None:
            raise NotExportable(explain_unexportable(name, module, Message("its definition was not found")))
        if (module, name) not in self.known:
            self.define(read_module(module), name, binding)
        return self.known[module, name]

    def inline(self, found: Any) -> str:
        """Inline a class or a function; return its name in the program."""
        return self.inline_name(found.__module__, found.__qualname__)

    def import_name(self, binding: ImportedName) -> str:
        """Import a name of another package; return the expression for it."""
        root = binding.module.split(".")[0]
        if root not in ALLOWED:
            raise NotExportable(
                Message("The program would need {package}, and only torch and numpy are allowed in it.", package=root)
            )
        self.imports.add(binding)
        return binding.name

    def choose_name(self, name: str, module: str) -> str:
        """A name that is free in the program. Raises: NotExportable."""
        for candidate in (name, f"{name}_{module.rsplit('.', 1)[-1]}", f"{name}_{len(self.taken)}"):
            if candidate not in self.taken:
                self.taken.add(candidate)
                return candidate
        raise NotExportable(explain_unexportable(name, module, Message("its name is taken")))

    def define(self, module: SourceModule, name: str, node: Binding) -> None:
        """Write one definition, after those that it needs."""
        assert isinstance(node, ast.stmt)
        own = self.choose_name(name, module.name)
        for bound in list_bound_names(node) or (name,):
            # Known before what it needs is inlined: a recursive function refers to itself.
            self.known[module.name, bound] = own if bound == name else self.choose_name(bound, module.name)
        patch = Patch(module, module.find_line_start(node), module.find_line_end(node))
        fields = has_fields(node)
        strip_annotations(patch, node, fields=fields)
        for function in (inner for inner in ast.walk(node) if isinstance(inner, FunctionNode)):
            self.replace_experiment(patch, function)
        self.resolve_names(patch, module, node, fields)
        if own != name:
            self.rename_definition(patch, node, name, own)
        text = patch.apply()
        self.definitions.append(insert_formula(text, module, node))

    def resolve_names(self, patch: Patch, module: SourceModule, node: ast.AST, fields: bool = False) -> None:
        """Inline what a piece of source refers to, and replace its names by those of the program."""
        local: dict[str, Binding] = {}
        for inner in ast.walk(node):
            if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("engine"):
                # Late imports keep the engine's start fast; a program has its imports at the top.
                local.update(list_bindings(inner))
                patch.drop(inner)
        for used in find_free_names(node, fields=fields):
            binding = local.get(used.id)
            if isinstance(binding, EngineName):
                found = self.inline_name(binding.module, binding.original)
            elif used.id in module.names:
                found = self.inline_name(module.name, used.id)
            else:
                continue  # a name of the surroundings, such as __name__
            if found != used.id:
                patch.replace(used, found)

    def rename_definition(self, patch: Patch, node: ast.stmt, name: str, own: str) -> None:
        """Rename the definition itself."""
        if isinstance(node, FunctionNode | ast.ClassDef):
            # A syntax tree has no position for the name of a definition.
            start = patch.module.source.index(name, patch.module.find_start(node))
            patch.cut(start, start + len(name), own)
            return
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id == name:
                patch.replace(inner, own)

    def replace_experiment(self, patch: Patch, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """`experiment.seed` becomes the program's SEED, and the argument goes."""
        arguments = function.args.args
        if not arguments or arguments[0].arg != "experiment":
            return
        module, first = patch.module, arguments[0]
        end = module.find_start(arguments[1]) if len(arguments) > 1 else module.find_end(first)
        patch.cut(module.find_start(first), end)
        for inner in ast.walk(function):
            if (
                isinstance(inner, ast.Attribute)
                and isinstance(inner.value, ast.Name)
                and inner.value.id == "experiment"
            ):
                # A program has no experiment to ask; only these fields stand in it as constants.
                if inner.attr not in self.constants:
                    raise NotExportable(
                        Message(
                            "{name} cannot be exported: {why}.",
                            name=function.name,
                            why=Message("it reads the experiment's {field}", field=inner.attr),
                        )
                    )
                patch.replace(inner, self.constants[inner.attr])


def list_bound_names(node: ast.stmt) -> tuple[str, ...]:
    """Names that an assignment binds."""
    return tuple(list_bindings(node)) if isinstance(node, ast.Assign | ast.AnnAssign) else ()


def has_fields(node: ast.AST) -> bool:
    """Whether annotations declare the fields of a class: a dataclass or a NamedTuple."""
    if not isinstance(node, ast.ClassDef):
        return False
    marks = [ast.unparse(mark) for mark in (*node.decorator_list, *node.bases)]
    return any("dataclass" in mark or "NamedTuple" in mark for mark in marks)


def insert_formula(text: str, module: SourceModule, node: ast.stmt) -> str:
    """Copy the formula of a part into the docstring of a class that points at it."""
    if "The formula above." in text and isinstance(node, ast.ClassDef):
        parts = (other for other in module.names.values() if isinstance(other, ast.ClassDef) and other is not node)
        docs = [doc.splitlines()[0] for doc in map(ast.get_docstring, parts) if doc]
        return text.replace("The formula above.", docs[0], 1) if docs else text
    return text
