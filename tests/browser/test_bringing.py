"""An archive larger than what Streamlit's own upload takes: through the page, past a server that stays small."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import psutil
import pytest

from engine.experiment.experiment import Experiment
from engine.export.exporters import ExportedRun
from engine.export.exporters.archive import Archive
from engine.live import import_route, token
from engine.message import Message
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.browser.server import Visit, until

WIDE = [{"kind": "dense", "width": 1800}, {"kind": "dense", "width": 1800}]


@pytest.fixture(scope="module")
def large(home: Path, address: str) -> Path:
    """A run of the store as a file of more than 30 MB, and no more in the store."""
    fleet, reader = Fleet(home), Reader(home)
    run = fleet.start(Experiment.from_dict({**Experiment().to_dict(), "network": WIDE, "steps": 3, "probes": []}))
    until(lambda: getattr(reader.read_run(run), "state", "") == "finished", 120)
    ((_, data),) = Archive().files(ExportedRun.of(reader, run)).items()
    assert len(data) > 30e6
    path = home.parent / "large.zip"
    path.write_bytes(data)
    fleet.delete(run)
    fleet.close()
    reader.close()
    return path


def highest() -> int:
    """The most memory that the server has had, in bytes."""
    (server,) = (p for p in psutil.Process().children() if "app.py" in p.cmdline())
    text = Path(f"/proc/{server.pid}/status").read_text()
    return 1024 * int(text.split("VmHWM:")[1].split()[0])


def test_a_large_archive_comes_in_through_the_page(visit: Visit, home: Path, large: Path) -> None:
    reader = Reader(home)
    page = visit()
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("button", name="Import").click()
    field = page.locator(".tp-bring-file")
    field.wait_for()
    before, known = highest(), {row.id for row in reader.list_runs()}
    field.set_input_files(str(large))
    page.get_by_text("The run is here as").wait_for(timeout=120_000)
    assert highest() - before < 50e6  # the file alone would be more than half of it
    (fresh,) = {row.id for row in reader.list_runs()} - known
    assert reader.list_checkpoints(fresh)
    assert not list((home / "uploads").iterdir())
    field.set_input_files({"name": "x.zip", "mimeType": "application/zip", "buffer": b"PK nothing"})
    page.get_by_text("it is no whole zip file").wait_for(timeout=60_000)
    page.get_by_text("The run is here as").wait_for(state="hidden")
    field.set_input_files({"name": "x.zip", "mimeType": "application/zip", "buffer": changed(large)})
    page.get_by_text("damaged or changed").wait_for(timeout=60_000)
    assert {row.id for row in reader.list_runs()} == known | {fresh}
    reader.close()


def changed(path: Path) -> bytes:
    """The archive with another log."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if not name.endswith("safetensors"):
                new.writestr(name, b"[]" if name == "log.json" else old.read(name))
    return buffer.getvalue()


def post(address: str, data: bytes, **headers: str) -> tuple[int, str]:
    asked = urllib.request.Request(f"{address}/import", data, {k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, str(Message.of(json.load(error)["error"]))


def test_only_our_own_page_brings_files(address: str, home: Path) -> None:
    good = token.issue(import_route.SUBJECT, home=home)
    watching = token.issue(import_route.SUBJECT, right="watch", home=home)
    for wrong in ("", "x", watching, token.issue("run", home=home), token.issue(import_route.SUBJECT, -5, home=home)):
        assert post(address, b"x", x_playground_token=wrong)[0] == 403
    assert post(address, b"x", x_playground_token=good, origin="http://evil.example")[0] == 403
    status, text = post(address, b"x", x_playground_token=good, content_length=str(600 * 2**20))
    assert (status, "larger than 512 MB" in text) == (413, True)
    assert not list((home / "uploads").glob("*"))
    status, text = post(address, b"x" * 100, x_playground_token=good)
    assert status == 200
    assert import_route.locate_import(json.loads(text)["file"], home).read_bytes() == b"x" * 100
    import_route.locate_import(json.loads(text)["file"], home).unlink()
