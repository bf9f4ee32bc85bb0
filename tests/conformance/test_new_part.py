"""To add a part is to add one file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FAMILY = Path(__file__).parents[2] / "engine" / "parts" / "optimizers"
SIGN = '''
from __future__ import annotations

from typing import Any, Literal

import torch

from engine.parts.optimizers import Optimizer
from engine.catalogue.part import hparam


class Signed(torch.optim.SGD):
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                weight.grad = weight.grad.sign()
        return super().step(closure)


class SignSGD(Optimizer):
    r"""Sign SGD: w ← w − α sign g.

    Formula: w \\leftarrow w - \\alpha\\,\\operatorname{sign}(g)

    Use: To see how little of a gradient is needed.

    Trouble: Every weight moves by α to the end: let the rate fall.

    Source: Bernstein and others, signSGD, 2018.
    """

    kind: Literal["sign_sgd"] = "sign_sgd"
    lr: float = hparam(0.01, "Learning rate α.", gt=0, le=1, log=True, live=True)

    def build(self, parameters):
        return Signed(parameters, lr=self.lr)

    def kept(self) -> int:
        return 0

    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr}
'''
USE = """
import json, sys
import engine.parts.optimizers
engine.parts.optimizers.__path__[:] = [sys.argv[1]]
from engine.experiment import share_link
from engine.cli.main import main
from engine.experiment.edits import Edit, apply
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.training.trainer import train

start = Experiment.from_dict({"optimizer": {"kind": "sign_sgd", "lr": 0.5}, "steps": 5})
assert Experiment.from_json(start.to_json()) == start == share_link.from_url(share_link.to_url(start))
assert apply(start, Edit(path="optimizer.lr", value=0.25)).optimizer.lr == 0.25
assert list(train(start))[-1].step == 5
try:
    Experiment.from_dict({"optimizer": {"kind": "sign_sgd", "lr": 2}})
except InvalidExperiment as error:
    print(error)
main(["parts", "optimizers", "--json"])
main(["parts", "optimizers"])
"""
PAGE = """
import streamlit as st
from engine.experiment.experiment import Experiment
from pages.ui import state
from pages.reference.entry import shown, table, told
from pages.form.part_help import find
from pages.form.part_form import Form


def bind(path, value, wrap=None):
    key = "/".join(map(str, path))
    st.session_state[key] = value
    return {"key": key, "on_change": repr, "args": (key, path, wrap)}


state.language()
Form(bind, lambda where: "").fields(Experiment, {"optimizer": {"kind": "sign_sgd", "lr": 0.01}}, (), ["optimizer"])
told(find("sign_sgd"))
table(find("sign_sgd"))
shown(find("sign_sgd"))
"""
SEEN = """
import sys
import engine.parts.optimizers
engine.parts.optimizers.__path__[:] = [sys.argv[1]]
from streamlit.testing.v1 import AppTest
from engine.catalogue.search_space import Range, domains
from engine.parts.optimizers import Optimizer
from engine.catalogue.part import catalogue
from pages.form.part_help import everything, find, matches, short
from pages.form.fields import specs

part = catalogue(Optimizer)["sign_sgd"]
assert domains(part) == {"lr": Range(1e-6, 1, log=True)}
assert find("sign_sgd") is part and part in everything()["optimizers"] and matches(part, "sign sgd")
assert "operatorname" in short(part) and "part=sign_sgd" in short(part)
assert [spec.name for spec in specs(part)] == ["lr"]

app = AppTest.from_string(sys.argv[2], default_timeout=120).run()
assert not app.exception, app.exception
assert "Sign SGD" in app.selectbox(key="optimizer").options
assert any("sign" in latex.value for latex in app.latex)
assert any("let the rate fall" in text.value for text in app.markdown)
assert len(app.get("plotly_chart")) == 1
assert {"optimizer/lr", "tried.optimizers.sign_sgd.lr"} <= {slider.key for slider in app.select_slider}
print("seen")
"""


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """A copy of the family's folder."""
    return Path(shutil.copytree(FAMILY, tmp_path / "optimizers", ignore=shutil.ignore_patterns("__pycache__")))


def use(family: Path, script: str = USE) -> subprocess.CompletedProcess[str]:
    """A process whose family lives in that folder."""
    return subprocess.run(
        [sys.executable, "-c", script, str(family), PAGE], capture_output=True, text=True, check=False
    )


def test_a_file_is_all_it_takes(family: Path) -> None:
    assert use(family).returncode != 0
    (family / "sign_sgd.py").write_text(SIGN)
    done = use(family)
    assert done.returncode == 0, done.stderr
    sentence, document, *lines = done.stdout.splitlines()
    assert sentence == "$.optimizer.lr: expected less than or equal to 1, received 2"
    assert json.loads(document)["optimizers"]["sign_sgd"] == "Sign SGD: w ← w − α sign g."
    assert any(line.split()[0] == "sign_sgd" for line in lines)


def test_a_new_part_is_in_the_form_the_reference_and_the_search_space(family: Path) -> None:
    (family / "sign_sgd.py").write_text(SIGN)
    done = use(family, SEEN)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "seen"


def test_a_file_with_the_wrong_part_is_named(family: Path) -> None:
    for text in (SIGN.replace('"sign_sgd"', '"other"'), "", SIGN + "\n\nclass Twin(SignSGD):\n    pass\n"):
        (family / "sign_sgd.py").write_text(text)
        done = use(family)
        assert done.returncode != 0
        assert "engine.parts.optimizers.sign_sgd must hold exactly one Optimizer" in done.stderr
