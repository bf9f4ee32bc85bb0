"""Archives whose checksums are right and whose values no run has: each is refused in one sentence, or does no harm."""

from __future__ import annotations

import io
import json
import random
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.archive.unpack import unpack
from engine.errors import PlaygroundError
from engine.export.exporters import ExportedRun
from engine.export.exporters.archive import Archive
from engine.runtime.client import Fleet
from engine.store import row_models
from engine.store.reader import Reader
from tests.export.test_archive import about, changed, of

HUGE = 10**400
HEAVY = {"kind": "dense", "width": 4096}


@pytest.fixture(scope="module")
def packed(edited: ExportedRun) -> bytes:
    ((_, data),) = Archive().files(edited).items()
    unpack(data)  # as it is, it is sound
    return data


def refused(data: bytes) -> str:
    with pytest.raises(PlaygroundError) as caught:
        unpack(data)
    said = str(caught.value)
    assert said.startswith("This file cannot be imported: ")
    assert "\n" not in said
    assert len(said) < 400
    return said


@pytest.mark.parametrize(
    "more",
    [
        {"summary": {"train_loss": HUGE}},
        {"summary": {"k" * 10**6: 1.0}},
        {"summary": {"train_loss": True}},
        {"summary": {f"k{n}": 1.0 for n in range(100)}},
        {"epoch": -5},
        {"step": 10**30},
        {"step": True},
        {"message": "\ud800"},
        {"message": "x" * 5_000},
        {"message": {"text": "x" * 10_000, "values": {}}},
        {"message": {"text": "{x}", "values": {"x": None}}},
        {"message": {"text": "{x}", "values": ["x"]}},
        {"message": {"text": "{x}", "values": {}, "more": 1}},
        {"message": {"text": "{x}", "values": {"x": {"term": "layer"}}}},
        {"message": ["x"]},
        {"created": 1e300},
        {"channels": [{"key": "dead"}]},
        {"channels": [{"key": "x", "title": "\udfff", "formula": "f"}]},
        {"channels": [{"key": "x", "title": "t", "formula": "f", "mark": "blink"}]},
        {"channels": [{"key": "x", "title": "t", "formula": "f", "series": ["s" * 10**6]}]},
        {"channels": [{"key": "x", "title": "t", "formula": "f"}] * 10_000},
        {"more": 1},
        {"name": "x" * 10**6},
    ],
)
def test_what_is_said_of_a_run(packed: bytes, more: dict[str, Any]) -> None:
    refused(about(packed, **more))


@pytest.mark.parametrize(
    "line",
    [
        {"step": -1},
        {"step": 10**9},
        {"step": 1.0},
        {"kind": "x" * 17},
        {"kind": "edit", "detail": {"path": "optimizer.lr", "value": HUGE}},
        {"kind": "edit", "detail": {"path": "optimizer.lr", "value": 0.1, "more": 1}},
        {"kind": "step", "detail": {"unit": "year"}},
        {"kind": "reset", "detail": {"predecessor": "../.."}},
        {"detail": {"sentence": "\udc00"}},
        {"detail": {"sentence": "x" * 10**5}},
        {"detail": {"a": {"b": {"c": 1}}}},
        {"detail": []},
        {"at": 1e300},
    ],
)
def test_lines_of_the_log(packed: bytes, line: dict[str, Any]) -> None:
    lines = of(packed, "log.json")
    lines[-1] = {**lines[-1], **line}
    refused(changed(packed, log__json=json.dumps(lines).encode()))


