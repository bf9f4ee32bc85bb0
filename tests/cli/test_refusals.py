"""Bad input: one line with path, expected and received, exit status 2, nothing stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.cli.main import main

if TYPE_CHECKING:
    from tests.cli.conftest import Line

CONV = {"kind": "conv2d"}
DOCUMENTS: dict[str, tuple[str | bytes, str]] = {
    "no_json": ("learning rate: 0.1", r"\$: expected JSON, received 'learning rate: 0\.1'"),
    "cut": ('{"optimizer": {"kind": "sgd"', r"\$: expected JSON, received "),
    "unknown_part": (
        '{"optimizer": {"kind": "adma"}}',
        r"\$\.optimizer: expected one of .*, received 'adma'; did you mea",
    ),
    "width_0": (
        '{"network": [{"kind": "dense", "width": 0}]}',
        r"\$\.network\[0\]\.width: expected greater than or equal to 1, received 0",
    ),
    "nan": ('{"optimizer": {"kind": "sgd", "lr": NaN}}', r"\$\.optimizer\.lr: expected a finite number, received nan"),
    "shapes": (
        json.dumps({"data": {"kind": "digits", "layout": "image"}, "network": [CONV, {"kind": "dense"}]}),
        r"\$\.network\[1\] \(dense\): expected a vector, received 8 × 6 × 6; put a flatten",
    ),
    "latin_1": ('{"color": "naïve"}'.encode("latin-1"), r"\$: expected JSON, received b'"),
    "zeros": (bytes(5000), r"\$: expected JSON, received"),
    "line_break": ('{"a\\nb": 1}', r"\$\['a\\nb'\]: expected no such field, received 1"),
}
SETS = {
    "optimizer.lr": r"--set: expected path=value, received 'optimizer\.lr'",
    "optimizer.rate=1": r"\$\.optimizer: expected one of kind, lr, .*, received 'rate'",
    "network.7.width=3": r"\$\.network: expected one of 0 to 1, received '7'",
    "network.².width=3": r"\$\.network: expected one of 0 to 1, received '²'",
    "network.-1.width=3": r"\$\.network: expected one of 0 to 1, received '-1'",
    "network.0.width=wide": r"\$\.network\[0\]\.width: expected a valid integer, received 'wide'",
    "network.0.width.x=1": r"\$\.network\.0\.width: expected nothing below it, received 'x'",
    "optimizer.lr=NaN": r"\$\.optimizer\.lr: expected a finite number, received nan",
    "seed=" + "[" * 20_000: r"\$\.seed: expected a valid integer, received '\[",
    "seed=" + "[" * 900 + "]" * 900: r"\$",
    "=1": r"\$: expected one of version, .*, received ''",
    "seed=-1": r"\$\.seed: expected greater than or equal to 0, received -1",
    "data.kind=moon": r"\$\.data: expected one of .*, received 'moon'",
}


def one_line(stderr: str, pattern: str) -> None:
    """Exactly one line that says it."""
    assert re.match(f"playground: {pattern}", stderr), stderr
    assert stderr.count("\n") == 1
    assert stderr.endswith("\n")
    assert len(stderr) < 600


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, pattern: str) -> None:
    """The same in this process, where torch is loaded already."""
    try:
        status: Any = main(arguments)
    except SystemExit as leaving:
        status = leaving.code
    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    one_line(said.err, pattern)


@pytest.mark.parametrize("name", ["no_json", "unknown_part", "width_0", "nan", "shapes", "latin_1"])
def test_train_refuses_a_bad_document_and_stores_nothing(name: str, line: Line, tmp_path: Path) -> None:
    document, pattern = DOCUMENTS[name]
    file = tmp_path / "bad.json"
    file.write_bytes(document if isinstance(document, bytes) else document.encode())
    done = line("train", file, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    one_line(done.stderr, pattern)
    assert not line.home.exists(), "nothing stored, not even a store"


@pytest.mark.parametrize("command", ["train", "show"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, pattern = DOCUMENTS[name]
    file = tmp_path / "bad.json"
    file.write_bytes(document if isinstance(document, bytes) else document.encode())
    refused(capsys, command, str(file), pattern=pattern)


@pytest.mark.parametrize("assignment", SETS, ids=lambda text: text[:30])
def test_assignments(assignment: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "show", "spiral", "--set", assignment, pattern=SETS[assignment])


def test_sources_that_are_no_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = r"experiment: expected a file, or one of .*circle, .*, received "
    for source in ("spirl", str(tmp_path), str(tmp_path / "nothing.json"), ""):
        refused(capsys, "show", source, pattern=wanted)
    refused(capsys, "show", "x" * 5000, pattern="'x+… cannot be read: File name too long")
    refused(capsys, "show", "/proc/self/mem", pattern=".* cannot be read: Input/output error")


def test_arguments(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path / "store"))
    refused(capsys, pattern="the following arguments are required: command")
    refused(capsys, "fly", pattern="argument command: invalid choice: 'fly'")
    refused(capsys, "show", pattern="the following arguments are required: FILE|PRESET")
    refused(capsys, "train", "spiral", "--steps", "many", pattern="argument --steps: invalid int value: 'many'")
    refused(
        capsys, "train", "spiral", "--steps", "0", pattern=r"\$\.steps: expected greater than or equal to 1, received 0"
    )
    refused(capsys, "parts", "hats", pattern="family: expected one of datasets, .*, received 'hats'")
    refused(capsys, "export", "none", "--to", str(tmp_path), pattern="There is no run none")
    assert not (tmp_path / "store").exists()


def test_several_mistakes_are_told_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.json"
    file.write_text('{"network": [{"kind": "dense", "width": 0}], "optimizer": {"kind": "sgd", "lr": "x"}}')
    assert main(["show", str(file)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "playground: $.network[0].width: expected greater than or equal to 1, received 0",
        "playground: $.optimizer.lr: expected a valid number, received 'x'",
    ]
