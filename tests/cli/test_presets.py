"""`presets` lists what there is, with the bounds that the catalogue gives."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

from engine.experiment.presets import CATALOG, list_presets

if TYPE_CHECKING:
    from tests.cli.conftest import Line


def test_presets(line: Line) -> None:
    catalog = tomllib.loads(CATALOG.read_text(encoding="utf-8"))["preset"]
    done = line("presets", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == catalog
    assert {entry["name"] for entry in catalog} == set(list_presets())
    lines = line.here("presets")[1].splitlines()
    assert lines[0] == catalog[0]["topic"]
    rows = [row for row in lines if row.startswith("  ")]
    assert [row.split()[0] for row in rows] == [entry["name"] for entry in catalog]
    assert all(entry["title"] in row for entry, row in zip(catalog, rows, strict=True))
    assert rows[0].endswith("Circle · validation accuracy ≥ 0.93 by step 500")
    assert len(lines) - len(rows) == len({entry["topic"] for entry in catalog})
    assert line.here("presets", "spiral")[0] == 2
