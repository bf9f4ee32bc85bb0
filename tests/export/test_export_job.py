"""Exports by a job: the same files as here, refusals as they were, and nothing left of the process."""

from __future__ import annotations

import io
import tempfile
import zipfile
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load

from engine.catalogue.part import catalogue
from engine.errors import PlaygroundError
from engine.export.export_job import ExportRun, pack_files, write_request
from engine.export.exporters import ExportedRun, Exporter
from engine.processes.execution import perform

if TYPE_CHECKING:
    from engine.store.reader import Reader

DATED = {"archive", "tensorboard"}  # the moment at which they were made is in them


@pytest.fixture(autouse=True)
def store(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_STORE", str(reader.layout.home))


def make(run: str, kind: str) -> tuple[str, bytes]:
    with tempfile.TemporaryFile() as result:
        (event,) = perform(ExportRun, write_request(run, kind), result=result)
        result.seek(0)
        return event["name"], result.read()


@pytest.mark.parametrize("kind", catalogue(Exporter))
def test_the_file_is_the_one_that_the_exporter_makes_here(edited: ExportedRun, kind: str) -> None:
    name, data = make(edited.row.id, kind)
    here, expected = pack_files(catalogue(Exporter)[kind]().files(edited), f"{kind}_{edited.row.id}")
    if kind in DATED:
        assert name.rpartition(".")[2] == here.rpartition(".")[2]
        assert len(data) > 1000
        return
    assert name == here
    if kind == "safetensors":  # its header names run, step and experiment in any order
        given, wanted = load(data), load(expected)
        assert given.keys() == wanted.keys()
        assert all(torch.equal(given[each], wanted[each]) for each in wanted)
    else:
        assert data == expected


def test_a_run_that_is_not_there_is_refused_in_the_same_words() -> None:
    with pytest.raises(PlaygroundError) as refused:
        make("nobody", "script")
    assert str(refused.value) == "There is no run nobody."


def test_several_files_become_one_zip() -> None:
    name, data = pack_files({"a.py": b"one", "data.npz": b"two"}, "script_it")
    assert name == "script_it.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert {one: packed.read(one) for one in packed.namelist()} == {"a.py": b"one", "data.npz": b"two"}
