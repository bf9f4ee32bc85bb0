"""A copy of the playground with one more probe of every mark, each a single file."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from engine.frame import Mark
from tests.browser.server import ROOT

MARKS: tuple[str, ...] = get_args(Mark)
FILE = '''from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject


class Drawn(Probe):
    """Drawn {mark}: made up, to be drawn by the mark {mark}.

    Use: To see that one file is enough.

    Trouble: It measures nothing.

    Reading: look how {mark} are drawn.

    Source: Nobody, Nothing, 2000.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({{"activations"}})
    kind: Literal["drawn_{mark}"] = "drawn_{mark}"

    def channel(self, subject: Subject) -> Channel:
        place = {{"extent": subject.extent}} if "{mark}" in ("grid", "units", "arrows") else {{}}
        place = {{"extent": (-2.0, 2.0)}} if "{mark}" == "curve" else place
        return Channel(self.kind, "Drawn {mark}", "f(x)", "{unit}", "{mark}", series={series}, **place)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        few = torch.linspace(-1, 1, 400)
        whole = (few * 127).to(torch.int8)
        layers = len(subject.observed)
        return {{self.kind: {reading}, f"{{self.kind}}_scale": torch.ones(1)}}
'''
READINGS = {  # series, reading
    "lines": ("subject.weighted", "1 + torch.arange(len(subject.weighted), dtype=torch.float32)"),
    "scores": ('("one", "two")', "torch.tensor([0.25, 0.75])"),
    "scalar": ("()", "torch.tensor([3.0])"),
    "histogram": ("subject.observed", "torch.arange(34.0).repeat(layers, 1) - 1"),
    "grid": ("()", "whole.reshape(1, 20, 20)"),
    "units": ("subject.observed", "whole[: 100 * layers].reshape(layers, 10, 10)"),
    "pictures": ("()", "whole.reshape(2, 2, 10, 10)"),
    "pairs": ("()", "whole.reshape(4, 10, 10)"),
    "heat": ('("upper", "lower")', "few[:20].reshape(2, 10)"),
    "curve": ("()", "few.square()"),
    "arrows": ("()", "few.reshape(80, 5) * 4"),
    "links": ("subject.weighted", "whole.repeat(3)[: sum(o * i for o, i in subject.linked)]"),
}


def copied(folder: Path, marks: Iterable[str] = MARKS) -> Path:
    """The tree, and a probe of each mark in it."""
    for name in ("engine", "pages", "assets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", folder)
    for mark in marks:
        series, reading = READINGS[mark]
        text = FILE.format(mark=mark, unit="m", series=series, reading=reading)
        (folder / "engine" / "parts" / "probes" / f"drawn_{mark}.py").write_text(text, encoding="utf-8")
    return folder
