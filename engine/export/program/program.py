"""An experiment as a program that trains the same network with the same numbers, and needs torch and numpy alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.export.program import train_function
from engine.export.program.data import FILE, CarriedData, DataWriter
from engine.export.program.heads import HeadsWriter
from engine.export.program.inliner import Inliner
from engine.export.program.loop import LoopWriter
from engine.export.program.members import NAMES
from engine.export.program.model import ModelWriter
from engine.export.program.not_exportable import NotExportable
from engine.export.program.replay import EditReplay, TimedEdit
from engine.export.program.source_module import ImportedName
from engine.message import Message

CONSTANTS = {
    "seed": "SEED",
    "validation": "VALIDATION",
    "test": "TEST",
    "stratified": "STRATIFIED",
    "random_labels": "RANDOM_LABELS",
    "batch_size": "BATCH_SIZE",
    "steps": "STEPS",
    "epochs": "EPOCHS",
}
KNOWN = {
    *CONSTANTS,
    "version",
    "data",
    "balance",
    "preprocessing",
    "augmentations",
    "network",
    "initializer",
    "bias",
    "attack",
    "ensemble",
    "output_weight",
    "loss",
    "optimizer",
    "schedule",
    "regularizers",
    "stopping",
    "probes",
    "device",
}
COMMENTS = {
    "SEED": "decides split, first weights, order and dropout",
    "VALIDATION": "share of the examples",
    "TEST": "share of the examples",
    "STRATIFIED": "classes have the same shares in every split",
    "RANDOM_LABELS": "share of the training labels",
}


@dataclass(frozen=True)
class Section:
    """A titled section: a ruler in a script, a cell in a notebook."""

    title: str
    about: str
    code: tuple[str, ...]

    @property
    def text(self) -> str:
        """The definitions of the section as source."""
        return join_definitions(self.code)


@dataclass(frozen=True)
class Program:
    """The program in sections. `carried`: data that go inside it, or into a file beside it."""

    imports: str
    constants: str
    sections: tuple[Section, ...]
    carried: CarriedData | None
    edited: bool = False

    @property
    def beside(self) -> dict[str, bytes]:
        """Files that have to lie beside the program."""
        return {FILE: self.carried.packed} if self.carried is not None and not self.carried.inline else {}


def build_program(experiment: Experiment, edits: Sequence[TimedEdit] = ()) -> Program:
    """The program of an experiment and of the edits of its run.

    Raises: NotExportable naming the part, InvalidExperiment for what could not be trained either.
    """
    expect_known(experiment)
    prepared = prepare(experiment)
    inliner = Inliner(CONSTANTS)
    inliner.taken |= set(CONSTANTS.values()) | {"DATA", "load", "augment", "Network"}
    inliner.taken |= NAMES if experiment.ensemble else set()
    data = DataWriter(experiment, inliner)
    own_data = data.write_function()
    first = Section("Data", experiment.data.summary(), (*inliner.take_definitions(), own_data))
    model = ModelWriter(experiment, prepared, inliner)
    heads = HeadsWriter(experiment, prepared, model, inliner)
    network, start = model.write_class(), model.write_initialization()
    second = Section("Network", "", (*inliner.take_definitions(), network, start))
    loop = LoopWriter(data, model, heads, EditReplay(experiment, edits, model, heads), inliner)
    functions = train_function.write_training(loop)
    third = Section("Training", experiment.optimizer.summary(), (*inliner.take_definitions(), *functions))
    sections = (first, second, third)
    body = "\n".join(section.text for section in sections)
    imports = write_imports(inliner.imports, data.imports, body)
    return Program(imports, write_constants(experiment, body), sections, data.carried, bool(edits))


def expect_known(experiment: Experiment) -> None:
    """Refuse fields of an experiment that this exporter does not know. Raises: NotExportable."""
    for name, about in type(experiment).model_fields.items():
        if name not in KNOWN and getattr(experiment, name) != about.get_default(call_default_factory=True):
            raise NotExportable(
                Message("{title} cannot be exported as a program.", title=name.replace("_", " ").capitalize())
            )


def write_constants(experiment: Experiment, body: str) -> str:
    """The constants that the program uses, as assignments."""
    lines = []
    for name, constant in CONSTANTS.items():
        value = getattr(experiment, name)
        if value is not None and re.search(rf"\b{constant}\b", body):
            comment = f"  # {COMMENTS[constant]}" if constant in COMMENTS else ""
            lines.append(f"{constant} = {value!r}{comment}")
    return "\n".join(lines) + "\n"


def write_imports(wanted: set[ImportedName], more: set[str], body: str) -> str:
    """The import statements of the names that the program uses."""
    plain, members = set(more), dict[str, set[str]]()
    for one in wanted:
        if not re.search(rf"\b{one.name}\b", body):
            continue
        if one.original:
            said = one.original if one.original == one.name else f"{one.original} as {one.name}"
            members.setdefault(one.module, set()).add(said)
        else:
            plain.add(one.module if one.module == one.name else f"{one.module} as {one.name}")
    lines = [f"import {name}" for name in sorted(plain)]
    lines += [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(members.items())]
    ours = [line for line in lines if line.split()[1].split(".")[0] in ("numpy", "torch")]
    return "\n".join([*(line for line in lines if line not in ours), "", *ours]) + "\n"


def join_definitions(code: Sequence[str]) -> str:
    """Join definitions: constants on consecutive lines, functions and classes two lines apart."""
    text, before_short = "", False
    for piece in code:
        short = not piece.lstrip("# @").startswith(("def ", "class ")) and not piece.startswith("@")
        text += ("" if not text else "\n" if short and before_short else "\n\n") + piece
        before_short = short
    return text
