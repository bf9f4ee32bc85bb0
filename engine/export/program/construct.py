"""How torch's objects were made: the arguments that their constructors were called with, as source."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import torch
from torch import nn

from engine.catalogue.part import Part
from engine.export.program.inliner import Inliner
from engine.export.program.not_exportable import NotExportable
from engine.message import Message, Term

T = TypeVar("T")
WATCHED = (nn.Module, torch.optim.Optimizer)


class Constructions:
    """Records, while something is built, the arguments of each module and optimizer."""

    def __init__(self) -> None:
        self.arguments: dict[int, dict[str, Any]] = {}
        self.kept: list[Any] = []  # an id names an object only while it lives

    def record(self, make: Callable[[], T]) -> T:
        """Build something and record the arguments of every constructor that runs meanwhile."""
        # A profile function sees every constructor, torch's too, without a change to any class.
        before = sys.getprofile()
        sys.setprofile(self._trace)
        try:
            return make()
        finally:
            sys.setprofile(before)

    def _trace(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_code.co_name != "__init__" or not frame.f_code.co_varnames:
            return
        made = frame.f_locals.get(frame.f_code.co_varnames[0])
        # The outermost constructor of an object comes first; those of its base classes have its arguments already.
        if isinstance(made, WATCHED) and id(made) not in self.arguments:
            found = inspect.getargvalues(frame)
            # Arguments as they came in: the constructor has not run a line yet.
            values = {name: found.locals[name] for name in found.args[1:]}
            values |= {f"*{found.varargs}": tuple(found.locals[found.varargs])} if found.varargs else {}
            values |= dict(found.locals[found.keywords]) if found.keywords else {}
            self.arguments[id(made)] = values
            self.kept.append(made)

    def write_call(self, made: Any, inliner: Inliner, given: dict[str, str] | None = None, **more: Any) -> str:
        """The constructor call of `made` as source. `given`: source for some arguments; `more`: arguments to add."""
        if id(made) not in self.arguments:
            raise NotExportable(Message("{title} cannot be exported as a program.", title=type(made).__name__))
        kind, given = type(made), given or {}
        values = {**self.arguments[id(made)], **more}
        defaults = {name: p.default for name, p in inspect.signature(kind.__init__).parameters.items()}
        written: list[str] = []
        skipped = False
        for name, value in values.items():
            if name.startswith("*"):
                written += [self.write_value(item, inliner) for item in value]
                continue
            if name not in given and is_default(value, defaults.get(name, inspect.Parameter.empty)):
                skipped = True
                continue
            text = given.get(name) or self.write_value(value, inliner)
            # By position as long as nothing before was left out, like a person would write it.
            plain = not skipped and name in defaults and defaults[name] is inspect.Parameter.empty
            written.append(text if plain else f"{name}={text}")
        return f"{self.name_class(kind, inliner)}({', '.join(written)})"

    def name_class(self, kind: type, inliner: Inliner) -> str:
        """The name of a class in the program; it is inlined if it is the engine's."""
        # torch names its classes in private modules; a reader knows them by where they are exported.
        for start, room in (("nn", nn), ("torch.optim", torch.optim)):
            if getattr(room, kind.__name__, None) is kind:
                inliner.inline_name("engine.export.program.names", "nn" if start == "nn" else "torch")
                return f"{start}.{kind.__name__}"
        if kind.__module__.split(".")[0] != "engine":
            raise NotExportable(Message("{title} cannot be exported as a program.", title=kind.__name__))
        return inliner.inline(kind)

    def write_value(self, value: Any, inliner: Inliner) -> str:
        """A value as source. Raises: NotExportable for one that has no literal."""
        if isinstance(value, WATCHED):
            return self.write_call(value, inliner)
        if isinstance(value, Part):
            raise NotExportable(Message("{title} cannot be exported as a program.", title=Term("part", value.title())))
        if isinstance(value, tuple | list):
            inner = ", ".join(self.write_value(item, inliner) for item in value)
            if isinstance(value, list):
                return f"[{inner}]"
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{k!r}: {self.write_value(v, inliner)}" for k, v in value.items()) + "}"
        if value is None or isinstance(value, bool | int | float | str):
            return repr(value).replace("'", '"') if isinstance(value, str) and '"' not in value else repr(value)
        if isinstance(value, torch.dtype):
            return repr(value)
        if inspect.isfunction(value) and value.__module__.split(".")[0] == "engine":
            return inliner.inline(value)
        raise NotExportable(Message("{title} cannot be written into a program.", title=type(value).__name__))


def is_default(value: Any, default: Any) -> bool:
    """Whether an argument equals its default and can be left out."""
    if isinstance(value, torch.Tensor | nn.Module) or default is inspect.Parameter.empty:
        return False
    return value is default or (type(value) is type(default) and bool(value == default))
