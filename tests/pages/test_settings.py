"""Settings, theme, and what the server process does at its start."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st

from engine.settings import ProcessSettings
from pages.settings import ASSETS, build_streamlit_options, get_chart_colors, read_theme

PAGES = Path(__file__).resolve().parents[2] / "pages"


def test_every_setting_is_one_that_streamlit_knows() -> None:
    for key in build_streamlit_options(ProcessSettings.of({})):
        st.get_option(key)


def test_port_and_address_come_from_the_environment() -> None:
    chosen = build_streamlit_options(ProcessSettings.of({}))
    assert (chosen["server.port"], chosen["server.address"]) == (8501, "127.0.0.1")
    chosen = build_streamlit_options(ProcessSettings.of({"PORT": "9000", "HOST": "0.0.0.0"}))
    assert (chosen["server.port"], chosen["server.address"]) == (9000, "0.0.0.0")


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colors_can_be_told_apart(mode: str) -> None:
    theme, colors = read_theme()["theme"][mode], get_chart_colors(mode)
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"], theme["sidebar"]["backgroundColor"]):
        assert contrast(theme["textColor"], ground) >= 7
        assert contrast(theme["linkColor"], ground) >= 4.5
        assert contrast(theme["primaryColor"], ground) >= 4.5
    for color in (*colors["layers"], *colors["runs"], *colors["classes"]):
        assert contrast(color, colors["ground"]) >= 3
    assert colors["ground"] == theme["backgroundColor"]


def test_colors_stand_in_the_theme_alone() -> None:
    for path in (*PAGES.rglob("*.py"), ASSETS / "theme.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text(encoding="utf-8")), path


def test_the_server_process_never_touches_a_gpu_and_never_trains() -> None:
    code = (
        "import sys, app; from pages.serve.app import warm_up; warm_up(); import torch;"
        "trains = {'engine.training.trainer', 'engine.runtime.worker'};"
        "sys.exit(torch.cuda.is_initialized() or not trains.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PAGES.parent, check=False).returncode == 0
