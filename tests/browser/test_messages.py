"""What a run says of its end reaches a Spanish page in Spanish, layers and numbers too."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from engine.experiment import share_link
from engine.experiment.experiment import Experiment
from tests.browser.server import Visit

TESTED: dict[str, Any] = {"epochs": 2, "steps": None, "test": 0.2}
DIVERGING: dict[str, Any] = {
    "data": {"kind": "curve"},
    "loss": {"kind": "mse"},
    "optimizer": {"kind": "sgd", "lr": 100.0},
}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (TESTED, "En el conjunto de prueba la pérdida es 0,"),
        (DIVERGING, "lo primero que falló fueron los números de la capa"),
    ],
)
def test_a_run_says_its_end_in_spanish(visit: Visit, document: dict[str, Any], words: str) -> None:
    page = visit(f"/?x={share_link.encode_link(Experiment.from_dict(document))}&lang=es")
    notice = page.locator(".tp-notice")
    expect(notice).to_contain_text(words, timeout=60_000)
    if document is DIVERGING:
        expect(notice).to_contain_text(re.compile(r"la capa (salida|\d densa)\."))
