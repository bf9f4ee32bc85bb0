"""The environment is read in one module, and README describes what is read."""

from __future__ import annotations

import re

import pytest

from engine.settings import VARIABLES, ProcessSettings
from tests.house.source import python, text

READS = re.compile(r"(?<!\*\*)\bos\.environ(?!\[[^\]]+\] = )\b|\bgetenv\b|\bfrom os import .*environ")


def reads(source: str) -> list[str]:
    """Places that read a variable, but for those that hand the environment on to a child process."""
    found = [source[m.start() : m.end() + 24] for m in READS.finditer(source)]
    return [place for place in found if not re.match(r'os\.environ\.(get\("PYTHONPATH"|items\(\))', place)]


@pytest.mark.parametrize("path", [*python("engine/", "pages/"), "app.py"])
def test_the_environment_is_read_in_one_module(path: str) -> None:
    assert path == "engine/settings.py" or not reads(text(path))


@pytest.mark.parametrize("source", ['os.environ.get("PORT")', 'os.getenv("X")', 'os.environ["X"]', "f(x=os.environ)"])
def test_a_second_reader_is_found(source: str) -> None:
    assert reads(source)


@pytest.mark.parametrize("source", ["{**os.environ, 'PORT': port}", 'os.environ["X"] = "1"'])
def test_the_environment_of_a_child_may_be_made(source: str) -> None:
    assert not reads(source)


def test_readme_describes_every_variable() -> None:
    assert tuple(re.findall(r"^\| `([A-Z_]+)` \|", text("README.md"), re.MULTILINE)) == VARIABLES


def test_an_empty_variable_counts_as_not_set() -> None:
    assert ProcessSettings.of(dict.fromkeys(VARIABLES, "")) == ProcessSettings.of({})