def test_a_checkpoint_of_another_network_is_refused_before_anything_is_made_of_it(
    packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = of(packed, "newest.json")
    experiment = json.loads(tree["state"]["trainer"]["experiment"])
    tree["state"]["trainer"]["experiment"] = json.dumps({**experiment, "network": [HEAVY] * 64})
    monkeypatch.setattr("engine.jobs.checkpoint.load", lambda data: pytest.fail("it was made"))
    assert "belongs to another run" in refused(changed(packed, newest__json=json.dumps(tree).encode()))


def heavy(packed: bytes) -> bytes:
    """63 × dense 4096 with a batch of 8192, said to be running."""
    network = {"network": [{"kind": "flatten"}, *[HEAVY] * 63], "batch_size": 8192, "regularizers": []}
    document = json.dumps({**of(packed, "experiment.json"), **network})
    facts = {**of(packed, "run.json"), "edited": document, "state": "running", "step": 0, "epoch": 0}
    members: dict[str, bytes | None] = {
        "experiment__json": document.encode(),
        "run__json": json.dumps(facts).encode(),
        "log__json": b"[]",
    }
    members |= dict.fromkeys(("losses__f32", "epochs__f64", "frames__bin", "static__bin"), b"")
    members |= dict.fromkeys(("newest__json", "newest__safetensors"))
    return changed(packed, members)


def test_a_run_that_could_not_be_started_here_is_not_taken_in(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.trainer.Trainer.__init__", lambda *_: pytest.fail("it was made"))
    assert "GiB" in refused(heavy(packed))


def test_reading_it_costs_a_process_of_its_own_little(
    packed: bytes, fleet: Fleet, reader: Reader, tmp_path: Path
) -> None:
    before = {row.id for row in reader.list_runs()}
    (tmp_path / "heavy.zip").write_bytes(heavy(packed))
    with pytest.raises(PlaygroundError, match=r"This file cannot be imported: .* GiB"):
        fleet.bring(tmp_path / "heavy.zip")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1_500_000  # KiB; its weights alone are 4 GB
    assert {row.id for row in reader.list_runs()} == before
    assert not list((fleet.layout.home / "arrivals").glob("*"))
    (tmp_path / "good.zip").write_bytes(packed)
    run = fleet.bring(tmp_path / "good.zip")
    assert reader.read_run(run) is not None
    fleet.delete(run)


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, item in inner for spot in spots(item, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


WORDS: list[Any] = [
    None,
    True,
    -1,
    0,
    10**30,
    HUGE,
    1e308,
    "",
    "\ud800",
    "x" * 10**5,
    [],
    {},
    [[]],
    {"a": 1},
    "running",
    0.5,
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One value of the archive is another one, or some bytes of a series are."""
    name = chance.choice(["run.json", "log.json", "newest.json", "experiment.json", "frames.bin", "epochs.f64"])
    if name.endswith("json"):
        value = of(data, name)
        other = put(value, chance.choice(spots(value)), chance.choice(WORDS))
        return changed(data, {name: json.dumps(other).encode()})
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        blob = bytearray(file.read(name))
    for _ in range(chance.choice([1, 8, 64])):
        blob[chance.randrange(len(blob))] = chance.randrange(256)
    return changed(data, {name: bytes(blob)})


def harmless(data: bytes) -> bool:
    """Refused in one sentence; or every value taken in is one of a run's."""
    try:
        unpacked = unpack(data)
    except PlaygroundError as error:
        return str(error).startswith("This file cannot be imported: ") and "\n" not in str(error)
    told = {"channels": json.dumps(unpacked.metadata.channels), "summary": json.dumps(unpacked.metadata.summary)}
    raw = {name: instead for name, (_, instead) in row_models.COLUMNS.items()}
    raw |= {"id": "x", "experiment": unpacked.experiment.to_json(), "edited": unpacked.edited.to_json(), **told}
    raw |= {name: getattr(unpacked.metadata, name) for name in ("state", "step", "epoch", "name")}
    raw["message"] = unpacked.metadata.message.dump()
    return row_models.validate_row(raw)[1] == ""


def fuzz(packed: bytes, seeds: range, check: Callable[[bytes], bool]) -> list[int]:
    return [seed for seed in seeds if not check(mutated(packed, random.Random(seed)))]


def test_a_value_changed_anywhere_is_refused_or_harmless(packed: bytes) -> None:
    assert fuzz(packed, range(60), harmless) == []
