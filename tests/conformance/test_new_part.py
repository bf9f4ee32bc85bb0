"""To add a part is to add one file: a twin of a part, under another name, is seen everywhere and does the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.catalogue.part import catalogue, families, family

ROOT = Path(__file__).parents[2]
ORIGINALS = {
    "datasets": "circle",
    "transforms": "center",
    "augmentations": "noise",
    "aspects": "quadrant",
    "blocks": "head",
    "activations": "tanh",
    "initializers": "he_normal",
    "losses": "mae",
    "optimizers": "adagrad",
    "schedules": "exponential",
    "regularizers": "l1",
    "ensembles": "bagging",
    "attacks": "fgsm",
    "probes": "weight_norm",
    "checks": "leak",
    "exporters": "summary",
}
USE = """
import json, sys
from streamlit.testing.v1 import AppTest
import streamlit
from engine.catalogue.part import catalogue, family
from engine.cli.main import main
from engine.experiment import share_link
from engine.experiment.experiment import Experiment
from engine.export.program.not_exportable import NotExportable
from engine.export.program.program import build_program
from engine.export.program.script_file import write_script
from engine.live.messages import describe_structure
from engine.training.trainer import Trainer, train
from pages.form.part_help import find_part, list_parts
from tests.conformance.placing import PLACED, SINGLE, document, found_in, label, runnable

ORIGINALS = json.loads(sys.argv[1])
streamlit.page_link = lambda *_, **__: None
form = '''
import streamlit as st
from engine.experiment.experiment import Experiment
from pages.form.part_form import Form
from pages.session import state

def bind(path, value, wrap=None):
    key = "/".join(map(str, path))
    st.session_state[key] = value
    return {"key": key, "on_change": repr, "args": (key, path, wrap)}

state.apply_language()
Form(bind, lambda where: "").draw_fields(Experiment, st.session_state["draft"], (), [st.session_state["field"]])
'''


def told(part):
    # losses, channels, what the live page is told of the network, and the exported program
    start = runnable(part, steps=3)
    trainer = Trainer(start)
    losses = [frame.readings["loss"].item() for frame in train(start)]
    channels = [channel.key for channel in trainer.channels]
    try:
        text = write_script(build_program(start), "")
    except NotExportable as error:
        text = str(error)
    plain = json.dumps([losses, channels, describe_structure(start.to_json()), text])
    return plain.replace("_twin", "").replace("Twin of ", "")


for name, kind in ORIGINALS.items():
    parts = catalogue(family(name))
    part, original = parts[f"{kind}_twin"], parts[kind]
    assert part in list_parts()[name] and find_part(f"{kind}_twin") is part, name
    page = AppTest.from_file("pages/reference/page.py", default_timeout=120)
    page.query_params["part"] = f"{kind}_twin"
    page.run()
    assert not page.exception, (name, page.exception)
    assert page.markdown[0].value == f"## {part.title()}", page.markdown[0].value
    if part not in PLACED:
        continue
    start = Experiment.from_dict(document(part))
    assert type(found_in(start, part)) is part, name
    assert Experiment.from_json(start.to_json()) == start == share_link.decode_link(share_link.encode_link(start)), name
    assert told(part) == told(original), name
    if name in SINGLE:
        app = AppTest.from_string(form, default_timeout=120)
        app.session_state["draft"], app.session_state["field"] = start.to_dict(), SINGLE[name]
        app.run()
        assert not app.exception, (name, app.exception)
        assert any(part.title() in box.options for box in app.selectbox), name

print()
main(["parts", "--json"])
"""
SEQUENCE = {"data": {"kind": "delayed_recall"}, "steps": 20, "batch_size": 50}
SHORT = {"data": {"kind": "curve"}, "loss": {"kind": "mse"}, "steps": 20, "batch_size": 50}
TELLERS = {
    ("transforms", "min_max"): {"preprocessing": [{"kind": "center"}, {"kind": "min_max"}]},
    ("augmentations", "flip"): {
        "data": {"kind": "digits", "layout": "image"},
        "network": [{"kind": "flatten"}],
        "augmentations": [{"kind": "flip"}],
    },
    ("blocks", "lstm"): {**SEQUENCE, "network": [{"kind": "lstm", "layers": 2}]},
    ("blocks", "conv2d"): {
        "data": {"kind": "digits", "layout": "image"},
        "network": [{"kind": "conv2d"}, {"kind": "flatten"}],
    },
    ("blocks", "embedding"): {
        "data": {"kind": "tokens"},
        "network": [{"kind": "embedding", "rows": 2}, {"kind": "flatten"}],
    },
    ("losses", "huber"): {**SHORT, "loss": {"kind": "huber"}},
    ("optimizers", "adamw"): {**SHORT, "optimizer": {"kind": "adamw"}},
    ("schedules", "step"): {**SHORT, "schedule": {"kind": "step"}},
    ("regularizers", "l2"): {**SHORT, "optimizer": {"kind": "sgd"}, "regularizers": [{"kind": "l2"}]},
    ("regularizers", "early_stopping"): {**SHORT, "regularizers": [{"kind": "early_stopping"}]},
}
"""Parts that tell what only they can know, and an experiment in which they do."""
TOLD = """
import json, sys
from engine.checks.initial_loss import InitialLossCheck
from engine.experiment.edits import Edit, apply_edit
from engine.experiment.experiment import Experiment
from engine.preview.preview import preview
from engine.data.prepare import load_examples
from engine.training.check_context import CheckContext
from engine.training.trainer import Trainer
from pages.playground.weight_shrinkage import describe_shrinkage
from pages.session.adapt_to_dataset import adapt_to_data
from pages.session.experiment_title import describe_experiment


