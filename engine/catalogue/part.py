"""The catalogue: a part is one class in one file, and its folder is its family.

Nothing is registered by hand. `engine/parts/optimizers/adam.py` holds exactly one final subclass of `Optimizer`, whose
`kind` is the file's name; dropping a file into the folder is all it takes to add a part. A package whose `__init__.py`
declares a class with `family=` is all it takes to add a family, wherever in the engine it stands.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, JsonValue
from pydantic_core import CoreSchema, core_schema

from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.message import NOTHING, Message

ENGINE = Path(__file__).resolve().parents[1]
FAMILY_DECLARATION = re.compile(r'\(Part, family="(\w+)"(?:, position=(\d+))?\)')


class Value(BaseModel):
    """A frozen, strict value: unknown fields, wrong types, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Part(Value):
    """One catalogue entry. A family is a subclass named with `family=`; its members say their `kind`.

    `position`: where the family is shown among the others. `rank`: where the part is shown among those of its family.
    `leads`: in a list of parts it stands before the others when it is turned on.
    """

    family: ClassVar[str] = ""
    rank: ClassVar[int] = 100
    leads: ClassVar[bool] = False

    def __init_subclass__(cls, family: str = "", position: int = 100, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if family:
            cls.family = family

    @classmethod
    def is_family(cls) -> bool:
        """Whether this class is a family's abstract class rather than a part."""
        return "family" in cls.__dict__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of a field typed with the family: a union of its parts with `kind` as the tag."""
        if not (cls.is_family() and cls.family and cls.__pydantic_complete__):  # incomplete: being defined just now
            return handler(source)
        # Collected when a schema is made, not by an import: a new file in the family's folder is a new member.
        members = {kind: handler.generate_schema(part) for kind, part in catalogue(cls).items()}
        return core_schema.tagged_union_schema(members, discriminator="kind")

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring: what the part is, with its formula."""
        return (inspect.getdoc(cls) or cls.__name__).splitlines()[0]

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring up to its first comma, colon or stop: what the part is called."""
        line = cls.summary()
        for stop in (":", ",", "."):
            line = line.split(stop)[0]
        return line.strip()

    def name(self) -> str:
        """This part's `kind`."""
        return str(self.__dict__["kind"])

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        """Fields that have no effect in such a run, or another one than it seems."""
        yield from ()


P = TypeVar("P", bound=Part)


@cache
def catalogue(family: type[P]) -> Mapping[str, type[P]]:
    """The parts of a family by their kinds, sorted by rank and kind.

    Raises: TypeError naming the file that does not hold exactly one part called like the file.
    """
    package = importlib.import_module(family.__module__)
    found: dict[str, type[P]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        path = f"{package.__name__}.{module.name}"
        members = importlib.import_module(path)
        defined = [p for p in vars(members).values() if inspect.isclass(p) and p.__module__ == path]  # not imported
        parts: list[type[P]] = [p for p in defined if issubclass(p, family)]
        if len(parts) != 1 or parts[0].model_fields["kind"].default != module.name:
            raise TypeError(f"{path} must hold exactly one {family.__name__} whose kind is {module.name!r}")
        found[module.name] = parts[0]
    return dict(sorted(found.items(), key=lambda item: (item[1].rank, item[0])))


@cache
def families() -> Mapping[str, str]:
    """The package of every family by the family's name, in the order in which they are shown.

    Their files are read and not imported: some stand above the catalogue in the layers, and start-up stays short.
    """
    found: list[tuple[int, str, str]] = []
    for file in ENGINE.rglob("__init__.py"):
        for name, position in FAMILY_DECLARATION.findall(file.read_text(encoding="utf-8")):
            package = ".".join(file.relative_to(ENGINE.parent).parent.parts)
            found.append((int(position or 100), name, package))
    return {name: package for _, name, package in sorted(found)}


def family(name: str) -> type[Part]:
    """The abstract class of a family."""
    package = importlib.import_module(families()[name])
    classes = (c for c in vars(package).values() if inspect.isclass(c) and issubclass(c, Part))
    return next(c for c in classes if c.__dict__.get("family") == name)


PATTERN_HELP: dict[str, Message] = {}
"""For each pattern of a text field, its meaning in words, for the message that refuses another text."""


def hparam(
    default: Any,
    help: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    unit: str = "",
    log: bool = False,
    live: bool = False,
    none: str = "",
    omit_default: bool = False,
    hidden: bool = False,
    pattern: str | None = None,
    pattern_help: Message = NOTHING,
) -> Any:
    """Hyperparameter: a field of a part with what form, validation and reference page need to know of it.

    `log`: its axis is logarithmic. `live`: it may change while a run trains. `none`: what None stands for.
    `omit_default`: left out of documents at its default, so that those from before the field existed keep their digest.
    `hidden`: it has a control of its own outside the form. `pattern_help`: in words what `pattern` asks for.
    """
    if pattern is not None:
        PATTERN_HELP[pattern] = pattern_help
    extra: dict[str, JsonValue] = {"unit": unit, "log": log, "live": live, "none": none}
    if hidden:
        extra["hidden"] = True
    return Field(
        default,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        pattern=pattern,
        description=help,
        json_schema_extra=extra,
        exclude_if=(lambda value: value == default) if omit_default else None,
    )
