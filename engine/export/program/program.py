"""An experiment as a program that trains the same network with the same numbers, and needs torch and numpy alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.export.program import train_function
from engine.export.program.data import FILE, Carried, Data
from engine.export.program.heads import Ends
from engine.export.program.inliner import Inliner
from engine.export.program.loop import Loop
from engine.export.program.members import NAMES
from engine.export.program.model import Model
from engine.export.program.not_exportable import NotExportable
from engine.export.program.replay import Replay, TimedEdit
from engine.export.program.source_module import Outside
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
    """A part of the program with a title, for a ruler in a script or a cell in a notebook."""

    title: str
    about: str
    code: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its definitions, two lines apart where one of them is long."""
        return join(self.code)


@dataclass(frozen=True)
class Program:
    """The program in sections; `carried` are data that it needs beside or inside."""

    imports: str
    constants: str
    sections: tuple[Section, ...]
    carried: Carried | None
    edited: bool = False

    @property
    def beside(self) -> dict[str, bytes]:
        """Files that have to lie beside the program."""
        return {FILE: self.carried.packed} if self.carried is not None and not self.carried.inline else {}


def program(experiment: Experiment, edits: Sequence[TimedEdit] = ()) -> Program:
    """The program of an experiment and of the edits of its run.

    Raises: NotExportable naming the part, InvalidExperiment for what could not be trained either.
    """
    expect_known(experiment)
    prepared = prepare(experiment)
    inliner = Inliner(CONSTANTS)
    inliner.taken |= set(CONSTANTS.values()) | {"DATA", "load", "augment", "Network"}
    inliner.taken |= NAMES if experiment.ensemble else set()
    data = Data(experiment, inliner)
    own_data = data.function()
    first = Section("Data", experiment.data.summary(), (*inliner.drain(), own_data))
    model = Model(experiment, prepared, inliner)
    ends = Ends(experiment, prepared, model, inliner)
    network, start = model.definition(), model.start()
    second = Section("Network", "", (*inliner.drain(), network, start))
    loop = Loop(data, model, ends, Replay(experiment, edits, model, ends), inliner)
    functions = train_function.functions(loop)
    third = Section("Training", experiment.optimizer.summary(), (*inliner.drain(), *functions))
    sections = (first, second, third)
    body = "\n".join(section.text for section in sections)
    imports = write_imports(inliner.imports, data.imports, body)
    return Program(imports, constants(experiment, body), sections, data.carried, bool(edits))


def expect_known(experiment: Experiment) -> None:
    """Refuses what this exporter knows nothing of."""
    for name, about in type(experiment).model_fields.items():
        if name not in KNOWN and getattr(experiment, name) != about.get_default(call_default_factory=True):
            raise NotExportable(
                Message("{title} cannot be exported as a program.", title=name.replace("_", " ").capitalize())
            )


def constants(experiment: Experiment, body: str) -> str:
    """The numbers that the program names in capitals, as far as it does."""
    lines = []
    for name, constant in CONSTANTS.items():
        value = getattr(experiment, name)
        if value is not None and re.search(rf"\b{constant}\b", body):
            comment = f"  # {COMMENTS[constant]}" if constant in COMMENTS else ""
            lines.append(f"{constant} = {value!r}{comment}")
    return "\n".join(lines) + "\n"


def write_imports(wanted: set[Outside], more: set[str], body: str) -> str:
    """The import statements of what the program names."""
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


def join(code: Sequence[str]) -> str:
    """Definitions one after the other: constants close together, functions and classes two lines apart."""
    text, before_short = "", False
    for piece in code:
        short = not piece.lstrip("# @").startswith(("def ", "class ")) and not piece.startswith("@")
        text += ("" if not text else "\n" if short and before_short else "\n\n") + piece
        before_short = short
    return text
