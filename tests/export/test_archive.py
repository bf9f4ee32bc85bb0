"""A run goes out as a zip and comes back bit for bit; a bad zip leaves nothing behind."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.archive.tensor_tree import decode_tree, encode_tree
from engine.archive.unpack import UnpackedRun, read_file, unpack
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.export.exporters import ExportedRun
from engine.export.exporters.archive import Archive
from engine.jobs.checkpoint import load_newest
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.runtime.conftest import small, wait_for


@pytest.fixture(scope="module")
def packed(edited: ExportedRun) -> bytes:
    ((_, data),) = Archive().files(edited).items()
    return data


def changed(
    data: bytes, other: Mapping[str, bytes | None] | None = None, *, sign: bool = True, **more: bytes | None
) -> bytes:
    """The zip with other members; with `sign` the manifest says so."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        found: dict[str, bytes] = {name: file.read(name) for name in file.namelist()}
    members = {name.replace("__", "."): content for name, content in {**(other or {}), **more}.items()}
    for path, content in members.items():
        if content is None:
            del found[path]
        else:
            found[path] = content
    if sign and "manifest.json" not in members:
        manifest = json.loads(found["manifest.json"])
        own = {name: hashlib.sha256(c).hexdigest() for name, c in found.items() if name != "manifest.json"}
        found["manifest.json"] = json.dumps({**manifest, "sha256": own}).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in found.items():
            file.writestr(name, content)
    return buffer.getvalue()