def told(document):
    experiment = Experiment.from_dict(document)
    seen = preview(experiment)
    rules = [rule.name() for rule in experiment.regularizers if rule.has_strength()]
    edited = [apply_edit(experiment, Edit(path=f"regularizers.{rule}", value=0.25)).to_dict() for rule in rules]
    classes = load_examples(experiment.data, experiment.seed).classes
    return {
        "cautions": [str(one) for one in seen.cautions],
        "classes": [str(one.class_caution(classes)) for one in experiment.augmentations],
        "memory": [seen.memory_bytes, seen.run_bytes],
        "channels": [[one.key, *one.series] for one in Trainer(experiment).channels],
        "initial": InitialLossCheck().examine(CheckContext(experiment)).plain(),
        "shrinkage": describe_shrinkage(document),
        "words": describe_experiment(experiment.to_json(), "en"),
        "adapted": adapt_to_data(experiment.to_dict(), "wine"),
        "edited": edited,
    }


print()
for family, kind, document in json.loads(sys.argv[1]):
    twin = json.loads(json.dumps(document).replace(f'"{kind}"', f'"{kind}_twin"'))
    print(json.dumps([told(document), told(twin)]))
"""
OPTIMIZERS = Path("engine", "parts", "optimizers")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree."""
    copy = tmp_path_factory.mktemp("house")
    skip = shutil.ignore_patterns("__pycache__", "*.png")
    for name in ("engine", "pages", "assets", "tests/conformance"):
        shutil.copytree(ROOT / name, copy / name, ignore=skip)
    return copy


def twin(text: str, kind: str) -> str:
    """The source of a part under another name."""
    again, count = re.subn(rf'Literal\["{kind}"\] = "{kind}"', f'Literal["{kind}_twin"] = "{kind}_twin"', text)
    assert count == 1
    return re.sub(r'(^class \w+\(\w+\):\n    r?""")', r"\1Twin of ", again, count=1, flags=re.MULTILINE)


def use(house: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process that runs in the copy."""
    there = {**os.environ, "PYTHONPATH": str(house), "PLAYGROUND_HOME": str(house / "home")}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=house, env=there, capture_output=True, text=True, check=False)


def test_there_is_a_twin_for_every_family() -> None:
    assert list(ORIGINALS) == list(families())


@pytest.mark.timeout(600)
def test_a_file_is_all_it_takes_in_every_family(house: Path) -> None:
    for name, kind in ORIGINALS.items():
        folder = house.joinpath(*families()[name].split("."))
        (folder / f"{kind}_twin.py").write_text(twin((folder / f"{kind}.py").read_text(), kind))
    done = use(house, USE, json.dumps(ORIGINALS))
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for name, kind in ORIGINALS.items():
        assert found[name][f"{kind}_twin"] == f"Twin of {catalogue(family(name))[kind].summary()}"


@pytest.mark.timeout(600)
def test_what_a_part_tells_is_heard_whatever_its_kind(house: Path) -> None:
    for name, kind in TELLERS:
        folder = house.joinpath(*families()[name].split("."))
        (folder / f"{kind}_twin.py").write_text(twin((folder / f"{kind}.py").read_text(), kind))
    done = use(house, TOLD, json.dumps([[*key, document] for key, document in TELLERS.items()]))
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()[-len(TELLERS) :]
    spoke = set()
    for (name, kind), line in zip(TELLERS, lines, strict=True):
        first, again = json.loads(line.replace("_twin", "").replace("Twin of ", ""))
        assert first == again, f"{name}.{kind}"
        spoke |= {about for about in ("cautions", "classes", "shrinkage", "edited") if any(first[about])}
    assert spoke == {"cautions", "classes", "shrinkage", "edited"}


@pytest.mark.parametrize("text", ["", 'kind = "other"\n'])
def test_a_file_without_its_part_is_named(house: Path, text: str) -> None:
    file = house / OPTIMIZERS / "empty.py"
    file.write_text(text)
    done = use(house, "from engine.experiment.experiment import Experiment")
    file.unlink()
    assert done.returncode != 0
    assert "engine.parts.optimizers.empty must hold exactly one Optimizer" in done.stderr
