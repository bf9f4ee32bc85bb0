"""Files made to harm, or only bad: one sentence each, and nothing of them is kept."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InvalidExperiment
from engine.uploads import ingest, library
from engine.uploads.ingest import ingest_upload
from engine.uploads.sandbox import ReadUpload
from pages.session.i18n import speak
from pages.session.messages import translate_error
from tests.uploads.evil import EVIL, ROWS

GOOD = ("a,b,c\n" + ROWS).encode()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that holds one good file."""
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    ingest_upload("good.csv", GOOD)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all evil files: none of them may change it."""
    folder = tmp_path_factory.mktemp("evil")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_STORE", str(folder))
        ingest_upload("good.csv", GOOD)
    return folder


@pytest.mark.parametrize("name", EVIL)
def test_it_is_refused_in_one_sentence_and_nothing_is_kept(
    name: str, shared_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_STORE", str(shared_store))
    before = contents(shared_store)
    word, make = EVIL[name]
    with pytest.raises(InvalidExperiment) as caught:
        ingest_upload(name, make())
    said = str(caught.value)
    assert word in said
    assert said.isprintable()
    assert len(said) < 240
    speak("es")
    assert translate_error(caught.value).startswith("Se esperaba")
    speak("en")
    assert contents(shared_store) == before
    assert len(before) == 1


def test_a_file_over_the_limit_is_not_even_read(store: Path) -> None:
    before = contents(store)
    with pytest.raises(InvalidExperiment, match=f"at most {ingest.MAX_FILE_BYTES} bytes"):
        ingest_upload("large.csv", bytes(ingest.MAX_FILE_BYTES + 1))
    assert contents(store) == before


def test_who_takes_too_long_is_ended(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(store)
    monkeypatch.setattr(ReadUpload, "limits", replace(ReadUpload.limits, seconds=0.01))  # less than it needs to begin
    with pytest.raises(InvalidExperiment, match="one that takes more"):
        ingest_upload("slow.csv", GOOD + b"\n1,2,a")
    assert contents(store) == before


def test_the_reading_process_gets_no_more_memory_and_time_than_it_should() -> None:
    code = (
        "import resource\nfrom engine.processes.limits import apply_limits\n"
        "from engine.uploads.sandbox import ReadUpload\n"
        "apply_limits(ReadUpload.limits); assert resource.getrlimit(resource.RLIMIT_CPU)[1] <= 60;"
        "bytearray(ReadUpload.limits.memory)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MemoryError" in done.stderr


def test_a_full_folder_takes_no_more(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "MAX_LIBRARY_BYTES", 10)
    with pytest.raises(InvalidExperiment, match="room for one more file"):
        ingest_upload("more.csv", GOOD)


def test_a_disk_that_cannot_be_written_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "file").write_bytes(b"")
    monkeypatch.setattr(library, "locate_folder", lambda: store / "file" / "own")
    monkeypatch.setattr(library, "locate_file", lambda digest: store / "file" / "own" / digest)
    with pytest.raises(InvalidExperiment, match="a disk that takes the file"):
        ingest_upload("more.csv", GOOD)