def of(data: bytes, name: str) -> Any:
    """A member that is JSON."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return json.loads(file.read(name))


def test_a_run_comes_back_bit_for_bit(fleet: Fleet, reader: Reader, edited: ExportedRun, packed: bytes) -> None:
    run = fleet.take_in(unpack(packed))
    old, new = edited.row, reader.read_run(run)
    assert new is not None
    assert new.id != old.id
    for name in (
        "experiment",
        "edited",
        "digest",
        "state",
        "message",
        "step",
        "epoch",
        "channels",
        "static",
        "summary",
    ):
        assert getattr(new, name) == getattr(old, name), name
    assert reader.read_losses(run, None).tobytes() == reader.read_losses(old.id, None).tobytes()
    assert reader.read_epochs(run, None).tobytes() == reader.read_epochs(old.id, None).tobytes()
    with reader.open_view() as view:
        assert view.read_frames_with_times(run) == view.read_frames_with_times(old.id)
        assert len(view.read_frames_with_times(run)) > 1
    logs = [[(line.step, line.kind, line.detail, line.at) for line in reader.read_log(r)] for r in (run, old.id)]
    assert logs[0] == logs[1]
    first, second = (load_newest(reader, row)[0].state() for row in (new, old))
    assert encode_tree(first) == encode_tree(second)
    again = unpack(Archive().files(ExportedRun(reader, new))[f"run_{run}.zip"])
    assert again.losses == unpack(packed).losses
    assert list((fleet.layout.home / "arrivals").iterdir()) == []
    fleet.delete(run)


def test_a_paused_run_comes_back_paused_and_goes_on(fleet: Fleet, reader: Reader) -> None:
    run = fleet.start(small(steps=400))
    fleet.pause(run)
    row = reader.read_run(run)
    assert row is not None
    if not reader.list_checkpoints(run):
        wait_for(lambda: reader.list_checkpoints(run), 60)
    other = fleet.take_in(unpack(Archive().files(ExportedRun(reader, row))[f"run_{run}.zip"]))
    found = reader.read_run(other)
    assert found is not None
    assert (found.state, found.step) == ("paused", row.step)
    for name in (run, other):
        fleet.resume(name)
        wait_for(partial(ended, reader, name), 120)
    np.testing.assert_array_equal(reader.read_losses(run, None), reader.read_losses(other, None))


def ended(reader: Reader, run: str) -> bool:
    """Whether the run has come to its end."""
    row = reader.read_run(run)
    return row is not None and row.state == "finished"


def about(data: bytes, **more: Any) -> bytes:
    """The zip with another run.json."""
    return changed(data, run__json=json.dumps({**of(data, "run.json"), **more}).encode())


def evil(data: bytes) -> dict[str, tuple[bytes, str]]:
    """Files and what is said of them."""
    whole, belong, sense = "no whole zip", "do not belong", "makes no sense"
    manifest = of(data, "manifest.json")
    bomb, twice = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("losses.f32", bytes(300_000_000))
    with zipfile.ZipFile(twice, "w") as file:
        file.writestr("run.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("run.json", "{}")
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    newer = json.dumps({**manifest, "version": 99}).encode()
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        losses = bytearray(file.read("losses.f32"))
    losses[0] ^= 1
    return {
        "empty": (b"", whole),
        "no zip": (b"PK\3\4 and nothing more", whole),
        "cut": (data[: len(data) // 2], whole),
        "flipped": (bytes(flipped), "cannot be imported"),
        "traversal": (changed(data, {"../../outside": b"x"}), belong),
        "absolute": (changed(data, {"/etc/outside": b"x"}), belong),
        "pickle": (changed(data, newest__pt=b"cposix\nsystem\n"), belong),
        "bomb": (bomb.getvalue(), "far more"),
        "twice": (twice.getvalue(), belong),
        "missing": (changed(data, log__json=None), "missing"),
        "other version": (changed(data, manifest__json=newer), "another version"),
        "other format": (changed(data, manifest__json=b"[]"), sense),
        "wrong checksum": (changed(data, sign=False, losses__f32=bytes(losses)), "damaged or changed"),
    }


def senseless(data: bytes) -> dict[str, tuple[bytes, str]]:
    """Whole zips with the right checksums that make no sense, and what is said of them."""
    sense = "makes no sense"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        losses, frames = file.read("losses.f32"), file.read("frames.bin")
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    return {
        "short losses": (changed(data, losses__f32=losses[:-4]), "not as many losses"),
        "no frames": (changed(data, frames__bin=frames[:-9]), sense),
        "bad experiment": (changed(data, experiment__json=b'{"steps": -1}'), sense),
        "other experiment": (changed(data, experiment__json=Experiment().to_json().encode()), "cannot be imported"),
        "other edits": (about(data, edited=Experiment().to_json()), "do not lead"),
        "odd state": (about(data, state="dancing"), "no run is ever"),
        "odd step": (about(data, step="many"), "numbers"),
        "odd summary": (about(data, summary={"train_loss": "<b>"}), "numbers"),
        "odd log": (changed(data, log__json=b'[{"step": 1}]'), "log"),
        "deep": (changed(data, run__json=deep), sense),
        "no tensors": (changed(data, newest__safetensors=b"nothing"), sense),
    }


NAMES = [
    *("empty", "no zip", "cut", "flipped", "traversal", "absolute", "pickle", "bomb", "twice", "missing"),
    *("other version", "other format", "wrong checksum", "short losses", "no frames", "bad experiment"),
    *("other experiment", "other edits", "odd state", "odd step", "odd summary", "odd log", "deep", "no tensors"),
]


@pytest.fixture(scope="module")
def evils(packed: bytes) -> dict[str, tuple[bytes, str]]:
    return {**evil(packed), **senseless(packed)}


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_file_is_one_sentence(evils: dict[str, tuple[bytes, str]], name: str) -> None:
    assert set(NAMES) == set(evils)
    data, said = evils[name]
    with pytest.raises(PlaygroundError) as caught:
        unpack(data)
    assert said in str(caught.value)
    assert str(caught.value).startswith("This file cannot be imported: ")
    assert str(caught.value).count(".") == 1
    assert "\n" not in str(caught.value)


def test_nothing_is_kept_of_a_run_that_cannot_be_stored(fleet: Fleet, reader: Reader, packed: bytes) -> None:
    before = {row.id for row in reader.list_runs()}
    folders = set((fleet.layout.home / "checkpoints").iterdir())
    good = unpack(packed)
    broken = UnpackedRun(**{**vars(good), "log": [{"step": None, "kind": "x", "detail": {}, "at": 1.0}]})
    with pytest.raises(PlaygroundError):
        fleet.take_in(broken)
    assert {row.id for row in reader.list_runs()} == before
    assert set((fleet.layout.home / "checkpoints").iterdir()) == folders
    assert list((fleet.layout.home / "arrivals").iterdir()) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="cannot be read: No such file"):
        read_file(tmp_path / "none.zip")


def test_a_tree_comes_back_as_it_was() -> None:
    tree = {"a": [1, 2.5, float("inf"), None, True, "x"], "b": {0: (1, "y"), 1: {}}, "c": torch.arange(3.0), "$d": 1}
    found = decode_tree(*encode_tree(tree))
    assert torch.equal(found.pop("c"), tree.pop("c"))  # type: ignore[arg-type]
    assert found == tree
    assert isinstance(found["b"][0], tuple)
