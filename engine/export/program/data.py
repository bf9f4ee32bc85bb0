"""The data of an experiment as source: made by the same formula where that is short, else carried along."""

from __future__ import annotations

import base64
import io
import textwrap
from dataclasses import dataclass, replace

import numpy as np

from engine.data.prepare import load_examples, prepare
from engine.errors import PlaygroundError
from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.export.program.heads import aspects, goals
from engine.export.program.inliner import Inliner
from engine.export.program.method import inline_method
from engine.export.program.not_exportable import NotExportable
from engine.message import Message, Term

INLINE = 120_000  # characters of data in the program itself; more goes into a file beside it
LARGEST = 200_000_000  # bytes of data that are carried along at all
FILE = "data.npz"


@dataclass(frozen=True)
class Carried:
    """Data that no formula makes: bytes of an npz file, and what stands at the program's end for them."""

    packed: bytes
    inline: bool

    @property
    def text(self) -> str:
        """The bytes as an assignment."""
        lines = "\n".join(textwrap.wrap(base64.b64encode(self.packed).decode(), 118))
        return f'DATA = """\n{lines}\n"""\n'


class Data:
    """How the program gets its data."""

    def __init__(self, experiment: Experiment, inliner: Inliner) -> None:
        self.experiment, self.inliner = experiment, inliner
        self.source = load_examples(experiment.data, experiment.seed)
        if np.isnan(self.source.x).any():  # carried as training sees it: gaps are filled from the training rows
            self.source = replace(self.source, x=prepare(experiment).source.x)
        self.carried: Carried | None = None
        self.load = self._make() or self._carry()

    def _make(self) -> str:
        """The call that makes the examples; nothing if that needs more than torch and numpy."""
        part = self.experiment.data
        name = f"load_{part.name()}"
        try:
            inline_method(self.inliner.fork(), part, "load", name)
        except PlaygroundError:
            return ""
        return f"{inline_method(self.inliner, part, 'load', name)}(SEED)"

    def _carry(self) -> str:
        """The call that unpacks them."""
        source = self.source
        if source.x.nbytes > LARGEST:
            raise NotExportable(
                Message(
                    "The data set {title} is too large to be carried along.",
                    title=Term("part", self.experiment.data.title()),
                )
            )
        x, scale = pack(source.x)
        y = source.y.astype(np.uint8) if source.y.dtype == np.int64 and source.y.max() < 256 else source.y
        buffer = io.BytesIO()
        np.savez_compressed(buffer, x=x, y=y)
        self.carried = Carried(buffer.getvalue(), len(buffer.getvalue()) * 4 / 3 < INLINE)
        self.inliner.need("engine.export.program.names", "np")
        self.inliner.definitions.append(self._unpacking(source, scale))
        return "load()"

    def _unpacking(self, source: Examples, scale: int) -> str:
        """The function that reads the carried data."""
        kind = self.inliner.thing(Examples)
        where = f'"{FILE}"'
        if self.carried is not None and self.carried.inline:
            where = "io.BytesIO(base64.b64decode(DATA))"
        scaled = f" / {scale}" if scale else ""
        kinds = f"np.{source.x.dtype}", f"np.{source.y.dtype}"
        shape = ", ".join(map(str, source.x.shape[1:]))
        more = f", {source.classes!r}" if source.classes else ""
        more += f", vocabulary_size={source.vocabulary_size}" if source.vocabulary_size else ""
        more += f", extent={source.extent!r}" if source.extent and aspects(self.experiment) else ""
        return "\n".join(
            [
                "def load():",
                f'    """{self.experiment.data.summary()}"""',
                f"    stored = np.load({where})",
                f'    x = (stored["x"]{scaled}).astype({kinds[0]})  # (examples, {shape})',
                f'    return {kind}(x, stored["y"].astype({kinds[1]}), "{source.task}"{more})',
                "",
            ]
        )

    @property
    def imports(self) -> set[str]:
        """What reading carried data needs."""
        if self.carried is None:
            return set()
        return {"base64", "io"} if self.carried.inline else set()

    def function(self) -> str:
        """The function that gives the splits, ready for the network."""
        experiment, source, inliner = self.experiment, self.source, self.inliner
        for name in ("np", "torch"):
            inliner.need("engine.export.program.names", name)
        lines = [
            "def data():",
            '    """Inputs and targets for training, for validation and for the test, ready for the network."""',
            f"    source = {self.load}",
            f"    splits = {inliner.need('engine.data.split', 'split')}(source)",
        ]
        y, more = "source.y", goals(experiment, inliner)
        given = "(x, y, *goals)" if more else "(x, y)"
        if experiment.random_labels:
            y = f"{inliner.need('engine.data.split', 'randomize_labels')}(source, splits.train)"
        lines.append(f"    x, y = source.x, {y}")
        inputs = [part for part in experiment.preprocessing if part.acts_on == "inputs"]
        targets = [part for part in experiment.preprocessing if part.acts_on == "target"]
        for name, parts in (("x", inputs), ("y", targets if source.task == "regression" else [])):
            fits = [inline_method(inliner, part, "fit", f"fit_{part.name()}") for part in parts]
            if fits:
                lines += [
                    f"    seen = {name}[splits.train]",
                    f"    for fit in ({', '.join(fits)},):  # fitted on the training split alone",
                    "        change = fit(seen)",
                    f"        seen, {name} = change(seen), change({name})",
                ]
        for name, a in (("x", source.x), ("y", source.y)):
            if a.dtype == np.float64:
                lines.append(f"    {name} = {name}.astype(np.float32)  # not before: preprocessing is in float64")
        lines += [
            *more,
            f"    return [[torch.from_numpy(np.ascontiguousarray(a[own])) for a in {given}] for own in splits]",
        ]
        return "\n".join(lines) + "\n"


def pack(x: np.ndarray) -> tuple[np.ndarray, int]:
    """The inputs in one byte a number where they are whole numbers over a scale, and that scale; else as they are."""
    for scale in (1, 16, 255):
        whole = np.rint(x * scale)
        if whole.min() >= 0 and whole.max() < 256:
            small = whole.astype(np.uint8)
            if np.array_equal((small / scale).astype(x.dtype), x):
                return small, scale
    return x, 0
